package templates

import (
	"net/url"
	"strings"
)

// Text is a page written by editors, such as About or Privacy Policy.
type Text struct {
	Slug    string
	Heading string
	HTML    string // the editor's; sanitised by the template
}

func (Text) file() string { return "text.html" }

// Path returns the path of the page.
func (t Text) Path() string { return "/pages/" + escaped(t.Slug) }

// escaped returns a slug as a part of an address. Its slashes stay: proxies treat
// encoded ones in many ways.
func escaped(slug string) string {
	segments := strings.Split(slug, "/")
	for i, segment := range segments {
		segments[i] = url.PathEscape(segment)
	}
	return strings.Join(segments, "/")
}

func (t Text) meta() Meta { return Meta{Path: t.Path(), Type: "website"} }
