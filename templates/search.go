package templates

import (
	"time"

	"hutch/internal/i18n"
)

// Search is one page of what a search finds on the whole site.
type Search struct {
	Search  string   // what was searched for; empty for nothing
	Words   []string // of it, in lower case; the longest first
	Results []Result
	Pager   Pager
}

// Result is a page or a post that a search found. All but path and heading is optional.
type Result struct {
	Path      string
	Heading   string
	Excerpt   string // of its text, or what editors say that it is about
	Post      bool
	Kind      string    // what an item of a team's own collection is; empty for a page or a post
	Published time.Time // of a post
	Gated     bool      // its content is members-only
}

// Result returns the post as a search of the whole site shows it, with an excerpt.
func (p PostSummary) Result(excerpt string) Result {
	return Result{Path: p.Path(), Heading: p.Heading, Excerpt: excerpt, Post: true, Published: p.Published, Gated: p.Gated}
}

// Mark divides a text of a result into parts, of which the words are marked.
func (s Search) Mark(text string) []Part { return Mark(text, s.Words) }

func (Search) file() string { return "search.html" }

func (s Search) meta() Meta { return Meta{Path: s.Pager.Path, Type: "website"} } // results should not be indexed

// SearchForm is the form of a search.
type SearchForm struct {
	Action string
	Label  i18n.Message
	Search string // the words
}

// Form returns the form of the page.
func (s Search) Form() SearchForm { return SearchForm{s.Pager.Path, "search.label", s.Search} }

// Form returns the form of the page.
func (b Blog) Form() SearchForm { return SearchForm{b.Pager.Path, "blog.search", b.Search} }
