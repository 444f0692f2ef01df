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
	for name, c := range s {
		for _, list := range table.Lists(name) {
			meta := map[string]any{"special": []any{list.Special}}
			c.lists = append(c.lists, field{name: list.Name, kind: "alias", related: list.Collection, by: list.Field, order: list.Sort, meta: meta})
		}
	}
	return s, nil
}

// fieldOf is the column for a declared field. place is its position in the form.
func (s schema) fieldOf(declared collections.Field, place int) field {
	f := field{
		name: declared.Name, kind: kind(declared.Type), length: declared.Length,
		required: declared.Required || declared.Key && declared.Typed, unique: declared.Unique, indexed: declared.NeedsIndex(), initial: declared.Default,
		related: declared.Related, whenGone: declared.OnDelete,
		anyOf: declared.AnyOf, namedBy: declared.NamedBy,
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
		for _, f := range slices.Concat(c.fields, c.lists) {
			f.meta = nil
			fmt.Fprintf(hash, "%+v\n", f)
		}
	}
	for _, g := range s.grants(table) {
		fmt.Fprintf(hash, "%+v\n", g)
	}
	return hex.EncodeToString(hash.Sum(nil)[:8])
}

// kind is the type of a field, in Directus' words.
type kind string

const (
	kindText       kind = "string"
	kindLongText   kind = "text"
	kindHash       kind = "hash"
	kindUUID       kind = "uuid"
	kindInteger    kind = "integer"
	kindBigInteger kind = "bigInteger"
	kindFloat      kind = "float"
	kindDecimal    kind = "decimal"
	kindBoolean    kind = "boolean"
	kindDate       kind = "date"      // "2026-10-03"
	kindTime       kind = "time"      // "10:00", stored as it is sent
	kindDateTime   kind = "dateTime"  // "2026-10-03T10:00:00", without a time zone
	kindTimestamp  kind = "timestamp" // "2026-10-03T10:00:00.000Z"
	kindJSON       kind = "json"
	kindCSV        kind = "csv" // stored as "a,b", shown as a list
)

// columnKinds are the types that a declared field may have.
func columnKinds() []kind {
	return []kind{kindText, kindLongText, kindInteger, kindBigInteger, kindFloat, kindDecimal, kindBoolean,
		kindDate, kindTime, kindDateTime, kindTimestamp, kindJSON, kindCSV, kindUUID}
}

func (k kind) isText() bool { return k == kindText || k == kindLongText }

func (k kind) isNumber() bool {
	return k == kindInteger || k == kindBigInteger || k == kindFloat || k == kindDecimal
}

// field is a column of a collection.
type field struct {
	name      string
	kind      kind
	related   string // the collection that it refers to
	whenGone  string // what happens when that item is deleted; empty is "SET NULL"
	unchecked bool   // it may refer to an item that does not exist
	concealed bool   // never shown: "**********" instead
	required  bool   // never null: new items must have it or get the initial value
	unique    bool   // no two items share a value; a key always is
	indexed   bool   // it has an index beside those of keys and unique values
	initial   any    // the default of new items
	special   string // what Directus fills in by itself, such as "user-created"

	// Of a list, which has no column: the field by which the related items refer to this
	// one, and the one that has their order.
	by, order string
	// Of a reference to an item of one of several collections: these, and the field that
	// has the name of the one.
	anyOf   []string
	namedBy string

	length int            // of text, in characters; 0 is any
	meta   map[string]any // how Directus' app shows it; nil if unknown
}

// collection is a table that the API shows.
type collection struct {
	name      string
	key       string // name of the primary key field
	singleton bool
	fields    []field
	lists     []field // of items that refer to one of this
	aliases   []field // other fields without a column, which only GET /fields shows
}

func (c *collection) list(name string) (field, bool) {
	i := slices.IndexFunc(c.lists, func(f field) bool { return f.name == name })
	if i < 0 {
		return field{}, false
	}
	return c.lists[i], true
}

// system reports whether Directus brings the collection itself.
func (c *collection) system() bool { return strings.HasPrefix(c.name, "directus_") }

func (c *collection) field(name string) (field, bool) {
	i := slices.IndexFunc(c.fields, func(f field) bool { return f.name == name })
	if i < 0 {
		return field{}, false
	}
	return c.fields[i], true
}
