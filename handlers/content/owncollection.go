package content

import (
	"context"
	"errors"
	"net/url"
	"slices"

	"github.com/gin-gonic/gin"

	"hutch/handlers/web"
	"hutch/internal/directus"
	"hutch/internal/feeds"
	"hutch/internal/sitefolder"
	"hutch/templates"
)

// OwnCollection has the handlers of a collection of the team's own, as site.toml describes
// it.
type OwnCollection struct {
	h  *Handlers
	of sitefolder.Collection
}

// Own returns them.
func (h *Handlers) Own(of sitefolder.Collection) OwnCollection { return OwnCollection{h, of} }

// List answers with a page of the list, or of what a search finds in it.
func (o OwnCollection) List(c *gin.Context, v web.Visitor) (web.Response, error) {
	return o.answer(c, v, o.list, "page", "q")
}

// Item answers with the item that the address names.
func (o OwnCollection) Item(c *gin.Context, v web.Visitor) (web.Response, error) {
	return o.answer(c, v, o.item)
}

// answer makes a page for everybody, which is kept, or for a member, which is not.
func (o OwnCollection) answer(c *gin.Context, v web.Visitor, make func(context.Context, entries) (templates.Page, error), known ...string) (web.Response, error) {
	if o.of.Read == sitefolder.Everybody {
		return o.h.published(c, v, func(ctx context.Context, q contentQuery) (templates.Page, error) {
			return make(ctx, entries{contentQuery: q, of: o.of})
		}, known...)
	}
	if !v.SignedIn {
		return nil, web.ErrNotFound
	}
	q := o.h.parseQuery(c, known...)
	done, err := q.paid(v)()
	if err != nil {
		return nil, err
	}
	defer done()
	q.snapshot, q.turn = o.h.Cache.Snapshot(), &turn{all: o.h.long}
	defer q.turn.end()
	page, err := make(c.Request.Context(), entries{contentQuery: q, of: o.of, reader: reader{web.OnBehalfOf(c), v.Token}})
	return web.OK(page), err
}

func (o OwnCollection) list(ctx context.Context, e entries) (templates.Page, error) {
	number, ok := pageNumber(e.query)
	if !ok {
		return nil, web.ErrNotFound
	}
	page := templates.Entries{
		Collection: o.of.Name, Heading: o.of.Heading(), Template: o.of.List.Template, Search: searchWords(e.query.Get("q")),
		Searched: len(o.of.Search) > 0, Writable: o.of.Members != nil && o.of.Members.Create,
		Pager: templates.Pager{Path: o.of.Path, Page: number, Mixed: true},
	}
	if o.of.Feed != nil {
		page.Feed = o.of.Path + "/rss.xml"
	}
	if !page.Searched {
		page.Search = ""
	}
	tags, err := e.tagsBeside(ctx)
	if err != nil {
		return nil, err
	}
	page.Tags = mostUsed(tags, "")
	perPage := o.of.List.PerPage
	what := directus.Query{Limit: perPage, Offset: (number - 1) * perPage, Count: true}
	var found []entry
	var count int
	if page.Search != "" {
		page.Pager.Query = url.Values{"q": {page.Search}}
		found, count, err = e.matches(ctx, page.Search, what)
	} else {
		found, count, err = e.page(ctx, what)
	}
	if err != nil && !errors.Is(err, errHidden) {
		return nil, err
	}
	if len(found) == 0 && number > 1 {
		return nil, web.ErrNotFound
	}
	page.Pager.Count, page.Pager.Pages = count, min((count+perPage-1)/perPage, maxPage)
	for _, one := range found {
		page.Items = append(page.Items, one.Entry)
	}
	return page, nil
}

func (o OwnCollection) item(ctx context.Context, e entries) (templates.Page, error) {
	found, err := e.one(ctx, e.name)
	if err != nil {
		return nil, err
	}
	tags, err := e.tagsBeside(ctx)
	found.Template, found.Tags = o.of.Item.Template, tagsOfPost(tags, found.address)
	return found.Entry, err
}

// Feed returns the handler of a feed of the collection, in one of the three formats.
func (o OwnCollection) Feed(contentType string, write func(feeds.Feed) ([]byte, error)) Handler {
	return func(c *gin.Context, _ web.Visitor) (web.Response, error) {
		self := c.FullPath()
		return o.h.document(c, contentType, func(ctx context.Context, q contentQuery) ([]byte, error) {
			info := o.h.siteInfo(ctx, q.snapshot)
			f := feeds.Feed{
				Title: info.Name + ": " + o.of.Feed.Title, Language: o.h.Templates.ContentLanguage(),
				SiteURL: o.h.PublicURL + o.of.Path, SelfURL: self,
			}
			found, _, err := entries{contentQuery: q, of: o.of}.listed(ctx, directus.Query{Limit: postsInFeed})
			if err != nil && !errors.Is(err, errHidden) {
				return nil, err
			}
			room := maxFeed
			for _, one := range found {
				shown := feeds.Entry{URL: one.Item.Path, Title: one.Heading, Summary: one.Excerpt, Published: one.Published, Modified: one.Updated}
				if len(one.Body) <= room {
					room -= len(one.Body)
					if shown.HTML, err = o.h.Templates.Safe(one.Body); err != nil {
						return nil, err
					}
				}
				if one.Image.ID != "" {
					shown.Image = &feeds.Enclosure{URL: one.Image.Card().Src}
				}
				f.Entries = append(f.Entries, shown)
			}
			return write(f)
		})
	}
}

// ownPages are the addresses of the team's own collections, for the sitemap.
func (q contentQuery) ownPages(ctx context.Context) ([]feeds.Page, error) {
	var pages []feeds.Page
	for _, of := range q.source.Collections {
		if !of.Sitemap {
			continue
		}
		e := entries{contentQuery: q, of: of}
		found, _, err := e.all(ctx, inSitemap)
		if errors.Is(err, errHidden) {
			continue
		}
		if err != nil {
			return nil, err
		}
		pages = append(pages, feeds.Page{URL: of.Path})
		for _, one := range found {
			if !one.SEO.NoIndex {
				pages = append(pages, feeds.Page{URL: one.Item.Path, Modified: one.Updated})
			}
		}
		tags, err := e.tags(ctx)
		if err != nil {
			return nil, err
		}
		for _, t := range tags {
			pages = append(pages, feeds.Page{URL: t.Tag.Path()})
		}
	}
	return pages, nil
}

// ownResults are what a search of the whole site finds in the team's own collections.
func (q contentQuery) ownResults(ctx context.Context, search string) ([]templates.Result, error) {
	var results []templates.Result
	words := wordsOf(search)
	for _, of := range q.source.Collections {
		if len(of.Search) == 0 || of.Read != sitefolder.Everybody {
			continue
		}
		found, _, err := entries{contentQuery: q, of: of}.matches(ctx, search, directus.Query{Limit: maxOwnResults})
		if errors.Is(err, errHidden) {
			continue
		}
		if err != nil {
			return nil, err
		}
		for _, one := range found {
			text := q.source.Templates.Text(one.Body)
			results = append(results, templates.Result{
				Path: one.Item.Path, Heading: one.Heading, Excerpt: snippetOf(text, words).or(one.Excerpt, words), Kind: of.Heading(),
			})
		}
	}
	return slices.Clip(results), nil
}

// maxOwnResults is how many items of a collection a search of the whole site finds.
const maxOwnResults = 24
