package templates

import (
	"net/url"
	"time"
)

// Blog is one page of the list of posts, newest first, or of what a search finds.
type Blog struct {
	Search string // what was searched for; empty: nothing
	Posts  []PostSummary
	Pager  Pager
}

// PostSummary is a post in a list. Everything but slug and heading may be missing.
type PostSummary struct {
	Slug      string
	Heading   string
	Teaser    string
	HTML      string // as the editor left it, for its beginning
	Published time.Time
	Author    Author
	Image     Image
	Gated     bool // its content is for members only
	Newest    bool // of the whole blog: shown larger
}

// Author is who wrote a post. Without an address, their page cannot be shown.
type Author struct {
	Name    string
	Address string // the last part of it: a slug or an id
}

// Path is the address of the author's page.
func (a Author) Path() string { return "/blog/authors/" + url.PathEscape(a.Address) }

func (Blog) file() string { return "blog.html" }

func (b Blog) meta() Meta {
	if b.Search != "" { // nobody should find what others have searched for
		return Meta{Path: "/blog", Type: "website"}
	}
	return Meta{Path: b.Pager.Here(), Type: "website"}
}
