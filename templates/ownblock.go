package templates

import (
	"fmt"
	"html/template"
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
	return s.parsed.Load().own, nil
}

// ownKinds looks at the files of blocks.
func (s *Set) ownKinds() ([]OwnKind, error) {
	files := s.start("blocks")
	if err := s.addShared(files, blocksFile); err != nil {
		return nil, err
	}
	names, err := fs.Glob(s.files, blockFiles)
	if err != nil {
		return nil, fmt.Errorf("templates: %w", err)
	}
	for _, name := range names {
		if err := s.add(files, name); err != nil {
			return nil, err
		}
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
		reads, err := readsOf(files, name)
		if err != nil {
			return nil, err
		}
		own = append(own, OwnKind{collection, reads})
	}
	return own, nil
}

// addBlocks adds the files of blocks, and the template that shows a block by the file of its
// kind. A template cannot be named by a value, and what a function renders would need to be
// trusted anew: so each kind has its line here, and all of it is escaped by where it stands.
func (s *Set) addBlocks(tree *template.Template) error {
	if err := s.addShared(tree, blocksFile); err != nil {
		return err
	}
	files, err := fs.Glob(s.files, blockFiles)
	if err != nil {
		return fmt.Errorf("templates: %w", err)
	}
	lines := `{{define "block-content"}}{{if eq .Block.Kind "unknown"}}{{template "block-unknown" .}}`
	for _, file := range files {
		if err := s.add(tree, file); err != nil {
			return err
		}
		lines += fmt.Sprintf(`{{else if eq .Block.Kind %q}}{{template %q .}}`, strings.TrimSuffix(path.Base(file), ".html"), file)
	}
	_, err = tree.Parse(lines + `{{end}}{{end}}`)
	return faultOf(err)
}
