package templates

import "hutch/internal/i18n"

// Site is what surrounds every page, as set by editors.
type Site struct {
	Name        string
	Description string
	Logo        string // file id; empty for our own
	Favicon     string // file id; empty for our own
	Stylesheet  string // for the site's colour; may be empty
	Navigation  []NavLink
}

// NavLink is one link of the header.
type NavLink struct {
	Text    string       // in the editors' language
	Label   i18n.Message // instead of Text
	URL     string
	Foreign bool // leads to another site
}

// Links returns the header's links: the editors', or ours if there are none.
func (s Site) Links() []NavLink {
	if len(s.Navigation) > 0 {
		return s.Navigation
	}
	return []NavLink{
		{Label: "nav.home", URL: "/"},
		{Label: "nav.about", URL: "/pages/about"},
		{Label: "nav.conduct", URL: "/pages/conduct"},
		{Label: "nav.privacy", URL: "/pages/privacy"},
		{Label: "nav.blog", URL: "/blog"},
	}
}

// Meta is what a published page tells search engines and link previews. Title and
// description are the page's blocks of these names.
type Meta struct {
	Path      string // canonical path of the page
	Type      string // Open Graph type: website, article or profile
	Image     *Image // nil for none
	Published string // a day such as 2026-11-14; may be empty
	Data      any    // for JSON-LD; may be nil
}
