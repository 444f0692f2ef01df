package sitefolder

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// Collection is a collection of the team's own, as site.toml describes it: where it is
// shown, how, and to whom. Names of fields are those of Directus.
type Collection struct {
	Name    string   `toml:"name"`    // in Directus
	Path    string   `toml:"path"`    // of the list; an item has its address below
	Address string   `toml:"address"` // the field of an item's address; empty: slug, else permalink, else the key
	Title   string   `toml:"title"`   // the field of its title; empty: title, else name
	Label   string   `toml:"label"`   // what visitors call the collection; empty: made of its name
	List    List     `toml:"list"`
	Item    Item     `toml:"item"`
	Read    Readers  `toml:"read"`   // required
	Search  []string `toml:"search"` // fields that a search looks through; none: not searched
	Sitemap bool     `toml:"sitemap"`
	Feed    *Feed    `toml:"feed"`    // nil: none
	Members *Members `toml:"members"` // nil: members write nothing
	Fields  []Field  `toml:"field"`   // that setup makes where they are missing
}

// List is how a collection is listed.
type List struct {
	Sort     []string `toml:"sort"`     // as Directus takes it, such as -date
	Filter   Filter   `toml:"filter"`   // as Directus takes it
	PerPage  int      `toml:"per_page"` // 0: 12
	Template string   `toml:"template"` // a file in templates/; empty: cards
}

// Filter is a rule in Directus' filter language, or a part of one.
type Filter = map[string]any

// Item is how an item is shown on its page.
type Item struct {
	Template string   `toml:"template"` // a file in templates/; empty: title, picture, text and facts
	Fields   []string `toml:"fields"`   // as Directus takes them; none: all, with those that the template names
}

// Readers are those who may see a collection.
type Readers string

const (
	Everybody   Readers = "everybody"
	MembersOnly Readers = "members" // read with their own token, and kept nowhere
)

// Feed is the feed of a collection, as RSS, Atom and JSON Feed.
type Feed struct {
	Title string `toml:"title"`
}

// Members is what members may do with items, as far as Directus lets them.
type Members struct {
	Create bool  `toml:"create"`
	Edit   Whose `toml:"edit"`
	Delete Whose `toml:"delete"`
}

// Whose are the items that a member may change.
type Whose string

const (
	None Whose = ""    // no item
	Own  Whose = "own" // those that they made
	Any  Whose = "any" // all that Directus lets them
)

// Heading returns what visitors call the collection.
func (c Collection) Heading() string { return cmp.Or(c.Label, Readable(c.Name)) }

// Readable returns the name of a collection or a field as people read it: starts_at is
// "Starts at".
func Readable(name string) string {
	name = strings.TrimSpace(strings.ReplaceAll(name, "_", " "))
	for i, r := range name {
		return strings.ToUpper(string(r)) + name[i+len(string(r)):]
	}
	return name
}

const (
	usualPerPage, mostPerPage = 12, 100
	mostCollections           = 50
)

// withDefaults fills in what the file leaves out.
func (c Collection) withDefaults() Collection {
	c.List.PerPage = cmp.Or(c.List.PerPage, usualPerPage)
	return c
}

var (
	fieldName = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)
	fieldPath = regexp.MustCompile(`^(\*|[A-Za-z_][A-Za-z0-9_]*)([.:](\*|[A-Za-z_][A-Za-z0-9_]*))*$`)
	sitePath  = regexp.MustCompile(`^(/[a-z0-9]+(-[a-z0-9]+)*)+$`)
	fileName  = regexp.MustCompile(`^[a-z0-9]+([-_.][a-z0-9]+)*\.html$`)
)

// wrong says what is wrong with a row, by the key that it stands at.
func (c Collection) wrong() (key, sentence string) {
	switch {
	case c.Name == "":
		return "", "a collection needs a name: what Directus calls it"
	case !fieldName.MatchString(c.Name) || strings.HasPrefix(c.Name, "directus_"):
		return "name", fmt.Sprintf("%q is no name of a collection of your own", c.Name)
	case !sitePath.MatchString(c.Path):
		return "path", `a collection needs a path such as "/events": small letters, digits and hyphens between slashes`
	case c.Read == "":
		return "", `a collection needs read = "everybody" or read = "members": who may see it`
	case c.Read != Everybody && c.Read != MembersOnly:
		return "read", fmt.Sprintf(`read is "everybody" or "members", not %q`, c.Read)
	case c.Address != "" && !fieldName.MatchString(c.Address):
		return "address", fmt.Sprintf("address is the name of a field, and %q is none", c.Address)
	case c.Title != "" && !fieldName.MatchString(c.Title):
		return "title", fmt.Sprintf("title is the name of a field, and %q is none", c.Title)
	case c.List.PerPage < 0 || c.List.PerPage > mostPerPage:
		return "list", fmt.Sprintf("per_page is a number from 1 to %d", mostPerPage)
	case c.List.Template != "" && !fileName.MatchString(c.List.Template):
		return "list", fmt.Sprintf("template is the name of a file in templates/, such as %q, and not %q", c.Name+"-list.html", c.List.Template)
	case c.Item.Template != "" && !fileName.MatchString(c.Item.Template):
		return "item", fmt.Sprintf("template is the name of a file in templates/, such as %q, and not %q", c.Name+".html", c.Item.Template)
	case c.Feed != nil && c.Read != Everybody:
		return "feed", "a collection that members read has no feed: feed readers are not signed in"
	case c.Sitemap && c.Read != Everybody:
		return "sitemap", "a collection that members read is in no sitemap: search engines are not signed in"
	}
	for _, field := range c.List.Sort {
		if !fieldPath.MatchString(strings.TrimPrefix(field, "-")) {
			return "list", fmt.Sprintf("sort has names of fields, and %q is none", field)
		}
	}
	for _, field := range c.Item.Fields {
		if !fieldPath.MatchString(field) {
			return "item", fmt.Sprintf("fields has names of fields, and %q is none", field)
		}
	}
	for _, field := range c.Search {
		if !fieldName.MatchString(field) {
			return "search", fmt.Sprintf("search has names of fields, and %q is none", field)
		}
	}
	if c.Members != nil {
		for _, whose := range []Whose{c.Members.Edit, c.Members.Delete} {
			if !slices.Contains([]Whose{None, Own, Any}, whose) {
				return "members", fmt.Sprintf(`edit and delete are "own" or "any", not %q`, whose)
			}
		}
	}
	return "", ""
}
