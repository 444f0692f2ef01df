package templates

import "cmp"

// Tag is what editors sort posts by.
type Tag struct {
	Name    string `json:"name"`
	Address string `json:"address"`           // last segment of the URL
	Current bool   `json:"current,omitempty"` // the page is about it
	List    string `json:"list,omitempty"`    // the address of the list that has it; empty: of posts
}

// Path returns the path of the tag's page.
func (t Tag) Path() string { return cmp.Or(t.List, "/blog") + "/tags/" + escaped(t.Address) }

// TagPage is one page of the list of posts that have a tag, newest first.
type TagPage struct {
	Tag
	Tags  []Tag // to go on with
	Posts []PostSummary
	Pager Pager
}

func (TagPage) file() string { return "tag.html" }

func (t TagPage) meta() Meta { return Meta{Path: t.Pager.Here(), Type: "website"} }
