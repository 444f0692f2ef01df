package setup

import "slices"

// collection is one that Hutch shows, or keeps for itself.
type collection struct {
	name      string
	icon      string
	note      string // for editors
	template  string // how the Studio shows an item
	sortField string // by which editors put the items in order
	singleton bool
	hidden    bool // from editors; and what is in it is not in the history
	fields    []field
}

type field struct {
	name    string
	kind    string // Directus' type; of a reference: that of the other's key
	key     bool   // the primary key
	manual  bool   // that editors type in
	unique  bool   // no two items have the same
	initial any    // of new items
	newOnly bool   // of a collection that setup makes: on items that are there already, it would change what they are
	ui      string // the Studio's interface
	options map[string]any
	special []string
	related string // the collection that it refers to
	cascade bool   // goes with the item that it refers to
	note    string
}

// collections are all that Hutch shows; those that others refer to come first.
func collections() []collection {
	return []collection{
		{
			name: "global", icon: "public", singleton: true,
			note: "What every page of the site shows",
			fields: []field{
				{name: "id", kind: "integer", key: true, ui: "input"},
				{name: "title", kind: "string", ui: "input", note: "The name of the site"},
				{name: "description", kind: "text", ui: "input-multiline", note: "One sentence about the site"},
				picture("logo"),
				{name: "color", kind: "string", ui: "select-color", note: "Of buttons and links. It is made darker or lighter where it could not be read"},
				picture("favicon"),
			},
		},
		{
			name: "pages", icon: "article", template: "{{title}}",
			note: "Pages that stand for themselves, such as \"about\"",
			fields: []field{
				slug(),
				status(),
				{name: "title", kind: "string", ui: "input"},
				{name: "content", kind: "text", ui: "input-rich-text-html"},
			},
		},
		{
			name: "authors", icon: "edit", template: "{{name}}",
			note: "Who writes posts",
			fields: []field{
				{name: "id", kind: "integer", key: true, ui: "input"},
				{name: "name", kind: "string", ui: "input"},
				{name: "slug", kind: "string", unique: true, ui: "input",
					options: map[string]any{"slug": true, "trim": true, "font": "monospace"},
					note:    "The last part of the address of their page; without one, it is their number"},
				{name: "bio", kind: "text", ui: "input-multiline", note: "A few sentences about them"},
				picture("image"),
			},
		},
		{
			name: "posts", icon: "rss_feed", template: "{{title}}",
			note: "Entries of the blog, the newest first",
			fields: []field{
				slug(),
				status(),
				{name: "title", kind: "string", ui: "input"},
				{name: "teaser", kind: "text", ui: "input-multiline", note: "One or two sentences, for lists"},
				{name: "content", kind: "text", ui: "input-rich-text-html"},
				{name: "members_only", kind: "boolean", initial: false, newOnly: true, ui: "boolean", special: []string{"cast-boolean"},
					note: "Others see the title and the teaser"},
				{name: "publish_date", kind: "date", ui: "datetime", note: "Before that day, it is not shown"},
				picture("image"),
				{name: "author", ui: "select-dropdown-m2o", special: []string{"m2o"}, related: "authors",
					options: map[string]any{"template": "{{name}}"}},
			},
		},
		{
			name: "navigation", icon: "menu", template: "{{label}}", sortField: "sort",
			note: "The links at the top of every page, in this order",
			fields: []field{
				{name: "id", kind: "integer", key: true, ui: "input"},
				{name: "label", kind: "string", ui: "input"},
				{name: "url", kind: "string", ui: "input", note: "A path of this site, such as /pages/about, or an address with https://"},
				{name: "sort", kind: "integer", ui: "input"},
			},
		},
		{
			name: "redirects", icon: "alt_route", template: "{{url_from}} → {{url_to}}",
			note: "Old addresses of this site, and where they lead now",
			fields: []field{
				{name: "id", kind: "integer", key: true, ui: "input"},
				{name: "url_from", kind: "string", unique: true, ui: "input", note: "A path of this site, such as /journal"},
				{name: "url_to", kind: "string", ui: "input", note: "A path of this site, or an address with https://"},
				{name: "response_code", kind: "integer", initial: 301, ui: "select-dropdown", options: choices(
					301, "301: for good", 302, "302: for now", 307, "307: for now, forms too", 308, "308: for good, forms too")},
			},
		},
	}
}

