package sample

import (
	"embed"
	"fmt"
)

//go:embed pages/*.html posts/*.html
var bodies embed.FS

// Content is the whole demonstration site.
type Content struct {
	Global     Global
	Navigation []Link
	Pages      []Page
	Authors    []Author
	Images     []Image
	Portrait   string // the image that is the sample member's picture; may be empty
	Posts      []Post
	Redirects  []Redirect
}

// Global is shown on every page of the site.
type Global struct {
	Title       string
	Description string
}

// Link is an entry of the site's navigation.
type Link struct {
	Label string
	URL   string // a path of the site
}

// Redirect leads from an old address to the new one.
type Redirect struct {
	From, To string // paths of the site
	Code     int    // the status of the answer: 301, 302, 307 or 308
}

// Page is a standalone page, such as "about".
type Page struct {
	Slug    string
	Title   string
	Content string // HTML
}

// Author writes posts.
type Author struct {
	ID    int
	Name  string
	Slug  string
	Bio   string
	Image string // an Image's ID, or "" for none
}

// Post is an entry of the journal. Author, Image and PublishDate may be missing,
// as in real projects. A post with a Status other than "published" or a future
// date stays hidden.
type Post struct {
	Slug        string
	Title       string
	Status      string // "published" or "draft"
	Teaser      string // a sentence or two, or "" for none
	MembersOnly bool   // only members read its Content
	PublishDate string // "2026-10-03", or "" for none
	Author      int    // an Author's ID, or 0 for none
	Image       string // an Image's ID, or "" for none
	Tags        []string
	Content     string // HTML
}

// Load returns the content, with the bodies from the embedded files. It fails
// only if a body is missing.
func Load() (Content, error) {
	content := Content{
		Global: Global{
			Title:       "Hutch",
			Description: "The journal of a small town’s rabbit keepers: notes on hay, hedgerows and long-eared company.",
		},
		Navigation: navigation(),
		Pages:      pages(),
		Authors:    authors(),
		Images:     Images(),
		Portrait:   imageRose,
		Posts:      posts(),
		Redirects:  []Redirect{{From: "/journal", To: "/blog", Code: 301}},
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
		if post.Status == "" {
			post.Status = "published"
		}
	}
	return content, nil
}

func navigation() []Link {
	return []Link{
		{"Home", "/"},
		{"About", "/pages/about"},
		{"Blog", "/blog"},
	}
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
		{ID: 1, Name: "Marjorie Thistlewood", Slug: "marjorie-thistlewood", Image: imageClover,
			Bio: "Marjorie has kept rabbits behind the bakery in Mill Lane since 1974 and has written down what they weighed ever since. She holds the society’s keys, its kettle and most of its opinions."},
		{ID: 2, Name: "Tomasz Wren", Slug: "tomasz-wren",
			Bio: "Tomasz teaches woodwork and weighs hay. He has built eleven hutches, nine of which were the right size."},
		{ID: 3, Name: "Adaeze Okafor", Slug: "adaeze-okafor",
			Bio: "Adaeze teaches arithmetic to ten-year-olds, who do her counting for her. She edits the journal and keeps the commas out of Marjorie’s sentences."},
	}
}

