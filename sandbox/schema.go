package sandbox

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"slices"
	"strings"

	"hutch/internal/collections"
)

// schema is every collection by its name. Tables are made from it, and no request
// reaches a table or column that is not in it.
type schema map[string]*collection

// schemaOf adds the declared collections and fields to Directus' own.
func schemaOf(table collections.Table) (schema, error) {
	s := schema{}
	for _, c := range systemCollections() {
		s[c.name] = c
	}
	for _, row := range table {
		if len(row.Fields) == 0 { // only rights
			continue
		}
		if slices.Contains([]string{"sandbox", "sessions", "file_bytes", "mails"}, row.Name) {
			return nil, fmt.Errorf("the name %s is used by the sandbox itself", row.Name)
		}
		c := s[row.Name]
		if c == nil {
			key, _ := row.Key()
			c = &collection{name: row.Name, key: key.Name, singleton: row.Singleton}
			s[row.Name] = c
		}
		for i, declared := range row.Fields {
			f := s.fieldOf(declared, i+1)
			_, twice := c.field(f.name)
			switch {
			case twice:
				return nil, fmt.Errorf("collection %s has two fields named %s", row.Name, f.name)
			case !slices.Contains(columnKinds(), f.kind):
				return nil, fmt.Errorf("field %s.%s has the unknown type %q", row.Name, f.name, f.kind)
			case f.related != "" && s[f.related] == nil:
				return nil, fmt.Errorf("field %s.%s refers to %s, which is not declared before it", row.Name, f.name, f.related)
			}
			c.fields = append(c.fields, f)
		}
	}
	return s, nil
}

// fieldOf is the column for a declared field. place is its position in the form.
func (s schema) fieldOf(declared collections.Field, place int) field {
	f := field{
		name: declared.Name, kind: kind(declared.Type), length: declared.Length,
		required: declared.Required || declared.Key && declared.Typed, unique: declared.Unique, initial: declared.Default,
		related: declared.Related, whenGone: declared.OnDelete,
		special: strings.Join(declared.Special, ","), meta: declared.Described(),
	}
	if related := s[f.related]; f.kind == "" && related != nil {
		key, _ := related.field(related.key)
		f.kind = key.kind
	}
	if f.kind == kindText && f.length == 0 {
		f.length = 255
	}
	if f.meta["sort"] == nil {
		f.meta["sort"] = place
	}
	return f
}

// collection returns nil for one that does not exist.
func (s schema) collection(name string) *collection { return s[name] }

// names returns the names of all collections, in order.
func (s schema) names() []string { return slices.Sorted(maps.Keys(s)) }

// version identifies what a file was made for: the tables, every field that they
// consist of, and who has which rights. How the Studio shows a field does not
// count, as it is not stored.
func (s schema) version(table collections.Table) string {
	hash := sha256.New()
	for _, statement := range s.statements() {
		fmt.Fprintln(hash, statement)
	}
	for _, name := range s.names() {
		c := s[name]
		fmt.Fprintln(hash, c.name, c.key, c.singleton)
		for _, f := range c.fields {
			f.meta = nil
			fmt.Fprintf(hash, "%+v\n", f)
		}
	}
	for _, g := range s.grants(table) {
		fmt.Fprintf(hash, "%+v\n", g)
	}
	return hex.EncodeToString(hash.Sum(nil)[:8])
}
