package templates

// Text is a page that editors write: About, Privacy Policy.
type Text struct {
	Content
	Heading string
	HTML    string // as the editor left it; sanitised by the template
}

func (Text) file() string { return "text.html" }
