package templates

import (
	"html/template"
	"maps"
	"slices"
	"time"
)

// Item is an item of a collection that only a team's templates know. Its methods read a field
// by its name, as Directus has it; they return nothing of a field that is empty, of another
// kind or not there.
type Item struct {
	Fields map[string]Value
	// Path is the address of the item's own page; empty for one without.
	Path string

	voice *voice
}

// Value is what a field holds.
type Value struct {
	Text   string    // also of a number or a date, as Directus writes it
	Date   time.Time // in the site's zone; zero if the text is no date
	Number float64
	Link   Button // where the text leads if it is an address; no URL if it is none
	Image  Image  // the file
	Items  []Item // of another collection
	// Markup returns the text as the HTML that editors wrote; nil if there is none.
	Markup func() string
}

// Text returns a text, a number or a date.
func (i Item) Text(field string) string { return i.Fields[field].Text }

// Plain returns a text without the markup of an editor.
func (i Item) Plain(field string) string { return PlainText(i.Fields[field].Text) }

// HTML returns a text as the HTML that editors wrote, sanitised: also one in Markdown.
func (i Item) HTML(field string) (template.HTML, error) {
	markup := i.Fields[field].Markup
	if markup == nil || i.voice == nil {
		return "", nil
	}
	return i.voice.rich.sanitise(markup(), i.voice.say)
}

// Date returns a date or a time, in the site's zone. It is zero if there is none:
//
//	{{with .Item.Date "starts"}}{{if not .IsZero}}{{day .}}{{end}}{{end}}
func (i Item) Date(field string) time.Time { return i.Fields[field].Date }

// Number returns a number; 0 if there is none.
func (i Item) Number(field string) float64 { return i.Fields[field].Number }

// Link returns an address. URL is empty if it is none that visitors may be led to.
func (i Item) Link(field string) Button { return i.Fields[field].Link }

// Image returns a picture in a shape: card (16:9), thumbnail (3:2), square, or whole, which it
// is if none is named. It is nil without one.
func (i Item) Image(field string, shape ...string) *Picture {
	return i.Fields[field].Image.picture(append(shape, "")[0])
}

// Items returns the items of a relation, in the order in which Directus has them.
func (i Item) Items(field string) []Item {
	var items []Item
	for _, item := range i.Fields[field].Items {
		items = append(items, item.spokenBy(i.voice))
	}
	return items
}

// Item returns the item of a relation to one.
func (i Item) Item(field string) Item {
	if items := i.Items(field); len(items) > 0 {
		return items[0]
	}
	return Item{}
}

// Has reports whether a field holds anything.
func (i Item) Has(field string) bool {
	value := i.Fields[field]
	return value.Text != "" || value.Image.ID != "" || len(value.Items) > 0
}

func (i Item) words() []string {
	var words []string
	for _, field := range slices.Sorted(maps.Keys(i.Fields)) {
		value := i.Fields[field]
		if field == "id" {
			continue
		}
		words = append(words, PlainText(value.Text), value.Image.Alt)
		for _, item := range value.Items {
			words = append(words, item.words()...)
		}
	}
	return words
}

func (i Item) spokenBy(v *voice) Item {
	i.voice = v
	return i
}

// voice shows what editors wrote to a visitor, in the words of their language.
type voice struct {
	rich richText
	say  say
}

// below is the voice of a part of a page, whose headings are below one of this level.
func (v *voice) below(heading int, ids map[string]bool) *voice {
	if v == nil {
		return nil
	}
	return &voice{v.rich.below(heading, ids), v.say}
}

// Picture has the attributes of an <img>.
type Picture struct {
	Rendition
	Alt string
}

// picture returns the image in a shape that templates name; nil if there is none.
func (i Image) picture(shape string) *Picture {
	if i.ID == "" {
		return nil
	}
	switch shape {
	case "card":
		return &Picture{i.Card(), i.Alt}
	case "thumbnail":
		return &Picture{i.Thumbnail(), i.Alt}
	case "square":
		return &Picture{i.Square(), i.Alt}
	}
	return &Picture{i.Whole(), i.Alt}
}
