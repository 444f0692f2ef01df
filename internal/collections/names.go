package collections

import (
	"cmp"
	"slices"
)

// Projects have what the site shows under several names: those of Directus' guide, which
// are ours, and those of the content model that Directus ships. The fields that exist
// decide.

// Naming is what a collection may be called instead, and its fields, the likeliest name
// first. A field that is not named here has our name.
type Naming struct {
	Collection string
	Also       []string
	Fields     []FieldNames
}

// FieldNames are the names of a field: ours, and all that it may have.
type FieldNames struct {
	Name  string
	Names []string
}

// Namings lists the collections that may have other names.
func Namings() []Naming {
	return []Naming{
		{Collection: "global", Also: []string{"globals"}, Fields: []FieldNames{
			{"description", []string{"description", "tagline"}},
			{"color", []string{"color", "accent_color"}},
		}},
		{Collection: "pages", Fields: []FieldNames{
			{"publish_date", []string{"published_at", "publish_date"}},
		}},
		{Collection: "posts", Fields: []FieldNames{
			{"publish_date", []string{"published_at", "publish_date", "date_created"}},
			{"teaser", []string{"teaser", "description", "summary"}},
			{PostTags, []string{PostTags, "categories", "category"}},
		}},
	}
}

// PostTags is the field of posts that holds words, or refers to items that stand for words:
// of whatever type it is, it is read.
const PostTags = "tags"

// NamingOf returns what a collection may be called.
func NamingOf(collection string) Naming {
	for _, n := range Namings() {
		if n.Collection == collection {
			return n
		}
	}
	return Naming{Collection: collection}
}

// Collections are the names that the collection may have, ours first.
func (n Naming) Collections() []string { return append([]string{n.Collection}, n.Also...) }

// Theirs returns the name that a project has for each of our fields that it calls
// otherwise, as far as it has these fields.
func (n Naming) Theirs(has func(field string) bool) map[string]string {
	theirs := map[string]string{}
	for _, f := range n.Fields {
		if at := slices.IndexFunc(f.Names, has); at >= 0 && f.Names[at] != f.Name {
			theirs[f.Name] = f.Names[at]
		}
	}
	return theirs
}

// OurName returns our name of a project's collection.
func OurName(collection string) string {
	for _, n := range Namings() {
		if slices.Contains(n.Also, collection) {
			return n.Collection
		}
	}
	return collection
}

// partOf are collections whose items are shown as a part of another's: what changes in
// one changes there.
var partOf = map[string]string{
	"page_blocks": "pages", "block_hero": "pages", "block_richtext": "pages", "block_gallery": "pages", "block_gallery_items": "pages",
	"block_pricing": "pages", "block_pricing_cards": "pages", "block_posts": "pages", "block_form": "pages", "block_button_group": "pages", "block_button": "pages",
	"navigation_items": "navigation", "form_fields": "forms", "forms": "pages",
}

// Whole returns the collection that shows the items of this one: itself, if no other does.
func Whole(collection string) string { return cmp.Or(partOf[collection], collection) }
