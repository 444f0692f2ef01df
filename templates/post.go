package templates

// Post is one post of the blog. Everything but heading and content may be
// missing.
type Post struct {
	Content
	PostSummary
	Image Image  // without an ID: none
	HTML  string // as the editor left it; sanitised by the template
}

// Image is a file of Directus. Its measures let the browser keep its place free
// while it loads; 0: not known.
type Image struct {
	ID            string
	Alt           string
	Width, Height int // pixels
}

func (Post) file() string { return "post.html" }
