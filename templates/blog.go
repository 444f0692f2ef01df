package templates

import "time"

// Blog is one page of the list of posts, newest first, or of search results.
type Blog struct {
	// Around is the editors' page at this address, in whose blocks a [ListPlace] stands
	// for the list; zero for none.
	Around BlockPage
	Search string // search words; empty for none
	Tags   []Tag  // the most used
	Posts  []PostSummary
	Pager  Pager
}

// PostSummary is a post in a list. Everything but slug and heading is optional.
type PostSummary struct {
	Slug      string
	Heading   string
	Teaser    string
	Excerpt   string // the beginning of its text
	Minutes   int    // that it takes to read; 0: not known
	Published time.Time
	Author    Author
	Image     Image
	Gated     bool // its content is members-only
	Newest    bool // of the whole blog: shown larger
	Nested    bool // its heading is an h3: that of the list is an h2
}

// Author is a post's author. Without an address they have no page.
type Author struct {
	Name    string
	Address string // last segment of the URL: a slug or an id

	// Not in lists.
	Bio   string // plain text
	Image Image  // no ID for none
}

// Path returns the path of the author's page.
func (a Author) Path() string { return "/blog/authors/" + escaped(a.Address) }

func (Blog) file() string { return "blog.html" }

func (b Blog) spokenBy(v *voice) Page {
	b.Around.voice = v
	return b
}

func (b Blog) meta() Meta {
	meta := b.Around.meta()
	meta.Path = b.Pager.Here()
	if b.Search != "" { // search results should not be indexed
		meta.Path = b.Pager.Path
	}
	return meta
}

// Robots is [SEO.Robots] of the page.
func (b Blog) Robots() string { return b.Around.Robots() }

// Cards returns the posts, whose headings are below that of the list.
func (b Blog) Cards() []PostSummary {
	for _, section := range b.Around.Sections() {
		if section.Block.Kind() == (ListPlace{}).Kind() {
			return section.nest(b.Posts)
		}
	}
	return b.Posts
}
