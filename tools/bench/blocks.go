package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"hutch/internal/directus"
	"hutch/sandbox/sample"
)

// fewBlocks are on the home page, manyBlocks on another.
const fewBlocks, manyBlocks = 6, 60

// measureBlocks compares pages that are composed of blocks with the same bytes from a bare
// Gin, and counts what they cost while they are not cached. They are on a Directus of their
// own, so that all else is measured without them.
func measureBlocks(ctx context.Context, s *stage, r *report) (err error) {
	own, err := s.beside(ctx, "blocks", directusVersion)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, own.clear()) }()
	if err := own.addPagesOfBlocks(ctx); err != nil {
		return err
	}
	hutch, err := own.startHutch(ctx, map[string]string{"DIRECTUS_URL": own.proxy.url})
	if err != nil {
		return err
	}
	for _, page := range []target{own.blog(hutch), blocksPage(hutch, "/warm", 1)} { // what the project has is known then
		if _, err := fetchRight(ctx, page); err != nil {
			return err
		}
	}
	few, many := blocksPage(hutch, "/", fewBlocks), blocksPage(hutch, "/many", manyBlocks)
	for _, page := range []target{few, many} {
		own.proxy.forget()
		if _, err := fetchRight(ctx, page); err != nil {
			return err
		}
		r.atMost(fmt.Sprintf("a page of blocks that is not cached, `%s`: calls to Directus", page.path), 2, spread{float64(len(own.proxy.calls()))}, "%.0f")
		if err := settle(ctx, 20*time.Millisecond); err != nil {
			return err
		}
	}
	bare, err := own.startBare(ctx, few, many)
	if err != nil {
		return err
	}
	var all []*contender
	for _, page := range []target{few, many} {
		other := page
		other.address = bare.address
		all = append(all, &contender{name: fmt.Sprintf("`%s` of blocks, bare Gin", page.path), target: other}, &contender{name: fmt.Sprintf("`%s` of blocks, anonymous", page.path), target: page})
	}
	if err := askInTurn(ctx, own, r, all...); err != nil {
		return err
	}
	r.atLeast(fmt.Sprintf("`/` of %d blocks, anonymous ÷ bare Gin", fewBlocks), 0.75, all[1].perSecond.over(all[0].perSecond), "%.2f")
	r.atLeast(fmt.Sprintf("`/many` of %d blocks, anonymous ÷ bare Gin", manyBlocks), 0.75, all[3].perSecond.over(all[2].perSecond), "%.2f")
	for _, c := range all {
		r.absolute(c.name, c.perSecond, "%.0f requests/s")
	}
	return nil
}

// blocksPage is a page with this many blocks.
func blocksPage(at *process, path string, blocks int) target {
	return target{address: at.address, path: path, header: fromBrowser(), shows: []string{"</html>", "Block 0", fmt.Sprintf("Block %d<", blocks-1)}}
}

// The model of Directus' starters, as far as these pages need it. The key of pages is their
// slug, as setup made it.
const (
	blocksCollections = `[
		{"collection": "page_blocks", "schema": {}, "meta": {"hidden": true}, "fields": [{"field": "item", "type": "string", "schema": {}}, {"field": "collection", "type": "string", "schema": {}}, {"field": "sort", "type": "integer", "schema": {}}, {"field": "page", "type": "string", "schema": {}, "meta": {"special": ["m2o"]}}]},
		{"collection": "block_richtext", "schema": {}, "meta": {}, "fields": [{"field": "tagline", "type": "string", "schema": {}}, {"field": "headline", "type": "string", "schema": {}}, {"field": "content", "type": "text", "schema": {}}, {"field": "alignment", "type": "string", "schema": {}}]},
		{"collection": "block_posts", "schema": {}, "meta": {}, "fields": [{"field": "tagline", "type": "string", "schema": {}}, {"field": "collection", "type": "string", "schema": {}}, {"field": "headline", "type": "string", "schema": {}}, {"field": "limit", "type": "integer", "schema": {}}]}]`
	blocksFields    = `[{"field": "permalink", "type": "string", "schema": {"is_unique": true}}, {"field": "blocks", "type": "alias", "schema": null, "meta": {"special": ["m2a"]}}]`
	blocksRelations = `[
		{"collection": "page_blocks", "field": "page", "related_collection": "pages", "schema": {"on_delete": "SET NULL"}, "meta": {"one_field": "blocks", "junction_field": "item", "sort_field": "sort"}},
		{"collection": "page_blocks", "field": "item", "related_collection": null, "schema": null, "meta": {"one_collection_field": "collection", "one_allowed_collections": ["block_richtext", "block_posts"], "junction_field": "page"}}]`
	publicPolicy = "abf8a154-5b1c-4a46-ac9c-7300570f4f17" // in every Directus since 11
)

// block is a row of page_blocks.
type block struct {
	Kind string    `json:"collection"`
	Item blockItem `json:"item"`
	Sort int       `json:"sort"`
}

type blockItem struct {
	Headline string `json:"headline"`
	Content  string `json:"content,omitempty"`
	Limit    int    `json:"limit,omitempty"`
}

type blockPage struct {
	Slug      string  `json:"slug"`
	Title     string  `json:"title"`
	Permalink string  `json:"permalink"`
	Status    string  `json:"status"`
	Blocks    []block `json:"blocks"`
}

type permission struct {
	Policy     string   `json:"policy"`
	Action     string   `json:"action"`
	Collection string   `json:"collection"`
	Fields     []string `json:"fields"`
}

// addPagesOfBlocks makes the model, lets the public read it, and adds a home page, a page
// of many blocks, and one that only says what the project has.
func (s *stage) addPagesOfBlocks(ctx context.Context) error {
	client, err := directus.New(s.directus.URL)
	if err != nil {
		return err
	}
	admin := client.Admin(s.directus.AdminToken)
	if err := admin.Post(ctx, "/collections", json.RawMessage(blocksCollections), nil); err != nil {
		return err
	}
	for path, list := range map[string]string{"/fields/pages": blocksFields, "/relations": blocksRelations} {
		var bodies []json.RawMessage
		if err := json.Unmarshal([]byte(list), &bodies); err != nil {
			return err
		}
		for _, body := range bodies {
			if err := admin.Post(ctx, path, body, nil); err != nil {
				return err
			}
		}
	}
	var read []permission
	for _, collection := range []string{"pages", "page_blocks", "block_richtext", "block_posts"} {
		read = append(read, permission{publicPolicy, "read", collection, []string{"*"}})
	}
	if err := admin.Post(ctx, "/permissions", read, nil); err != nil {
		return err
	}
	content, err := sample.Load()
	if err != nil {
		return err
	}
	for path, blocks := range map[string]int{"/": fewBlocks, "/many": manyBlocks, "/warm": 1} {
		page := blockPage{Slug: fmt.Sprintf("of-%d-blocks", blocks), Title: "Of blocks", Permalink: path, Status: "published"}
		for i := range blocks {
			b := block{"block_richtext", blockItem{Headline: fmt.Sprint("Block ", i), Content: "<p>" + content.Posts[i%len(content.Posts)].Teaser + "</p>"}, i}
			if i%3 == 2 {
				b.Kind, b.Item = "block_posts", blockItem{Headline: b.Item.Headline, Limit: 3}
			}
			page.Blocks = append(page.Blocks, b)
		}
		if err := admin.Post(ctx, "/items/pages", page, nil); err != nil {
			return err
		}
	}
	return nil
}
