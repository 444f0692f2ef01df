package templates

import (
	"fmt"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"
)

// A team shows a kind of block of its own by a template alone: blocks/COLLECTION.html. What
// it names is what Hutch reads, and nothing else.

// OwnBlock is a block of a kind that only its template knows.
type OwnBlock struct {
	BlockHead
	Collection string
	Item       Item
}

// Kind is the name of the collection.
func (b OwnBlock) Kind() string { return b.Collection }

func (b OwnBlock) words() []string { return b.Item.words() }

// Item is the item of an [OwnBlock], for its template.
func (s Section) Item() Item {
	own, _ := s.Block.(OwnBlock)
	return own.Item
}

// Item is an item of a collection that only its template knows. Its methods read a field by
// its name; they return nothing of a field that is empty, of another kind or not there.
type Item struct{ Fields map[string]Value }

// Value is what a field holds.
type Value struct {
	Text  string // also of a number or a date, as Directus writes it
	Link  Button // where the text leads if it is an address; no URL if it is none
	Image Image  // the file
	Items []Item // of another collection
}

// Text returns a text, a number or a date.
func (i Item) Text(field string) string { return i.Fields[field].Text }

// Link returns an address. URL is empty if it is none that visitors may be led to.
func (i Item) Link(field string) Button { return i.Fields[field].Link }

// Image returns a file. ID is empty without one.
func (i Item) Image(field string) Image { return i.Fields[field].Image }

// Items returns the items of a relation, in the order in which Directus has them.
func (i Item) Items(field string) []Item { return i.Fields[field].Items }

// Item returns the item of a relation to one.
func (i Item) Item(field string) Item {
	if items := i.Fields[field].Items; len(items) > 0 {
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

// OwnKind is a kind of block of a team's own.
type OwnKind struct {
	Collection string
	Reads      []Read // what its template reads
}

// OwnKinds returns those kinds of blocks that only a template knows.
func (s *Set) OwnKinds() ([]OwnKind, error) {
	if err := s.dropEdited(); err != nil {
		return nil, err
	}
	return *s.own.Load(), nil
}

// ownKinds looks at the files of blocks.
func (s *Set) ownKinds() ([]OwnKind, error) {
	files, err := s.start(blocksFile).ParseFS(s.files, blocksFile, blockFiles)
	if err != nil {
		return nil, fmt.Errorf("templates: %w", err)
	}
	names, err := fs.Glob(s.files, blockFiles)
	if err != nil {
		return nil, fmt.Errorf("templates: %w", err)
	}
	known := map[string]bool{}
	for _, block := range []Block{Hero{}, RichText{}, Gallery{}, Pricing{}, PostList{}, FormBlock{}, ButtonGroup{}} {
		known[block.Kind()] = true
	}
	var own []OwnKind
	for _, name := range names {
		collection := strings.TrimSuffix(path.Base(name), ".html")
		if known[collection] {
			continue
		}
		reads, err := readsOf(files, path.Base(name))
		if err != nil {
			return nil, fmt.Errorf("templates: %s: %w", name, err)
		}
		own = append(own, OwnKind{collection, reads})
	}
	return own, nil
}

// anyBlock returns the template that shows a block by the file of its kind. A template
// cannot be named by a value, and what a function renders would need to be trusted anew: so
// each kind has its line here, and all of it is escaped by where it stands.
func (s *Set) anyBlock() (string, error) {
	files, err := fs.Glob(s.files, blockFiles)
	lines := `{{define "block-content"}}{{if eq .Block.Kind "unknown"}}{{template "block-unknown" .}}`
	for _, file := range files {
		name := path.Base(file)
		lines += fmt.Sprintf(`{{else if eq .Block.Kind %q}}{{template %q .}}`, strings.TrimSuffix(name, ".html"), name)
	}
	return lines + `{{end}}{{end}}`, err
}
