package templates

import "net/url"

// Text is a page that editors write: About, Privacy Policy.
type Text struct {
	Slug    string
	Heading string
	HTML    string // as the editor left it; sanitised by the template
}

func (Text) file() string { return "text.html" }

// Path is the address of the page.
func (t Text) Path() string { return "/pages/" + url.PathEscape(t.Slug) }

func (t Text) meta() Meta { return Meta{Path: t.Path(), Type: "website"} }
