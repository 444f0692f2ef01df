package content

import (
	"context"
	"encoding/json"
	"errors"
	"slices"

	"github.com/gin-gonic/gin"

	"hutch/handlers/web"
	"hutch/internal/collections"
	"hutch/internal/directus"
	"hutch/templates"
)

// Home answers with the front page: the page at this address, or else the words of
// `global` and the newest posts.
func (h *Handlers) Home(c *gin.Context, v web.Visitor) (web.Response, error) {
	return h.published(c, v, h.home)
}

func (h *Handlers) home(ctx context.Context, q contentQuery) (templates.Page, error) {
	// Without knowing whether there is such a page, what the site is called is better than
	// nothing.
	if _, err := q.fields(ctx, "pages"); err == nil || errors.Is(err, errHidden) {
		if page, err := h.composed(ctx, q); !errors.Is(err, web.ErrNotFound) {
			return page, err
		}
	}
	g, err := q.global(ctx)
	if err != nil {
		return nil, err
	}
	page := templates.Home{Tagline: templates.PlainText(g.Tagline), Description: h.siteInfo(ctx, q.snapshot).Description}
	page.Posts, _, err = q.pageOfPosts(ctx, "") // what the first page of the blog asks for, too
	if errors.Is(err, directus.ErrUnavailable) {
		err = nil // the rest of the page is better than none of it
	}
	if page.Posts = page.Posts[:min(len(page.Posts), postsOnHome)]; len(page.Posts) > 0 {
		page.Posts[0].Newest = true
	}
	return page, err
}

// postsOnHome is one large, and two rows of three.
const postsOnHome = 7

// TextPage answers with a page that editors wrote.
func (h *Handlers) TextPage(c *gin.Context, v web.Visitor) (web.Response, error) {
	return h.published(c, v, h.textPage)
}

func (h *Handlers) textPage(ctx context.Context, q contentQuery) (templates.Page, error) {
	found, err := q.page(ctx)
	if err != nil {
		return nil, err
	}
	return templates.Text{Slug: q.name, Heading: found.heading(q.source), HTML: h.contentHTML("pages", q.name, found.Content)}, nil
}

// page is an item of pages.
type page struct {
	publication
	Slug    string          `json:"slug"`
	Title   string          `json:"title"`
	Content json.RawMessage `json:"content"`
}

func (p page) heading(s *Source) string {
	return s.named(p.Title)
}

// page reads the page that the address names. Errors: web.ErrNotFound.
func (q contentQuery) page(ctx context.Context) (page, error) {
	fields, err := q.fields(ctx, "pages")
	if errors.Is(err, errHidden) {
		return page{}, web.ErrNotFound
	}
	if err != nil {
		return page{}, err
	}
	if !couldBeSlug(fields, q.name) {
		return page{}, web.ErrNotFound
	}
	var found []page
	filter := directus.All(slices.Concat(q.source.published(fields), notElsewhere(fields), []directus.Filter{directus.Equal("slug", q.name)})...)
	err = q.one(ctx, "pages", directus.Query{Fields: []string{"*"}, Filter: filter}, &found)
	switch {
	case errors.Is(err, errHidden), err == nil && len(found) == 0:
		return page{}, web.ErrNotFound
	case err != nil:
		return page{}, err
	case !found[0].visible(q.source), !collections.Addressable(found[0].Slug): // the defaults of a singleton
		return page{}, web.ErrNotFound
	}
	return found[0], q.turn.take(ctx, found[0].Content)
}

// notElsewhere is the filter for items whose address is their slug: those with a permalink
// are at that.
func notElsewhere(fields map[string]string) []directus.Filter {
	switch fields["permalink"] {
	case kindText, kindOther:
		return []directus.Filter{{"permalink": directus.Filter{"_empty": true}}}
	}
	return nil
}
