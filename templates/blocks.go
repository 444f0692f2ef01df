package templates

import (
	"slices"
	"strings"
)

// Block is a part of a [BlockPage]: one of the types in this file, or an [OwnBlock]. Each
// is shown by the template blocks/KIND.html.
type Block interface {
	// Kind is the name of the collection in Directus.
	Kind() string

	head() BlockHead
	// text returns the block's text as HTML, for the description of the page; "" if
	// it has none.
	text() string
	// words returns what else people read in the block, for the search.
	words() []string
	// image returns the image for link previews; no ID if it has none.
	image() Image
}

// BlockHead is what every block has.
type BlockHead struct {
	Background string // dark for a slightly darker surface
	Tagline    string // above the headline
	Headline   string
}

func (h BlockHead) head() BlockHead { return h }
func (BlockHead) text() string      { return "" }
func (BlockHead) words() []string   { return nil }
func (BlockHead) image() Image      { return Image{} }

// Tinted reports whether the block has a slightly darker surface.
func (h BlockHead) Tinted() bool { return h.Background == "dark" }

// Hero introduces a page or what it is about.
type Hero struct {
	BlockHead
	Text    string // with line breaks, or HTML
	Image   Image  // no ID for none
	Layout  string // image_left, image_center; anything else is image_right
	Buttons []Button
}

// Kind is the name of the collection.
func (Hero) Kind() string { return "block_hero" }

func (h Hero) text() string { return h.HTML() }
func (h Hero) image() Image { return h.Image }

// HTML returns the text for the sanitiser.
func (h Hero) HTML() string { return paragraphs(h.Text) }

// Place returns the class that says where the image is.
func (h Hero) Place() string {
	switch {
	case h.Layout == "image_center":
		return "image-below"
	case h.Image.ID == "":
		return "image-none"
	case h.Layout == "image_left":
		return "image-before"
	}
	return "image-after"
}

// RichText is a text of editors.
type RichText struct {
	BlockHead
	HTML      string // the editor's; sanitised by the template
	Alignment string // center, right; anything else is left
}

// Kind is the name of the collection.
func (RichText) Kind() string { return "block_richtext" }

func (r RichText) text() string { return r.HTML }

// Align returns the class for the alignment, which is mirrored in languages that are
// written from right to left.
func (r RichText) Align() string {
	switch r.Alignment {
	case "center":
		return "aligned-center"
	case "right":
		return "aligned-end"
	}
	return "aligned-start"
}

// Gallery shows images in a grid. Each leads to its large version.
type Gallery struct {
	BlockHead
	Images []Image
}

// Kind is the name of the collection.
func (Gallery) Kind() string { return "block_gallery" }

func (g Gallery) image() Image {
	for _, item := range g.Items() {
		return item.Image
	}
	return Image{}
}

// GalleryItem is an image with its place in the gallery.
type GalleryItem struct {
	Image
	Number int
}

// Items returns the images that there are.
func (g Gallery) Items() []GalleryItem {
	var items []GalleryItem
	for _, image := range g.Images {
		if image.ID != "" {
			items = append(items, GalleryItem{image, len(items) + 1})
		}
	}
	return items
}

// Pricing compares offers.
type Pricing struct {
	BlockHead
	Cards []PricingCard
}

// PricingCard is one offer. All but the title is optional.
type PricingCard struct {
	Title       string
	Description string
	Price       string // such as "$199 /month"
	Badge       string // such as "Most popular"
	Features    []string
	Button      *Button
	Highlighted bool
}

// Kind is the name of the collection.
func (Pricing) Kind() string { return "block_pricing" }

func (p Pricing) words() []string {
	var words []string
	for _, card := range p.Cards {
		words = append(words, card.Title, card.Price, card.Badge, card.Description)
		words = append(words, card.Features...)
	}
	return words
}

// Amount returns the price without its unit.
func (c PricingCard) Amount() string {
	return strings.TrimSpace(strings.TrimSuffix(c.Price, c.Unit()))
}

// Unit returns what the price is for, such as "/month"; may be empty.
func (c PricingCard) Unit() string {
	if at := strings.Index(c.Price, "/"); at >= 0 {
		return c.Price[at:]
	}
	return ""
}

// PostList shows posts as cards.
type PostList struct {
	BlockHead
	Posts    []PostSummary
	MorePath string // of the list with all posts; empty for none
}

// Kind is the name of the collection.
func (PostList) Kind() string { return "block_posts" }

// ListPlace is where the list of posts stands among the blocks of a [Blog], whose
// template shows it.
type ListPlace struct{ BlockHead }

// Kind names no template.
func (ListPlace) Kind() string { return "list" }

// WithListPlace returns the blocks with one place for the list: the first that there is,
// else the end.
func WithListPlace(blocks []Block) []Block {
	has := false
	placed := slices.DeleteFunc(blocks, func(block Block) bool {
		_, is := block.(ListPlace)
		again := is && has
		has = has || is
		return again
	})
	if !has {
		placed = append(placed, ListPlace{})
	}
	return placed
}

// Unknown tells its author that a block is of a kind that Hutch does not know. Visitors
// never see it.
type Unknown struct {
	BlockHead
	Collection string
}

// Kind names no collection, so that it has a template.
func (Unknown) Kind() string { return "unknown" }

// ButtonGroup is a row of buttons.
type ButtonGroup struct {
	BlockHead
	Buttons []Button
}

// Kind is the name of the collection.
func (ButtonGroup) Kind() string { return "block_button_group" }

// Button is a link that looks like a button. One without a URL is not shown.
type Button struct {
	Label   string
	URL     string
	Foreign bool   // leads to another site
	Variant string // outline, soft, ghost, link; anything else, such as default or solid, is filled
}

// Class returns the classes for the variant.
func (b Button) Class() string {
	switch b.Variant {
	case "outline":
		return "button quiet"
	case "soft":
		return "button soft"
	case "ghost":
		return "button ghost"
	case "link":
		return "button plain"
	}
	return "button"
}
