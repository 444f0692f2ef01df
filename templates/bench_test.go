package templates

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"hutch/internal/i18n"
	"hutch/sandbox/sample"
)

// BenchmarkRender measures pages that are not cached: the blog with its twelve
// posts, a post with an editor's HTML, a profile with its form, and every block.
func BenchmarkRender(b *testing.B) {
	set, language := newSet(b)
	content, err := sample.Load()
	if err != nil {
		b.Fatal(err)
	}
	list := Blog{Pager: Pager{Path: "/blog", Page: 1}}
	var post Post
	for _, p := range content.Posts {
		summary := PostSummary{Slug: p.Slug, Teaser: p.Teaser, Heading: p.Title, Published: time.Date(2026, 11, 14, 0, 0, 0, 0, time.UTC), Author: Author{Name: "Tomasz Wren", Address: "tomasz-wren"}}
		list.Posts = append(list.Posts, summary)
		if p.Slug == "hay-by-numbers" {
			summary.Image = Image{ID: p.Image, Alt: "Hay", Width: 1600, Height: 900}
			post = Post{PostSummary: summary, HTML: p.Content}
		}
	}
	profile := NewProfile("ada@example.com", nil, []Field{
		{Name: "first_name", Label: "profile.firstname", Type: "text", Value: "Ada", Optional: true, MaxLength: 50},
		{Name: "last_name", Label: "profile.lastname", Type: "text", Value: "Thistle", Optional: true, MaxLength: 50},
		{Name: "title", Label: "profile.jobtitle", Type: "text", Optional: true, MaxLength: 50},
		{Name: "location", Label: "profile.location", Type: "text", Optional: true, MaxLength: 255},
		{Name: "description", Label: "profile.aboutme", Type: "textarea", Optional: true, MaxLength: 5000},
		{Name: "language", Label: "profile.language", Type: "select", Optional: true, Options: []Option{{Label: "profile.browserlanguage"}, {Value: "en-US", Text: "English"}, {Value: "de-DE", Text: "Deutsch"}}},
	}, NewAvatar("", true))
	for _, page := range []struct {
		name, shows string
		page        Page
	}{
		{"blog", "Notes for a spring issue", list},
		{"post", "I weighed everything", post},
		{"profile", "Thistle", profile},
		{"blocks", "Lend us an afternoon", everyBlock()},
	} {
		b.Run(page.name, func(b *testing.B) {
			b.ReportAllocs()
			var html []byte
			for b.Loop() {
				if html, err = set.Render(page.page, Frame{Language: language, Path: "/blog"}, ""); err != nil {
					b.Fatal(err)
				}
			}
			if !bytes.Contains(html, []byte(page.shows)) || !strings.Contains(string(html), "</html>") {
				b.Fatalf("not the page: %s", html)
			}
		})
	}
}

// newSet returns templates, and English. The limits that messages name are all 0.
func newSet(t testing.TB) (*Set, *i18n.Language) {
	t.Helper()
	catalogue, err := i18n.New(i18n.Options{Numbers: map[string]int{"MinPassword": 0, "MaxPassword": 0, "MaxPicture": 0, "MaxPixels": 0}})
	if err != nil {
		t.Fatal(err)
	}
	set, err := New(Options{
		Languages:       catalogue.Languages(),
		StaticURL:       func(name string) (string, error) { return "/static/" + name, nil },
		ContentLanguage: "en",
	})
	if err != nil {
		t.Fatal(err)
	}
	return set, catalogue.Languages()[0]
}
