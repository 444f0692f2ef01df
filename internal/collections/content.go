package collections

import (
	"encoding/json"
	"slices"
	"strconv"
)

// RecoveryCodes is the collection that Hutch keeps for itself.
const RecoveryCodes = "hutch_recovery_codes"

// All are Hutch's collections: what the site shows, what Hutch keeps for itself,
// and its rights on Directus' own.
func All() Table {
	return slices.Concat(content(), Table{recoveryCodes()}, ofDirectus())
}

func content() Table {
	return Table{
		{
			Name: "global", Singleton: true, Reads: Everybody(), Writes: Nobody(),
			Studio: Studio{Icon: "public", Note: "What every page of the site shows"},
			Fields: []Field{
				number(),
				{Name: "title", Type: "string", Interface: "input", Note: "The name of the site"},
				{Name: "description", Type: "text", Interface: "input-multiline", Note: "One sentence about the site"},
				picture("logo"),
				{Name: "color", Type: "string", Interface: "select-color", Note: "The colour of buttons and links, made darker or lighter where it would be hard to read"},
				picture("favicon"),
			},
		},
		{
			Name: "pages", Reads: Everybody(Published()), Writes: Nobody(),
			Studio: Studio{Icon: "article", Template: "{{title}}", Note: "Standalone pages, such as \"about\""},
			Fields: []Field{
				slug(),
				Status(),
				title(),
				{Name: "content", Type: "text", Interface: "input-rich-text-html"},
			},
		},
		{
			Name: "authors", Reads: Everybody(), Writes: Nobody(),
			Studio: Studio{Icon: "edit", Template: "{{name}}", Note: "The people who write posts"},
			Fields: []Field{
				number(),
				{Name: "name", Type: "string", Interface: "input", Missing: "the author is not shown"},
				{Name: "slug", Type: "string", Unique: true, Form: Address, Interface: "input", Options: slugOptions(),
					Note: "The last part of their page's address; without one, it is their number"},
				{Name: "bio", Type: "text", Interface: "input-multiline", Note: "A few sentences about them"},
				picture("image"),
			},
		},
		{
			Name: "posts", Writes: Nobody(),
			// Visitors see that a post for members exists, but not its content.
			Reads: Rights{
				{Who: Visitors, Items: []Condition{Published()}, Except: []string{"content"}},
				{Who: Visitors, Items: []Condition{Published(), NotForMembers()}, Only: []string{"content", "slug"}},
				{Who: Members, Items: []Condition{Published()}},
			},
			Studio: Studio{Icon: "rss_feed", Template: "{{title}}", Note: "Blog posts, newest first"},
			Fields: []Field{
				slug("rss.xml", "atom.xml", "feed.json", "authors/", "tags/"),
				Status(),
				title(),
				{Name: "teaser", Type: "text", Interface: "input-multiline", Note: "One or two sentences, for lists"},
				{Name: "content", Type: "text", Interface: "input-rich-text-html"},
				{Name: "members_only", Type: "boolean", Default: false, NewOnly: true, Interface: "boolean", Special: []string{"cast-boolean"},
					Note: "Visitors who are not signed in see only the title and the teaser"},
				{Name: "publish_date", Type: "date", Indexed: true, Interface: "datetime", Note: "The post stays hidden until that day"},
				picture("image"),
				{Name: "author", Related: "authors", Indexed: true, Interface: "select-dropdown-m2o", Special: []string{"m2o"},
					Options: map[string]any{"template": "{{name}}"}},
				{Name: PostTags, Type: "json", Interface: "tags", Special: []string{"cast-json"}, Note: "Words that posts are sorted by, each with a page of its own"},
			},
		},
		{
			Name: "navigation", Reads: Everybody(), Writes: Nobody(),
			Studio: Studio{Icon: "menu", Template: "{{label}}", SortField: "sort", Note: "The links at the top of every page, in this order"},
			Fields: []Field{
				number(),
				{Name: "label", Type: "string", Interface: "input", Missing: noLink},
				{Name: "url", Type: "string", Form: Target, Missing: noLink, Interface: "input", Note: "A path of this site, such as /pages/about, or an address with https://"},
				{Name: "sort", Type: "integer", Interface: "input"},
			},
		},
		{
			Name: "redirects", Reads: Everybody(), Writes: Nobody(),
			Studio: Studio{Icon: "alt_route", Template: "{{url_from}} → {{url_to}}", Note: "New addresses of moved pages"},
			Fields: []Field{
				number(),
				{Name: "url_from", Type: "string", Unique: true, Form: Path, Missing: noRedirect, Interface: "input", Note: "A path of this site, such as /journal"},
				{Name: "url_to", Type: "string", Form: Target, Missing: noRedirect, Interface: "input", Note: "A path of this site, or an address with https://"},
				{Name: "response_code", Type: "integer", Default: 301, Interface: "select-dropdown", Options: choices(
					301, "301: permanent", 302, "302: temporary", 307, "307: temporary, forms included", 308, "308: permanent, forms included")},
			},
		},
	}
}