// status tells drafts from what is to be seen.
func status() field {
	return field{
		name: "status", kind: "string", initial: "published", newOnly: true, ui: "select-dropdown",
		options: choices("published", "Published", "draft", "Draft", "archived", "Archived"),
		note:    "Only what is published is shown",
	}
}

func picture(name string) field {
	return field{name: name, kind: "uuid", ui: "file-image", special: []string{"file"}, related: "directus_files",
		note: "Its description is read out to people who cannot see it"}
}

// choices are a menu's values, each with its text.
func choices(pairs ...any) map[string]any {
	var list []map[string]any
	for pair := range slices.Chunk(pairs, 2) {
		list = append(list, map[string]any{"value": pair[0], "text": pair[1]})
	}
	return map[string]any{"choices": list}
}

func slug() field {
	return field{
		name: "slug", kind: "string", key: true, manual: true, ui: "input",
		options: map[string]any{"slug": true, "trim": true, "font": "monospace"},
		note:    "The last part of its address",
	}
}

// kindOn is the field's type on a server, where a collection that it refers to
// may have another key than ours.
func (f field) kindOn(s *server) string {
	if f.kind == "" {
		return s.keyKind(f.related)
	}
	return f.kind
}

func (c collection) fieldNames() []string {
	var names []string
	for _, f := range c.fields {
		names = append(names, f.name)
	}
	return names
}

// shown are the fields that Hutch reads of a collection, as it is or will be.
// Keys that nobody types in are not.
func (s *server) shown(c collection) []string {
	var names []string
	for _, f := range c.fields {
		if (!f.key || f.manual) && s.willHave(c.name, f.name) {
			names = append(names, f.name)
		}
	}
	return names
}

// willHave reports whether a collection of ours has a field once setup is done.
func (s *server) willHave(collection, name string) bool {
	found, exists := s.schema.collections[collection]
	if _, has := found.fields[name]; has {
		return true
	}
	for _, c := range collections() {
		for _, f := range c.fields {
			if c.name == collection && f.name == name {
				return !exists || !f.newOnly
			}
		}
	}
	return false
}

// body is the collection as Directus takes it. The empty schema is what makes
// it a table and not a folder.
func (c collection) body(s *server) map[string]any {
	var fields []map[string]any
	for _, f := range c.fields {
		fields = append(fields, f.body(s))
	}
	meta := map[string]any{"icon": c.icon, "note": c.note, "singleton": c.singleton}
	if c.hidden {
		meta["hidden"] = true
		meta["accountability"] = "activity" // who did what, without the content
	}
	if c.template != "" {
		meta["display_template"] = c.template
	}
	if c.sortField != "" {
		meta["sort_field"] = c.sortField
	}
	return map[string]any{"collection": c.name, "meta": meta, "schema": map[string]any{}, "fields": fields}
}

func (f field) body(s *server) map[string]any {
	meta := map[string]any{"interface": f.ui}
	if f.options != nil {
		meta["options"] = f.options
	}
	if f.special != nil {
		meta["special"] = f.special
	}
	if f.note != "" {
		meta["note"] = f.note
	}
	schema := map[string]any{}
	switch {
	case f.key && f.manual:
		schema["is_primary_key"], schema["has_auto_increment"], schema["length"] = true, false, 255
		meta["required"] = true
	case f.key:
		schema["is_primary_key"], schema["has_auto_increment"] = true, f.kind == "integer"
		meta["hidden"], meta["readonly"] = true, true
	case f.manual, f.unique:
		schema["is_unique"] = true // it is to name one item
	}
	if f.initial != nil {
		schema["default_value"] = f.initial
	}
	return map[string]any{"field": f.name, "type": f.kindOn(s), "meta": meta, "schema": schema}
}
