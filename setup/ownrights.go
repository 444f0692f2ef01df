package setup

import (
	"maps"
	"slices"
	"strings"

	"hutch/internal/collections"
	"hutch/internal/sitefolder"
)

// ownReads are the fields that somebody is to read, by their collections. "*" is all of them.
type ownReads map[string][]string

// add notes a field. All of them include each.
func (r ownReads) add(collection, field string) {
	if !slices.Contains(r[collection], field) {
		r[collection] = append(r[collection], field)
	}
}

// ownRights gives the rows of site.toml their rights, and adds rows for what they refer to.
// Nobody reads more than site.toml names.
func (s *server) ownRights() {
	reads := map[collections.Who]ownReads{collections.Visitors: {}, collections.Members: {}}
	for i := range s.own {
		o := &s.own[i]
		if o.hutch || o.absent {
			continue
		}
		for _, path := range s.ownPaths(o.Collection) {
			parts := strings.Split(path, ".")
			if o.Read == sitefolder.Everybody {
				s.follow(o, reads[collections.Visitors], o.Name, parts)
			}
			s.follow(o, reads[collections.Members], o.Name, parts)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(reads[collections.Members])) { // who read what everybody reads
		if _, planned := s.table.Find(name); !planned {
			s.addOwnRow(collections.Collection{Name: name, Fields: []collections.Field{{Name: s.keyName(name), Type: s.keyType(name), Key: true}}})
		}
		at := slices.IndexFunc(s.table, func(c collections.Collection) bool { return c.Name == name })
		s.table[at].Reads = collections.Nobody()
		s.table[at].Writes = collections.Nobody() // the team gives these rights
		for _, who := range []collections.Who{collections.Visitors, collections.Members} {
			if fields := reads[who][name]; len(fields) > 0 {
				s.table[at].Reads = append(s.table[at].Reads, collections.Right{Who: who, Items: []collections.Condition{collections.Published()}, Only: s.onlyOf(name, fields)})
			}
		}
	}
}

// ownPaths are the fields that the site reads of a collection: those that site.toml names,
// and if it names some only, those that tell where an item is and whether it may be seen.
func (s *server) ownPaths(of sitefolder.Collection) []string {
	var paths []string
	for _, named := range of.Names() {
		paths = append(paths, named.Path)
	}
	if len(of.Item.Fields) == 0 || slices.Contains(of.Item.Fields, "*") {
		return append(paths, "*")
	}
	paths = append(paths, s.keyName(of.Name), "status", "publish_date", "published_at", "date_published")
	if of.Address == "" {
		paths = append(paths, "slug", "permalink")
	}
	if of.Title == "" {
		paths = append(paths, "title", "name", "headline")
	}
	return paths
}

// onlyOf are the fields of a right; none: all. Without a licence, Directus 12 takes no list
// of fields, and a list of all that there are is the same today.
func (s *server) onlyOf(collection string, fields []string) []string {
	if slices.Contains(fields, "*") {
		return nil
	}
	slices.Sort(fields)
	all := s.schema.collections[collection].fields
	if !s.licence.rules && len(all) > 0 && !slices.ContainsFunc(slices.Collect(maps.Keys(all)), func(name string) bool { return !slices.Contains(fields, name) }) {
		return nil
	}
	return fields
}

// follow notes what a path of fields reads, from collection to collection.
func (s *server) follow(o *own, reads ownReads, collection string, path []string) {
	name, scope, _ := strings.Cut(fieldIn(path[0]), ":")
	if name == "*" {
		reads.add(collection, "*")
		if len(path) > 1 {
			o.anything = addOnce(o.anything, strings.Join(path, "."))
		}
		return
	}
	if !s.ownHas(collection, name) {
		return // `hutch check` says so
	}
	if len(path) == 1 {
		reads.add(collection, name)
		return
	}
	to := s.refersTo(collection, name)
	if slices.ContainsFunc(to, func(to referred) bool { return to.collection == "directus_users" }) {
		o.users = addOnce(o.users, name)
		return // not even who it is
	}
	reads.add(collection, name)
	for _, to := range to {
		of, isOwn := s.ownOf(to.collection)
		_, planned := s.table.Find(to.collection)
		switch {
		case scope != "" && to.collection != scope:
			continue
		case strings.HasPrefix(to.collection, "directus_"): // files have rights of their own
			continue
		case isOwn && o.Read == sitefolder.Everybody && of.Read == sitefolder.MembersOnly:
			o.kept = addOnce(o.kept, name)
			continue
		case planned && !s.isOwn(to.collection): // Hutch's own table says who reads it
			continue
		case !s.willExist(to.collection):
			continue
		}
		if to.beside != "" {
			reads.add(collection, to.beside)
		}
		for _, field := range to.fields {
			reads.add(to.collection, field)
		}
		s.follow(o, reads, to.collection, path[1:])
	}
}

func addOnce(list []string, text string) []string {
	if slices.Contains(list, text) {
		return list
	}
	return append(list, text)
}

// fieldIn returns the field that a function of Directus takes, such as year(starts), and any
// other field itself.
func fieldIn(name string) string {
	if _, inner, is := strings.Cut(name, "("); is {
		return strings.TrimSuffix(inner, ")")
	}
	return name
}

func (s *server) ownOf(collection string) (own, bool) {
	at := slices.IndexFunc(s.own, func(o own) bool { return o.Name == collection && !o.hutch })
	if at < 0 {
		return own{}, false
	}
	return s.own[at], true
}

// ownHas reports whether a collection has a field, or has it once setup is done.
func (s *server) ownHas(collection, name string) bool {
	c, _ := s.table.Find(collection)
	return s.hasField(collection, name) || slices.Contains(c.FieldNames(), name)
}

// referred is a collection that a field refers to.
type referred struct {
	collection string
	fields     []string // that Directus needs there to answer: the key, the way back and the order
	beside     string   // the field beside the reference that names the collection; empty: none
}

// refersTo returns what a field refers to: one collection, or several if each item says
// which, or what refers back to it.
func (s *server) refersTo(collection, field string) []referred {
	if r, is := s.schema.collections[collection].relations[field]; is {
		if r.to != "" {
			return []referred{{collection: r.to, fields: []string{s.keyName(r.to)}}}
		}
		var all []referred
		for _, to := range r.anyOf {
			all = append(all, referred{collection: to, fields: []string{s.keyName(to)}, beside: r.namedBy})
		}
		return all
	}
	c, _ := s.table.Find(collection)
	for _, f := range c.Fields { // that setup is going to make
		if f.Name == field && f.Related != "" {
			return []referred{{collection: f.Related, fields: []string{s.keyName(f.Related)}}}
		}
	}
	var all []referred
	for _, name := range slices.Sorted(maps.Keys(s.schema.collections)) {
		for back, r := range s.schema.collections[name].relations {
			if r.to != collection || r.list != field {
				continue
			}
			fields := []string{s.keyName(name), back}
			if r.sort != "" {
				fields = append(fields, r.sort)
			}
			all = append(all, referred{collection: name, fields: fields})
		}
	}
	return all
}

// ownChanges are the collections whose changes show in those of site.toml: themselves, and
// what they refer to, named or not: the site reads what one item refers to if it may.
func (s *server) ownChanges() []string {
	var names []string
	for _, name := range s.ownRows {
		names = append(names, name)
		for _, r := range s.schema.collections[name].relations {
			names = append(names, r.to)
		}
		c, _ := s.table.Find(name)
		for _, f := range c.Fields {
			names = append(names, f.Related)
		}
	}
	slices.Sort(names)
	return slices.DeleteFunc(slices.Compact(names), func(name string) bool {
		return name == "" || strings.HasPrefix(name, "directus_") || !s.willExist(name)
	})
}
