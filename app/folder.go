package app

import (
	"errors"
	"io/fs"
	"maps"
	"slices"
	"strings"

	"hutch/internal/sitefolder"
)

// siteFolder reads where a team has what is its own: in a folder of the usual name if
// nothing else is said.
func (r *configReader) siteFolder() sitefolder.Folder {
	path := r.get("SITE_DIR")
	folder, err := sitefolder.Find(path, "site")
	if err != nil {
		r.fault("SITE_DIR is %q: %w", path, err)
	}
	return folder
}

// withSettings returns the environment, with the settings of site.toml for what it does not
// set. What is wrong with the file is told by those who read the rest of it.
func withSettings(getenv func(string) string) func(string) string {
	folder, err := sitefolder.Find(strings.TrimSpace(getenv("SITE_DIR")), "site")
	if err != nil || folder == "" {
		return getenv
	}
	source, _ := fs.ReadFile(folder, sitefolder.ConfigFile)
	config, _ := sitefolder.ParseConfig(source)
	return func(name string) string {
		if value := getenv(name); value != "" || name == "SITE_DIR" || slices.Contains(secretVariables, name) {
			return value
		}
		return config.Settings[name]
	}
}

// settings checks the names of those that site.toml has, once all others have been read.
func (r *configReader) settings(folder sitefolder.Folder) {
	if folder == "" {
		return
	}
	source, _ := fs.ReadFile(folder, sitefolder.ConfigFile)
	config, _ := sitefolder.ParseConfig(source)
	for _, name := range slices.Sorted(maps.Keys(config.Settings)) {
		switch {
		case slices.Contains(secretVariables, name):
			r.faults = append(r.faults, sitefolder.FaultAt(source, name, name+" is a secret: set it in the environment"))
		case name == "SITE_DIR" || !r.asked[name]:
			r.faults = append(r.faults, sitefolder.FaultAt(source, name, "there is no setting "+name))
		}
	}
}

// SiteFolder returns the site folder; nil if there is none.
func (c Config) SiteFolder() fs.FS {
	if c.folder == "" {
		return nil
	}
	return c.folder
}

// ownSite is what a site folder says.
type ownSite struct {
	sitefolder.Config
	files fs.FS // nil: none
}

// readFolder reads a site folder; nil says nothing. With an error, it has what could be read.
func readFolder(folder fs.FS) (own ownSite, err error) {
	if folder == nil {
		return own, nil
	}
	own.files, err = sitefolder.Read(folder)
	if source, missing := fs.ReadFile(own.files, sitefolder.ConfigFile); missing == nil {
		var faults error
		own.Config, faults = sitefolder.ParseConfig(source)
		err = errors.Join(err, faults)
	}
	return own, err
}

// part returns a folder in it, or nil.
func (o ownSite) part(name string) fs.FS {
	if o.files == nil {
		return nil
	}
	part, err := fs.Sub(o.files, name)
	if _, missing := fs.Stat(part, "."); err != nil || missing != nil {
		return nil
	}
	return part
}
