package content

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"slices"

	"hutch/handlers/web"
	"hutch/internal/directus"
	"hutch/templates"
)

// kindsOfBlocks returns what is read of each kind that Hutch knows, and of the targets of
// buttons.
func kindsOfBlocks(target []string) [][]string {
	buttonFields := func(field string) []string {
		return below(field, slices.Concat(target, []string{"label", "variant", "sort"})...)
	}
	of := func(kind string, fields ...[]string) []string {
		return below("blocks.item:"+kind, slices.Concat(fields...)...)
	}
	head := []string{"id", "tagline", "headline"}
	return [][]string{
		of("block_hero", head, []string{"description", "layout"}, imageFields("image"), buttonFields("button_group.buttons")),
		of("block_richtext", head, []string{"content", "alignment"}),
		of("block_gallery", head, below("items", "sort"), imageFields("items.directus_file")),
		of("block_pricing", head, below("pricing_cards", "title", "description", "price", "badge", "features", "is_highlighted", "sort"), buttonFields("pricing_cards.button")),
		of("block_posts", head, []string{"collection", "limit"}),
		of("block_form", head, below("form", formFields()...)),
	}
}

// oddKinds returns what is read of kinds of blocks that few projects place on pages.
func oddKinds(target []string, own []templates.OwnKind) [][]string {
	buttons := append([]string{"id"}, below("buttons", slices.Concat(target, []string{"label", "variant", "sort"})...)...)
	kinds := [][]string{below("blocks.item:block_button_group", buttons...)}
	for _, kind := range own {
		kinds = append(kinds, below("blocks.item:"+kind.Collection, append([]string{"id"}, readsOf(kind)...)...))
	}
	return kinds
}

// imageFields are what is read of an image in a block.
func imageFields(field string) []string {
	return below(field, "id", "description", "width", "height", "focal_point_x", "focal_point_y")
}

// block returns a block as the templates show it; nil if there is nothing to see. Of a kind
// that Hutch does not know, its author sees a note in development.
func (q contentQuery) block(ctx context.Context, p placed) (templates.Block, error) {
	var item struct {
		Tagline     string          `json:"tagline"`
		Headline    string          `json:"headline"`
		Description string          `json:"description"`
		Layout      string          `json:"layout"`
		Image       *imageFile      `json:"image"`
		ButtonGroup *buttonGroup    `json:"button_group"`
		Content     json.RawMessage `json:"content"`
		Alignment   string          `json:"alignment"`
		Items       []galleryItem   `json:"items"`
		Cards       []pricingCard   `json:"pricing_cards"`
		Limit       int             `json:"limit"`
		Buttons     []button        `json:"buttons"`
		Form        *form           `json:"form"`
	}
	_ = decode(p.Item, &item) // what cannot be read stays empty
	head := templates.BlockHead{Background: p.Background, Tagline: templates.PlainText(item.Tagline), Headline: templates.PlainText(item.Headline)}
	switch p.Kind {
	case "block_hero":
		hero := templates.Hero{BlockHead: head, Text: item.Description, Image: item.Image.view(), Layout: item.Layout}
		if item.ButtonGroup != nil {
			hero.Buttons = q.buttons(item.ButtonGroup.Buttons)
		}
		return hero, nil
	case "block_richtext":
		if err := q.turn.take(ctx, item.Content); err != nil {
			return nil, err
		}
		return templates.RichText{BlockHead: head, HTML: q.source.contentHTML("pages", q.path, item.Content), Alignment: item.Alignment}, nil
	case "block_gallery":
		return templates.Gallery{BlockHead: head, Images: q.imagesOf(item.Items)}, nil
	case "block_pricing":
		return templates.Pricing{BlockHead: head, Cards: q.pricingCards(item.Cards)}, nil
	case "block_posts":
		if q.path == blogPath {
			return templates.ListPlace{BlockHead: head}, nil
		}
		return q.postList(ctx, head, item.Limit)
	case "block_button_group":
		if buttons := q.buttons(item.Buttons); len(buttons) > 0 {
			return templates.ButtonGroup{BlockHead: head, Buttons: buttons}, nil
		}
		return nil, nil
	case "block_form":
		if item.Form == nil || !item.Form.shown() {
			return nil, nil
		}
		q.snapshot.Age(formLife)
		view := q.source.formView(*item.Form)
		view.Page = q.path
		return templates.FormBlock{BlockHead: head, Title: templates.PlainText(item.Form.Title), Form: view}, nil
	}
	if block, err := q.ownBlock(p); block != nil || err != nil {
		return block, err
	}
	q.source.Log.WarnOnce("a block of this kind is not shown", "kind", p.Kind, "page", q.path)
	if q.source.Development {
		return templates.Unknown{Collection: p.Kind}, nil
	}
	return nil, nil
}

// postsInBlock is how many posts a block shows that does not say, and maxPostsInBlock how
// many it may.
const postsInBlock, maxPostsInBlock = 6, 24

