package templates

import "unicode/utf8"

// Home is the front page of a site whose editors have made none of blocks.
type Home struct {
	Tagline     string // may be empty
	Description string // may be empty
	Posts       []PostSummary
}

func (Home) file() string { return "home.html" }

func (Home) meta() Meta { return Meta{Path: "/", Type: "website"} }

// Heading returns the site's own words: its name is in the header already. Empty if it has
// none.
func (h Home) Heading() string {
	if h.Tagline != "" {
		return h.Tagline
	}
	return h.Description
}

// Long reports whether the heading is more than a few words.
func (h Home) Long() bool { return utf8.RuneCountInString(h.Heading()) > 48 }

// Lead returns what is said below the heading; may be empty.
func (h Home) Lead() string {
	if h.Tagline == "" {
		return ""
	}
	return h.Description
}

// Cards returns the posts, whose headings are below that of their list.
func (h Home) Cards() []PostSummary { return Section{Level: 2}.nest(h.Posts) }
