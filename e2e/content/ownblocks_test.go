package content_test

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"hutch/e2e/harness"
	"hutch/internal/collections"
)

const quotesTemplate = `{{template "block-head" .}}
<blockquote><p>{{.Item.Text "words"}}</p></blockquote>
{{with .Item.Image "photo"}}<img src="{{.Src}}" alt="{{.Alt}}" width="{{.Width}}" height="{{.Height}}">{{end}}
<ul>{{range .Item.Items "people"}}<li class="who">{{.Text "name"}}</li>{{end}}</ul>
{{with .Item.Link "more"}}{{if .URL}}<a class="more" href="{{.URL}}">More</a>{{end}}{{end}}
{{if .Item.Has "lacking"}}The field that is not there{{end}}`

// A template alone shows a kind of block that a team has made in Directus: its own texts, a
// picture, an address, items of another collection. Only what it names is asked for. Rows of
// buttons need but their place among the blocks.
func TestOwnBlocks(t *testing.T) {
	harness.OnRealOfficial(t, func(t *testing.T, up harness.Upstream) {
		placeQuotes(t, up)
		without := harness.StartApp(t, up, harness.Fresh()).Browser(t, harness.Plain)
		without.Open("/quoted")
		without.WantText("Donate")
		if strings.Contains(without.Raw, "Rabbits are not a hobby") {
			t.Error("a block without a template is shown")
		}

		folder := filepath.Join(harness.CopyOfThePages(t), "templates")
		if err := os.WriteFile(filepath.Join(folder, "blocks", "quotes.html"), []byte(quotesTemplate), 0o600); err != nil {
			t.Fatal(err)
		}
		up.Templates = os.DirFS(folder)
		site := harness.StartApp(t, up, harness.Fresh())
		b := site.Browser(t, harness.Plain)
		b.Open("/quoted")
		b.WantStatus(http.StatusOK)
		b.WantText("What they say", "Rabbits are not a hobby", "Ada Warrener", "Ben Burrow", "Donate")
		if strings.Contains(b.Raw, "The field that is not there") || strings.Contains(b.Raw, "hidden note") {
			t.Errorf("%s", b.Raw)
		}
		if b.Doc.Find("h1").Length() != 1 || b.Doc.Find("main section.block-quotes h1").Length() != 1 {
			t.Error("the headline is not the title of the page")
		}
		if src, _ := b.Doc.Find(".block-quotes img").Attr("src"); !strings.HasPrefix(src, "/assets/") || b.Doc.Find(".block-quotes img").AttrOr("width", "0") == "0" {
			t.Errorf("the picture is %q", src)
		}
		if href, _ := b.Doc.Find("a.more").Attr("href"); href != "/about" {
			t.Errorf("the link leads to %q", href)
		}
		for question := range site.Wire.Questions() {
			if strings.Contains(question, "hidden_note") {
				t.Errorf("a field that the template does not name is asked for: %s", question)
			}
		}
		b.Open("/search?q=hobby")
		b.WantText("Quoted")
		b.Open("/") // other pages stay as they are
		b.WantText("Rabbits, kept well")
	})
}

// placeQuotes makes a collection for a kind of block, and a page with one.
func placeQuotes(t *testing.T, up harness.Upstream) {
	t.Helper()
	field := func(name, kind string, special ...string) map[string]any {
		made := map[string]any{"field": name, "type": kind, "schema": map[string]any{}, "meta": map[string]any{"special": special}}
		if kind == "alias" {
			made["schema"] = nil
		}
		return made
	}
	key := map[string]any{"field": "id", "type": "integer", "schema": map[string]any{"is_primary_key": true, "has_auto_increment": true}, "meta": map[string]any{}}
	make := func(path string, body any) {
		t.Helper()
		if err := up.Admin.Post(t.Context(), path, body, nil); err != nil {
			t.Fatal(err)
		}
	}
	make("/collections", map[string]any{"collection": "quotes", "meta": map[string]any{}, "schema": map[string]any{}, "fields": []any{
		key, field("headline", "string"), field("words", "text"), field("more", "string"), field("hidden_note", "string"), field("photo", "uuid", "file"), field("people", "alias", "o2m"),
	}})
	make("/collections", map[string]any{"collection": "quoted", "meta": map[string]any{}, "schema": map[string]any{}, "fields": []any{key, field("name", "string"), field("quote", "integer")}})
	make("/relations", map[string]any{"collection": "quotes", "field": "photo", "related_collection": "directus_files"})
	make("/relations", map[string]any{"collection": "quoted", "field": "quote", "related_collection": "quotes", "meta": map[string]any{"one_field": "people"}})
	kinds := append(collections.BlocksOnPages(), "quotes", "block_button_group")
	if err := up.Admin.Patch(t.Context(), "/relations/page_blocks/item", map[string]any{"meta": map[string]any{"one_allowed_collections": kinds}}); err != nil {
		t.Fatal(err)
	}
	up.EverybodyMay(t, "read", "quotes", "*")
	up.EverybodyMay(t, "read", "quoted", "*")
	make("/items/pages", map[string]any{"title": "Quoted", "permalink": "/quoted", "status": "published", "published_at": "2026-01-01T00:00:00Z", "blocks": []any{
		map[string]any{"sort": 1, "collection": "quotes", "item": map[string]any{
			"headline": "What they say", "words": "Rabbits are not a hobby", "more": "/about", "hidden_note": "A hidden note", "photo": harness.OfficialID("files/meadow"),
			"people": []any{map[string]any{"name": "Ada Warrener"}, map[string]any{"name": "Ben Burrow"}},
		}},
		map[string]any{"sort": 2, "collection": "block_button_group", "item": map[string]any{"buttons": []any{map[string]any{"label": "Donate", "type": "url", "url": "/about"}}}},
	}})
}
