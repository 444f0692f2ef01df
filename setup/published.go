package setup

import (
	"slices"

	"hutch/internal/collections"
)

// Hutch itself shows only what may be seen. The permissions planned here keep the
// rest from people who ask Directus directly, as far as the server can.

// readRights are somebody's rights to read a collection, as far as this server
// can tell its items and fields apart.
func (s *server) readRights(c collections.Collection, who collections.Who) []collections.Right {
	var rights []collections.Right
	for _, right := range c.Rights().Of(who).To(collections.Read) {
		right.Items = slices.DeleteFunc(slices.Clone(right.Items), func(condition collections.Condition) bool { return !s.willHave(c, condition.Field) })
		for i, condition := range right.Items {
			if condition.Field == collections.Published().Field {
				right.Items[i] = s.published(c)
			}
		}
		rights = append(rights, right)
	}
	if len(rights) > 1 && !s.tellsApart(rights) {
		return []collections.Right{merged(c, rights)}
	}
	return rights
}

// published is the condition of published items, for the type that the field status
// has here and the values that count.
func (s *server) published(c collections.Collection) collections.Condition {
	kind := "string"
	if f, exists := s.schema.collections[c.Name].fields[collections.Published().Field]; exists {
		kind = f.kind
	}
	if condition, ok := collections.PublishedAs(kind, s.statuses); ok {
		return condition
	}
	return collections.Published() // which none of them fulfils
}

// tellsApart reports whether the server can hold several rights to read one
// collection. Directus 10 cannot: a person who may read some fields of some items
// there may read all these fields of all these items.
func (s *server) tellsApart(rights []collections.Right) bool {
	differ := slices.ContainsFunc(rights, func(right collections.Right) bool { return !sameItems(right, rights[0]) })
	return differ && s.major > 10 && s.licence.rules
}

func sameItems(a, b collections.Right) bool {
	return slices.EqualFunc(a.Items, b.Items, func(a, b collections.Condition) bool { return a.Field == b.Field })
}

// merged is one right in place of several: the conditions that they share, and
// all their fields.
func merged(c collections.Collection, rights []collections.Right) collections.Right {
	if len(rights) == 1 {
		return rights[0]
	}
	whole := collections.Right{Who: rights[0].Who, Action: rights[0].Action}
	for _, condition := range rights[0].Items {
		if !slices.ContainsFunc(rights, func(right collections.Right) bool { return !dependsOn(right, condition.Field) }) {
			whole.Items = append(whole.Items, condition)
		}
	}
	names := c.FieldNames()
	covered := slices.DeleteFunc(slices.Clone(names), func(name string) bool {
		return !slices.ContainsFunc(rights, func(right collections.Right) bool { return covers(right, name) })
	})
	if len(covered) < len(names) {
		whole.Only = covered
	}
	return whole
}

func dependsOn(right collections.Right, field string) bool {
	return slices.ContainsFunc(right.Items, func(condition collections.Condition) bool { return condition.Field == field })
}

func covers(right collections.Right, field string) bool {
	if len(right.Only) > 0 {
		return slices.Contains(right.Only, field)
	}
	return !slices.Contains(right.Except, field)
}

// permissionFor is the permission for a right. It is not ok if the server takes
// only all or nothing, and all would be too much.
func (s *server) permissionFor(c collections.Collection, right collections.Right) (perm permission, ok bool) {
	perm = permission{
		Collection: c.Name, Action: string(right.Action),
		Fields: right.FieldsOf(s.keyName(c.Name), s.allFields(c)), Rule: collections.Rule(right.Items),
	}
	if !s.ignored(perm) {
		return perm, true
	}
	if right.OrAll {
		perm.Fields, perm.Rule = []string{"*"}, nil
		return perm, true
	}
	onlyDrafts := len(right.Items) == 1 && dependsOn(right, collections.Published().Field)
	if onlyDrafts && s.draftsAreOurs(c) {
		perm.Rule = nil
	}
	return perm, !s.ignored(perm)
}

// allFields lists the fields that a collection has once setup is done, those of
// the project too.
func (s *server) allFields(c collections.Collection) []string {
	names := slices.DeleteFunc(c.FieldNames(), func(name string) bool { return !s.willHave(c, name) })
	for name := range s.schema.collections[c.Name].fields {
		if !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// draftsAreOurs reports whether setup made the field status: then the people who
// use it have been told who can read drafts.
func (s *server) draftsAreOurs(c collections.Collection) bool {
	found, exists := s.schema.collections[c.Name]
	return !exists || found.fields[collections.Published().Field].note == collections.StatusNote
}

// plain reports whether a permission is for all fields of all items.
func plain(perm permission) bool {
	return slices.Contains(perm.Fields, "*") && len(unwrap(perm.Rule))+len(perm.Validation)+len(perm.Presets) == 0
}
