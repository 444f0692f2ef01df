package content

import (
	"encoding/json"
	"strings"

	"hutch/handlers/web"
	"hutch/internal/collections"
	"hutch/templates"
)

// stored is where an item stands: its collection, and the address that names it. Empty: it is
// a part of another one, whose pasted pictures have no address.
type stored struct{ collection, address string }

// itemView returns an item as templates read it.
func (s *Source) itemView(item collections.Item, at stored) templates.Item {
	view := templates.Item{Fields: map[string]templates.Value{}}
	for name, value := range item {
		view.Fields[name] = s.valueView(value, at)
	}
	return view
}

func (s *Source) valueView(value json.RawMessage, at stored) (view templates.Value) {
	switch kindOf(value) {
	case kindObject:
		var items []json.RawMessage
		if json.Unmarshal(value, &items) != nil {
			var file imageFile
			_ = decode(value, &file)
			view.Image, items = file.view(), []json.RawMessage{value}
		}
		var words []string
		if json.Unmarshal(value, &words) == nil {
			view.Text = strings.Join(words, ", ")
		}
		for _, one := range items {
			var item collections.Item
			_ = json.Unmarshal(one, &item) // a key alone, or a word, has no fields
			view.Items = append(view.Items, s.itemView(item, at))
		}
		if _, is := blocksHTML(value); is {
			view.Markup = func() string { return s.markup(value, at) }
		}
	case kindBoolean:
		if string(value) == "true" {
			view.Text = "true"
		}
	case kindNumber:
		view.Text = collections.TextOf(value)
		_ = json.Unmarshal(value, &view.Number)
	default:
		view.Text = collections.TextOf(value)
		view.Link.URL, view.Link.Foreign = web.LinkTarget(view.Text)
		view.Date = s.date(view.Text)
		if view.Text != "" {
			view.Markup = func() string { return s.markup(value, at) }
		}
	}
	return view
}

// markup returns a text as HTML.
func (s *Source) markup(value json.RawMessage, at stored) string {
	if at == (stored{}) {
		html, _ := s.Format.html(value)
		return html
	}
	return s.contentHTML(at.collection, at.address, value)
}
