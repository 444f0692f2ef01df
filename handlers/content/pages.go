package content

import (
	"cmp"
	"context"
	"errors"
	"strings"

	"github.com/gin-gonic/gin"

	"hutch/handlers/web"
	"hutch/internal/collections"
	"hutch/internal/directus"
	"hutch/templates"
)

// Home answers with the front page: title and description of `global`.
func (h *Handlers) Home(c *gin.Context, v web.Visitor) (web.Response, error) {
	return h.published(c, v, h.home)
}

func (h *Handlers) home(ctx context.Context, q contentQuery) (templates.Page, error) {
	g, err := q.global(ctx)
	if err != nil {
		return nil, err
	}
	return templates.Home{Heading: g.Title, Description: h.siteInfo(ctx, q.snapshot).Description}, nil
}

// TextPage answers with a page that editors wrote.
func (h *Handlers) TextPage(c *gin.Context, v web.Visitor) (web.Response, error) {
	return h.published(c, v, h.textPage)
}

func (h *Handlers) textPage(ctx context.Context, q contentQuery) (templates.Page, error) {
	fields, err := q.fields(ctx, "pages")
	if errors.Is(err, errHidden) {
		return nil, web.ErrNotFound
	}
	if err != nil {
		return nil, err
	}
	if !couldBeSlug(fields, q.name) {
		return nil, web.ErrNotFound
	}
	var found []struct {
		publication
		Slug    string `json:"slug"`
		Title   string `json:"title"`
		Content string `json:"content"`
	}
	filter := directus.All(append(q.source.published(fields), directus.Equal("slug", q.name))...)
	err = q.one(ctx, "pages", directus.Query{Fields: []string{"*"}, Filter: filter}, &found)
	switch {
	case errors.Is(err, errHidden), err == nil && len(found) == 0:
		return nil, web.ErrNotFound
	case err != nil:
		return nil, err
	case !found[0].visible(q.source), !collections.Addressable(found[0].Slug): // the defaults of a singleton
		return nil, web.ErrNotFound
	}
	return templates.Text{Slug: q.name, Heading: cmp.Or(strings.TrimSpace(found[0].Title), q.source.Untitled), HTML: found[0].Content}, nil
}
