package setup

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"hutch/internal/collections"
	"hutch/internal/sitefolder"
)

// own is a collection of site.toml, as far as this Directus can have it.
type own struct {
	sitefolder.Collection
	hutch  bool // it is one of Hutch's own table, which says who reads it
	absent bool // it does not exist, and this run does not make it

	lacks    []string // listed fields that the collection does not have and this run does not add
	dangling []string // listed fields that refer to what does not exist
	users    []string // what refers to Directus' users
	kept     []string // what refers to collections for members, and is shown to everybody
	anything []string // wildcards in place of relations' names
}

// addOwn adds the collections of site.toml to the table, with what they refer to and with
// the rights that they give.
func (s *server) addOwn(rows []sitefolder.Collection, makes bool) {
	for _, row := range rows {
		o := own{Collection: row}
		_, o.hutch = s.table.Find(row.Name)
		_, exists := s.schema.collections[row.Name]
		o.absent = !exists && (!makes || len(row.Fields) == 0)
		s.own = append(s.own, o)
	}
	for i := range s.own {
		if o := &s.own[i]; !o.hutch && !o.absent {
			s.addOwnRow(s.ownRow(o, makes))
		}
	}
	s.ownRights()
}

func (s *server) addOwnRow(c collections.Collection) {
	s.table = append(s.table, c)
	s.ownRows = append(s.ownRows, c.Name)
}

// isOwn reports whether a collection is in the table because of site.toml.
func (s *server) isOwn(name string) bool { return slices.Contains(s.ownRows, name) }

// ownRow is the row of the table for a collection, without rights.
func (s *server) ownRow(o *own, makes bool) collections.Collection {
	c := collections.Collection{Name: o.Name, Studio: collections.Studio{Icon: "list", Note: "Shown at " + o.Path}}
	found, exists := s.schema.collections[o.Name]
	if exists {
		c.Fields = []collections.Field{{Name: s.keyName(o.Name), Type: s.keyType(o.Name), Key: true}}
	} else {
		c.Fields = []collections.Field{keyOf(o.Collection)}
	}
	for _, f := range o.Fields {
		_, has := found.fields[f.Name]
		switch {
		case f.Name == c.Fields[0].Name || has && !makes:
		case !has && !makes:
			o.lacks = append(o.lacks, f.Name)
		case f.Related != "" && f.Related != sitefolder.Files && !s.has(f.Related) && !s.makes(f.Related):
			o.dangling = append(o.dangling, f.Name+" ("+f.Related+")")
		default:
			c.Fields = append(c.Fields, ownField(f))
		}
	}
	if title := cmp.Or(o.Title, "title"); slices.Contains(c.FieldNames(), title) {
		c.Studio.Template = "{{" + title + "}}"
	}
	return c
}

// makes reports whether this run makes a collection, of Hutch's or of site.toml.
func (s *server) makes(name string) bool {
	_, planned := s.table.Find(name)
	return planned || slices.ContainsFunc(s.own, func(o own) bool { return o.Name == name && !o.absent })
}

// keyOf is the key of a collection that setup makes: the field of the address, if a key can
// be of its type, else a number. (A permalink has slashes, with which Directus finds no item.)
func keyOf(of sitefolder.Collection) collections.Field {
	for _, name := range []string{"id", of.AddressField()} {
		at := slices.IndexFunc(of.Fields, func(f sitefolder.Field) bool { return f.Name == name && name != "permalink" })
		if at < 0 {
			continue
		}
		f := ownField(of.Fields[at])
		f.Key = true
		switch f.Type {
		case "uuid":
			f.Special = []string{"uuid"} // Directus makes it
			return f
		case "integer":
			return f
		case "string":
			f.Typed, f.Form = true, collections.Address
			f.Options = map[string]any{"slug": true, "trim": true, "font": "monospace"}
			return f
		}
	}
	return collections.Field{Name: "id", Type: "integer", Key: true, Interface: "input"}
}

