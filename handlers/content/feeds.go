package content

import (
	"cmp"
	"context"
	"errors"

	"github.com/gin-gonic/gin"

	"hutch/handlers/web"
	"hutch/internal/cache"
	"hutch/internal/directus"
	"hutch/internal/feeds"
	"hutch/templates"
)

// postsInFeed is how many posts a feed has: those that readers may not have seen.
const postsInFeed = 20

// RSS answers with the newest posts as RSS.
func (h *Handlers) RSS(c *gin.Context, _ web.Visitor) (web.Response, error) {
	return h.feed(c, feeds.RSSType, feeds.RSS)
}

// Atom answers with the newest posts as Atom.
func (h *Handlers) Atom(c *gin.Context, _ web.Visitor) (web.Response, error) {
	return h.feed(c, feeds.AtomType, feeds.Atom)
}

// JSONFeed answers with the newest posts as JSON Feed.
func (h *Handlers) JSONFeed(c *gin.Context, _ web.Visitor) (web.Response, error) {
	return h.feed(c, feeds.JSONType, feeds.JSON)
}

func (h *Handlers) feed(c *gin.Context, contentType string, write func(feeds.Feed) ([]byte, error)) (web.Response, error) {
	path := c.FullPath()
	return h.document(c, contentType, func(ctx context.Context, q contentQuery) ([]byte, error) {
		posts, _, err := q.posts(ctx, directus.Query{Limit: postsInFeed})
		if err != nil && !errors.Is(err, errHidden) {
			return nil, err
		}
		info := h.siteInfo(ctx, q.snapshot)
		f := feeds.Feed{
			Title: info.Name, Description: info.Description, Language: h.Templates.ContentLanguage(),
			SiteURL: h.PublicURL, SelfURL: path,
		}
		written, err := q.feedContents(ctx, posts)
		if err != nil && !errors.Is(err, errHidden) {
			return nil, err
		}
		for _, p := range posts {
			content := feedContent{}
			if !p.gated() {
				content = written[p.Slug]
			}
			entry, err := h.feedEntry(p.summary(brief{Excerpt: content.Excerpt}), content.HTML)
			if err != nil {
				return nil, err
			}
			f.Entries = append(f.Entries, entry)
		}
		return write(f)
	})
}

// feedEntry is a post for feed readers: all of it, unless it is for members or too
// large.
func (h *Handlers) feedEntry(p templates.PostSummary, html string) (feeds.Entry, error) {
	entry := feeds.Entry{
		URL: p.Path(), Title: p.Heading, Author: p.Author.Name, Summary: cmp.Or(p.Teaser, p.Excerpt), Published: p.Published,
	}
	if p.Author.Address != "" {
		entry.AuthorURL = p.Author.Path()
	}
	if p.Image.ID != "" {
		entry.Image = &feeds.Enclosure{URL: p.Image.Card().Src}
	}
	safe, err := h.Templates.Safe(html)
	entry.HTML = safe
	return entry, err
}

// free is for the few addresses that are the same for everybody.
func free() error { return nil }

// document answers with a body for machines that is made of published content, and
// rendered again when that changes. It depends on its path alone.
func (h *Handlers) document(c *gin.Context, contentType string, write func(context.Context, contentQuery) ([]byte, error)) (web.Response, error) {
	return cache.Derive(c.Request.Context(), h.Cache, c.FullPath(), free, func(ctx context.Context, r *cache.Snapshot) (web.Document, int, error) {
		body, err := write(ctx, contentQuery{source: &h.Source, snapshot: r})
		if err != nil {
			return web.Document{}, 0, err
		}
		d := web.Document{
			ContentType: contentType, CacheControl: "public, no-cache", Body: h.Responder.Encode(body), ETag: web.HashOf(body),
		}
		return d, d.Body.Size(), nil
	})
}

// maxSitemap bounds how many posts the sitemap lists: as many as fit into the
// largest answer that we accept from Directus.
const maxSitemap = 5000

// Sitemap lists every page that everybody may see.
func (h *Handlers) Sitemap(c *gin.Context, _ web.Visitor) (web.Response, error) {
	return h.document(c, feeds.SitemapType, func(ctx context.Context, q contentQuery) ([]byte, error) {
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
			pages = append(pages, feeds.Page{URL: templates.PostSummary{Slug: p.Slug}.Path(), Modified: p.published})
		}
		return feeds.Sitemap(h.PublicURL, pages)
	})
}

// slugs reads the published items of a collection, as far as their addresses go.
func (q contentQuery) slugs(ctx context.Context, collection string) ([]post, error) {
	fields, err := q.fields(ctx, collection)
	if errors.Is(err, errHidden) || err == nil && len(fields) == 0 {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	if !q.source.haveAddresses(collection, fields) {
		return nil, nil
	}
	what := directus.Query{Fields: append(publicationFields(fields), "slug"), Limit: maxSitemap}
	found, _, err := q.newest(ctx, collection, fields, what, q.source.published(fields))
	return q.visible(collection, found), err
}

// haveAddresses reports whether the items of a collection with these fields can have
// addresses. One without items says nothing of its fields.
func (s *Source) haveAddresses(collection string, fields map[string]string) bool {
	_, has := fields["slug"]
	if has || len(fields) == 0 {
		return true
	}
	s.Log.WarnOnce("the collection has no field slug, so none of its items has an address; `go run . setup` adds one", "collection", collection)
	return false
}

// Robots returns the handler that tells crawlers where the sitemap is and which
// addresses to leave alone.
func (h *Handlers) Robots(disallowed ...string) Handler {
	return func(*gin.Context, web.Visitor) (web.Response, error) {
		body := feeds.Robots(h.PublicURL+"/sitemap.xml", disallowed)
		return web.Document{ContentType: feeds.RobotsType, CacheControl: "public, no-cache", Body: web.Encodings{Plain: body}}, nil
	}
}
