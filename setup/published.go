package setup

import "slices"

// Hutch filters by itself what it shows. These permissions keep from whoever asks
// Directus itself what is not to be seen, as far as a server can.

// readPublished lets read what is to be seen of a collection. It is not ok where
// somebody keeps drafts in it, and the server takes only all or nothing.
func (s *server) readPublished(c collection) (perm permission, ok bool) {
	perm = permission{Collection: c.name, Action: "read", Fields: []string{"*"}}
	if !s.willHave(c.name, status().name) {
		return perm, true
	}
	perm.Rule = published()
	if !s.ignored(perm) {
		return perm, true
	}
	ours := s.draftsAreOurs(c)
	if ours {
		perm.Rule = nil
	}
	return perm, ours
}

func published() map[string]any {
	return map[string]any{"status": map[string]any{"_eq": "published"}}
}

// draftsAreOurs reports whether setup made the field status, so that whoever
// uses it was told who can read drafts.
func (s *server) draftsAreOurs(c collection) bool {
	found, exists := s.schema.collections[c.name]
	return !exists || found.fields[status().name].note == status().note
}

// gated reports whether the public can be kept from the content of what is for
// members. Directus 10 cannot: there, who may read some items and some fields
// may read all these fields of all these items.
func (s *server) gated(c collection) bool {
	return s.willHave(c.name, "members_only") && s.major > 10 && s.licence.rules
}

// readTeasers lets read what the public may know also of items for members.
func (s *server) readTeasers(c collection) permission {
	perm, _ := s.readPublished(c)
	perm.Fields = nil
	for _, f := range c.fields {
		perm.Fields = append(perm.Fields, f.name)
	}
	for name := range s.schema.collections[c.name].fields { // of which some are not ours
		if !slices.Contains(perm.Fields, name) {
			perm.Fields = append(perm.Fields, name)
		}
	}
	perm.Fields = slices.DeleteFunc(withoutContent(perm.Fields), func(name string) bool { return !s.willHave(c.name, name) })
	slices.Sort(perm.Fields)
	return perm
}

func withoutContent(fields []string) []string {
	return slices.DeleteFunc(slices.Clone(fields), func(name string) bool { return name == "content" })
}

// readContents lets read the content of items that are for everybody.
func (s *server) readContents(c collection) permission {
	perm, _ := s.readPublished(c)
	perm.Fields = []string{"content", s.keyName(c.name)}
	if !slices.Contains(perm.Fields, "slug") {
		perm.Fields = append(perm.Fields, "slug")
	}
	forAll := map[string]any{"_or": []any{
		map[string]any{"members_only": map[string]any{"_neq": true}},
		map[string]any{"members_only": map[string]any{"_null": true}},
	}}
	if perm.Rule == nil {
		perm.Rule = forAll
	} else {
		perm.Rule = map[string]any{"_and": []any{perm.Rule, forAll}}
	}
	return perm
}

// readImages lets read files that are images.
func readImages() permission {
	return permission{
		Collection: "directus_files", Action: "read", Fields: []string{"*"},
		Rule: map[string]any{"type": map[string]any{"_starts_with": "image/"}},
	}
}

// plain reports whether a permission is for all fields of all items.
func plain(perm permission) bool {
	return slices.Contains(perm.Fields, "*") && len(unwrap(perm.Rule))+len(perm.Validation)+len(perm.Presets) == 0
}
