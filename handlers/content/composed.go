package content

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/gin-gonic/gin"
	"github.com/google/uuid"

	"hutch/handlers/web"
	"hutch/internal/cache"
	"hutch/internal/directus"
	"hutch/templates"
)

// In the content model that Directus ships, a page has its whole address in permalink,
// and is made of blocks: see blocks.go for those of the block editor, which are another
// thing.

// composed is a page that editors compose of blocks.
type composed struct {
	publication
	Title     string          `json:"title"`
	Permalink string          `json:"permalink"`
	SEO       json.RawMessage `json:"seo"`
	Updated   json.RawMessage `json:"date_updated"`
	Blocks    []placed        `json:"blocks"`
}

// placed is a block in its place on a page.
type placed struct {
	Kind       string          `json:"collection"`
	Item       json.RawMessage `json:"item"`
	Hidden     bool            `json:"hide_block"`
	Background string          `json:"background"`
	place
}

// place is where an item stands among those beside it.
type place struct {
	Sort *int `json:"sort"`
}

func (p place) at() *int { return p.Sort }

// inOrder sorts items by their places. Those without one come last.
func inOrder[T interface{ at() *int }](items []T) []T {
	slices.SortStableFunc(items, func(x, y T) int {
		switch a, b := x.at(), y.at(); {
		case a != nil && b != nil:
			return cmp.Compare(*a, *b)
		case a != nil:
			return -1
		case b != nil:
			return 1
		}
		return 0
	})
	return items
}

// Permalink answers at an address that is none of our routes, with the page that has it.
// Errors: web.ErrNotFound, which costs Directus nothing.
func (h *Handlers) Permalink(c *gin.Context, v web.Visitor) (web.Response, error) {
	q := h.parseQuery(c)
	if has, err := h.HasPermalink(c.Request.Context(), q.path); err != nil {
		return nil, fmt.Errorf("%w, since the addresses of pages could not be read: %w", web.ErrPageUnknown, err)
	} else if !has {
		return nil, web.ErrNotFound
	}
	return h.answer(c, v, h.composed, q)
}

// HasPermalink reports whether a page has this address. All are kept together, since
// anybody can make up another.
func (h *Handlers) HasPermalink(ctx context.Context, path string) (bool, error) {
	all, err := cache.Derive(ctx, h.Cache, "permalinks", free, func(ctx context.Context, r *cache.Snapshot) (map[string]bool, int, error) {
		pages, err := contentQuery{source: &h.Source, snapshot: r}.permalinks(ctx)
		paths, size := map[string]bool{}, 0
		for _, p := range pages {
			paths[p.Permalink] = true
			size += len(p.Permalink) + 64
		}
		return paths, size, err
	})
	return all[path], err
}

// maxPermalinks bounds how many pages are listed.
const maxPermalinks = 5000