// recoveryCodes is for Hutch alone: whoever could delete codes would take away
// what a member relies on.
func recoveryCodes() Collection {
	return Collection{
		Name:  RecoveryCodes,
		Reads: Rights{{Who: Service}},
		// A code is never changed; one that has been used is deleted.
		Writes: Rights{{Who: Service, Action: Create}, {Who: Service, Action: Delete}},
		Studio: Studio{Icon: "password", Hidden: true,
			Note: "Recovery codes of members with two-factor authentication. Hutch keeps them with its service account; nobody else may read them"},
		Fields: []Field{
			{Name: "id", Type: "uuid", Key: true, Interface: "input", Special: []string{"uuid"}},
			{Name: "member", Type: "uuid", Related: "directus_users", OnDelete: "CASCADE", Interface: "select-dropdown-m2o", Special: []string{"m2o"},
				Note: "The owner; the codes are deleted along with that user"},
			{Name: "hash", Type: "string", Interface: "input"},
			{Name: "sealed", Type: "text", Interface: "input-multiline"},
		},
	}
}

func number() Field {
	return Field{Name: "id", Type: "integer", Key: true, Interface: "input"}
}

func slug(taken ...string) Field {
	return Field{Name: "slug", Type: "string", Key: true, Typed: true, Indexed: true, Form: Address, Taken: taken, Interface: "input", Options: slugOptions(),
		Note: "The last part of the address", Missing: "it has no address and is not listed"}
}

func title() Field {
	return Field{Name: "title", Type: "string", Interface: "input", Missing: "the site calls it “Untitled”"}
}

// What comes of an item of the navigation or the redirects that says too little.
const (
	noLink     = "the link is left out"
	noRedirect = "nobody is redirected"
)

func slugOptions() map[string]any {
	return map[string]any{"slug": true, "trim": true, "font": "monospace"}
}

// Status tells drafts from what may be seen.
func Status() Field {
	return Field{Name: "status", Type: "string", Default: "published", NewOnly: true, Interface: "select-dropdown",
		Options: choices("published", "Published", "draft", "Draft", "archived", "Archived"),
		Note:    StatusNote}
}

// StatusNote marks the field status as Hutch's: setup recognises it by this note.
const StatusNote = "Only what is published is shown"

func picture(name string) Field {
	return Field{Name: name, Type: "uuid", Related: "directus_files", Interface: "file-image", Special: []string{"file"},
		Note: "Its description is read out to people who cannot see it"}
}

// choices are a menu's values, each with its text.
func choices(pairs ...any) map[string]any {
	var list []map[string]any
	for pair := range slices.Chunk(pairs, 2) {
		list = append(list, map[string]any{"value": pair[0], "text": pair[1]})
	}
	return map[string]any{"choices": list}
}

// DefaultStatus is the status that counts as published unless the operator says
// otherwise.
const DefaultStatus = "published"

// CountsAsPublished reports whether an item with this status is published: the status
// is one of these values, or yes.
func CountsAsPublished(status json.RawMessage, values []string) bool {
	return string(status) == "true" || slices.Contains(values, TextOf(status))
}

// PublishedAs returns the condition of published items where the field status is of
// this type of Directus' and these values count. It is not ok if no filter could tell
// them.
func PublishedAs(fieldType string, values []string) (c Condition, ok bool) {
	var wanted []any
	only := ""
	for _, value := range values {
		switch fieldType {
		case "string", "text":
			wanted, only = append(wanted, value), value
		case "integer", "bigInteger", "float", "decimal":
			if number, err := strconv.ParseFloat(value, 64); err == nil {
				wanted, only = append(wanted, number), value
			}
		}
	}
	c = Condition{Field: "status", Words: "that are published"}
	operator := map[string]any{"_in": wanted}
	switch {
	case fieldType == "boolean":
		operator = map[string]any{"_eq": true}
	case len(wanted) == 0:
		return c, false
	case len(wanted) == 1:
		operator = map[string]any{"_eq": wanted[0]}
	}
	if len(wanted) == 1 {
		c.Words = "whose status is " + strconv.Quote(only)
	}
	c.Rule = map[string]any{"status": operator}
	return c, true
}
