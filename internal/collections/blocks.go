package collections

import (
	"slices"
	"strconv"
	"strings"
)

// Blocks are the collections of a project with the content model that Directus' starters
// have: pages made of blocks, nested menus, forms, posts by users. Their names and types
// are the starters', so that what is written about that model fits.
func Blocks() Table {
	table := slices.Concat(blocks(), Table{recoveryCodes()}, ofDirectus())
	for i := range table {
		if table[i].Name == "directus_users" {
			table[i].Reads = append(table[i].Reads, Right{Who: Visitors, Only: []string{"id", "first_name", "last_name", "avatar", "title"}, Items: []Condition{
				{Field: "posts", Words: "who write posts", Rule: map[string]any{"posts": map[string]any{"_nnull": true}}},
			}})
		}
	}
	return table
}

// WithBlocks are the collections of a project that has both models, as the sandbox: pages
// have a text or blocks, menus are nested, and the public may send forms.
func WithBlocks() Table {
	table := All()
	for _, row := range blocks() {
		at := slices.IndexFunc(table, func(c Collection) bool { return c.Name == row.Name })
		switch row.Name {
		case "globals", "posts", "redirects":
		case "navigation":
			table[at] = row
		case "pages":
			for _, f := range row.Fields {
				if slices.Contains([]string{"permalink", "published_at", "seo"}, f.Name) {
					table[at].Fields = append(table[at].Fields, f)
				}
			}
		default:
			table = append(table, row)
		}
	}
	for i := range table {
		row := &table[i]
		mayCreate := func(presets map[string]any, fields ...string) {
			row.Writes = append(row.Writes, Right{Who: Visitors, Action: Create, Only: fields, Presets: presets})
		}
		switch row.Name {
		case "form_submissions":
			mayCreate(nil, "form", "values")
		case "form_submission_values":
			mayCreate(nil, "form_submission", "field", "value", "file")
		case "directus_files":
			mayCreate(map[string]any{"folder": UploadsFolder}, "id", "title", "filename_download", "type", "storage", "folder")
		}
	}
	return table
}

// BlocksOnPages are the kinds that may stand on a page.
func BlocksOnPages() []string {
	return []string{"block_hero", "block_richtext", "block_form", "block_posts", "block_gallery", "block_pricing"}
}

// blocks are the collections themselves. Each word describes a field: see [described].
func blocks() Table {
	active := Condition{Field: "is_active", Words: "that are active", Rule: map[string]any{"is_active": map[string]any{"_eq": true}}}
	inForm := Condition{Field: "form", Words: "of active forms", Rule: map[string]any{"form": active.Rule}}
	onPage := Condition{Field: "page", Words: "on published pages", Rule: map[string]any{"page": Published().Rule}}
	inMenu := Condition{Field: "navigation", Words: "of active menus", Rule: map[string]any{"_or": []any{
		map[string]any{"navigation": active.Rule}, map[string]any{"parent": map[string]any{"navigation": active.Rule}},
	}}}
	due := Condition{Field: "published_at", Words: "whose time has come", Rule: map[string]any{"published_at": map[string]any{"_lte": "$NOW"}}}
	all := seen()
	table := Table{
		edited("globals", seenIn("url title tagline description social_links logo logo_dark_mode favicon accent_color"),
			"title:string url:string tagline:string description:text logo>directus_files logo_dark_mode>directus_files favicon>directus_files accent_color:string social_links:json directus_url:string"),
		edited("forms", seenIn("sort title is_active fields submit_label on_success success_message success_redirect_url", active), // not where they are sent
			"title:string is_active:boolean=true submit_label:string on_success:string success_message:text success_redirect_url:string emails:json sort:integer"),
		edited("form_fields", seen(inForm),
			"form>forms.fields/cascade name:string type:string label:string placeholder:string help:string validation:string width:string choices:json required:boolean=false sort:integer"),
		sent("form_submissions", "timestamp:created form>forms.submissions"),
		sent("form_submission_values", "form_submission>form_submissions.values/cascade field>form_fields value:text file>directus_files sort:integer timestamp:created"),
		edited("posts", seen(Published(), due),
			"title:string slug:string status:string=draft published_at:timestamp description:text content:html image>directus_files/none author>directus_users.posts seo:json sort:integer"),
		edited("pages", seen(Published(), due),
			"title:string permalink:string status:string=draft published_at:timestamp seo:json sort:integer"),
		edited("block_button_group", all, "sort:integer"),
		edited("block_button", all,
			"button_group>block_button_group.buttons label:string type:string page>pages post>posts url:string variant:string=default sort:integer"),
		edited("block_hero", all, "tagline:string headline:text description:text image>directus_files layout:string button_group>block_button_group"),
		edited("block_richtext", all, "tagline:string headline:string content:html alignment:string=center"),
		edited("block_form", all, "tagline:string headline:text form>forms"),
		edited("block_posts", all, "tagline:string headline:text collection:string=posts limit:integer=6"),
		edited("block_gallery", all, "tagline:string headline:text"),
		edited("block_gallery_items", all, "block_gallery>block_gallery.items/cascade directus_file>directus_files/cascade sort:integer"),
		edited("block_pricing", all, "tagline:string headline:text"),
		edited("block_pricing_cards", all,
			"pricing>block_pricing.pricing_cards title:string description:text price:string badge:string features:json button>block_button is_highlighted:boolean=false sort:integer"),
		edited("page_blocks", seen(onPage), "page>pages.blocks collection:string item:string hide_block:boolean=false background:string=light sort:integer"),
		edited("navigation", seen(active), "title:string is_active:boolean=true"),
		edited("navigation_items", seen(inMenu),
			"navigation>navigation.items parent>navigation_items.children/none title:string type:string page>pages post>posts url:string sort:integer"),
		edited("redirects", all, "url_from:string url_to:string response_code:string note:text"),
	}
	table.field("navigation", "id", func(f *Field) { *f = Field{Name: "id", Type: "string", Key: true, Typed: true, Interface: "input"} })
	table.field("pages", "permalink", func(f *Field) { f.Unique = true })
	table.field("posts", "slug", func(f *Field) { f.Indexed = true })
	table.field("posts", "published_at", func(f *Field) { f.Indexed = true })
	table.field("posts", "author", func(f *Field) { f.Indexed = true })
	table.field("page_blocks", "page", func(f *Field) { f.Joins = "item" })
	table.field("page_blocks", "item", func(f *Field) { f.AnyOf, f.NamedBy, f.Joins = BlocksOnPages(), "collection", "page" })
	table.field("block_gallery_items", "block_gallery", func(f *Field) { f.Joins = "directus_file" })
	table.field("block_gallery_items", "directus_file", func(f *Field) { f.Joins = "block_gallery" })
	for i, c := range table {
		table[i].Singleton = c.Name == "globals"
		table[i].Studio.Versions = c.Name == "posts" || c.Name == "pages"
		if table[i].Studio.Versions {
			table.field(c.Name, "status", func(f *Field) { f.Required, f.Note = true, StatusNote })
		}
	}
	return table
}

