package setup

// collection is one that Hutch shows, or keeps for itself.
type collection struct {
	name      string
	icon      string
	note      string // for editors
	template  string // how the Studio shows an item
	singleton bool
	hidden    bool // from editors; and what is in it is not in the history
	fields    []field
}

type field struct {
	name    string
	kind    string // Directus' type; of a reference: that of the other's key
	key     bool   // the primary key
	manual  bool   // that editors type in
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
			},
		},
		{
			name: "pages", icon: "article", template: "{{title}}",
			note: "Pages that stand for themselves, such as \"about\"",
			fields: []field{
				slug(),
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
			},
		},
		{
			name: "posts", icon: "rss_feed", template: "{{title}}",
			note: "Entries of the blog, the newest first",
			fields: []field{
				slug(),
				{name: "title", kind: "string", ui: "input"},
				{name: "content", kind: "text", ui: "input-rich-text-html"},
				{name: "publish_date", kind: "date", ui: "datetime"},
				{name: "image", kind: "uuid", ui: "file-image", special: []string{"file"}, related: "directus_files",
					note: "Its description is read out to people who cannot see it"},
				{name: "author", ui: "select-dropdown-m2o", special: []string{"m2o"}, related: "authors",
					options: map[string]any{"template": "{{name}}"}},
			},
		},
	}
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

// shown are the fields that Hutch reads. Keys that nobody types in are not.
func (c collection) shown() []string {
	var names []string
	for _, f := range c.fields {
		if !f.key || f.manual {
			names = append(names, f.name)
		}
	}
	return names
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
	case f.manual:
		schema["is_unique"] = true // it is to name one item
	}
	return map[string]any{"field": f.name, "type": f.kindOn(s), "meta": meta, "schema": schema}
}
