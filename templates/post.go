package templates

import "time"

// Post is one post of the blog. HTML is the editor's, sanitised by the template; a
// gated post has none.
type Post struct {
	PostSummary
	HTML         string
	Updated      time.Time  // a day or more after it was published; zero if it was not
	Newer, Older []PostLink // at most one
	ByAuthor     []PostLink // more by its author
	SEO          SEO
	Tags         []Tag
}

// PostLink links to a post.
type PostLink struct{ Path, Heading string }

func (Post) file() string { return "post.html" }

func (p Post) meta() Meta {
	meta := Meta{Path: p.Path(), Type: "article"}
	if !p.Published.IsZero() {
		meta.Published = p.Published.Format(time.DateOnly)
	}
	if !p.Updated.IsZero() {
		meta.Updated = p.Updated.Format(time.DateOnly)
	}
	if p.Image.ID != "" {
		meta.Image = &p.Image
	}
	meta.Data = p.linkedData(meta)
	return p.SEO.apply(meta)
}

// blogPosting is schema.org's BlogPosting.
type blogPosting struct {
	Context   string  `json:"@context"`
	Type      string  `json:"@type"`
	Headline  string  `json:"headline"`
	Published string  `json:"datePublished,omitempty"`
	Updated   string  `json:"dateModified,omitempty"`
	Author    *person `json:"author,omitempty"`
	Free      bool    `json:"isAccessibleForFree"`

	Keywords []string `json:"keywords,omitempty"`
}

type person struct {
	Type string `json:"@type"`
	Name string `json:"name"`
}

func (p Post) linkedData(meta Meta) blogPosting {
	data := blogPosting{
		Context: "https://schema.org", Type: "BlogPosting",
		Headline: p.Heading, Published: meta.Published, Updated: meta.Updated, Free: !p.Gated,
	}
	if p.Author.Name != "" {
		data.Author = &person{"Person", p.Author.Name}
	}
	for _, tag := range p.Tags {
		data.Keywords = append(data.Keywords, tag.Name)
	}
	return data
}

// Path returns the path of the post.
func (p PostSummary) Path() string { return "/blog/" + escaped(p.Slug) }
