package sample

import (
	"embed"
	"fmt"
)

//go:embed pages/*.html posts/*.html
var bodies embed.FS

// Content is the whole demonstration site.
type Content struct {
	Global  Global
	Pages   []Page
	Authors []Author
	Images  []Image
	Posts   []Post
}

// Global is what every page of the site shows.
type Global struct {
	Title       string
	Description string
}

// Page is a page that stands for itself, such as "about".
type Page struct {
	Slug    string
	Title   string
	Content string // HTML
}

// Author writes posts.
type Author struct {
	ID   int
	Name string
}

// Post is an entry of the journal. Author, Image and PublishDate may be
// missing, since real entries lack them too.
type Post struct {
	Slug        string
	Title       string
	PublishDate string // "2026-10-03", or "" for none
	Author      int    // an Author's ID, or 0 for none
	Image       string // an Image's ID, or "" for none
	Content     string // HTML
}

// Load gives the content, with the bodies read from the embedded files.
// It fails only if a body is missing.
func Load() (Content, error) {
	content := Content{
		Global: Global{
			Title:       "Hutch",
			Description: "The journal of a small town’s rabbit keepers: notes on hay, hedgerows and long-eared company.",
		},
		Pages:   pages(),
		Authors: authors(),
		Images:  Images(),
		Posts:   posts(),
	}
	for i := range content.Pages {
		page := &content.Pages[i]
		body, err := bodies.ReadFile("pages/" + page.Slug + ".html")
		if err != nil {
			return Content{}, fmt.Errorf("sample: body of page %q: %w", page.Slug, err)
		}
		page.Content = string(body)
	}
	for i := range content.Posts {
		post := &content.Posts[i]
		body, err := bodies.ReadFile("posts/" + post.Slug + ".html")
		if err != nil {
			return Content{}, fmt.Errorf("sample: body of post %q: %w", post.Slug, err)
		}
		post.Content = string(body)
	}
	return content, nil
}

func pages() []Page {
	return []Page{
		{Slug: "about", Title: "About"},
		{Slug: "conduct", Title: "Code of Conduct"},
		{Slug: "privacy", Title: "Privacy Policy"},
	}
}

func authors() []Author {
	return []Author{
		{ID: 1, Name: "Marjorie Thistlewood"},
		{ID: 2, Name: "Tomasz Wren"},
		{ID: 3, Name: "Adaeze Okafor"},
	}
}

// posts lists the entries, newest first; their bodies are in posts/<slug>.html.
func posts() []Post {
	return []Post{
		{Slug: "first-frost-checklist", Title: "A checklist for the first frost", PublishDate: "2026-11-14", Author: 1, Image: imageFrost},
		{Slug: "hay-by-numbers", Title: "Hay by numbers", PublishDate: "2026-10-31", Author: 2, Image: imageHarvest},
		{Slug: "the-binky-explained", Title: "The binky, explained", PublishDate: "2026-10-17", Author: 3, Image: imageMeadow},
		{Slug: "letters-about-biscuit", Title: "Letters about Biscuit", PublishDate: "2026-10-03", Image: imageDusk},
		{Slug: "a-hutch-from-old-doors", Title: "A hutch from old doors", PublishDate: "2026-09-19", Author: 2, Image: imageDawn},
		{Slug: "names-we-have-given", Title: "Names we have given rabbits", PublishDate: "2026-09-05", Author: 3},
		{Slug: "night-walk-to-the-warren", Title: "A night walk to the warren", PublishDate: "2026-08-22", Author: 1, Image: imageNight},
		{Slug: "counting-ears", Title: "Counting ears with a spreadsheet", PublishDate: "2026-08-08", Author: 3, Image: imageLake},
		{Slug: "plants-to-grow-and-plants-to-avoid", Title: "Plants to grow, plants to avoid", PublishDate: "2026-07-25", Author: 1, Image: imageClover},
		{Slug: "introducing-two-strangers", Title: "Introducing two strangers", PublishDate: "2026-07-11", Author: 2, Image: imageRose},
		{Slug: "the-weigh-in-at-saint-brigids", Title: "The weigh-in at Saint Brigid’s", PublishDate: "2026-06-27", Author: 1, Image: imageEmber},
		{Slug: "notes-for-a-spring-issue", Title: "Notes for a spring issue", Author: 3, Image: imageSpring},
	}
}
