package templates

// Post is one post of the blog. Everything but heading and content may be
// missing.
type Post struct {
	PostSummary
	ImageID  string // of the file; empty: none
	ImageAlt string
	Content  string // HTML as the editor left it; sanitised by the template
}

// Title is the post's heading.
func (p Post) Title() string { return p.Heading }
func (Post) file() string    { return "post.html" }
