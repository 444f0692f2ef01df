package templates

import (
	"strings"
	"time"
	"unicode"
)

// Post is one post of the blog. HTML is the editor's, sanitised by the template; a
// gated post has none.
type Post struct {
	PostSummary
	HTML         string
	Updated      time.Time     // a day or more after it was published; zero if it was not
	Newer, Older []PostLink    // at most one
	Others       []PostSummary // what to read next
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
	meta.Data = func(address string) any { return p.linkedData(meta, address) }
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
	Type  string `json:"@type"`
	Name  string `json:"name"`
	Image string `json:"image,omitempty"`
	URL   string `json:"url,omitempty"`
}

func (p Post) linkedData(meta Meta, address string) blogPosting {
	data := blogPosting{
		Context: "https://schema.org", Type: "BlogPosting",
		Headline: p.Heading, Published: meta.Published, Updated: meta.Updated, Free: !p.Gated,
	}
	if p.Author.Name != "" {
		data.Author = &person{Type: "Person", Name: p.Author.Name}
		if p.Author.Image.ID != "" {
			data.Author.Image = address + p.Author.Image.Square().Src
		}
		if p.Author.Address != "" {
			data.Author.URL = address + p.Author.Path()
		}
	}
	for _, tag := range p.Tags {
		data.Keywords = append(data.Keywords, tag.Name)
	}
	return data
}

// Lead returns the teaser, unless the text begins with the same words.
func (p Post) Lead() string {
	if teaser := letters(p.Teaser); teaser != "" && strings.HasPrefix(letters(textOf(p.HTML)), teaser) {
		return ""
	}
	return p.Teaser
}

// letters returns a text without what may differ where it is repeated: case, spaces and
// punctuation.
func letters(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsNumber(r) {
			return unicode.ToLower(r)
		}
		return -1
	}, text)
}

// Path returns the path of the post.
func (p PostSummary) Path() string { return "/blog/" + escaped(p.Slug) }
