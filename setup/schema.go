package setup

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"hutch/internal/collections"
)

// schema are the collections that exist, by their names.
type schema struct {
	collections map[string]existingCollection
}

type existingCollection struct {
	table     bool // false: a folder
	ignored   bool // by Directus: a table without a primary key
	singleton bool
	fields    map[string]existingField
	relations map[string]reference // by the field
}

type existingField struct {
	kind   string
	key    bool
	note   string
	editor string // the interface in Directus' app, such as input-rich-text-html
	folder string // that uploads through this field go to
	// slow fields could have an index and have none. Directus 10 tells of none and makes
	// none, and not every database has them for texts of any length.
	slow bool
}

type reference struct {
	to   string // a collection
	list string // the field there that lists what refers to an item; empty: there is none
	sort string // the field that has the order of that list; empty: there is none
	// anyOf are the collections that it may refer to, if these are several; the field
	// namedBy names the one.
	anyOf   []string
	namedBy string
}

func (s *server) lookSchema(ctx context.Context) error {
	var all []struct {
		Collection string `json:"collection"`
		Meta       struct {
			Singleton bool `json:"singleton"`
		} `json:"meta"`
		Schema *struct{} `json:"schema"`
	}
	if err := s.admin.Get(ctx, "/collections", nil, &all); err != nil {
		return err
	}
	s.schema.collections = map[string]existingCollection{}
	for _, found := range all {
		s.schema.collections[found.Collection] = existingCollection{
			table: found.Schema != nil, singleton: found.Meta.Singleton,
			fields: map[string]existingField{}, relations: map[string]reference{},
		}
	}
	if err := s.lookFields(ctx); err != nil {
		return err
	}
	for name, c := range s.schema.collections {
		c.ignored = c.table && len(c.fields) == 0
		s.schema.collections[name] = c
	}
	if err := s.lookRelations(ctx); err != nil {
		return err
	}
	s.inTheirNames()
	return nil
}

func (s *server) lookFields(ctx context.Context) error {
	var fields []struct {
		Collection string `json:"collection"`
		Field      string `json:"field"`
		Type       string `json:"type"`
		Meta       struct {
			Note    string `json:"note"`
			Editor  string `json:"interface"`
			Options struct {
				Folder string `json:"folder"`
			} `json:"options"`
		} `json:"meta"`
		Schema struct {
			Key    bool   `json:"is_primary_key"`
			Type   string `json:"data_type"`
			Length int    `json:"max_length"`
			Unique bool   `json:"is_unique"`
			Index  *bool  `json:"is_indexed"`
		} `json:"schema"`
	}
	if err := s.admin.Get(ctx, "/fields", nil, &fields); err != nil {
		return err
	}
	for _, f := range fields {
		if f.Type == "string" && f.Schema.Type == "char" && f.Schema.Length == 36 {
			f.Type = "uuid" // as databases without such a type store it
		}
		indexable := f.Schema.Index != nil && !slices.Contains([]string{"text", "json", "csv", "hash", "alias", "unknown"}, f.Type)
		if c, exists := s.schema.collections[f.Collection]; exists {
			c.fields[f.Field] = existingField{
				kind: f.Type, key: f.Schema.Key, note: f.Meta.Note, editor: f.Meta.Editor, folder: f.Meta.Options.Folder,
				slow: indexable && !*f.Schema.Index && !f.Schema.Key && !f.Schema.Unique,
			}
		}
	}
	return nil
}

func (s *server) lookRelations(ctx context.Context) error {
	var relations []struct {
		Collection string `json:"collection"`
		Field      string `json:"field"`
		Related    string `json:"related_collection"`
		Meta       struct {
			List    string   `json:"one_field"`
			Sort    string   `json:"sort_field"`
			AnyOf   []string `json:"one_allowed_collections"`
			NamedBy string   `json:"one_collection_field"`
		} `json:"meta"`
	}
	if err := s.admin.Get(ctx, "/relations", nil, &relations); err != nil {
		return err
	}
	for _, r := range relations {
		if c, exists := s.schema.collections[r.Collection]; exists {
			c.relations[r.Field] = reference{to: r.Related, list: r.Meta.List, sort: r.Meta.Sort, anyOf: r.Meta.AnyOf, namedBy: r.Meta.NamedBy}
		}
	}
	return nil
}

// has reports whether the project has a collection, as a table that Directus knows.
func (s *server) has(collection string) bool {
	found := s.schema.collections[collection]
	return found.table && !found.ignored
}

// willExist reports whether it has it once setup is done.
func (s *server) willExist(collection string) bool {
	_, planned := s.table.Find(collection)
	return planned || s.has(collection)
}

// keyName is the primary key of a collection, as it is or will be made.
func (s *server) keyName(collection string) string {
	for name, f := range s.schema.collections[collection].fields {
		if f.key {
			return name
		}
	}
	c, _ := s.table.Find(collection)
	if key, ok := c.Key(); ok {
		return key.Name
	}
	return "id"
}

// keyType is the type of that key.
func (s *server) keyType(collection string) string {
	if f, exists := s.schema.collections[collection].fields[s.keyName(collection)]; exists {
		return f.kind
	}
	c, _ := s.table.Find(collection)
	key, _ := c.Key()
	return key.Type
}

// collections plans the schema. Recovery codes come later, along with the service
// account, if they are wanted.
func (p *plan) collections() {
	planned := func(wanted func(name string) bool) collections.Table {
		return slices.DeleteFunc(slices.Clone(p.server.table), func(c collections.Collection) bool {
			return c.Name == collections.RecoveryCodes || len(c.Fields) == 0 || !wanted(c.Name)
		})
	}
	wanted := func(string) bool { return true }
	if p.opts.Blocks {
		wanted = p.server.isOwn
		p.model(planned(func(name string) bool { return !wanted(name) }), planned(wanted))
	} else {
		p.leaveOut(p.server.table, 0)
	}
	for _, c := range planned(wanted) {
		p.collection(c)
	}
	for _, c := range planned(wanted) {
		p.relations(c)
	}
	p.ownCollections()
}

