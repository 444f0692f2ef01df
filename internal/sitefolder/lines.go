package sitefolder

import (
	"maps"
	"slices"
	"strings"
)

// FaultOf is what is wrong with a key of the collection at this place, from 0, of site.toml:
// at its line.
func FaultOf(source []byte, at int, key, text string) Fault {
	return Fault{ConfigFile, lineOf(source, at, key), text}
}

// Named is a field that site.toml names.
type Named struct {
	Key  string // of the collection, where it stands
	Path string // such as title, or venue.name below a relation
}

// Names returns the fields that a collection's entry names.
func (c Collection) Names() []Named {
	var names []Named
	add := func(key string, paths ...string) {
		for _, path := range paths {
			if path != "" && path != "*" {
				names = append(names, Named{key, path})
			}
		}
	}
	add("address", c.Address)
	add("title", c.Title)
	for _, field := range c.List.Sort {
		add("list", strings.TrimPrefix(field, "-"))
	}
	add("list", filtered("", c.List.Filter)...)
	add("item", c.Item.Fields...)
	add("search", c.Search...)
	return names
}

// filtered returns the fields that a filter compares: what begins with _ is an operator.
func filtered(below string, filter map[string]any) []string {
	var paths []string
	for _, name := range slices.Sorted(maps.Keys(filter)) {
		path := below
		if !strings.HasPrefix(name, "_") {
			path += name + "."
		}
		switch within := filter[name].(type) {
		case map[string]any:
			paths = append(paths, filtered(path, within)...)
		case []any: // of _and and _or; of _in, these are values
			for _, one := range within {
				if rule, is := one.(map[string]any); is {
					paths = append(paths, filtered(path, rule)...)
				}
			}
			if name != "_and" && name != "_or" {
				paths = append(paths, strings.TrimSuffix(path, "."))
			}
		default:
			paths = append(paths, strings.TrimSuffix(path, "."))
		}
	}
	return paths
}
