package templates

import (
	"embed"
	"fmt"
	"hash/fnv"
	"html/template"
	"io/fs"
	"path"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	syntax "text/template/parse"
	"time"

	"hutch/internal/i18n"
	"hutch/internal/sitefolder"
)

//go:embed *.html blocks/*.html
var embedded embed.FS

// Page is a page of the site: a type of this package with its own .html file.
type Page interface {
	// file returns the name of the .html file.
	file() string
}

// Frame is what the layout shows around every page.
type Frame struct {
	Site       Site
	Address    string // of the site: scheme and host; followed by Path, that of the page
	Language   *i18n.Language
	Path       string // of the request, to mark the current page
	Appearance string // light or dark, as chosen by the visitor; empty for the device's
	SignedIn   bool
	Member     Member       // whose page it is; empty on pages that many see
	Notice     i18n.Message // left by the previous page
	// Stale means that Directus could not be asked: this is the last good version.
	Stale bool
}

// Options configure a [Set].
type Options struct {
	// Dir is checked for every page and parsed again when a file in it has changed,
	// so that templates can be edited while the site runs; nil for the embedded
	// templates.
	Dir fs.FS
	// Site has the team's own templates: a file replaces ours of the same name, others come
	// besides. nil: none.
	Site      fs.FS
	Languages []*i18n.Language
	// StaticURL returns the hashed address of a file in static/.
	StaticURL func(name string) (string, error)
	// Stylesheet is the address of one of the team's own, which follows ours; empty: none.
	Stylesheet string
	// DirectusURL is removed from the editors' HTML.
	DirectusURL string
	// PublicURL is the site's own URL, whose links are internal; may be empty.
	PublicURL string
	// ContentLanguage is the language that editors write in (BCP 47), so that it
	// can be marked on pages in another language.
	ContentLanguage string
	ContactURL      string // where visitors reach those who run the site; empty for none
	Sandbox         bool   // there is no real Directus
}

// Set renders pages. It is safe for concurrent use.
type Set struct {
	options  Options
	files    fs.FS
	richText richText
	parsed   atomic.Pointer[parsed]
	pages    sync.Map      // *template.Template by key, parsed on first use
	edited   atomic.Uint64 // what the files were when they were last looked at
	// ours are the pages without a team's own templates, for when those fail.
	ours func() (*Set, error)
}

// parsed is what is known of all files.
type parsed struct {
	shared *template.Template // layout and partials, not yet bound to a language
	own    []OwnKind
	blocks map[string]blocks // by file
}

// blocks are the blocks that a page's file defines, except for its title: that
// belongs to the tab and is never swapped.
type blocks map[string]bool

// key identifies a page in one language, since its words are bound when it is
// parsed.
type key struct{ language, file string }

// New parses every page, so that a broken template fails the start and not a
// request. The results are discarded: a page takes 100 KB in each language, and
// most visitors see the same few.
func New(options Options) (*Set, error) {
	s, err := newParsed(options)
	if err != nil {
		return nil, err
	}
	return s, s.escapeTeam()
}

func newParsed(options Options) (*Set, error) {
	s := &Set{options: options, files: embedded, richText: newRichText(options.DirectusURL, options.PublicURL)}
	if options.Dir != nil {
		s.files = options.Dir
	}
	if options.Site != nil {
		s.files = overlay{options.Site, s.files}
	}
	s.ours = sync.OnceValues(func() (*Set, error) {
		options.Site = nil
		return New(options)
	})
	return s, s.parseAll()
}

// escapeTeam escapes the pages that a team has written, as html/template would with the first
// visitor, and those that show what all pages share.
func (s *Set) escapeTeam() error {
	if s.options.Site == nil {
		return nil
	}
	for name := range s.parsed.Load().blocks {
		if name == (Problem{}).file() || name == (BlockPage{}).file() || exists(s.options.Site, name) {
			if err := s.escape(name); err != nil {
				return err
			}
		}
	}
	return nil
}

// parseAll parses what pages share once for all of them, and each page.
func (s *Set) parseAll() error {
	shared := s.start("shared")
	for _, name := range []string{"layout.html", "partials.html"} {
		if err := s.addShared(shared, name); err != nil {
			return err
		}
	}
	own, err := s.ownKinds()
	if err != nil {
		return err
	}
	names, err := s.pageFiles()
	if err != nil {
		return err
	}
	all := map[string]blocks{}
	for _, name := range names {
		if all[name], err = s.findBlocks(name, shared); err != nil {
			return err
		}
	}
	s.parsed.Store(&parsed{shared, own, all})
	return nil
}

func (s *Set) start(name string) *template.Template {
	return template.New(name).Funcs(s.funcs(s.options.Languages[0])).Option("missingkey=error")
}

