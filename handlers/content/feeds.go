package content

import (
	"cmp"
	"context"
	"errors"
	"path"

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
	pattern, tag := c.FullPath(), c.Param("slug")
	return h.document(c, contentType, func(ctx context.Context, q contentQuery) ([]byte, error) {
		info := h.siteInfo(ctx, q.snapshot)
		f := feeds.Feed{
			Title: info.Name, Description: info.Description, Language: h.Templates.ContentLanguage(),
			SiteURL: h.PublicURL, SelfURL: pattern,
		}
		var posts []post
		var err error
		if tag == "" {
			posts, _, err = q.posts(ctx, directus.Query{Limit: postsInFeed})
		} else {
			posts, err = q.feedOfTag(ctx, tag, path.Base(pattern), &f)
		}
		if err != nil && !errors.Is(err, errHidden) {
			return nil, err
		}
		var tags []tagged
		var written map[string]feedContent
		err = web.Together(func() (err error) {
			tags, err = q.tagsBeside(ctx)
			return err
		}, func() (err error) {
			if written, err = q.feedContents(ctx, posts); errors.Is(err, errHidden) {
				err = nil
			}
			return err
		})
		if err != nil {
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
			for _, t := range tagsOfPost(tags, p.Slug) {
				entry.Tags = append(entry.Tags, t.Name)
			}
			f.Entries = append(f.Entries, entry)
		}
		return write(f)
	})
}

// feedOfTag makes a feed that of a tag, in the file of this name, and reads its posts.
// Errors: web.ErrNotFound.
func (q contentQuery) feedOfTag(ctx context.Context, address, file string, f *feeds.Feed) ([]post, error) {
	all, err := q.allTags(ctx)
	if err != nil {
		return nil, err
	}
	found, err := tagAt(all, address)
	if err != nil {
		return nil, err
	}
	f.Title += ": " + found.Tag.Name
	f.SiteURL, f.SelfURL = f.SiteURL+found.Tag.Path(), found.Tag.Path()+"/"+file
	return q.bySlug(ctx, found.Slugs[:min(len(found.Slugs), postsInFeed)])
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
func free() (done func(), err error) { return func() {}, nil }

// document answers with a body for machines that is made of published content, and
// rendered again when that changes. It depends on its path alone.
func (h *Handlers) document(c *gin.Context, contentType string, write func(context.Context, contentQuery) ([]byte, error)) (web.Response, error) {
	return cache.Derive(c.Request.Context(), h.Cache, c.Request.URL.Path, free, func(ctx context.Context, r *cache.Snapshot) (web.Document, int, error) {
		body, err := write(ctx, contentQuery{source: &h.Source, snapshot: r})
		if err != nil {
			return web.Document{}, 0, err
		}
		d := web.Document{CacheControl: "public, no-cache", Body: h.Responder.Encode(contentType, body)}
		return d, d.Body.Size(), nil
	})
}
