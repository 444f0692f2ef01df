package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"

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
	root, err := os.OpenRoot(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("there is no folder %s: hutch init writes one", dir)
	}
	if err != nil {
		return err
	}
	defer root.Close()
	c := &checking{folder: root.FS()}
	if err := c.config(); err != nil {
		return err
	}
	if err := c.templates(); err != nil {
		return err
	}
	c.pages()
	config := configReader{getenv: getenv}
	directusURL := config.directusURL(false)
	if err := errors.Join(config.faults...); err != nil {
		return err
	}
	if directusURL != "" && c.read {
		if err := c.directus(ctx, directusURL, getenv); err != nil {
			return err
		}
	}
	for _, fault := range c.faults {
		fmt.Fprintln(stdout, inFolder(dir, fault))
	}
	for _, copied := range templates.OutdatedCopies(c.ownTemplates()) {
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
	folder fs.FS
	source []byte // site.toml
	site   sitefolder.Config
	read   bool // site.toml could be
	faults []error
	notes  []string
	set    *templates.Set // nil if a template is broken
}

func (c *checking) add(err error) { c.faults = append(c.faults, err) }

// config reads site.toml.
func (c *checking) config() (err error) {
	if c.source, err = fs.ReadFile(c.folder, sitefolder.ConfigFile); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	c.site, err = sitefolder.ParseConfig(c.source)
	if joined, are := err.(interface{ Unwrap() []error }); are { //nolint:errorlint // as errors.Join made it
		c.faults = append(c.faults, joined.Unwrap()...)
	} else if err != nil {
		c.add(err)
	}
	c.read = err == nil
	for i, row := range c.site.Collections {
		if reserved := handlers.Reserved(row.Path); reserved != "" {
			c.add(sitefolder.FaultOf(c.source, i, "path", fmt.Sprintf("Hutch itself answers below %s: choose another path", reserved)))
		}
	}
	return nil
}

// ownTemplates is the folder with templates, which may be missing.
func (c *checking) ownTemplates() fs.FS {
	own, err := templatesOf(c.folder)
	if err != nil {
		return c.folder // of a name that is always valid
	}
	return own
}

// templates checks the templates, with those that site.toml names.
func (c *checking) templates() error {
	words, err := i18n.New(i18n.Options{Numbers: account.Bounds()})
	if err != nil {
		return err
	}
	files, err := static.New(nil)
	if err != nil {
		return err
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
	options := templates.Options{Site: c.ownTemplates(), Languages: words.Languages(), StaticURL: files.URL}
	c.faults = append(c.faults, templates.Check(options, uses)...)
	c.set, _ = templates.New(options) // of which every fault is told
	return nil
}

// pages looks for pages of the folder that are never reached.
func (c *checking) pages() {
	own := c.ownTemplates()
	_ = fs.WalkDir(own, "pages", func(name string, entry fs.DirEntry, err error) error {
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
