package templates

import (
	"fmt"
	"io/fs"
	"path"
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
	return own.Item.spokenBy(s.voice.below(s.Level, s.ids))
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
