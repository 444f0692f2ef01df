package content

import (
	"encoding/json"

	"hutch/handlers/web"
	"hutch/internal/collections"
	"hutch/templates"
)

// itemView returns an item as templates read it. where names a field of it for the log.
func (s *Source) itemView(item collections.Item, where func(field string) string) templates.Item {
	view := templates.Item{Fields: map[string]templates.Value{}}
	for name, value := range item {
		view.Fields[name] = s.valueView(value, func() string { return where(name) })
	}
	return view
}

func (s *Source) valueView(value json.RawMessage, where func() string) (view templates.Value) {
	switch kindOf(value) {
	case kindObject:
		var items []json.RawMessage
		if json.Unmarshal(value, &items) != nil {
			var file imageFile
			_ = decode(value, &file)
			view.Image, items = file.view(), []json.RawMessage{value}
		}
		for _, one := range items {
			var item collections.Item
			_ = json.Unmarshal(one, &item) // a key alone, or a word, has no fields
			view.Items = append(view.Items, s.itemView(item, func(string) string { return where() }))
		}
		if _, is := blocksHTML(value); is {
			view.Markup = s.markup(value, where)
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
			view.Markup = s.markup(value, where)
		}
	}
	return view
}

// markup returns what makes HTML of a text, if it is shown.
func (s *Source) markup(value json.RawMessage, where func() string) func() string {
	return func() string {
		html, ok := s.Format.html(value)
		switch {
		case !ok:
			return templates.Unshown
		case len(html) > maxText:
			s.Log.WarnOnce("a text is too large to be shown", "field", where())
			return templates.TooLarge
		}
		return html
	}
}
