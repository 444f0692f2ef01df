package content

import (
	"encoding/json"
	"log/slog"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"

	"hutch/handlers/web"
	"hutch/internal/collections"
	"hutch/internal/i18n"
	"hutch/internal/sitefolder"
	"hutch/session"
	"hutch/templates"
)

// FuzzEntry shows an item that holds anything at all in a field of any name: as a card, and
// as a page.
func FuzzEntry(f *testing.F) {
	for field, value := range map[string]string{
		"title": `"Hay & <b>straw</b>"`, "text": `"<p onclick=alert(1)>x</p><script>alert(1)</script>"`, "content": `{"time":1,"blocks":[{"type":"paragraph","data":{"text":"<script>"}}]}`,
		"starts": `"2026-10-31T12:00:00"`, "price": `-1.5e300`, "free": `false`, "tags": `["a",{"b":[null]}]`, "image": `{"id":"x\"onerror=1","width":-5}`,
		"venue": `{"name":"<script>alert(1)</script>","venue":{"name":{}}}`, "link": `"javascript:alert(1)"`, "slug": `"../x"`, "seo": `{"title":[1]}`, "status": `3`, "id": `{}`,
	} {
		f.Add(field, value)
	}
	catalogue, err := i18n.New(i18n.Options{Numbers: map[string]int{"MinPassword": 0, "MaxPassword": 0, "MaxPicture": 0, "MaxPixels": 0}})
	if err != nil {
		f.Fatal(err)
	}
	set, err := templates.New(templates.Options{
		Languages: catalogue.Languages(), StaticURL: func(name string) (string, error) { return name, nil }, ContentLanguage: "en",
	})
	if err != nil {
		f.Fatal(err)
	}
	source := &Source{
		Now: time.Now, TimeZone: time.UTC, Templates: set, Published: []string{collections.DefaultStatus}, Untitled: "Untitled", Format: NewFormat(FormatAuto),
		Log: web.NewLog(slog.New(slog.DiscardHandler), nil, nil, session.Pseudonyms{}),
	}
	e := entries{contentQuery: contentQuery{source: source}, of: sitefolder.Collection{Name: "things", Path: "/things"}}
	f.Fuzz(func(t *testing.T, field, value string) {
		if !json.Valid([]byte(value)) {
			return
		}
		item := collections.Item{"slug": json.RawMessage(`"thing"`), field: json.RawMessage(value)}
		known := shape{Address: "slug", Kinds: map[string]string{}}
		for name, one := range item {
			known.Fields = append(known.Fields, name)
			known.Kinds[name] = kindOfOwn(one)
		}
		known.Title, known.Dated = known.first(titleFields...), known.first(dateFields...)
		one, shown := e.view(known, item)
		if !shown {
			return
		}
		frame := templates.Frame{Language: catalogue.Languages()[0]}
		for _, page := range []templates.Page{one.Entry, templates.Entries{Heading: "Things", Items: []templates.Entry{one.Entry}, Pager: templates.Pager{Path: "/things", Page: 1}}} {
			written, err := set.Render(page, frame, "main")
			if err != nil {
				t.Fatalf("%s: %s: %v", field, value, err)
			}
			for tokens := html.NewTokenizer(strings.NewReader(string(written))); tokens.Next() != html.ErrorToken; {
				token := tokens.Token()
				if token.Data == "script" || token.Data == "iframe" {
					t.Fatalf("%s: %s makes %s", field, value, written)
				}
				for _, a := range token.Attr {
					if strings.HasPrefix(a.Key, "on") || strings.HasPrefix(strings.ToLower(strings.TrimSpace(a.Val)), "javascript:") {
						t.Fatalf("%s: %s makes %s=%q", field, value, a.Key, a.Val)
					}
				}
			}
		}
	})
}
