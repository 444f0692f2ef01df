package content

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"

	"hutch/internal/collections"
	"hutch/internal/directus"
	"hutch/templates"
)

// A search finds the pages that show every word. What Directus finds may have a word in
// its markup, in a block that is hidden or in one that Hutch does not show. So each page is
// made as a visitor would see it, and only what stands there counts: nobody can guess by
// searching what else there is.

const (
	// maxPagesLooked is how many pages are looked through.
	maxPagesLooked = 24
	// maxAskedOfPages is how many words Directus is asked for: each is compared with each
	// field of each kind of block.
	maxAskedOfPages = 3
)

// searchedPage is a page of either model, or of both.
type searchedPage struct {
	composed
	Slug    string          `json:"slug"`
	Content json.RawMessage `json:"content"`
}

// pagesWith returns the pages that show every word, those with all in their title first.
func (q contentQuery) pagesWith(ctx context.Context, words []string) ([]templates.Result, error) {
	fields, err := q.fields(ctx, "pages")
	if errors.Is(err, errHidden) || err == nil && len(fields) == 0 {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	what := directus.Query{
		Fields: append(publicationFields(fields), existing(fields, "id", "title", "slug", "permalink", "seo", "content")...),
		Sort:   existing(fields, "permalink", "slug", "id"), Limit: maxPagesLooked,
	}
	var ofBlocks []string
	if _, has := fields["blocks"]; has {
		if ofBlocks, err = q.blockFields(ctx); err != nil {
			return nil, err
		}
		what.Fields = append(what.Fields, ofBlocks...)
	}
	own, err := q.source.Templates.OwnKinds()
	if err != nil {
		return nil, err
	}
	what.Deep = deepOf(what.Fields)
	asked := words[:min(len(words), maxAskedOfPages)]
	find := func(texts []string, kinds ...string) (found []searchedPage, refused bool, err error) {
		what.Filter = directus.All(append(q.source.published(fields), searched(fields, texts, asked, kinds...)...)...)
		found, err = q.lookedThrough(ctx, what)
		return found, errors.Is(err, directus.InvalidQuery) || errors.Is(err, errHidden), err
	}
	// A field may be of a type that cannot be searched: those of a team's own first.
	texts, ofOwn := textsOf(ofBlocks), ownTexts(ofBlocks, own)
	found, refused, err := find(slices.Concat(texts, ofOwn), kindText, kindOther)
	if refused && len(ofOwn) > 0 {
		found, refused, err = find(texts, kindText, kindOther)
	}
	if refused {
		found, refused, err = find(nil, kindText)
	}
	if refused {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var results []templates.Result
	for _, p := range visible(found, q.source) {
		result, text, err := q.shown(ctx, p, words)
		if err != nil {
			return nil, err
		}
		if result.Path != "" && hasWords(text, words) {
			results = append(results, result)
		}
	}
	return behind(results, func(r templates.Result) bool { return !hasWords(r.Heading, words) }), nil
}

// textsOf returns those of the fields of blocks that hold the texts people read.
func textsOf(blockFields []string) []string {
	return slices.DeleteFunc(slices.Clone(blockFields), func(path string) bool {
		names := strings.Split(path, ".")
		if len(names) < 3 || names[1] == "item:block_posts" {
			return true
		}
		texts := map[string][]string{
			"": {"tagline", "headline", "description", "content"}, "pricing_cards": {"title", "description", "price", "badge"}, "form": {"title"}, "form fields": {"label"},
		}
		return !slices.Contains(texts[strings.Join(names[2:len(names)-1], " ")], names[len(names)-1])
	})
}

// lookedThrough reads pages with all that they show: one half after the other if that is
// more than an answer may be.
func (q contentQuery) lookedThrough(ctx context.Context, what directus.Query) (found []searchedPage, err error) {
	_, err = q.list(ctx, "pages", what, &found)
	if !errors.Is(err, directus.ErrTooLarge) || what.Limit == 1 {
		return found, err
	}
	first, second := what, what
	first.Limit = what.Limit / 2
	second.Offset, second.Limit = what.Offset+first.Limit, what.Limit-first.Limit
	found, err = q.lookedThrough(ctx, first)
	if err != nil && !errors.Is(err, directus.ErrTooLarge) {
		return nil, err
	}
	rest, err := q.lookedThrough(ctx, second)
	if errors.Is(err, directus.ErrTooLarge) { // a single page, which is left out
		err = nil
	}
	return append(found, rest...), err
}

// shown returns a page as a result, and the text that it shows with its title; without an
// address, it is shown nowhere.
func (q contentQuery) shown(ctx context.Context, p searchedPage, words []string) (result templates.Result, text string, err error) {
	set, about := q.source.Templates, ""
	result.Heading = q.source.named(p.Title)
	switch {
	case strings.HasPrefix(p.Permalink, "/"):
		q.path, result.Path = p.Permalink, p.Permalink
		var page templates.BlockPage
		// What a list of posts shows is found as posts.
		page.Blocks, err = q.blocks(ctx, slices.DeleteFunc(p.Blocks, func(b placed) bool { return b.Kind == "block_posts" }))
		about, _ = set.Brief(page.Text()) // and not the headlines around it
		text = strings.Join(strings.Fields(set.TextOf(page)), " ")
	case p.Permalink == "" && collections.Addressable(p.Slug):
		html := q.source.contentHTML("pages", p.Slug, p.Content)
		result.Path = templates.Text{Slug: p.Slug}.Path()
		text = set.Text(html)
	}
	result.Excerpt = snippetOf(text, words).or(cmp.Or(seoOf(p.SEO).Description, about), words)
	return result, result.Heading + " " + text, err
}
