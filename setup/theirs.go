package setup

import (
	"cmp"
	"slices"
	"strings"

	"hutch/internal/collections"
)

// inTheirNames puts the table into the project's names, where it has the same part under
// another one: nothing is added beside what the site reads already.
func (s *server) inTheirNames() {
	var table collections.Table
	for _, c := range s.table {
		table = append(table, s.inTheirName(c))
	}
	posts, _ := table.Find("posts")
	if s.isTheirs(posts) && !s.has("authors") { // nothing would refer to them
		table = table.Without("authors")
	}
	s.table = table
}

// writtenByUsers reports whether the authors of posts are users of Directus.
func (s *server) writtenByUsers() bool {
	return s.schema.collections["posts"].relations["author"].to == "directus_users"
}

// inTheirName is a row of the table as the project has it.
func (s *server) inTheirName(c collections.Collection) collections.Collection {
	naming := collections.NamingOf(c.Name)
	at := slices.IndexFunc(naming.Collections(), s.has)
	if at < 0 || c.System() {
		return c
	}
	c.Name = naming.Collections()[at]
	has := func(field string) bool { return s.hasField(c.Name, field) }
	theirs := naming.Theirs(has)
	_, sorted := theirs[collections.PostTags]
	isTheirs := at > 0 || len(theirs) > 1 || len(theirs) == 1 && !sorted // categories may be added to any model
	var fields []collections.Field
	for _, f := range c.Fields {
		name, renamed := theirs[f.Name]
		switch {
		case renamed:
			f.Name = name
			if kind := s.schema.collections[c.Name].fields[name].kind; kind == "timestamp" || kind == "dateTime" {
				f.Type = kind
			}
		case c.Name == "pages" && f.Name == "slug" && has("permalink"):
			f.Name, f.Form, f.Key, f.Typed, f.Unique, isTheirs = "permalink", collections.Path, false, false, true, true
		case c.Name == "pages" && f.Name == "content" && has("blocks"), c.Name == "navigation" && !f.Key && has("items"):
			isTheirs = true
			continue
		case c.Name == "posts" && f.Name == "author" && s.writtenByUsers():
			f.Related, f.Type, isTheirs = "directus_users", "uuid", true
		}
		fields = append(fields, f)
	}
	if isTheirs {
		s.theirs = append(s.theirs, c.Name)
		fields = slices.DeleteFunc(fields, func(f collections.Field) bool { // the site makes do without
			return !has(f.Name) && !f.Key && f.Missing == "" && f.Name != "content"
		})
	}
	c.Fields = fields
	return c
}

// isTheirs reports whether a collection follows a model of the project's own.
func (s *server) isTheirs(c collections.Collection) bool { return slices.Contains(s.theirs, c.Name) }

// parts are the collections of the project whose items are shown as parts of others',
// such as the blocks of pages.
func (s *server) parts() []string {
	var parts []string
	for name := range s.schema.collections {
		if s.has(name) && collections.Whole(name) != name && s.isPart(name) {
			parts = append(parts, name)
		}
	}
	slices.Sort(parts)
	return parts
}

// tagCollections are those of the project that the tags of posts are in, such as categories,
// and those that join them with posts.
func (s *server) tagCollections() []string {
	has := func(field string) bool { return s.hasField("posts", field) }
	field := cmp.Or(collections.NamingOf("posts").Theirs(has)[collections.PostTags], collections.PostTags)
	names := []string{s.schema.collections["posts"].relations[field].to}
	for name, c := range s.schema.collections {
		var others []string
		listed := false
		for _, r := range c.relations {
			others, listed = append(others, r.to), listed || r.to == "posts" && r.list == field
		}
		if listed {
			names = slices.Concat(names, []string{name}, others)
		}
	}
	slices.Sort(names)
	return slices.DeleteFunc(slices.Compact(names), func(name string) bool {
		_, ours := s.table.Find(name)
		return ours || !s.has(name) || strings.HasPrefix(name, "directus_")
	})
}

// isPart reports whether what shows such items is there too: if not, a project just has a
// collection of that name.
func (s *server) isPart(name string) bool {
	switch name {
	case "forms", "form_fields":
		return s.hasForms()
	case "navigation_items", "page_blocks":
		return s.has(collections.Whole(name))
	}
	return s.has("page_blocks") && s.has("pages")
}
