package templates

// AuthorPage shows an author and their posts.
type AuthorPage struct {
	Author
	Posts []PostSummary
	Pager Pager
}

func (AuthorPage) file() string { return "author.html" }

func (a AuthorPage) meta() Meta {
	meta := Meta{Path: a.Pager.Here(), Type: "profile"}
	if a.Image.ID != "" {
		meta.Image = &a.Image
	}
	return meta
}