// model plans the content model of Directus' starters, and leaves out of the rest what the
// licence has no room for beside it.
func (p *plan) model(planned, own collections.Table) {
	model := p.blocks(planned)
	codes := collections.Table{p.server.recoveryCodes()}
	if _, has := p.server.schema.collections[collections.RecoveryCodes]; model.state == blocked && !has {
		p.server.table = p.server.table.Without(collections.RecoveryCodes) // they would take what the model needs
		codes = nil
	}
	p.leaveOut(slices.Concat(codes, own), model.takes.n)
}

// addPart adds a step that belongs to a collection.
func (p *plan) addPart(collection string, s step) {
	p.parts[collection] = append(p.parts[collection], p.add(s))
}

func (p *plan) collection(c collections.Collection) {
	s := step{what: "collection " + c.Name, state: inPlace}
	found, exists := p.server.schema.collections[c.Name]
	switch {
	case !exists:
		s.state, s.takes = toDo, taken{takesCollection, 1}
		s.what += ": " + strings.Join(c.FieldNames(), ", ")
		s.do = func(ctx context.Context) error {
			return p.server.admin.Post(ctx, "/collections", p.server.collectionBody(c), nil)
		}
	case !found.table:
		s.state = blocked
		s.note("There is a folder with this name. Rename it.")
	case found.ignored:
		s.state = blocked
		s.note("It exists, but Directus ignores it because its table has no primary key.")
	case found.singleton && !c.Singleton:
		s.state = blocked
		s.note("The existing collection is a singleton, and Hutch needs a list of items.")
	default:
		p.existingCollection(c, found)
		return
	}
	p.addPart(c.Name, s)
}

// existingCollection plans the fields that an existing collection lacks.
func (p *plan) existingCollection(c collections.Collection, found existingCollection) {
	s := step{what: "collection " + c.Name, state: inPlace}
	if c.Singleton && !found.singleton {
		s.note("It is a list of items instead of a singleton. Hutch uses the first item. To have one form for it, turn on \"Treat as single object\" in its settings.")
	}
	var missing []collections.Field
	for _, f := range c.Fields {
		has, exists := found.fields[f.Name]
		switch {
		case exists && f.Name == collections.Published().Field && has.kind == "boolean":
			s.note("Its field %s is a boolean: an item is published if it is true.", f.Name)
		case exists && f.Name == "content":
			if note := contentNote(has, p.opts.ContentFormat); note != "" {
				s.note("%s", note)
			}
		case exists && f.Type == "json": // is read whatever it holds
		case exists && has.kind != p.server.typeOf(f) && (!f.Key || f.Typed):
			s.note("Its field %s has the type %s instead of %s. Setup keeps it.", f.Name, has.kind, p.server.typeOf(f))
		case exists:
		case f.Key && !f.Typed: // any other key will do
		case f.NewOnly:
			s.note("It has no field %s. Setup does not add it, because it would change what existing items mean.", f.Name)
		default:
			missing = append(missing, f)
		}
	}
	p.addPart(c.Name, s)
	for _, f := range missing {
		f.Key = false // the collection has one
		p.addPart(c.Name, step{
			what: fmt.Sprintf("field %s.%s", c.Name, f.Name), state: toDo,
			do: func(ctx context.Context) error {
				return p.server.admin.Post(ctx, "/fields/"+c.Name, p.server.fieldBody(f), nil)
			},
		})
	}
	p.indexes(c, found)
}

// indexes plans those that an existing collection lacks.
func (p *plan) indexes(c collections.Collection, found existingCollection) {
	for _, f := range c.Fields {
		if !f.Indexed || !found.fields[f.Name].slow {
			continue
		}
		index := step{what: fmt.Sprintf("index on %s.%s", c.Name, f.Name), state: toDo, do: func(ctx context.Context) error {
			change := map[string]any{"schema": map[string]any{"is_indexed": true}}
			if found.fields[f.Name].kind == "uuid" { // Directus would make a text of it where the database has no such type
				change["type"] = "uuid"
			}
			return p.server.admin.Patch(ctx, "/fields/"+c.Name+"/"+f.Name, change)
		}}
		index.note("Without it, lists of many items take long.")
		p.addPart(c.Name, index)
	}
}

func (p *plan) relations(c collections.Collection) {
	for _, f := range p.server.table.Relations(c.Name) {
		p.relation(c, f)
	}
}

func (p *plan) relation(c collections.Collection, f collections.Field) {
	found := p.server.schema.collections[c.Name]
	s := step{
		what:  fmt.Sprintf("%s.%s refers to %s", c.Name, f.Name, f.Related),
		state: toDo, needs: slices.Concat(p.parts[c.Name], p.parts[f.Related]),
	}
	has, exists := found.fields[f.Name]
	reference, relates := found.relations[f.Name]
	switch {
	case relates && reference.to == f.Related:
		s.state = inPlace
	case relates:
		s.state = unchanged
		s.note("It refers to %s. Setup keeps that, and Hutch cannot show it.", reference.to)
	case exists && has.kind != p.server.typeOf(f):
		s.state = unchanged
		s.note("It refers to nothing, and its type is not that of a reference. Setup keeps it, and Hutch cannot show it.")
	}
	s.do = func(ctx context.Context) error {
		return p.server.admin.Post(ctx, "/relations", relationBody(c, f), nil)
	}
	p.addPart(c.Name, s)
}
