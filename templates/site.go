package templates

import (
	"cmp"
	"slices"
	"strings"

	"hutch/internal/i18n"
)

// Site is what surrounds every page, as set by editors.
type Site struct {
	Name        string
	Description string
	Tagline     string // below the name in the footer; may be empty
	Logo        string // file id; empty for our own
	DarkLogo    string // file id, shown instead of Logo in dark mode; may be empty
	Favicon     string // file id; empty for our own
	Image       *Image // for link previews of pages without one; nil for one that is drawn
	Color       string // "2a5f47"; empty for our own
	Navigation  []NavLink
	Footer      []NavLink
	Social      []SocialLink
	Reached     bool // Directus has said something of the site, so that other pages may be kept
	// SignUpClosed means that nobody can make an account; false where that is not known.
	SignUpClosed bool
}

// NavLink is one link of a menu, or a group of links.
type NavLink struct {
	Text     string       // in the editors' language
	Label    i18n.Message // instead of Text
	URL      string       // empty for a group
	Foreign  bool         // leads to another site
	Children []NavLink    // have no children of their own
}

// SocialLink leads to a profile of the site's owner elsewhere.
type SocialLink struct {
	Service string // such as github
	URL     string
}

// services are the names of services that are not written like their ids.
var services = map[string]string{
	"bluesky": "Bluesky", "discord": "Discord", "facebook": "Facebook", "github": "GitHub", "gitlab": "GitLab", "instagram": "Instagram",
	"linkedin": "LinkedIn", "mastodon": "Mastodon", "tiktok": "TikTok", "twitter": "Twitter", "vimeo": "Vimeo",
	"whatsapp": "WhatsApp", "x": "X", "xing": "XING", "youtube": "YouTube",
}

// Name returns how the service writes its name.
func (s SocialLink) Name() string { return cmp.Or(services[strings.ToLower(s.Service)], s.Service) }

// Links returns the header's links: the editors', or ours if there are none.
func (s Site) Links() []NavLink {
	if len(s.Navigation) > 0 {
		return s.Navigation
	}
	return []NavLink{
		{Label: "nav.home", URL: "/"},
		{Label: "nav.blog", URL: "/blog"},
	}
}

// MenuItem is a link, or a group, on a page.
type MenuItem struct {
	NavLink
	Current string     // its aria-current; empty on other pages
	Items   []MenuItem // of a group
}

// Header returns the menu of the header, in which a link is also marked on the pages
// below its own.
func (f Frame) Header() []MenuItem { return f.menu(f.Site.Links(), f.Current) }

// Footer returns the menu of the footer.
func (f Frame) Footer() []MenuItem { return f.menu(f.Site.Footer, f.At) }

// menu leaves out groups without links. A link with children is the first of its
// group, since a group only opens.
func (f Frame) menu(links []NavLink, current func(path string) string) []MenuItem {
	var items []MenuItem
	for _, link := range links {
		item := MenuItem{NavLink: link, Current: current(link.URL)}
		if len(link.Children) > 0 {
			item = f.group(link)
		}
		if link.URL != "" || len(item.Items) > 0 {
			items = append(items, item)
		}
	}
	return items
}

// group marks a group if the page is, or is below, that of one of its links.
func (f Frame) group(link NavLink) MenuItem {
	group := MenuItem{NavLink: link}
	for _, child := range slices.Concat([]NavLink{link}, link.Children) {
		if child.URL == "" {
			continue
		}
		group.Items = append(group.Items, MenuItem{NavLink: child, Current: f.At(child.URL)})
		if f.Current(child.URL) != "" {
			group.Current = "true"
		}
	}
	return group
}

// Meta is what a published page tells search engines and link previews. Title and
// description are the page's blocks of these names.
type Meta struct {
	Path      string // canonical path of the page
	Type      string // Open Graph type: website, article or profile
	Image     *Image // nil for none
	Published string // a day such as 2026-11-14; may be empty
	Updated   string // the same; may be empty
	Robots    string // what robots must not do, such as "noindex"; may be empty
	// Data makes what JSON-LD says of a page of the site at this address; may be nil.
	Data func(address string) any
}
