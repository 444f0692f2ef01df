package templates

// Post is one post of the blog. Everything but heading and content may be
// missing.
type Post struct {
	Content
	PostSummary
	Image Image  // without an ID: none
	HTML  string // as the editor left it; sanitised by the template
}

func (Post) file() string { return "post.html" }
