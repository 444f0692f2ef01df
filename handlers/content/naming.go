package content

import (
	"context"
	"errors"
	"maps"
	"strings"

	"hutch/internal/collections"
	"hutch/internal/directus"
)

// naming translates between our names and a project's. Only what is sent to Directus
// and what comes from it is in theirs.
type naming struct {
	Collection string            // as the project calls it
	Theirs     map[string]string // the names of fields that it calls otherwise, by ours
}

// naming returns that of a collection.
func (q contentQuery) naming(ctx context.Context, collection string) (naming, error) {
	if known := collections.NamingOf(collection); len(known.Also) == 0 && len(known.Fields) == 0 {
		return naming{Collection: collection}, nil
	}
	found, err := q.known(ctx, collection)
	if errors.Is(err, errHidden) {
		return naming{Collection: collection}, nil
	}
	return found.Naming, err
}

// query returns a query in their names.
func (n naming) query(what directus.Query) directus.Query {
	if len(n.Theirs) == 0 {
		return what
	}
	var fields, sort []string
	for _, field := range what.Fields {
		fields = append(fields, n.theirs(field))
	}
	for _, field := range what.Sort {
		if name, descending := strings.CutPrefix(field, "-"); descending {
			sort = append(sort, "-"+n.theirs(name))
		} else {
			sort = append(sort, n.theirs(field))
		}
	}
	what.Fields, what.Sort, what.Filter = fields, sort, n.filter(what.Filter)
	return what
}

// theirs returns a field, or a path that begins with one, in their names.
func (n naming) theirs(path string) string {
	field, rest, deep := strings.Cut(path, ".")
	name, differs := n.Theirs[field]
	switch {
	case !differs:
		return path
	case deep:
		return name + "." + rest
	}
	return name
}

func (n naming) filter(filter directus.Filter) directus.Filter {
	if filter == nil {
		return nil
	}
	theirs := directus.Filter{}
	for field, rule := range filter {
		if several, is := rule.([]directus.Filter); is { // _and, _or
			var translated []directus.Filter
			for _, one := range several {
				translated = append(translated, n.filter(one))
			}
			rule = translated
		}
		theirs[n.theirs(field)] = rule
	}
	return theirs
}

// toOurs renames the fields of items, and reports whether it had to.
func (n naming) toOurs(items []collections.Item) (renamed bool) {
	for _, item := range items {
		before := maps.Clone(item)
		for ours, theirs := range n.Theirs {
			if value, has := before[theirs]; has {
				delete(item, theirs)
				item[ours], renamed = value, true
			}
		}
	}
	return renamed
}
