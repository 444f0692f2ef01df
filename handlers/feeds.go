package handlers

import (
	"context"
	"errors"
	"net/http"

	"github.com/gin-gonic/gin"

	"hutch/internal/cache"
	"hutch/internal/directus"
	"hutch/internal/feeds"
	"hutch/templates"
)

// postsInFeed is how many posts a feed has: what readers have not seen yet.
const postsInFeed = 20

// Where the feeds are.
const (
	rssPath  = "/blog/rss.xml"
	atomPath = "/blog/atom.xml"
	jsonPath = "/blog/feed.json"
)

// feed is the handler of one, at its path, in the form that write gives it.
func (s *site) feed(path, contentType string, write func(feeds.Feed) ([]byte, error)) handler {
	return s.document(path, contentType, func(ctx context.Context, q question) ([]byte, error) {
		posts, _, err := q.posts(ctx, directus.Query{Limit: postsInFeed})
		if err != nil && !errors.Is(err, errHidden) {
			return nil, err
		}
		look := s.look(ctx, q.reading)
		f := feeds.Feed{
			Title: look.Name, Description: look.Description, Language: s.Templates.ContentLanguage(),
			SiteURL: s.PublicURL, SelfURL: path,
		}
		for _, p := range posts {
			entry, err := s.feedEntry(p.summary())
			if err != nil {
				return nil, err
			}
			f.Entries = append(f.Entries, entry)
		}
		return write(f)
	})
}

// feedEntry is a post for feed readers: all of it, unless it is for members.
func (s *site) feedEntry(p templates.PostSummary) (feeds.Entry, error) {
	entry := feeds.Entry{
		URL: p.Path(), Title: p.Heading, Author: p.Author.Name, Summary: p.Teaser, Published: p.Published,
	}
	if p.Author.Address != "" {
		entry.AuthorURL = p.Author.Path()
	}
	if p.Image.ID != "" {
		entry.Image = &feeds.Enclosure{URL: p.Image.Card().Src}
	}
	safe, err := s.Templates.Safe(p.HTML)
	entry.HTML = safe
	return entry, err
}

// maxSitemap bounds how many posts it names: as many as Directus gives in one
// answer that we take.
const maxSitemap = 5000

// sitemap names every page that everybody may see.
func (s *site) sitemap() handler {
	return s.document("/sitemap.xml", feeds.SitemapType, func(ctx context.Context, q question) ([]byte, error) {
		pages := []feeds.Page{{URL: "/"}, {URL: "/blog"}}
		texts, err := q.slugs(ctx, "pages")
		if err != nil {
			return nil, err
		}
		for _, text := range texts {
			pages = append(pages, feeds.Page{URL: templates.Text{Slug: text.Slug}.Path()})
		}
		authors, err := q.authors(ctx)
		if err != nil {
			return nil, err
		}
		for _, a := range authors {
			pages = append(pages, feeds.Page{URL: a.view().Path()})
		}
		posts, err := q.slugs(ctx, "posts")
		if err != nil {
			return nil, err
		}
		for _, p := range posts {
			pages = append(pages, feeds.Page{URL: templates.PostSummary{Slug: p.Slug}.Path(), Modified: parseDate(p.PublishDate)})
		}
		return feeds.Sitemap(s.PublicURL, pages)
	})
}

// slugs reads what a collection has published, as far as its addresses go.
func (q question) slugs(ctx context.Context, collection string) ([]post, error) {
	fields, err := q.fields(ctx, collection)
	if errors.Is(err, errHidden) || err == nil && len(fields) == 0 {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var found []post
	_, err = q.list(ctx, collection, directus.Query{
		Fields: append(publicationFields(fields), "slug"), Filter: directus.All(published(fields)...), Sort: newestFirst(fields), Limit: maxSitemap,
	}, &found)
	return q.visible(found), err
}

// robots tells robots where the sitemap is, and what is nothing for them.
func (s *site) robots(*gin.Context) (reply, error) {
	body := feeds.Robots(s.PublicURL+"/sitemap.xml", []string{
		"/profile", "/logout", "/hooks/", verifyPath, resetPath, invitePath, "/blog?q=",
	})
	return document{contentType: feeds.RobotsType, body: encodings{plain: body}}, nil
}

// document is a whole answer for machines, as it goes out.
type document struct {
	contentType string
	body        encodings
	etag        string // without its quotes; "": it has none
}

func (document) reply() {}

// document is the handler of one that is made of published content, and made anew
// when that changes. Nothing in it depends on who asks.
func (s *site) document(path, contentType string, write func(context.Context, question) ([]byte, error)) handler {
	return func(c *gin.Context) (reply, error) {
		return cache.Derive(c.Request.Context(), s.Cache, path, func(ctx context.Context, r *cache.Snapshot) (document, int, error) {
			body, err := write(ctx, question{site: s, reading: r})
			if err != nil {
				return document{}, 0, err
			}
			d := document{contentType, s.compressor.encode(body), hashOf(body)}
			return d, d.body.size(), nil
		})
	}
}

func (s *site) respondDocument(c *gin.Context, d document) {
	h := c.Writer.Header()
	h.Set("Vary", "Accept-Encoding")
	h.Set("Cache-Control", "public, no-cache")
	if d.etag == "" {
		encoding, body := d.body.choose(c.GetHeader("Accept-Encoding"))
		send(c, http.StatusOK, d.contentType, encoding, body)
		return
	}
	sendUnlessKnown(c, d.contentType, d.etag, d.body)
}
