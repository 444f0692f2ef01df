package templates

import (
	"fmt"
	"io/fs"
	"reflect"
	"strings"
	"testing"
	"testing/fstest"
	"time"
)

// quotes shows a kind of block of a team's own.
const quotes = `{{template "block-head" .}}
{{with .Item.Image "photo"}}<img src="{{.Src}}" alt="">{{end}}
{{range $i, $one := .Item.Items "quotes"}}<blockquote id="quote-{{$i}}">{{.Text "words"}}
  {{with $one.Item "person"}}<cite>{{.Text "name"}}{{with .Link "site"}}{{if .URL}}<a href="{{.URL}}">site</a>{{end}}{{end}}</cite>{{end}}</blockquote>{{end}}
{{if and (.Item.Has "rich") (not ($.Item.Has "hidden"))}}{{richtextbelow . (.Item.Text "rich")}}{{end}}
{{(.Item.Item "place").Text "town"}} {{template "more" .Item}}
{{define "more"}}{{.Text "more"}}{{end}}`

// withFiles returns the embedded templates with other files.
func withFiles(t *testing.T, files map[string]string) fstest.MapFS {
	t.Helper()
	all := fstest.MapFS{}
	err := fs.WalkDir(embedded, ".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		content, err := embedded.ReadFile(path)
		all[path] = &fstest.MapFile{Data: content, ModTime: time.Unix(1, 0)}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for path, content := range files {
		all[path] = &fstest.MapFile{Data: []byte(content), ModTime: time.Unix(2, 0)}
	}
	return all
}

func setWith(t *testing.T, files map[string]string) (*Set, error) {
	t.Helper()
	set, _ := newSet(t)
	options := set.options
	options.Dir = withFiles(t, files)
	return New(options)
}

// What is read of a block is what its template names.
func TestOwnKindsReadWhatTheirTemplatesName(t *testing.T) {
	set, err := setWith(t, map[string]string{"blocks/quotes.html": quotes, "blocks/empty.html": "<hr>"})
	if err != nil {
		t.Fatal(err)
	}
	kinds, err := set.OwnKinds()
	want := []OwnKind{{"empty", nil}, {"quotes", []Read{
		{"tagline", "Text"}, {"headline", "Text"}, {"photo", "Image"}, {"quotes.words", "Text"}, {"quotes.person.name", "Text"}, {"quotes.person.site", "Link"},
		{"rich", "Has"}, {"hidden", "Has"}, {"rich", "Text"}, {"place.town", "Text"}, {"more", "Text"},
	}}}
	if err != nil || !reflect.DeepEqual(kinds, want) {
		t.Errorf("%v %v, want %v", err, kinds, want)
	}
	for _, unnamed := range []string{`{{.Item.Text .Block.Headline}}`, `{{range .Item.Items "a"}}{{.Text}}{{end}}`, `{{$x := "a"}}{{.Item.Has $x}}`, `{{.Item.Text (printf "a")}}`} {
		if _, err := setWith(t, map[string]string{"blocks/odd.html": unnamed}); err == nil || !strings.Contains(err.Error(), "blocks/odd.html") {
			t.Errorf("%s: %v", unnamed, err)
		}
	}
	own, err := New(set.options)
	if err != nil {
		t.Fatal(err)
	}
	own.options.Dir.(fstest.MapFS)["blocks/late.html"] = &fstest.MapFile{Data: []byte(`{{.Item.Text "a"}}`), ModTime: time.Unix(3, 0)}
	if kinds, err = own.OwnKinds(); err != nil || len(kinds) != 3 {
		t.Errorf("a file that was added while the site runs: %v %v", kinds, err)
	}
}

// Whatever a field holds is escaped by where it stands.
func TestOwnBlocksEscape(t *testing.T) {
	set, err := setWith(t, map[string]string{"blocks/quotes.html": quotes})
	if err != nil {
		t.Fatal(err)
	}
	_, language := newSet(t)
	for _, hostile := range []string{`"><script>alert(1)</script>`, "javascript:alert(1)", `<img src=x onerror=alert(1)>`, "</section></main>"} {
		value := Value{Text: hostile, Link: Button{URL: hostile}, Image: Image{ID: hostile, Alt: hostile}}
		deep := func(fields ...string) Value {
			item := Item{Fields: map[string]Value{}}
			for _, field := range fields {
				item.Fields[field] = value
			}
			return Value{Items: []Item{item}}
		}
		one := deep("words")
		one.Items[0].Fields["person"] = deep("name", "site")
		block := OwnBlock{BlockHead{Headline: hostile}, "quotes", Item{Fields: map[string]Value{"photo": value, "rich": value, "more": value, "quotes": one, "place": deep("town")}}}
		written, err := set.Render(BlockPage{Path: "/", Heading: "Home", Blocks: []Block{block, OwnBlock{Collection: "quotes"}}}, Frame{Language: language}, "main")
		if err != nil {
			t.Fatal(err)
		}
		for _, bad := range []string{"<script>alert", "<img src=x", `href="javascript`, "</section></main>"} {
			if strings.Contains(string(written), bad) {
				t.Errorf("%s makes %s", hostile, written)
			}
		}
		if n := strings.Count(string(written), `class="block block-quotes"`); n != 2 {
			t.Errorf("%d blocks, want 2: %s", n, written)
		}
	}
	if said := set.TextOf(BlockPage{Blocks: []Block{OwnBlock{Collection: "quotes", Item: Item{Fields: map[string]Value{"more": {Text: "Clover"}, "id": {Text: "secret"}}}}}}); !strings.Contains(said, "Clover") || strings.Contains(said, "secret") {
		t.Errorf("the search reads %s", fmt.Sprintf("%q", said))
	}
}