// posts lists the entries, newest first; their bodies are in posts/<slug>.html.
// The ones at the end stay hidden.
func posts() []Post {
	return []Post{
		{Slug: "first-frost-checklist", Title: "A checklist for the first frost", PublishDate: "2026-11-14", Author: 1, Image: imageFrost, Tags: []string{"Winter", "Care"},
			Teaser: "The list that hangs on the inside of Marjorie’s shed door: what to do before the frost, and what to look at every morning after it."},
		{Slug: "the-night-list", Title: "The night list", PublishDate: "2026-11-07", Author: 1, Image: imageNight, MembersOnly: true, Tags: []string{"Winter", "Care"},
			Teaser: "Rabbits fall ill at three in the morning. Who may be rung this winter, on which night, and what to look at before you do."},
		{Slug: "hay-by-numbers", Title: "Hay by numbers", PublishDate: "2026-10-31", Author: 2, Image: imageHarvest, Tags: []string{"Hay", "Counting"},
			Teaser: "Eight weeks of weighing what went into our hutches, and what came out again uneaten."},
		{Slug: "the-binky-explained", Title: "The binky, explained", PublishDate: "2026-10-17", Author: 3, Image: imageMeadow, Tags: []string{"Behaviour"},
			Teaser: "Less than a second in the air, and no serious word for it: a field guide to what rabbits do with their feet."},
		{Slug: "letters-about-biscuit", Title: "Letters about Biscuit", PublishDate: "2026-10-03", Image: imageDusk, Tags: []string{"Letters"}},
		{Slug: "a-hutch-from-old-doors", Title: "A hutch from old doors", PublishDate: "2026-09-19", Author: 2, Image: imageDawn, Tags: []string{"Building"},
			Teaser: "Six pine doors, forty years of handprints, and a plan that saves on hinges."},
		{Slug: "names-we-have-given", Title: "Names we have given rabbits", PublishDate: "2026-09-05", Author: 3, Tags: []string{"Counting"}},
		{Slug: "night-walk-to-the-warren", Title: "A night walk to the warren", PublishDate: "2026-08-22", Author: 1, Image: imageNight, Tags: []string{"Behaviour", "Outdoors"}},
		{Slug: "counting-ears", Title: "Counting ears with a spreadsheet", PublishDate: "2026-08-08", Author: 3, Image: imageLake, Tags: []string{"Counting", "Outdoors"}},
		{Slug: "plants-to-grow-and-plants-to-avoid", Title: "Plants to grow, plants to avoid", PublishDate: "2026-07-25", Author: 1, Image: imageClover, Tags: []string{"Care", "Outdoors"}},
		{Slug: "introducing-two-strangers", Title: "Introducing two strangers", PublishDate: "2026-07-11", Author: 2, Image: imageRose, Tags: []string{"Behaviour", "Care"}},
		{Slug: "the-weigh-in-at-saint-brigids", Title: "The weigh-in at Saint Brigid’s", PublishDate: "2026-06-27", Author: 1, Image: imageEmber, Tags: []string{"Counting", "Shows"}},
		{Slug: "notes-for-a-spring-issue", Title: "Notes for a spring issue", Author: 3, Image: imageSpring},

		{Slug: "the-great-parsley-dispute", Title: "The great parsley dispute", PublishDate: "2026-10-24", Author: 3, Image: imageMeadow, Status: "draft", Tags: []string{"Letters"},
			Teaser: "The October meeting discussed parsley."},
		{Slug: "one-hundred-and-twenty-five-years", Title: "One hundred and twenty-five years", PublishDate: "2099-06-13", Author: 1, Image: imageDawn,
			Teaser: "A letter to the members of the year 2099."},
	}
}

// Item is a part of the content on its way into a collection, by the names of
// the collection's fields.
type Item struct {
	Collection string
	Name       string // the field by which an item is recognised; empty for a singleton
	Values     map[string]any
}

// Items are the whole content apart from the images, in the order in which they
// refer to each other. An author's id is the sample's own: a server may assign
// another.
func (c Content) Items() []Item {
	items := []Item{{Collection: "global", Values: map[string]any{"title": c.Global.Title, "description": c.Global.Description}}}
	for _, author := range c.Authors {
		values := map[string]any{"id": author.ID, "name": author.Name, "slug": author.Slug, "bio": author.Bio}
		if author.Image != "" {
			values["image"] = author.Image
		}
		items = append(items, Item{"authors", "name", values})
	}
	for _, page := range c.Pages {
		items = append(items, Item{"pages", "slug", map[string]any{
			"slug": page.Slug, "title": page.Title, "content": page.Content, "status": "published"}})
	}
	for _, post := range c.Posts {
		items = append(items, Item{"posts", "slug", post.values()})
	}
	for i, link := range c.Navigation {
		items = append(items, Item{"navigation", "url", map[string]any{"label": link.Label, "url": link.URL, "sort": i + 1}})
	}
	for _, redirect := range c.Redirects {
		items = append(items, Item{"redirects", "url_from", map[string]any{
			"url_from": redirect.From, "url_to": redirect.To, "response_code": redirect.Code}})
	}
	return items
}

// values leaves out what the post lacks.
func (p Post) values() map[string]any {
	values := map[string]any{"slug": p.Slug, "title": p.Title, "content": p.Content, "status": p.Status, "members_only": p.MembersOnly}
	if p.Teaser != "" {
		values["teaser"] = p.Teaser
	}
	if p.PublishDate != "" {
		values["publish_date"] = p.PublishDate
	}
	if p.Image != "" {
		values["image"] = p.Image
	}
	if p.Author != 0 {
		values["author"] = p.Author
	}
	if p.Tags != nil {
		values["tags"] = p.Tags
	}
	return values
}
