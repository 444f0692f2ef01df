package templates

// Text is a page that editors write: About, Privacy Policy.
type Text struct {
	Heading string
	Content string // HTML as the editor left it; sanitised by the template
}

func (Text) file() string { return "text.html" }
