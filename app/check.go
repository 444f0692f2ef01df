package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing/fstest"

	"hutch/handlers"
	"hutch/handlers/account"
	"hutch/internal/i18n"
	"hutch/internal/sitefolder"
	"hutch/static"
	"hutch/templates"
)

// checkFolder tells all that is wrong with the site folder, and with the Directus that it
// needs if DIRECTUS_URL names one. Errors: something is.
func checkFolder(ctx context.Context, getenv func(string) string, stdout io.Writer) error {
	dir := siteDir(getenv)
	folder, err := sitefolder.Find(dir, dir)
	if err != nil {
		return fmt.Errorf("%s: %w; hutch init writes a site folder", dir, err)
	}
	own, err := readFolder(folder)
	c := &checking{site: own.Config, own: own, read: err == nil}
	c.add(err)
	c.source, _ = fs.ReadFile(own.files, sitefolder.ConfigFile) // missing: it says nothing
	c.paths()
	if err := c.templates(); err != nil {
		return err
	}
	c.pages()
	c.settings(getenv)
	c.unread()
	config := configReader{getenv: getenv}
	directusURL := config.directusURL(false)
	if err := errors.Join(config.faults...); err != nil {
		return err
	}
	switch {
	case directusURL != "" && c.read:
		if err := c.directus(ctx, directusURL, getenv); err != nil {
			return err
		}
	case directusURL == "" && len(c.site.Collections) > 0:
		c.notes = append(c.notes, "the collections in site.toml are not compared with Directus: set DIRECTUS_URL for that")
	}
	for _, fault := range c.faults {
		fmt.Fprintln(stdout, inFolder(dir, fault))
	}
	for _, copied := range templates.OutdatedCopies(c.team()) {
		c.faults = append(c.faults, copied)
		fmt.Fprintf(stdout, "%s\n%s", inFolder(dir, copied.Fault), diff("your "+path.Base(copied.File), "Hutch's "+path.Base(copied.File), copied.Copy, copied.Original))
	}
	for _, note := range c.notes {
		fmt.Fprintf(stdout, "Note: %s\n", note)
	}
	switch len(c.faults) {
	case 0:
		fmt.Fprintf(stdout, "Nothing is wrong with %s.\n", dir)
		return nil
	case 1:
		return fmt.Errorf("one thing is wrong with %s", dir)
	}
	return fmt.Errorf("%d things are wrong with %s", len(c.faults), dir)
}

// inFolder returns a fault with the path of its file.
func inFolder(dir string, err error) string {
	if fault, is := errors.AsType[sitefolder.Fault](err); is && !strings.HasPrefix(fault.File, "Hutch") {
		fault.File = filepath.Join(dir, filepath.FromSlash(fault.File))
		return fault.Error()
	}
	return err.Error()
}

// checking collects what is wrong with a folder.
type checking struct {
	own    ownSite
	source []byte // site.toml
	site   sitefolder.Config
	read   bool // all of the folder could be read
	faults []error
	notes  []string
	set    *templates.Set // nil if a template is broken
}

// add takes in a fault, or all that are joined in one.
func (c *checking) add(err error) {
	c.faults = append(c.faults, faultsIn(err)...)
}

// faultsIn returns the errors that are joined in one.
func faultsIn(err error) []error {
	joined, are := err.(interface{ Unwrap() []error }) //nolint:errorlint // of this error, not of those in it
	switch {
	case err == nil:
		return nil
	case !are:
		return []error{err}
	}
	var all []error
	for _, one := range joined.Unwrap() {
		all = append(all, faultsIn(one)...)
	}
	return all
}

// unread notes folders and settings files whose names are probably mistyped: Hutch ignores
// them.
func (c *checking) unread() {
	entries, _ := fs.ReadDir(c.own.files, ".") // a fault that reading the folder has told
	for _, entry := range entries {
		name := entry.Name()
		known := slices.Contains([]string{sitefolder.ConfigFile, "static", "i18n", "templates"}, name)
		if !known && !strings.HasPrefix(name, ".") && (entry.IsDir() || path.Ext(name) == ".toml") {
			c.notes = append(c.notes, fmt.Sprintf("Hutch ignores %s in the site folder: it reads site.toml, static, i18n and templates", name))
		}
	}
}

// settings looks for faults in those of site.toml. Others are told when the site starts.
func (c *checking) settings(getenv func(string) string) {
	_, err := Read(getenv)
	for _, one := range faultsIn(err) {
		if fault := (sitefolder.Fault{}); c.read && errors.As(one, &fault) {
			c.add(fault)
		}
	}
}

// team is the folder with templates; an empty one if there is none.
func (c *checking) team() fs.FS {
	if part := c.own.part("templates"); part != nil {
		return part
	}
	return fstest.MapFS{}
}

// paths looks for collections at addresses of ours.
func (c *checking) paths() {
	for i, row := range c.site.Collections {
		if reserved := handlers.Reserved(row.Path); reserved != "" {
			c.add(sitefolder.FaultOf(c.source, i, "path", fmt.Sprintf("Hutch itself answers below %s: choose another path", reserved)))
		}
	}
}

// templates checks the templates, with those that site.toml names, and the words and files
// that they can name.
func (c *checking) templates() error {
	words, err := i18n.New(i18n.Options{Own: c.own.part("i18n"), Numbers: account.Bounds()})
	if c.add(err); err != nil {
		if words, err = i18n.New(i18n.Options{Numbers: account.Bounds()}); err != nil {
			return err
		}
	}
	files, err := static.New(nil, c.own.part("static"))
	if c.add(err); err != nil {
		if files, err = static.New(nil, nil); err != nil {
			return err
		}
	}
	var uses []templates.Use
	for i, row := range c.site.Collections {
		use := func(key, file string, page templates.Page) {
			if file != "" {
				at := sitefolder.FaultOf(c.source, i, key, "")
				uses = append(uses, templates.Use{File: file, By: fmt.Sprintf("%s:%d", at.File, at.Line), Page: page})
			}
		}
		use("list", row.List.Template, templates.Entries{Template: row.List.Template})
		use("item", row.Item.Template, templates.Entry{Template: row.Item.Template})
	}
	options := templates.Options{Site: c.team(), Languages: words.Languages(), StaticURL: files.URL}
	for _, fault := range templates.Check(options, uses) {
		// A site.toml that cannot be read names no templates, so it is the only fault.
		if !c.read && strings.Contains(fault.Error(), templates.Unused) {
			continue
		}
		c.faults = append(c.faults, fault)
	}
	c.set, _ = templates.New(options) // of which every fault is told
	return nil
}

// pages looks for pages of the folder that are never reached.
func (c *checking) pages() {
	_ = fs.WalkDir(c.team(), "pages", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		address := strings.TrimSuffix(strings.TrimPrefix(name, "pages"), ".html")
		fault := sitefolder.Fault{File: "templates/" + name}
		if route := handlers.RouteAt(address); route != "" {
			fault.Text = fmt.Sprintf("this page is never shown: Hutch answers at %s itself", route)
		} else if address == "/index" {
			fault.Text = "this page is shown at /index: the front page is home.html, or what editors compose in Directus"
		}
		for _, row := range c.site.Collections {
			if address == row.Path || strings.HasPrefix(address, row.Path+"/") {
				fault.Text = fmt.Sprintf("this page is never shown: the collection %s is at %s", row.Name, row.Path)
			}
		}
		if fault.Text != "" {
			c.add(fault)
		}
		return nil
	})
}