// ownField is a field of site.toml as the table has it. Required is what the Studio asks of
// editors: a column that must not be null could not be added where there are items.
func ownField(f sitefolder.Field) collections.Field {
	field := collections.Field{Name: f.Name, Type: f.Type, Related: f.Related, Note: f.Note}
	switch {
	case f.Related == sitefolder.Files:
		field.Type, field.Interface, field.Special = "uuid", "file-image", []string{"file"}
	case f.Related != "":
		field.Interface, field.Special = "select-dropdown-m2o", []string{"m2o"}
	case f.Name == collections.Published().Field && f.Type == "string":
		field = collections.Status()
		field.Note = cmp.Or(f.Note, field.Note)
	default:
		field.Interface, field.Special = usualInterface(f.Type)
	}
	field.Interface = cmp.Or(f.Interface, field.Interface)
	if f.Required {
		field.Meta = map[string]any{"required": true}
	}
	return field
}

// usualInterface is what Directus' app shows a field of a type with, unless it is told
// otherwise, and how Directus converts its values.
func usualInterface(kind string) (name string, special []string) {
	switch kind {
	case "text":
		return "input-multiline", nil
	case "boolean":
		return "boolean", []string{"cast-boolean"}
	case "date", "time", "dateTime", "timestamp":
		return "datetime", nil
	case "json":
		return "input-code", []string{"cast-json"}
	case "csv":
		return "tags", []string{"cast-csv"}
	}
	return "input", nil
}

// ownCollections plans what is to be said of the collections of site.toml, beside what is
// planned for all rows of the table.
func (p *plan) ownCollections() {
	for _, o := range p.server.own {
		name := "collection " + o.Name
		switch {
		case o.hutch:
			p.add(step{what: name + " of site.toml", state: unchanged, notes: []string{"Hutch has a collection of this name itself. Setup prepares it as that, whatever site.toml says."}})
		case o.absent && len(o.Fields) == 0:
			p.add(step{what: name, state: unchanged, notes: []string{"It does not exist. Make it in Directus' settings, or list its fields with their types in site.toml ([[collection.field]]) and run setup with --schema."}})
		case o.absent:
			p.add(step{what: name, state: unchanged, notes: []string{"It does not exist. Setup makes it, with the fields that site.toml lists, only with --schema."}})
		}
		unchangedFields := func(fields []string, format string, args ...any) {
			if len(fields) > 0 {
				p.add(step{what: "fields of " + o.Name + ": " + strings.Join(fields, ", "), state: unchanged, notes: []string{fmt.Sprintf(format, args...)}})
			}
		}
		unchangedFields(o.lacks, "site.toml lists them, and the collection does not have them. Setup adds them only with --schema.")
		unchangedFields(o.dangling, "They refer to collections that this Directus does not have, so setup does not add them.")
		unchangedFields(o.users, "They refer to users. Setup lets nobody read users for the site, so it shows the rest without them.")
		unchangedFields(o.kept, "They refer to collections that site.toml keeps for members, so everybody sees %s without them.", o.Name)
		unchangedFields(o.anything, "Setup gives rights only to relations that site.toml names, such as \"venue.*\".")
	}
}

// ownWrites says which rights members need to write, and who gives them.
func (p *plan) ownWrites() {
	for _, o := range p.server.own {
		if o.Members == nil || o.hutch || o.absent {
			continue
		}
		s := step{what: "members write " + o.Name, state: inPlace}
		var missing []string
		unheld := false
		need := func(action string, wanted bool, whose sitefolder.Whose) {
			given := slices.ContainsFunc(ofKind(p.has.permissions, o.Name, action), func(perm permission) bool { return !p.server.ignored(perm) })
			if !wanted || given {
				return
			}
			if whose == sitefolder.Own {
				action += ", where user_created equals $CURRENT_USER"
				unheld = unheld || !p.server.licence.rules
			}
			missing = append(missing, action)
		}
		need("create", o.Members.Create, sitefolder.None)
		need("update", o.Members.Edit != sitefolder.None, o.Members.Edit)
		need("delete", o.Members.Delete != sitefolder.None, o.Members.Delete)
		if missing != nil {
			s.state = unchanged
			s.note("Setup gives members no right to write. If they are meant to, give the policy %q these rights to %s in Directus' settings: %s.", usersName, o.Name, strings.Join(missing, "; "))
		}
		if unheld {
			s.note("Without a licence, Directus 12 has no rule such as \"their own\": members would change those of others.")
		}
		p.add(s)
	}
}
