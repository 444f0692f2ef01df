package app

import (
	"errors"
	"slices"
	"strings"

	"hutch/handlers/account"
	"hutch/internal/i18n"
	"hutch/internal/sitefolder"
	"hutch/templates"
)

// ownCollections returns the collections of the site folder, for setup: each with the fields
// below relations that its templates read, unless it names all that may be read.
func ownCollections(getenv func(string) string) ([]sitefolder.Collection, error) {
	r := configReader{getenv: getenv}
	config := Config{folder: r.siteFolder()}
	if err := errors.Join(r.faults...); err != nil {
		return nil, err
	}
	own, err := readFolder(config.SiteFolder())
	if err != nil {
		return nil, err
	}
	words, err := i18n.New(i18n.Options{Own: own.part("i18n"), Numbers: account.Bounds()})
	if err != nil {
		return nil, err
	}
	set, err := templates.New(templates.Options{
		Site:      own.part("templates"),
		Languages: words.Languages(),
		StaticURL: func(name string) (string, error) { return name, nil }, // no page is made
	})
	if err != nil {
		return nil, err
	}
	for i, c := range own.Collections {
		all := len(c.Item.Fields) == 0 || slices.Contains(c.Item.Fields, "*")
		for _, file := range []string{c.List.Template, c.Item.Template} {
			if file == "" || !all {
				continue
			}
			reads, err := set.Reads(file)
			if err != nil {
				return nil, err
			}
			for _, read := range reads {
				if strings.Contains(read.Path, ".") {
					c.Item.Fields = append(c.Item.Fields, read.Path)
				}
			}
		}
		if all && !slices.Contains(c.Item.Fields, "*") {
			c.Item.Fields = append(c.Item.Fields, "*")
		}
		own.Collections[i].Item.Fields = c.Item.Fields
	}
	return own.Collections, nil
}
