package templates

import "net/url"

// Text is a page that editors write: About, Privacy Policy.
type Text struct {
	Slug    string
	Heading string
	HTML    string // as the editor left it; sanitised by the template
}

func (Text) file() string { return "text.html" }

func (t Text) meta() Meta { return Meta{Path: "/pages/" + url.PathEscape(t.Slug), Type: "website"} }
