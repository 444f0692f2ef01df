package templates

import "hutch/internal/i18n"

// Site is what stands around every page, as editors have it.
type Site struct {
	Name        string
	Description string
	Logo        string // the id of a file; empty: our own
	Favicon     string // likewise
	Stylesheet  string // for the colour of the site; empty: none
	Navigation  []NavLink
}

// NavLink is one link of the header.
type NavLink struct {
	Text    string       // in the editors' language
	Label   i18n.Message // in place of Text
	URL     string
	Foreign bool // leads to another site
}

// Links are the links of the header: ours, where editors have made none.
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
