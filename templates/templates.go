package templates

import (
	"bytes"
	"embed"
	"fmt"
	"html/template"
	"io/fs"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"hutch/internal/i18n"
)

//go:embed *.html
var embedded embed.FS

// Page is a page of the site: a type of this package with its own .html file.
type Page interface {
	// file is the name of the .html file.
	file() string
}

// Frame is what the layout shows around every page.
type Frame struct {
	Site       Site
	Address    string // of the site: scheme and host; with Path, that of the page
	Language   *i18n.Language
	Path       string // of the request, to mark where the visitor is
	Appearance string // light or dark, as the visitor chose; empty: as their device has it
	SignedIn   bool
	Notice     i18n.Message // what the page before has left to be said
	// Stale: Directus could not be asked. This is the last that it gave.
	Stale bool
}

// Options say how a [Set] is made.
type Options struct {
	// Dir is looked at for every page and read again when a file in it has
	// changed, so that a template can be edited while the site runs; nil: the
	// templates in the binary.
	Dir       fs.FS
	Languages []*i18n.Language
	// StaticURL returns the hashed address of a file in static/.
	StaticURL func(name string) (string, error)
	// DirectusURL is rewritten out of the editors' HTML.
	DirectusURL string
	// PublicURL is what visitors type: links to it are not foreign. It may be
	// empty.
	PublicURL string
	// ContentLanguage is the language that editors write in (BCP 47), which
	// visitors with another one must be told.
	ContentLanguage string
	Sandbox         bool // no real Directus behind this site
}

// Set renders pages. It is safe for concurrent use.
type Set struct {
	options  Options
	files    fs.FS
	richText richText
	shared   atomic.Pointer[template.Template] // layout and partials, without the words of a language
	blocks   map[string]blocks                 // by file
	pages    sync.Map                          // of *template.Template, by key: those that were asked for
	edited   atomic.Int64                      // when a file of Dir was last changed, as far as is known
}

// blocks are what a page's own file defines, but its title: that belongs to the
// tab, and is never swapped.
type blocks map[string]bool

// key names a page in one language: its words are bound when it is parsed.
type key struct{ language, file string }

// New parses every page, so that a broken template stops the start and not a
// visitor. What it parses is thrown away: each page takes 100 KB in each language,
// and most visitors see the same few.
func New(options Options) (*Set, error) {
	s := &Set{
		options:  options,
		files:    embedded,
		richText: newRichText(options.DirectusURL, options.PublicURL),
		blocks:   map[string]blocks{},
	}
	if options.Dir != nil {
		s.files = options.Dir
	}
	if err := s.parseShared(); err != nil {
		return nil, err
	}
	names, err := fs.Glob(s.files, "*.html")
	if err != nil {
		return nil, fmt.Errorf("templates: %w", err)
	}
	for _, name := range names {
		if name == "layout.html" || name == "partials.html" {
			continue
		}
		if s.blocks[name], err = s.findBlocks(name); err != nil {
			return nil, err
		}
	}
	return s, nil
}

// parseShared parses what stands around every page, once for all of them.
func (s *Set) parseShared() error {
	shared, err := s.start("shared").ParseFS(s.files, "layout.html", "partials.html")
	if err != nil {
		return fmt.Errorf("templates: %w", err)
	}
	s.shared.Store(shared)
	return nil
}

func (s *Set) start(name string) *template.Template {
	return template.New(name).Funcs(s.funcs(s.options.Languages[0])).Option("missingkey=error")
}

// findBlocks parses the page's own file alone.
func (s *Set) findBlocks(name string) (blocks, error) {
	page, err := s.start(name).ParseFS(s.files, name)
	if err != nil {
		return nil, fmt.Errorf("templates: %w", err)
	}
	own := blocks{}
	for _, t := range page.Templates() {
		if t.Name() != name && s.shared.Load().Lookup(t.Name()) == nil {
			own[t.Name()] = true
		}
	}
	if !own["main"] || !own["title"] {
		return nil, fmt.Errorf("templates: %s does not define the blocks title and main", name)
	}
	delete(own, "title")
	return own, nil
}

// parse returns a page with its layout, in a language: its words are bound here.
func (s *Set) parse(name string, language *i18n.Language) (*template.Template, error) {
	tree, err := s.shared.Load().Clone()
	if err == nil {
		tree, err = tree.Funcs(s.funcs(language)).ParseFS(s.files, name)
	}
	if err != nil {
		return nil, fmt.Errorf("templates: %w", err)
	}
	return tree, nil
}

