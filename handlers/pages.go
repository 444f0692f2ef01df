package handlers

import (
	"context"
	"errors"

	"hutch/internal/directus"
	"hutch/templates"
)

// home is the front page, in the words of `global`.
func (s *site) home(ctx context.Context, q question) (templates.Page, error) {
	g, err := q.global(ctx)
	if err != nil {
		return nil, err
	}
	return templates.Home{Heading: g.Title, Description: s.look(ctx, q.reading).Description}, nil
}

// textPage is a page that editors write.
func (s *site) textPage(ctx context.Context, q question) (templates.Page, error) {
	fields, err := q.fields(ctx, "pages")
	if errors.Is(err, errHidden) {
		return nil, errNotFound
	}
	if err != nil {
		return nil, err
	}
	if !couldBeName(q.name) {
		return nil, errNotFound
	}
	var found []struct {
		publication
		Title   string `json:"title"`
		Content string `json:"content"`
	}
	filter := directus.All(append(published(fields), directus.Equal("slug", q.name))...)
	err = q.one(ctx, "pages", directus.Query{Fields: []string{"*"}, Filter: filter}, &found)
	switch {
	case errors.Is(err, errHidden), err == nil && len(found) == 0:
		return nil, errNotFound
	case err != nil:
		return nil, err
	case !found[0].visible(q.site.Now()):
		return nil, errNotFound
	}
	return templates.Text{Slug: q.name, Heading: found[0].Title, HTML: found[0].Content}, nil
}
