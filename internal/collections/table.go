package collections

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Table is a list of collections. A collection comes after those it refers to.
type Table []Collection

// Collection is one row. For a collection that Directus brings itself (its name
// starts with "directus_"), Fields are those that the project adds to it.
type Collection struct {
	Name      string
	Singleton bool // one item instead of a list
	Fields    []Field

	// Reads and Writes say who may do what with its items. A row has to state
	// both; [Nobody] is the answer that needs no thought.
	Reads, Writes Rights

	Studio Studio
}

// Studio is how Directus' own app shows a collection to editors.
type Studio struct {
	Icon      string
	Note      string
	Template  string // of the line that stands for an item
	SortField string // holds the order that editors drag items into
	Hidden    bool   // from editors; the history then records who changed it, without the values
	Versions  bool   // editors may keep drafts beside what is published
}

// Field is a column of a collection.
type Field struct {
	Name     string
	Type     string // one of Directus' types; empty for a reference: the type of the other collection's key
	Length   int    // of a string; 0 is Directus' default of 255
	Key      bool   // the primary key
	Typed    bool   // of a key: editors type it in, instead of Directus assigning it
	Unique   bool   // no two items share a value; a key always is
	Indexed  bool   // lists are sorted by it, or items are looked up by it
	Required bool   // never null
	Default  any    // of new items
	Related  string // the collection it refers to
	OnDelete string // what happens to the item when the one it refers to is deleted; empty is "SET NULL"
	List     string // what the other collection calls the items that refer to it; empty: nothing
	Joins    string // of a collection that joins two others: the reference to the other one
	// AnyOf are the collections that it may refer to, if these are several. Another field
	// of the item, NamedBy, has the name of the one.
	AnyOf   []string
	NamedBy string
	Form    Form // of its text, beyond its type
	// Taken are values that would be addresses of the site's own; one that ends with a
	// slash stands for all that begin with it.
	Taken   []string
	Missing string // what comes of an item that has no usable value; empty: it may be missing

	// NewOnly keeps setup from adding the field to a collection that exists
	// already: its default would change what the items mean.
	NewOnly bool

	Interface string // of the Studio's form
	Options   map[string]any
	Special   []string
	Note      string
	Meta      map[string]any // whatever else the Studio is told, in Directus' words
}

// NeedsIndex reports whether the database has to be asked for an index: it makes those
// of keys and of unique values by itself.
func (f Field) NeedsIndex() bool { return f.Indexed && !f.Key && !f.Unique }

// With returns the table with further rows. A row with a name that is there
// already adds its fields to that collection.
func (t Table) With(more Table) (Table, error) {
	t = slices.Clone(t)
	for _, c := range more {
		at := slices.IndexFunc(t, func(known Collection) bool { return known.Name == c.Name })
		key, hasKey := c.Key()
		switch {
		case len(c.Rights().Of(Service)) > 0:
			return nil, fmt.Errorf("collection %s: the service account only has rights to %s", c.Name, RecoveryCodes)
		case at >= 0 && (hasKey || len(c.Rights()) > 0):
			return nil, fmt.Errorf("collection %s exists: its key and its rights cannot be changed", c.Name)
		case at < 0 && !hasKey:
			return nil, fmt.Errorf("collection %s has no primary key", c.Name)
		case at < 0:
			t = append(t, Collection{Name: c.Name, Singleton: c.Singleton, Fields: []Field{key}, Reads: c.Reads, Writes: c.Writes, Studio: c.Studio})
			at = len(t) - 1
		}
		row := &t[at]
		row.Fields = slices.Clone(row.Fields)
		for _, f := range c.Fields {
			if f.Key {
				continue
			}
			if slices.Contains(row.FieldNames(), f.Name) {
				return nil, fmt.Errorf("collection %s has two fields named %s", c.Name, f.Name)
			}
			row.Fields = append(row.Fields, f)
		}
	}
	return t, nil
}

// System reports whether Directus brings the collection itself.
func (c Collection) System() bool { return strings.HasPrefix(c.Name, "directus_") }

// Find returns the row with this name.
func (t Table) Find(name string) (c Collection, found bool) {
	i := slices.IndexFunc(t, func(c Collection) bool { return c.Name == name })
	if i < 0 {
		return Collection{}, false
	}
	return t[i], true
}

// Without returns the table without some collections, and without what refers to them.
func (t Table) Without(names ...string) Table {
	var rest Table
	for _, c := range t {
		if slices.Contains(names, c.Name) {
			continue
		}
		c.Fields = slices.DeleteFunc(slices.Clone(c.Fields), func(f Field) bool { return slices.Contains(names, f.Related) })
		rest = append(rest, c)
	}
	return rest
}

// ReadBy returns the collections that somebody may read, at least in part.
func (t Table) ReadBy(who Who) Table {
	return slices.DeleteFunc(slices.Clone(t), func(c Collection) bool { return len(c.Reads.Of(who)) == 0 })
}

// Relations returns the fields of a collection that refer to others.
func (t Table) Relations(name string) []Field {
	c, _ := t.Find(name)
	return slices.DeleteFunc(slices.Clone(c.Fields), func(f Field) bool { return f.Related == "" })
}

// List is a field without a column: the items of another collection that refer to this
// one.
type List struct {
	Name, Collection, Field string
	Sort                    string // the field that has their order; empty: none
	Special                 string // what Directus calls it
}

// Lists returns the lists that a collection has.
func (t Table) Lists(name string) []List {
	var lists []List
	for _, c := range t {
		for _, f := range c.Fields {
			if f.Related != name || f.List == "" {
				continue
			}
			list := List{Name: f.List, Collection: c.Name, Field: f.Name, Special: "o2m"}
			if slices.Contains(c.FieldNames(), "sort") {
				list.Sort = "sort"
			}
			for _, other := range c.Fields {
				switch {
				case other.Name != f.Joins:
				case other.AnyOf != nil:
					list.Special = "m2a"
				case other.Related == "directus_files":
					list.Special = "files"
				}
			}
			lists = append(lists, list)
		}
	}
	return lists
}

// Key returns the primary key; ok is false for rows that only add to one of
// Directus' own collections.
func (c Collection) Key() (key Field, ok bool) {
	i := slices.IndexFunc(c.Fields, func(f Field) bool { return f.Key })
	if i < 0 {
		return Field{}, false
	}
	return c.Fields[i], true
}

// FieldNames lists the names of all fields.
func (c Collection) FieldNames() []string {
	names := make([]string, len(c.Fields))
	for i, f := range c.Fields {
		names[i] = f.Name
	}
	return names
}

// Described is what the Studio is told about the field, as Directus' "meta".
func (f Field) Described() map[string]any {
	meta := map[string]any{"interface": nil}
	if f.Interface != "" {
		meta["interface"] = f.Interface
	}
	if f.Options != nil {
		meta["options"] = f.Options
	}
	if f.Special != nil {
		meta["special"] = f.Special
	}
	if f.Note != "" {
		meta["note"] = f.Note
	}
	switch {
	case f.Key && !f.Typed:
		meta["hidden"], meta["readonly"] = true, true
	case f.Key, f.Required:
		meta["required"] = true
	}
	maps.Copy(meta, f.Meta)
	return meta
}
