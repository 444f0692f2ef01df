package templates

import (
	"cmp"
	"slices"
	"time"
)

// Entries is one page of the list of a collection of the team's own, or of what a search
// finds in it.
type Entries struct {
	Collection string // in Directus
	Heading    string // what the collection is called
	Template   string // a file of the team's own; empty: cards
	Items      []Entry
	Search     string // what was searched for; empty for nothing
	Searched   bool   // it can be searched
	Tags       []Tag
	Tag        string // the one that the list is of; empty for none
	Feed       string // the address of its RSS; empty without one
	Pager      Pager
	Writable   bool // members may add items
}

func (e Entries) file() string { return cmp.Or(e.Template, "entries.html") }

func (e Entries) meta() Meta {
	meta := Meta{Path: e.Pager.Here(), Type: "website"}
	if e.Search != "" { // results should not be indexed
		meta.Path = e.Pager.Path
	}
	return meta
}

func (e Entries) spokenBy(v *voice) Page {
	e.Items = slices.Clone(e.Items)
	for i := range e.Items {
		e.Items[i].Item = e.Items[i].Item.spokenBy(v)
	}
	return e
}

// Form returns the form of the search.
func (e Entries) Form() SearchForm { return SearchForm{e.Pager.Path, "entry.search", e.Search} }

// Entry is an item of a collection of the team's own: in a list, or on its own page.
type Entry struct {
	Item       Item
	Collection string // in Directus
	Heading    string // its title
	Template   string // a file of the team's own, of its page; empty: what follows, in this order
	Image      Image
	Body       string // the text, as HTML; sanitised by the template
	Lead       string // a summary that editors wrote
	Excerpt    string // the same, or the beginning of the text, for lists
	Published  time.Time
	Facts      []Fact // what else it holds
	Tags       []Tag
	SEO        SEO
	Updated    time.Time // zero if it is not known
	List       string    // the address of the list
	Writable   bool      // members may change what they wrote
}

// Fact is a short value of an item, with the name of its field.
type Fact struct {
	Name  string
	Value string
	Date  time.Time // in place of the value
	Timed bool      // the date has a time of day
	Truth string    // "yes" or "no", in place of the value
	Link  Button    // in place of the value, if it has a URL
}

func (e Entry) file() string { return cmp.Or(e.Template, "entry.html") }

func (e Entry) meta() Meta {
	meta := Meta{Path: e.Item.Path, Type: "article"}
	if !e.Published.IsZero() {
		meta.Published = e.Published.Format(time.DateOnly)
	}
	if !e.Updated.IsZero() {
		meta.Updated = e.Updated.Format(time.DateOnly)
	}
	if e.Image.ID != "" {
		meta.Image = &e.Image
	}
	return e.SEO.apply(meta)
}

// Robots is [SEO.Robots] of the page.
func (e Entry) Robots() string { return e.SEO.Robots() }

func (e Entry) spokenBy(v *voice) Page {
	e.Item = e.Item.spokenBy(v)
	return e
}

// EntryPath returns the address of an item of the collection whose list is at path.
func EntryPath(path, address string) string { return path + "/" + escaped(address) }