// permalinks reads the addresses of all pages that have one.
func (q contentQuery) permalinks(ctx context.Context) ([]composed, error) {
	fields, err := q.fields(ctx, "pages")
	if _, has := fields["permalink"]; errors.Is(err, errHidden) || err == nil && !has {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var all []composed
	_, err = q.list(ctx, "pages", directus.Query{
		Fields: append(publicationFields(fields), existing(fields, "permalink", "title", "seo", "date_updated")...), Filter: directus.All(q.source.published(fields)...), Limit: maxPermalinks,
	}, &all)
	if errors.Is(err, errHidden) {
		return nil, nil
	}
	return slices.DeleteFunc(visible(all, q.source), func(p composed) bool { return !strings.HasPrefix(p.Permalink, "/") }), err
}

// composed is the page at the address of the query.
func (h *Handlers) composed(ctx context.Context, q contentQuery) (templates.Page, error) {
	return q.composed(ctx)
}

func (q contentQuery) composed(ctx context.Context) (page templates.BlockPage, err error) {
	fields, err := q.fields(ctx, "pages")
	if err != nil && !errors.Is(err, errHidden) {
		return page, err
	}
	if _, has := fields["permalink"]; !has {
		return page, web.ErrNotFound
	}
	wanted := append(publicationFields(fields), existing(fields, "id", "title", "permalink", "seo")...)
	if _, has := fields["blocks"]; has {
		ofBlocks, err := q.blockFields(ctx)
		if err != nil {
			return page, err
		}
		wanted = append(wanted, ofBlocks...)
	}
	var found []composed
	filter := directus.All(append(q.source.published(fields), directus.Equal("permalink", q.path))...)
	err = q.one(ctx, "pages", directus.Query{Fields: wanted, Filter: filter}, &found)
	if found = visible(found, q.source); errors.Is(err, errHidden) || err == nil && len(found) == 0 {
		return page, web.ErrNotFound
	}
	if err != nil {
		return page, err
	}
	page = templates.BlockPage{Path: q.path, Heading: q.source.named(found[0].Title), SEO: seoOf(found[0].SEO)}
	page.Blocks, err = q.blocks(ctx, found[0].Blocks)
	return page, err
}

// blockFields returns what is read of the blocks of pages: of each kind that the project
// has, those of its fields that there are.
func (q contentQuery) blockFields(ctx context.Context) ([]string, error) {
	own, err := q.source.Templates.OwnKinds()
	if err != nil {
		return nil, err
	}
	return q.found(ctx, fmt.Sprint("pages blocks", own), func(ctx context.Context, q contentQuery) ([]string, error) {
		may := func(fields []string) (bool, error) {
			_, err := q.source.probe(ctx, "pages", "pages", directus.Query{Fields: fields, Limit: 1})
			if errors.Is(err, directus.Forbidden) || errors.Is(err, directus.InvalidQuery) {
				return false, nil
			}
			return err == nil, err
		}
		wanted := below("blocks", "id", "collection", "item")
		target, err := q.targetFields(ctx)
		if err != nil {
			return nil, err
		}
		rest := kindsOfBlocks(target)
		for _, optional := range below("blocks", "hide_block", "background", "sort") {
			rest = append(rest, []string{optional})
		}
		all := slices.Concat(wanted, slices.Concat(rest...))
		has, err := may(all)
		if err != nil {
			return nil, err
		}
		if has {
			wanted, rest = all, nil
		}
		rest = append(rest, oddKinds(target, own)...)
		for len(rest) > 0 {
			fields := rest[0]
			rest = rest[1:]
			has, err := may(fields)
			if err != nil {
				return nil, err
			}
			if has {
				wanted = append(wanted, fields...)
			} else if len(fields) > 1 { // a project may lack some of a kind, or all
				key, others := fields[:1], fields[1:]
				if has, err = may(key); err != nil {
					return nil, err
				}
				if has {
					wanted = append(wanted, key...)
					for i := range others {
						rest = append(rest, others[i:i+1])
					}
				}
			}
		}
		return wanted, nil
	})
}

// blocks returns what editors have placed on a page, in their order. What Hutch does not
// know is left out.
func (q contentQuery) blocks(ctx context.Context, all []placed) ([]templates.Block, error) {
	var blocks []templates.Block
	for _, p := range inOrder(all) {
		if p.Hidden || p.Kind == "" {
			continue
		}
		block, err := q.block(ctx, p)
		if err != nil {
			return nil, err
		}
		if block != nil {
			blocks = append(blocks, block)
		}
	}
	return blocks, nil
}

// seoOf reads what Directus' own interface for search engines stores.
func seoOf(value json.RawMessage) templates.SEO {
	var stored struct {
		Title       string `json:"title"`
		Description string `json:"meta_description"`
		Image       string `json:"og_image"` // the name of a file: its id and an ending
		NoIndex     bool   `json:"no_index"`
		NoFollow    bool   `json:"no_follow"`
	}
	_ = decode(value, &stored) // what it does not hold stays empty
	return templates.SEO{
		Title: templates.PlainText(stored.Title), Description: templates.PlainText(stored.Description),
		Image: templates.Image{ID: fileID(stored.Image)}, NoIndex: stored.NoIndex, NoFollow: stored.NoFollow,
	}
}

// fileID returns the id of a file from its name, which may have an ending.
func fileID(name string) string {
	id, _, _ := strings.Cut(name, ".")
	if uuid.Validate(id) != nil {
		return ""
	}
	return id
}