// seen lets everybody read items that fulfil the conditions, seenIn some of their fields.
func seen(items ...Condition) Rights { return seenIn("", items...) }

func seenIn(fields string, items ...Condition) Rights {
	rights := Everybody(items...)
	for i := range rights {
		rights[i].Only, rights[i].OrAll = strings.Fields(fields), true
	}
	return rights
}

// edited is a collection that editors fill.
func edited(name string, reads Rights, fields string) Collection {
	c := sent(name, fields+" date_created:timestamp user_created:uuid date_updated:timestamp user_updated:uuid")
	c.Reads = reads
	return c
}

// sent is a collection that visitors fill and do not read. Who may send belongs to the
// project.
func sent(name, fields string) Collection {
	c := Collection{Name: name, Reads: Nobody(), Writes: Nobody(), Fields: []Field{
		{Name: "id", Type: "uuid", Key: true, Interface: "input", Special: []string{"uuid"}},
	}}
	for word := range strings.FieldsSeq(fields) {
		c.Fields = append(c.Fields, described(word))
	}
	return c
}

// described returns the field that a word describes:
//
//	name:type=default
//	name>collection.list/cascade
//
// The second is a reference, and list what the other end calls it; "cascade" or "none" is
// what deleting that end does, instead of setting the reference to null.
func described(word string) Field {
	if name, to, isReference := strings.Cut(word, ">"); isReference {
		to, deleted, _ := strings.Cut(to, "/")
		related, list, _ := strings.Cut(to, ".")
		f := Field{
			Name: name, Related: related, List: list, Interface: "select-dropdown-m2o", Special: []string{"m2o"},
			OnDelete: map[string]string{"cascade": "CASCADE", "none": "NO ACTION"}[deleted],
		}
		switch related {
		case "directus_files":
			f.Type, f.Interface, f.Special = "uuid", "file-image", []string{"file"}
		case "directus_users":
			f.Type = "uuid"
		}
		return f
	}
	name, rest, _ := strings.Cut(word, ":")
	kind, standard, _ := strings.Cut(rest, "=")
	f := Field{Name: name, Type: kind, Interface: "input"}
	switch kind {
	case "text":
		f.Interface = "input-multiline"
	case "html":
		f.Type, f.Interface = "text", "input-rich-text-html"
	case "boolean":
		f.Interface, f.Special = "boolean", []string{"cast-boolean"}
	case "json":
		f.Interface, f.Special = "list", []string{"cast-json"}
	case "timestamp":
		f.Interface = "datetime"
	case "uuid": // of a user, without the relation: forty of them would take as long as all else
		f.Interface = "select-dropdown-m2o"
	case "created":
		f.Type, f.Interface, f.Special = "timestamp", "datetime", []string{"date-created"}
	}
	if slices.Contains([]string{"date_created", "user_created", "date_updated", "user_updated"}, name) {
		f.Special = []string{strings.Replace(name, "_", "-", 1)}
	}
	switch {
	case kind == "boolean" && standard != "":
		f.Default = standard == "true"
	case kind == "integer" && standard != "":
		f.Default, _ = strconv.Atoi(standard)
	case standard != "":
		f.Default = standard
	}
	return f
}

// field changes a field of a row.
func (t Table) field(collection, name string, change func(*Field)) {
	for _, c := range t {
		for i := range c.Fields {
			if c.Name == collection && c.Fields[i].Name == name {
				change(&c.Fields[i])
			}
		}
	}
}
