package templates

import "net/url"

// Text is a page written by editors, such as About or Privacy Policy.
type Text struct {
	Slug    string
	Heading string
	HTML    string // the editor's; sanitised by the template
}

func (Text) file() string { return "text.html" }

// Path returns the path of the page.
func (t Text) Path() string { return "/pages/" + url.PathEscape(t.Slug) }

func (t Text) meta() Meta { return Meta{Path: t.Path(), Type: "website"} }
