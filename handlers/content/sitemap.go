package content

import (
	"context"
	"errors"

	"github.com/gin-gonic/gin"

	"hutch/handlers/web"
	"hutch/internal/directus"
	"hutch/internal/feeds"
	"hutch/templates"
)

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
			pages = append(pages, feeds.Page{URL: templates.PostSummary{Slug: p.Slug}.Path(), Modified: parseDate(p.PublishDate)})
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
	var found []post
	_, err = q.list(ctx, collection, directus.Query{
		Fields: append(publicationFields(fields), "slug"), Filter: directus.All(published(fields)...), Sort: newestFirst(fields), Limit: maxSitemap,
	}, &found)
	return q.visible(found), err
}

// Robots returns the handler that tells crawlers where the sitemap is and which
// addresses to leave alone.
func (h *Handlers) Robots(disallowed ...string) Handler {
	return func(*gin.Context, web.Visitor) (web.Response, error) {
		body := feeds.Robots(h.PublicURL+"/sitemap.xml", disallowed)
		return web.Document{ContentType: feeds.RobotsType, CacheControl: "public, no-cache", Body: web.Encodings{Plain: body}}, nil
	}
}