// addShared adds a file that pages share. A team's own need not repeat all that ours defines:
// what it does not define is ours.
func (s *Set) addShared(tree *template.Template, name string) error {
	if both, has := s.files.(overlay); has && exists(both.team, name) {
		source, err := fs.ReadFile(both.ours, name)
		if err != nil {
			return fmt.Errorf("templates: %w", err)
		}
		if err := s.parseInto(tree, underneath+name, string(source)); err != nil {
			return err
		}
	}
	return s.add(tree, name)
}

// add parses a file into the templates that it may name.
func (s *Set) add(tree *template.Template, name string) error {
	source, err := s.read(name)
	if err != nil {
		return err
	}
	return s.parseInto(tree, name, source)
}

func (s *Set) parseInto(tree *template.Template, name, source string) error {
	if err := tooDeep(name, source); err != nil {
		return err
	}
	if _, err := tree.New(name).Parse(source); err != nil {
		return faultOf(err)
	}
	interruptible(tree, name)
	return nil
}

// findBlocks parses the page's own file alone.
func (s *Set) findBlocks(name string, shared *template.Template) (blocks, error) {
	page := s.start("page")
	if err := s.addPage(page, name); err != nil {
		return nil, err
	}
	own := blocks{}
	for _, t := range page.Templates() {
		if t.Name() != name && t.Name() != headingAsTitle && shared.Lookup(t.Name()) == nil {
			own[t.Name()] = true
		}
	}
	delete(own, "title")
	return own, nil
}

// headingAsTitle is defined by pages whose file has no title.
const headingAsTitle = "heading-as-title"

// addPage adds the file of a page. One without a block main is that as a whole, and without
// a title it is called as its heading.
func (s *Set) addPage(tree *template.Template, name string) error {
	if err := s.add(tree, name); err != nil {
		return err
	}
	if tree.Lookup("main") == nil {
		whole := tree.Lookup(name)
		if whole == nil || syntax.IsEmptyTree(whole.Tree.Root) {
			return sitefolder.Fault{File: teamFile(name), Text: "the page shows nothing: it has no text outside of its blocks, and no block main"}
		}
		if _, err := tree.AddParseTree("main", whole.Tree); err != nil {
			return faultOf(err)
		}
	}
	if tree.Lookup("title") != nil {
		return nil
	}
	_, err := tree.Parse(`{{define "title"}}{{template "` + headingAsTitle + `" .}}{{end}}{{define "` + headingAsTitle + `"}}{{.Title}}{{end}}`)
	return faultOf(err)
}

// blocksFile and the files of blocks are parsed only with the pages that show blocks: they
// are 80 KB of memory in each.
const blocksFile, blockFiles = "blocks.html", "blocks/*.html"

// parse returns a page with its layout, bound to a language.
func (s *Set) parse(name string, language *i18n.Language) (*template.Template, error) {
	tree, err := s.parsed.Load().shared.Clone()
	if err != nil {
		return nil, fmt.Errorf("templates: %w", err)
	}
	tree.Funcs(s.funcs(language))
	if err := s.addPage(tree, name); err != nil {
		return nil, err
	}
	if name == (BlockPage{}).file() || name == (Blog{}).file() {
		return tree, s.addBlocks(tree)
	}
	return tree, nil
}

// page returns a parsed page. It is parsed on first use, and again when a file was
// edited.
func (s *Set) page(name string, language *i18n.Language) (*template.Template, error) {
	if err := s.dropEdited(); err != nil {
		return nil, err
	}
	which := key{language.Tag, name}
	if kept, has := s.pages.Load(which); has {
		return kept.(*template.Template), nil
	}
	if s.parsed.Load().blocks[name] == nil {
		return nil, fmt.Errorf("templates: there is no file %s", name)
	}
	p, err := s.parse(name, language)
	if err != nil {
		return nil, err
	}
	kept, _ := s.pages.LoadOrStore(which, p)
	return kept.(*template.Template), nil
}

// dropEdited drops all parsed pages if a file has changed, come or gone.
func (s *Set) dropEdited() error {
	if s.options.Dir == nil {
		return nil
	}
	seen := fnv.New64a()
	err := fs.WalkDir(s.files, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || path.Ext(name) != ".html" {
			return err
		}
		info, err := fs.Stat(s.files, name)
		if err == nil {
			fmt.Fprintln(seen, name, info.ModTime().UnixNano(), info.Size())
		}
		return err
	})
	if now := seen.Sum64(); err != nil || s.edited.Swap(now) == now {
		return err
	}
	s.pages.Clear()
	return s.parseAll()
}