// page returns a parsed page. It is parsed when it is first asked for, and again
// when a file was edited.
func (s *Set) page(name string, language *i18n.Language) (*template.Template, error) {
	if err := s.dropEdited(); err != nil {
		return nil, err
	}
	which := key{language.Tag, name}
	if kept, has := s.pages.Load(which); has {
		return kept.(*template.Template), nil
	}
	if s.blocks[name] == nil {
		return nil, fmt.Errorf("templates: there is no file %s", name)
	}
	p, err := s.parse(name, language)
	if err != nil {
		return nil, err
	}
	kept, _ := s.pages.LoadOrStore(which, p)
	return kept.(*template.Template), nil
}

// dropEdited forgets what was parsed once a file of Dir has changed since.
func (s *Set) dropEdited() error {
	if s.options.Dir == nil {
		return nil
	}
	names, err := fs.Glob(s.files, "*.html")
	if err != nil {
		return err
	}
	var latest int64
	for _, name := range names {
		info, err := fs.Stat(s.files, name)
		if err != nil {
			return err
		}
		latest = max(latest, info.ModTime().UnixNano())
	}
	if s.edited.Swap(latest) == latest {
		return nil
	}
	s.pages.Clear()
	return s.parseShared()
}

// funcs are what templates can say beside their page.
func (s *Set) funcs(language *i18n.Language) template.FuncMap {
	return template.FuncMap{
		"t":        language.Say,
		"count":    language.Count,
		"day":      language.Day,
		"clock":    language.Clock,
		"number":   language.Number,
		"isoday":   func(t time.Time) string { return t.Format(time.DateOnly) },
		"static":   s.options.StaticURL,
		"richtext": func(source string) (template.HTML, error) { return s.richText.sanitise(source, language.Say) },
		"excerpt":  s.richText.excerpt,
		"reading":  s.richText.readingTime,
		"content":  func() string { return s.options.ContentLanguage },
		"sandbox":  func() bool { return s.options.Sandbox },
		"offline":  func() Problem { return Problem{Heading: "problem.offline", Text: "problem.offlinetext", Offline: true} },
	}
}

// Safe is editors' HTML, made safe as on pages, in their own language.
func (s *Set) Safe(source string) (string, error) {
	wanted := s.options.Languages[0]
	for _, language := range s.options.Languages {
		if strings.HasPrefix(s.options.ContentLanguage, language.Tag) {
			wanted = language
		}
	}
	safe, err := s.richText.sanitise(source, wanted.Say)
	return string(safe), err
}

// ContentLanguage is the language that editors write in.
func (s *Set) ContentLanguage() string { return s.options.ContentLanguage }

// HasFragment reports whether the page's file defines a block of this name.
func (s *Set) HasFragment(p Page, block string) bool {
	return s.blocks[p.file()][block]
}

// Knows reports whether any page has a block of this name.
func (s *Set) Knows(block string) bool {
	for _, own := range s.blocks {
		if own[block] {
			return true
		}
	}
	return false
}

// Render returns the whole page, or only one block of it with the page's title
// in front, which htmx puts into the tab. It renders to the end before it
// returns, so that nobody is ever sent half a page.
func (s *Set) Render(p Page, frame Frame, block string) ([]byte, error) {
	page, err := s.page(p.file(), frame.Language)
	if err != nil {
		return nil, err
	}
	withForm, hasForm := p.(interface{ failed() bool })
	withMeta, hasMeta := p.(interface{ meta() Meta })
	data := struct {
		Frame  Frame
		Page   Page
		Failed bool
		Meta   *Meta // nil: nothing for robots to find
	}{Frame: frame, Page: p, Failed: hasForm && withForm.failed()}
	if hasMeta {
		meta := withMeta.meta()
		data.Meta = &meta
	}
	parts := []string{"layout"}
	switch block {
	case "":
	case "notices": // above a page that stays what it is
		parts = []string{block}
	case "main":
		parts = []string{"tab", block, "stale"}
	default:
		parts = []string{"tab", block}
	}
	var html bytes.Buffer
	for _, part := range parts {
		if err := page.ExecuteTemplate(&html, part, data); err != nil {
			return nil, fmt.Errorf("templates: %w", err)
		}
	}
	return html.Bytes(), nil
}

// At is the value of aria-current for a link to exactly this page, or "".
func (f Frame) At(path string) string {
	if f.Path == path {
		return "page"
	}
	return ""
}

// Current is the value of aria-current for a link to path, or "".
func (f Frame) Current(path string) string {
	switch {
	case f.Path == path:
		return "page"
	case path != "/" && strings.HasPrefix(f.Path, path+"/"):
		return "true"
	}
	return ""
}
