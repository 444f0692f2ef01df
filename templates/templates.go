package templates

import (
	"bytes"
	"embed"
	"fmt"
	"html/template"
	"io/fs"
	"path"
	"strings"
	"time"
)

//go:embed *.html
var embedded embed.FS

// Page is a page of the site: a type of this package with its own .html file.
type Page interface {
	// Title is what the browser's tab says, without the site's name.
	Title() string
	// file is the name of the .html file.
	file() string
}

// Frame is what the layout shows around every page.
type Frame struct {
	Path     string // of the request, to mark where the visitor is
	SignedIn bool
	Sandbox  bool // no real Directus behind this site
}

// Options say how a [Set] is made.
type Options struct {
	// Dir is read anew for every page, so that a template can be edited while
	// the site runs; nil: the templates in the binary, parsed once.
	Dir fs.FS
	// StaticURL returns the hashed address of a file in static/.
	StaticURL func(name string) (string, error)
	// DirectusURL is rewritten out of the editors' HTML.
	DirectusURL string
}

// Set renders pages.
type Set struct {
	options Options
	files   fs.FS
	funcs   template.FuncMap
	pages   map[string]page // by file name
}

// page is one parsed file together with the layout and the partials.
type page struct {
	tree   *template.Template
	blocks map[string]bool // what the page's own file defines
}

// New parses every page, so that a broken template stops the start and not a
// visitor.
func New(options Options) (*Set, error) {
	richText := newRichText(options.DirectusURL)
	s := &Set{
		options: options,
		files:   embedded,
		funcs: template.FuncMap{
			"static":   options.StaticURL,
			"richtext": richText.sanitise,
			"day":      day,
			"isoday":   isoDay,
		},
		pages: map[string]page{},
	}
	if options.Dir != nil {
		s.files = options.Dir
	}
	names, err := fs.Glob(s.files, "*.html")
	if err != nil {
		return nil, fmt.Errorf("templates: %w", err)
	}
	for _, name := range names {
		if name == "layout.html" || name == "partials.html" {
			continue
		}
		if s.pages[name], err = s.parse(name); err != nil {
			return nil, err
		}
	}
	return s, nil
}

func (s *Set) parse(name string) (page, error) {
	tree, err := template.New(name).Funcs(s.funcs).Option("missingkey=error").ParseFS(s.files, "layout.html", "partials.html")
	if err != nil {
		return page{}, fmt.Errorf("templates: %w", err)
	}
	shared := map[string]bool{}
	for _, t := range tree.Templates() {
		shared[t.Name()] = true
	}
	if tree, err = tree.ParseFS(s.files, name); err != nil {
		return page{}, fmt.Errorf("templates: %w", err)
	}
	blocks := map[string]bool{}
	for _, t := range tree.Templates() {
		if !shared[t.Name()] && t.Name() != path.Base(name) {
			blocks[t.Name()] = true
		}
	}
	if !blocks["main"] {
		return page{}, fmt.Errorf("templates: %s does not define the block main", name)
	}
	return page{tree, blocks}, nil
}

// HasFragment reports whether the page's file defines a block of this name.
func (s *Set) HasFragment(p Page, block string) bool {
	return s.pages[p.file()].blocks[block]
}

// Render returns the whole page, or only one block of it with the page's title
// in front, which htmx puts into the tab. It renders to the end before it
// returns, so that nobody is ever sent half a page.
func (s *Set) Render(p Page, frame Frame, block string) ([]byte, error) {
	page, known := s.pages[p.file()]
	if s.options.Dir != nil {
		var err error
		if page, err = s.parse(p.file()); err != nil {
			return nil, err
		}
	} else if !known {
		return nil, fmt.Errorf("templates: there is no file %s", p.file())
	}
	data := struct {
		Frame Frame
		Page  Page
	}{frame, p}
	parts := []string{"layout"}
	if block != "" {
		parts = []string{"title", block}
	}
	var html bytes.Buffer
	for _, part := range parts {
		if err := page.tree.ExecuteTemplate(&html, part, data); err != nil {
			return nil, fmt.Errorf("templates: %w", err)
		}
	}
	return html.Bytes(), nil
}

// day writes a date for people.
func day(t time.Time) string { return t.Format("2 January 2006") }

// isoDay writes a date for the datetime attribute.
func isoDay(t time.Time) string { return t.Format(time.DateOnly) }

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