// funcs are the functions that templates can call. docs/templates.md is made of what stands
// behind them.
func (s *Set) funcs(language *i18n.Language) template.FuncMap {
	return template.FuncMap{
		"t":          s.say(language),                                                                                 // a message by its id, with what fills its gaps: t "blog.page" "Number" (number 2)
		"plain":      language.Say,                                                                                    // the same within a link or an attribute, where it must hold no link itself
		"count":      language.Count,                                                                                  // a message with a plural: count "entry.count" 3
		"day":        language.Day,                                                                                    // a date, as the language writes it
		"clock":      language.Clock,                                                                                  // a date with the time of day
		"number":     language.Number,                                                                                 // a number, with separators of thousands
		"isoday":     func(t time.Time) string { return t.Format(time.DateOnly) },                                     // a date for <time datetime>
		"stylesheet": func() string { return s.options.Stylesheet },                                                   // the address of the team's own
		"asset":      s.options.StaticURL,                                                                             // the address of a file in static/: asset "hutch.css"
		"languages":  s.languages,                                                                                     // the languages that visitors can choose; none if there is one alone
		"richtext":   func(source string) (template.HTML, error) { return s.richText.sanitise(source, language.Say) }, // editors' HTML, sanitised: the one way to HTML that is not escaped
		"article":    func(source string) (Article, error) { return s.richText.article(source, language.Say) },        // the same in parts: text, contents, headings with links
		"richtextbelow": func(in Section, source string) (template.HTML, error) { // editors' HTML in a block of a page, with headings below its own
			return s.richText.below(in.Level, in.ids).sanitise(source, language.Say)
		},
		"excerpt": s.richText.excerpt, // the beginning of editors' HTML, as text
		"phone": func(address string) string { // the number of an address that begins with tel:; empty of others
			number, is := strings.CutPrefix(address, "tel:")
			if !is {
				return ""
			}
			return number
		},
		"content": func() string { return s.options.ContentLanguage }, // the language that editors write in: lang="{{content}}"
		"contact": func() string { return s.options.ContactURL },      // CONTACT_URL; may be empty
		"sandbox": func() bool { return s.options.Sandbox },           // there is no real Directus
		"print":   bounded(fmt.Sprint),                                // Go's own, up to a megabyte
		"println": bounded(fmt.Sprintln),                              // Go's own, up to a megabyte
		"printf":  printf,                                             // Go's own, up to a megabyte
		"offline": offline,                                            // the page for when the site cannot be reached, which the layout holds
	}
}

func offline() Problem {
	return Problem{Heading: "problem.offline", Text: "problem.offlinetext", Offline: true}
}

// languages returns those that visitors can choose; none if there is no choice.
func (s *Set) languages() []*i18n.Language {
	offered := slices.DeleteFunc(slices.Clone(s.options.Languages), func(l *i18n.Language) bool { return l.Name == "" })
	if len(offered) < 2 {
		return nil
	}
	return offered
}

// Brief returns the beginning of editors' HTML as plain text, and how many minutes it
// takes to read.
func (s *Set) Brief(source string) (excerpt string, minutes int) {
	return s.richText.excerpt(source), s.richText.readingTime(source)
}

// Text returns the text of editors' HTML, without its markup.
func (s *Set) Text(source string) string { return strings.Join(s.richText.wordsOf(source), " ") }

// Safe returns editors' HTML sanitised as on pages, in their own language.
func (s *Set) Safe(source string) (string, error) {
	safe, err := s.richText.sanitise(source, s.ofContent().Say)
	return string(safe), err
}

// Untitled returns what is called so that editors gave no title, in their own language.
func (s *Set) Untitled() (string, error) { return s.ofContent().Say("content.untitled") }

// ofContent is the language of the interface that editors write in, or else English.
func (s *Set) ofContent() *i18n.Language {
	wanted := s.options.Languages[0]
	for _, language := range s.options.Languages {
		if strings.HasPrefix(s.options.ContentLanguage, language.Tag) {
			wanted = language
		}
	}
	return wanted
}

// ContentLanguage returns the language that editors write in.
func (s *Set) ContentLanguage() string { return s.options.ContentLanguage }

// HasFragment reports whether the page's file defines a block of this name.
func (s *Set) HasFragment(p Page, block string) bool {
	return s.parsed.Load().blocks[p.file()][block]
}

// Knows reports whether any page has a block of this name.
func (s *Set) Knows(block string) bool {
	for _, own := range s.parsed.Load().blocks {
		if own[block] {
			return true
		}
	}
	return false
}

// At returns the aria-current of a link to exactly this page, or "".
func (f Frame) At(path string) string {
	if f.Path == path {
		return "page"
	}
	return ""
}

// Current returns the aria-current of a link to path, or "".
func (f Frame) Current(path string) string {
	switch {
	case f.Path == path:
		return "page"
	case path != "/" && strings.HasPrefix(f.Path, path+"/"):
		return "true"
	}
	return ""
}
