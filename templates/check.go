package templates

import (
	"errors"
	"fmt"
	"html/template"
	"io/fs"
	"path"
	"slices"
	"strings"
	"time"

	"hutch/internal/sitefolder"
)

// Unused begins the fault of a template that neither Hutch nor site.toml names.
const Unused = "nothing uses this template"

// Use is a template of a team's own that their site.toml names.
type Use struct {
	File string
	By   string // who names it
	Page Page   // what it is given; nil if that is not known
}

// Check returns all that is wrong with a team's own templates.
func Check(options Options, uses []Use) []error {
	team := without{options.Site, map[string]bool{}}
	files, faults := teamFiles(options.Site, uses, team.broken)
	for _, use := range uses {
		if !exists(options.Site, use.File) && !exists(embedded, use.File) {
			faults = append(faults, sitefolder.Fault{File: teamFile(use.File), Text: fmt.Sprintf("%s names this template, and there is none", use.By)})
		}
	}
	alone := &Set{options: options, files: options.Site}
	for _, name := range files {
		parse := alone.addPage
		if strings.HasPrefix(name, "blocks/") || slices.Contains(noPages, name) {
			parse = alone.add
		}
		if err := parse(alone.start("alone"), name); err != nil {
			faults, team.broken[name] = append(faults, err), true
		}
	}
	options.Site = team // so that one broken file hides no other
	s, err := newParsed(options)
	if err != nil {
		return addFault(faults, err)
	}
	for _, page := range s.affected(uses) {
		found, err := s.vet(page.File, page.Page)
		if err != nil {
			faults = addFault(faults, err)
		}
		for _, fault := range found {
			faults = addFault(faults, fault)
		}
		if err := s.escape(page.File); err != nil {
			faults = addFault(faults, err)
		}
	}
	for i, err := range faults { // ours are right, unless what they share with the team's is not
		var fault sitefolder.Fault
		if errors.As(err, &fault) {
			if name, in := strings.CutPrefix(fault.File, "templates/"); in && exists(embedded, name) && !exists(options.Site, name) {
				fault.File = ourFile(name)
				faults[i] = fault
			}
		}
	}
	return faults
}

// without is a folder without the files that are broken.
type without struct {
	fs.FS
	broken map[string]bool
}

// Open implements [fs.FS].
func (w without) Open(name string) (fs.File, error) {
	if w.broken[name] {
		return nil, fs.ErrNotExist
	}
	return w.FS.Open(name)
}

// ReadDir implements [fs.ReadDirFS].
func (w without) ReadDir(name string) ([]fs.DirEntry, error) {
	entries, err := fs.ReadDir(w.FS, name)
	return slices.DeleteFunc(entries, func(entry fs.DirEntry) bool { return w.broken[path.Join(name, entry.Name())] }), err
}

// addFault adds one that is not there: what pages share is found with each.
func addFault(faults []error, err error) []error {
	if slices.ContainsFunc(faults, func(known error) bool { return known.Error() == err.Error() }) {
		return faults
	}
	return append(faults, err)
}

// teamFiles returns the templates of a team, and what is wrong with the names of the others,
// which are broken.
func teamFiles(team fs.FS, uses []Use, broken map[string]bool) (files []string, faults []error) {
	fault := func(name, text string) {
		faults, broken[name] = append(faults, sitefolder.Fault{File: teamFile(name), Text: text}), true
	}
	err := fs.WalkDir(team, ".", func(name string, entry fs.DirEntry, err error) error {
		folder, _, below := strings.Cut(name, "/")
		switch {
		case err != nil && name == "." && errors.Is(err, fs.ErrNotExist):
			return nil
		case err != nil:
			return err
		case hidden(name), strings.HasPrefix(path.Base(name), "README"):
		case entry.IsDir():
			if name != "." && folder != pagesFolder && name != "blocks" {
				fault(name, "Hutch does not look into this folder: it reads blocks/ and pages/")
				return fs.SkipDir
			}
		case path.Ext(name) != ".html":
			fault(name, "nothing uses this file: the name of a template ends in .html")
		case folder == pagesFolder && !ownPageFile.MatchString(name):
			fault(name, "this name is no address: small letters, digits, hyphens and underscores, and .html behind them")
		case !below && !exists(embedded, name) && !slices.ContainsFunc(uses, func(use Use) bool { return use.File == name }):
			fault(name, Unused+": no page of Hutch is called so, and no collection in site.toml names it")
		default:
			files = append(files, name)
		}
		return nil
	})
	if err != nil {
		faults = append(faults, err)
	}
	return files, faults
}

func exists(files fs.FS, name string) bool {
	info, err := fs.Stat(files, name)
	return err == nil && !info.IsDir()
}

// affected returns the pages that a team's templates change: their own, and all if they
// change what pages share.
func (s *Set) affected(uses []Use) []Use {
	team := s.options.Site
	blocks, _ := fs.Glob(team, blockFiles)
	all := exists(team, "layout.html") || exists(team, "partials.html")
	var pages []Use
	for _, page := range Pages() {
		file := page.file()
		withBlocks := file == BlockPage{}.file() || file == Blog{}.file()
		if all || exists(team, file) || withBlocks && (exists(team, blocksFile) || len(blocks) > 0) {
			pages = append(pages, Use{File: file, Page: page})
		}
	}
	for _, page := range s.OwnPages() {
		pages = append(pages, Use{File: page.file(), Page: page})
	}
	for _, use := range uses {
		if s.parsed.Load().blocks[use.File] != nil {
			pages = append(pages, use)
		}
	}
	return pages
}

// escape returns what html/template finds when it escapes the templates of a page, which it
// does before it renders one for the first time; and what would have no end.
func (s *Set) escape(file string) error {
	tree, err := s.parse(file, s.options.Languages[0])
	if err == nil {
		err = loopOf(tree)
	}
	if err != nil {
		return err
	}
	nothing := &rendering{until: time.Now().Add(maxRender)}
	var found *template.Error
	if err := tree.ExecuteTemplate(nothing, "layout", nil); errors.As(err, &found) {
		return faultOf(err)
	}
	return nil
}
