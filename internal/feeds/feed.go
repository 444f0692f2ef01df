package feeds

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// Feed describes a site's newest content. Texts are plain unless noted otherwise,
// and URLs may be paths of the site.
type Feed struct {
	Title       string
	Description string
	SiteURL     string    // absolute, http or https
	SelfURL     string    // URL of this feed
	Language    string    // BCP 47; may be empty
	Icon        string    // a square image such as a PNG; may be empty
	Updated     time.Time // zero for the date of the newest entry
	Entries     []Entry   // in display order
}

// Entry is a post.
type Entry struct {
	URL       string // identifies the entry, so it should not change
	Title     string
	Author    string // may be empty
	AuthorURL string // may be empty
	HTML      string // as on the page, sanitised; empty if not public
	Summary   string
	Published time.Time  // may be zero
	Modified  time.Time  // zero if not modified since publication
	Image     *Enclosure // may be nil
	Tags      []string
}

// Enclosure is a file that belongs to an entry.
type Enclosure struct {
	URL    string
	Type   string // such as image/jpeg; without it RSS and Atom omit the file
	Length int64  // in bytes; 0 if unknown
}

// ready returns a copy of the feed with absolute URLs, and texts without characters
// that XML forbids.
func (f Feed) ready() (Feed, error) {
	site, err := parseSite(f.SiteURL)
	if err != nil {
		return f, err
	}
	f.SiteURL, f.Icon = site.String(), address(site, f.Icon)
	if f.SelfURL = address(site, f.SelfURL); f.SelfURL == "" {
		return f, fmt.Errorf("the feed %q has no URL of its own", f.Title)
	}
	f.Title, f.Description = line(f.Title), line(f.Description)
	if f.Title == "" { // every format requires one
		f.Title = site.Host
	}
	f.Entries = slices.Clone(f.Entries)
	newest := time.Time{}
	for i := range f.Entries {
		if f.Entries[i], err = f.Entries[i].ready(site); err != nil {
			return f, err
		}
		if changed := f.Entries[i].changed(); changed.After(newest) {
			newest = changed
		}
	}
	if f.Updated.IsZero() {
		f.Updated = newest
	}
	return f, nil
}

func (e Entry) ready(site *url.URL) (Entry, error) {
	if e.URL = address(site, e.URL); e.URL == "" {
		return e, fmt.Errorf("the entry %q has no URL", e.Title)
	}
	page, err := url.Parse(e.URL)
	if err != nil {
		return e, err
	}
	e.Title, e.Author, e.Summary = line(e.Title), line(e.Author), line(e.Summary)
	e.AuthorURL = address(site, e.AuthorURL)
	e.Tags = slices.Clone(e.Tags)
	for i, tag := range e.Tags {
		e.Tags[i] = line(tag)
	}
	if e.HTML, err = elsewhere(e.HTML, page); err != nil {
		return e, fmt.Errorf("the entry %s: %w", e.URL, err)
	}
	if e.Image != nil {
		image := *e.Image
		if e.Image = &image; address(site, image.URL) == "" {
			e.Image = nil
		}
		image.URL = address(site, image.URL)
	}
	return e, nil
}

// changed returns the entry's latest date, or zero.
func (e Entry) changed() time.Time {
	if e.Modified.After(e.Published) {
		return e.Modified
	}
	return e.Published
}

// file returns the image if RSS and Atom can describe it, or nil.
func (e Entry) file() *Enclosure {
	if e.Image == nil || e.Image.Type == "" {
		return nil
	}
	return e.Image
}

func parseSite(site string) (*url.URL, error) {
	u, err := url.Parse(site)
	if err == nil && address(u, site) == "" {
		err = fmt.Errorf("%q is not the URL of a site", site)
	}
	return u, err
}

// address returns ref as an absolute URL in ASCII, as feeds need it, or "" if it
// leads nowhere.
func address(site *url.URL, ref string) string {
	if ref == "" {
		return ""
	}
	u, err := site.Parse(ref)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return ""
	}
	var ascii strings.Builder
	for _, b := range []byte(u.String()) {
		if b <= ' ' || b >= 0x7f || strings.IndexByte("\"<>\\^`{|}", b) >= 0 { // which url.URL leaves in a query
			fmt.Fprintf(&ascii, "%%%02X", b)
		} else {
			ascii.WriteByte(b)
		}
	}
	return ascii.String()
}

// line returns text on a single line.
func line(text string) string { return strings.Join(strings.Fields(clean(text)), " ") }

// clean drops characters that XML 1.0 forbids in any notation.
func clean(text string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\t', r == '\n', r == '\r', ' ' <= r && r <= 0xD7FF, 0xE000 <= r && r <= 0xFFFD, r >= 0x10000:
			return r
		}
		return -1
	}, strings.ToValidUTF8(text, ""))
}

// elsewhere rewrites a page's HTML for a feed reader: URLs become absolute, because
// hardly any reader honours xml:base, and attributes that only serve our own
// stylesheet and scripts are dropped.
func elsewhere(source string, page *url.URL) (string, error) {
	nodes, err := html.ParseFragment(strings.NewReader(source), &html.Node{Type: html.ElementNode, Data: "div", DataAtom: atom.Div})
	if err != nil {
		return "", err
	}
	var out strings.Builder
	for _, node := range nodes {
		for element := range node.Descendants() {
			leave(element, page)
		}
		leave(node, page)
		if err := html.Render(&out, node); err != nil {
			return "", err
		}
	}
	// After parsing, because HTML can name characters that XML forbids.
	return strings.TrimSpace(clean(out.String())), nil
}

func leave(element *html.Node, page *url.URL) {
	element.Attr = slices.DeleteFunc(element.Attr, func(a html.Attribute) bool {
		switch a.Key {
		case "srcset", "sizes", "loading", "fetchpriority", "tabindex", "role": // a reader only needs src
			return true
		}
		return strings.HasPrefix(a.Key, "data-") || strings.HasPrefix(a.Key, "aria-")
	})
	for i, a := range element.Attr {
		switch a.Key {
		case "href", "src", "cite", "poster":
			if u, err := page.Parse(strings.TrimSpace(a.Val)); err == nil {
				element.Attr[i].Val = u.String()
			}
		}
	}
}
