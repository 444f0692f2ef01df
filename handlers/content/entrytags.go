package content

import (
	"context"
	"encoding/json"
	"errors"
	"strings"

	"github.com/gin-gonic/gin"

	"hutch/handlers/web"
	"hutch/internal/cache"
	"hutch/internal/collections"
	"hutch/internal/directus"
	"hutch/internal/sitefolder"
	"hutch/templates"
)

// The tags of a collection of the team's own are in its field tags: see posttags.go.
const tagsField = collections.PostTags

// Tag answers with the items that have a tag.
func (o OwnCollection) Tag(c *gin.Context, v web.Visitor) (web.Response, error) {
	return o.answer(c, v, o.tag, "page")
}

func (o OwnCollection) tag(ctx context.Context, e entries) (templates.Page, error) {
	all, err := e.tags(ctx)
	if err != nil {
		return nil, err
	}
	found, err := tagAt(all, e.name)
	if err != nil {
		return nil, err
	}
	number, ok := pageNumber(e.query)
	perPage, count := o.of.List.PerPage, len(found.Slugs)
	begin := (number - 1) * perPage
	if !ok || begin >= count {
		return nil, web.ErrNotFound
	}
	items, err := e.byAddress(ctx, found.Slugs[begin:min(begin+perPage, count)])
	if err != nil {
		return nil, err
	}
	page := templates.Entries{
		Collection: o.of.Name, Heading: o.of.Heading(), Template: o.of.List.Template, Tag: found.Tag.Name, Tags: mostUsed(all, found.Tag.Address),
		Pager: templates.Pager{Path: found.Tag.Path(), Page: number, Pages: (count + perPage - 1) / perPage, Count: count, Mixed: true},
	}
	for _, one := range items {
		page.Items = append(page.Items, one.Entry)
	}
	return page, nil
}

// tags returns the tags of the items, the most used first; none if they have none, and of a
// collection that members read: nothing of it is kept.
func (e entries) tags(ctx context.Context) ([]tagged, error) {
	shape, err := e.shape(ctx)
	if _, has := shape.Kinds[tagsField]; errors.Is(err, errHidden) || err == nil && (!has || e.of.Read != sitefolder.Everybody) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	e.contentQuery.name, e.query = "", nil // whatever page asks first
	value, err := e.load(ctx, e.of.Name+" by tag "+e.entryHash(), func(ctx context.Context, q contentQuery) (cache.Answer, error) {
		own := e
		own.contentQuery = q
		items, err := own.taggedItems(ctx, shape)
		if err != nil {
			return cache.Answer{}, err
		}
		all := q.source.byTag(items)
		for i := range all {
			all[i].Tag.List = e.of.Path
		}
		data, err := json.Marshal(all)
		return cache.Answer{Data: data, Tags: []string{e.of.Name, ownCollections}}, err
	})
	if err != nil {
		return nil, err
	}
	var all []tagged
	return all, json.Unmarshal(value.Data, &all)
}

// taggedItems reads the items as far as their tags go.
func (e entries) taggedItems(ctx context.Context, shape shape) ([]post, error) {
	fields := append(shape.brief(), tagsField)
	for _, wanted := range shape.Wanted {
		if strings.HasPrefix(wanted, tagsField+".") {
			fields = append(fields, wanted)
		}
	}
	what := directus.Query{Limit: maxTagged, Fields: fields, Sort: shape.Sort, Filter: directus.All(e.source.publishedOwn(shape)...)}
	items, _, err := e.ask(ctx, what, false)
	if errors.Is(err, directus.ErrTooLarge) || errors.Is(err, errHidden) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var found []post
	for _, item := range items {
		if one, shown := e.view(shape, item); shown {
			found = append(found, post{Slug: one.address, Tags: item[tagsField]})
		}
	}
	return found, nil
}

// tagsBeside are the tags for a page that is about something else.
func (e entries) tagsBeside(ctx context.Context) ([]tagged, error) {
	all, err := e.tags(ctx)
	if errors.Is(err, directus.ErrUnavailable) {
		err = nil
	}
	return all, err
}
