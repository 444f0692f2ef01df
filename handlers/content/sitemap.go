package content

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"hutch/handlers/web"
	"hutch/internal/collections"
	"hutch/internal/directus"
	"hutch/internal/feeds"
	"hutch/templates"
)

// inSitemap is how many posts a sitemap lists: as many as fit into the largest answer
// that we accept from Directus. The site has one, or with more posts an index of several.
const inSitemap = 5000

// Sitemap lists every page that everybody may see, or the sitemaps that do.
func (h *Handlers) Sitemap(c *gin.Context, _ web.Visitor) (web.Response, error) {
	return h.document(c, feeds.SitemapType, func(ctx context.Context, q contentQuery) ([]byte, error) {
		posts, count, err := q.addresses(ctx, "posts", 0)
		if err != nil {
			return nil, err
		}
		if count <= inSitemap {
			return h.firstSitemap(ctx, q, posts)
		}
		var parts []feeds.Page
		for part := range (count + inSitemap - 1) / inSitemap {
			parts = append(parts, feeds.Page{URL: fmt.Sprintf("/sitemap/%d.xml", part+1)})
		}
		return feeds.SitemapIndex(h.PublicURL, parts)
	})
}

// SitemapPart is one of several: 1.xml has all that are no posts, too.
func (h *Handlers) SitemapPart(c *gin.Context, _ web.Visitor) (web.Response, error) {
	name, _ := strings.CutSuffix(c.Param("part"), ".xml")
	number, err := strconv.Atoi(name)
	if err != nil || number < 1 || c.Param("part") != strconv.Itoa(number)+".xml" || number > maxPage {
		return nil, web.ErrNotFound
	}
	return h.document(c, feeds.SitemapType, func(ctx context.Context, q contentQuery) ([]byte, error) {
		posts, _, err := q.addresses(ctx, "posts", (number-1)*inSitemap)
		if err != nil {
			return nil, err
		}
		if number == 1 {
			return h.firstSitemap(ctx, q, posts)
		}
		if len(posts) == 0 {
			return nil, web.ErrNotFound
		}
		return feeds.Sitemap(h.PublicURL, h.postPages(posts))
	})
}

// firstSitemap lists these posts and all pages that are none.
func (h *Handlers) firstSitemap(ctx context.Context, q contentQuery, posts []post) ([]byte, error) {
	placed, err := q.permalinks(ctx)
	if err != nil {
		return nil, err
	}
	pages, ours := []feeds.Page{}, []string{"/", blogPath}
	for _, own := range h.Templates.OwnPages() {
		placed = slices.DeleteFunc(placed, func(p composed) bool { return p.Permalink == own.Path }) // never reached
		ours = append(ours, own.Path)
	}
	for _, p := range placed {
		ours = slices.DeleteFunc(ours, func(path string) bool { return path == p.Permalink })
		if !seoOf(p.SEO).NoIndex {
			pages = append(pages, feeds.Page{URL: p.Permalink, Modified: q.source.modified(p.Updated, q.source.date(p.PublishDate))})
		}
	}
	for _, path := range ours {
		pages = append(pages, feeds.Page{URL: path})
	}
	texts, _, err := q.addresses(ctx, "pages", 0)
	if err != nil {
		return nil, err
	}
	for _, text := range texts {
		pages = append(pages, feeds.Page{URL: templates.Text{Slug: text.Slug}.Path(), Modified: q.source.modified(text.Updated, text.published)})
	}
	authors, err := q.authors(ctx)
	if err != nil {
		return nil, err
	}
	for _, a := range authors {
		pages = append(pages, feeds.Page{URL: a.view().Path()})
	}
	tags, err := q.allTags(ctx)
	if err != nil {
		return nil, err
	}
	for _, t := range tags[:min(len(tags), inSitemap)] {
		pages = append(pages, feeds.Page{URL: t.Tag.Path()})
	}
	own, err := q.ownPages(ctx)
	if err != nil {
		return nil, err
	}
	return feeds.Sitemap(h.PublicURL, slices.Concat(pages, own, h.postPages(posts)))
}

func (s *Source) postPages(posts []post) []feeds.Page {
	var pages []feeds.Page
	for _, p := range posts {
		if !seoOf(p.SEO).NoIndex {
			pages = append(pages, feeds.Page{URL: templates.PostSummary{Slug: p.Slug}.Path(), Modified: s.modified(p.Updated, p.published)})
		}
	}
	return pages
}

// modified returns when an item has last changed, as far as Directus knows: projects may
// have it keep date_updated.
func (s *Source) modified(dateUpdated json.RawMessage, published time.Time) time.Time {
	if updated := s.date(collections.TextOf(dateUpdated)); updated.After(published) && !updated.After(s.Now()) {
		return updated
	}
	return published
}

// addresses reads published items of a collection from the first on, as far as their
// addresses go, and how many there are.
func (q contentQuery) addresses(ctx context.Context, collection string, first int) ([]post, int, error) {
	fields, err := q.fields(ctx, collection)
	if errors.Is(err, errHidden) || err == nil && len(fields) == 0 {
		return nil, 0, nil
	}
	if err != nil {
		return nil, 0, err
	}
	if !q.source.haveAddresses(collection, fields) {
		return nil, 0, nil
	}
	wanted := append(publicationFields(fields), existing(fields, "slug", "date_updated", "seo")...)
	what := directus.Query{Fields: wanted, Limit: inSitemap, Offset: first, Count: true}
	found, count, err := q.newest(ctx, collection, fields, what, notElsewhere(fields))
	return q.visible(collection, found), count, err
}

// haveAddresses reports whether the items of a collection with these fields can have
// addresses. One without items says nothing of its fields.
func (s *Source) haveAddresses(collection string, fields map[string]string) bool {
	_, has := fields["slug"]
	if has || len(fields) == 0 {
		return true
	}
	if _, has := fields["permalink"]; has { // see [contentQuery.permalinks]
		return false
	}
	s.Log.WarnOnce("the collection has no field slug, so none of its items has an address; `go run . setup` adds one", "collection", collection)
	return false
}

// Robots returns the handler that tells crawlers where the sitemap is and which
// addresses to leave alone.
func (h *Handlers) Robots(disallowed ...string) Handler {
	return func(*gin.Context, web.Visitor) (web.Response, error) {
		body := feeds.Robots(h.PublicURL+"/sitemap.xml", disallowed)
		return web.Document{CacheControl: "public, no-cache", Body: web.Plain(feeds.RobotsType, body)}, nil
	}
}
