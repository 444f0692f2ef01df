package setup

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"hutch/internal/directus"
)

// schema is what collections there are, as far as they bear the names of ours.
type schema struct {
	collections map[string]existingCollection
}

type existingCollection struct {
	table     bool // or a mere folder
	ignored   bool // by Directus: a table without a primary key
	singleton bool
	fields    map[string]existingField
	relations map[string]string // field: related collection
}

type existingField struct {
	kind string
	key  bool
	note string
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
		for _, ours := range append(collections(), recoveryCodes()) {
			if ours.name != found.Collection {
				continue
			}
			c := existingCollection{table: found.Schema != nil, singleton: found.Meta.Singleton}
			if c.table {
				if err := s.lookFields(ctx, ours.name, &c); err != nil {
					return err
				}
			}
			s.schema.collections[ours.name] = c
		}
	}
	return nil
}

func (s *server) lookFields(ctx context.Context, name string, c *existingCollection) error {
	var fields []struct {
		Field string `json:"field"`
		Type  string `json:"type"`
		Meta  struct {
			Note string `json:"note"`
		} `json:"meta"`
		Schema struct {
			Key    bool   `json:"is_primary_key"`
			Type   string `json:"data_type"`
			Length int    `json:"max_length"`
		} `json:"schema"`
	}
	err := s.admin.Get(ctx, "/fields/"+name, nil, &fields)
	if errors.Is(err, directus.Forbidden) {
		c.ignored = true
		return nil
	}
	if err != nil {
		return err
	}
	c.fields = map[string]existingField{}
	for _, f := range fields {
		if f.Type == "string" && f.Schema.Type == "char" && f.Schema.Length == 36 {
			f.Type = "uuid" // as databases store it that have no such type
		}
		c.fields[f.Field] = existingField{kind: f.Type, key: f.Schema.Key, note: f.Meta.Note}
	}
	var relations []struct {
		Field   string `json:"field"`
		Related string `json:"related_collection"`
	}
	if err := s.admin.Get(ctx, "/relations/"+name, nil, &relations); err != nil {
		return err
	}
	c.relations = map[string]string{}
	for _, r := range relations {
		c.relations[r.Field] = r.Related
	}
	return nil
}

// keyName is the primary key of a collection, as it is or will be.
func (s *server) keyName(collection string) string {
	for name, f := range s.schema.collections[collection].fields {
		if f.key {
			return name
		}
	}
	return "id"
}

// keyKind is the type of that key.
func (s *server) keyKind(collection string) string {
	if f, exists := s.schema.collections[collection].fields[s.keyName(collection)]; exists {
		return f.kind
	}
	return "integer"
}

// collections plans what Hutch shows.
func (p *plan) collections() {
	for _, c := range collections() {
		p.collection(c)
	}
	for _, c := range collections() {
		p.relations(c)
	}
}

// addPart adds a step that is a part of a collection.
func (p *plan) addPart(collection string, s step) {
	p.parts[collection] = append(p.parts[collection], p.add(s))
}

func (p *plan) collection(c collection) {
	s := step{what: "collection " + c.name, state: there}
	found, exists := p.server.schema.collections[c.name]
	switch {
	case !exists:
		s.state = toDo
		s.what += ": " + strings.Join(c.fieldNames(), ", ")
		s.do = func(ctx context.Context) error {
			return p.server.admin.Post(ctx, "/collections", c.body(p.server), nil)
		}
	case !found.table:
		s.state = blocked
		s.note("There is a folder of this name. Rename it.")
	case found.ignored:
		s.state = blocked
		s.note("There is one, but Directus ignores it: its table has no primary key.")
	case found.singleton != c.singleton:
		s.state = blocked
		s.note("The one that is there is %s, and Hutch needs %s.", oneOrMany(found.singleton), oneOrMany(c.singleton))
	default:
		p.existingCollection(c, found)
		return
	}
	p.addPart(c.name, s)
}

func oneOrMany(singleton bool) string {
	if singleton {
		return "a singleton"
	}
	return "a list of items"
}

// existingCollection plans the fields that an existing collection lacks.
func (p *plan) existingCollection(c collection, found existingCollection) {
	s := step{what: "collection " + c.name, state: there}
	var missing []field
	for _, f := range c.fields {
		has, exists := found.fields[f.name]
		switch {
		case exists && has.kind != f.kindOn(p.server):
			s.note("Its field %s is of type %s, where Hutch would make it %s. It stays so.", f.name, has.kind, f.kindOn(p.server))
		case exists:
		case f.key && !f.manual: // some other key serves as well
		case f.newOnly:
			s.note("It has no field %s, and gets none: that would change what its items are.", f.name)
		default:
			missing = append(missing, f)
		}
	}
	p.addPart(c.name, s)
	for _, f := range missing {
		f.key = false // it has one
		p.addPart(c.name, step{
			what: fmt.Sprintf("field %s.%s", c.name, f.name), state: toDo,
			do: func(ctx context.Context) error {
				return p.server.admin.Post(ctx, "/fields/"+c.name, f.body(p.server), nil)
			},
		})
	}
}

// relations plans what the fields of a collection refer to.
func (p *plan) relations(c collection) {
	for _, f := range c.fields {
		if f.related != "" {
			p.relation(c, f)
		}
	}
}

func (p *plan) relation(c collection, f field) {
	found := p.server.schema.collections[c.name]
	s := step{
		what:  fmt.Sprintf("%s.%s refers to %s", c.name, f.name, f.related),
		state: toDo, needs: slices.Concat(p.parts[c.name], p.parts[f.related]),
	}
	has, exists := found.fields[f.name]
	related, relates := found.relations[f.name]
	switch {
	case relates && related == f.related:
		s.state = there
	case relates:
		s.state = left
		s.note("It refers to %s, and stays so: Hutch cannot show it.", related)
	case exists && has.kind != f.kindOn(p.server):
		s.state = left
		s.note("It refers to nothing, and its type is not that of a reference. It stays so: Hutch cannot show it.")
	}
	onDelete := "SET NULL"
	if f.cascade {
		onDelete = "CASCADE"
	}
	s.do = func(ctx context.Context) error {
		return p.server.admin.Post(ctx, "/relations", map[string]any{
			"collection": c.name, "field": f.name, "related_collection": f.related,
			"schema": map[string]any{"on_delete": onDelete},
		}, nil)
	}
	p.addPart(c.name, s)
}