func (q contentQuery) postList(ctx context.Context, head templates.BlockHead, limit int) (templates.Block, error) {
	if limit < 1 {
		limit = postsInBlock
	}
	found, _, err := q.posts(ctx, directus.Query{Limit: min(limit, maxPostsInBlock)})
	if errors.Is(err, errHidden) || errors.Is(err, directus.ErrUnavailable) {
		return nil, nil // the rest of the page is better than none of it
	}
	if err != nil {
		return nil, err
	}
	// A card has the beginning of the text in place of a teaser. How long all of them take
	// to read is not worth another question.
	untold := slices.DeleteFunc(slices.Clone(found), func(p post) bool { return p.Teaser != "" })
	briefs, err := q.briefs(ctx, untold)
	for slug, b := range briefs {
		briefs[slug] = brief{Excerpt: b.Excerpt}
	}
	return templates.PostList{BlockHead: head, Posts: summaries(found, briefs), MorePath: blogPath}, err
}

type galleryItem struct {
	File *imageFile `json:"directus_file"`
	place
}

func (q contentQuery) imagesOf(items []galleryItem) []templates.Image {
	var images []templates.Image
	for _, item := range listed(q.source, "items", q.path, items) {
		if image := item.File.view(); image.ID != "" {
			images = append(images, image)
		}
	}
	return images
}

type pricingCard struct {
	Title       string   `json:"title"`
	Description string   `json:"description"`
	Price       string   `json:"price"`
	Badge       string   `json:"badge"`
	Features    []string `json:"features"`
	Highlighted bool     `json:"is_highlighted"`
	Button      *button  `json:"button"`
	place
}

func (q contentQuery) pricingCards(all []pricingCard) []templates.PricingCard {
	var cards []templates.PricingCard
	for _, c := range listed(q.source, "pricing_cards", q.path, all) {
		card := templates.PricingCard{
			Title: templates.PlainText(c.Title), Description: templates.PlainText(c.Description), Price: templates.PlainText(c.Price),
			Badge: templates.PlainText(c.Badge), Highlighted: c.Highlighted,
		}
		for _, feature := range c.Features {
			if text := templates.PlainText(feature); text != "" {
				card.Features = append(card.Features, text)
			}
		}
		if c.Button != nil {
			if buttons := q.buttons([]button{*c.Button}); len(buttons) > 0 {
				card.Button = &buttons[0]
			}
		}
		cards = append(cards, card)
	}
	return cards
}

type buttonGroup struct {
	Buttons []button `json:"buttons"`
}

type button struct {
	target
	place
	Label   string `json:"label"`
	Variant string `json:"variant"`
}

// buttons returns those that lead somewhere.
func (q contentQuery) buttons(all []button) []templates.Button {
	var buttons []templates.Button
	for _, b := range listed(q.source, "buttons", q.path, all) {
		address, foreign := b.address(q.source)
		if label := templates.PlainText(b.Label); address != "" && label != "" {
			buttons = append(buttons, templates.Button{Label: label, URL: address, Foreign: foreign, Variant: b.Variant})
		}
	}
	return buttons
}

// target is where a button or a link of a menu leads: to a page or a post of this site,
// or to an address.
type target struct {
	Type string      `json:"type"` // page, post, url; of menus also group
	Page *targetItem `json:"page"`
	Post *targetItem `json:"post"`
	URL  string      `json:"url"`
}

// targetItem is a page or a post as far as links need it. Without the right to read it
// there is but its key, and no link.
type targetItem struct {
	Status      json.RawMessage `json:"status"`
	PublishedAt string          `json:"published_at"`
	PublishDate string          `json:"publish_date"`
	Permalink   string          `json:"permalink"`
	Slug        string          `json:"slug"`
}

// UnmarshalJSON accepts the key alone.
func (t *targetItem) UnmarshalJSON(data []byte) error {
	type whole targetItem
	if len(data) == 0 || data[0] != '{' {
		return nil
	}
	return decode(data, (*whole)(t))
}

// targetFields returns what is read of a target: of pages and posts what they have, as
// the project calls it.
func (q contentQuery) targetFields(ctx context.Context) ([]string, error) {
	wanted := []string{"type", "url"}
	for _, to := range []struct{ field, collection string }{{"page", "pages"}, {"post", "posts"}} {
		known, err := q.known(ctx, to.collection)
		if err != nil && !errors.Is(err, errHidden) {
			return nil, err
		}
		for _, name := range existing(known.Kinds, "permalink", "slug", "status", "publish_date") {
			wanted = append(wanted, below(to.field, known.Naming.theirs(name))...)
		}
	}
	return wanted, nil
}

// address returns where the target is; "" if there is nothing to see.
func (t target) address(s *Source) (address string, foreign bool) {
	shown := func(item *targetItem) bool {
		return item != nil && publication{Status: item.Status, PublishDate: cmp.Or(item.PublishedAt, item.PublishDate)}.visible(s)
	}
	switch {
	case t.Type == "group":
		return "", false
	case t.Type == "page", t.Type == "" && t.Page != nil:
		if !shown(t.Page) {
			return "", false
		}
		if t.Page.Permalink == "" && t.Page.Slug != "" {
			return templates.Text{Slug: t.Page.Slug}.Path(), false
		}
		return web.LinkTarget(t.Page.Permalink)
	case t.Type == "post", t.Type == "" && t.Post != nil:
		if !shown(t.Post) || t.Post.Slug == "" {
			return "", false
		}
		return templates.PostSummary{Slug: t.Post.Slug}.Path(), false
	}
	return web.LinkTarget(t.URL)
}
