package handlers

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"

	"hutch/internal/directus"
	"hutch/templates"
)

// post is an item of posts. What a project has no field for is missing, and what
// is not set is null.
type post struct {
	publication
	Slug        string          `json:"slug"`
	Title       string          `json:"title"`
	Teaser      string          `json:"teaser"`
	MembersOnly bool            `json:"members_only"`
	Content     json.RawMessage `json:"content"` // missing: not for the public
	Author      *author         `json:"author"`
	Image       *imageFile      `json:"image"`
}

// imageFile is a file of Directus that is a picture.
type imageFile struct {
	ID          string `json:"id"`
	Description string `json:"description"`
	Width       int    `json:"width"`
	Height      int    `json:"height"`
}

// UnmarshalJSON also takes the id alone, of a file that may not be read.
func (i *imageFile) UnmarshalJSON(data []byte) error {
	type whole imageFile
	if !bytes.HasPrefix(data, []byte("{")) {
		return nil
	}
	return json.Unmarshal(data, (*whole)(i))
}

func (i *imageFile) view() templates.Image {
	if i == nil {
		return templates.Image{}
	}
	return templates.Image{ID: i.ID, Alt: i.Description, Width: i.Width, Height: i.Height}
}

// postFields are what is read of a post: "*" and not their names, since a project
// may lack some.
func postFields(fields map[string]string) []string {
	wanted := []string{"*"}
	for _, name := range []string{"author", "image"} {
		if _, has := fields[name]; has {
			wanted = append(wanted, name+".*")
		}
	}
	return wanted
}

// newestFirst orders posts. The slug decides between those of one day, so that
// each has its place.
func newestFirst(fields map[string]string) []string {
	if _, has := fields["publish_date"]; has {
		return []string{"-publish_date", "slug"}
	}
	return []string{"slug"}
}

// posts reads a part of the list of posts that may be seen, and how many there are
// in all. Errors: errHidden.
func (q question) posts(ctx context.Context, what directus.Query, more ...directus.Filter) ([]post, int, error) {
	fields, err := q.fields(ctx, "posts")
	if err != nil {
		return nil, 0, err
	}
	what.Filter = directus.All(append(published(fields), more...)...)
	if what.Fields == nil {
		what.Fields = postFields(fields)
	}
	if what.Sort == nil {
		what.Sort = newestFirst(fields)
	}
	var found []post
	count, err := q.list(ctx, "posts", what, &found)
	return q.visible(found), count, err
}

// post reads the post that the address names. Errors: errNotFound.
func (q question) post(ctx context.Context) (post, error) {
	what, err := q.postQuery(ctx)
	if err != nil {
		return post{}, err
	}
	var found []post
	err = q.one(ctx, "posts", what, &found)
	if found = q.visible(found); errors.Is(err, errHidden) || err == nil && len(found) == 0 {
		return post{}, errNotFound
	}
	if err != nil {
		return post{}, err
	}
	return found[0], nil
}

// postQuery asks for the post that the address names. A filter and not a path, so
// that a slug can be anything, and so that a post that is not there differs from
// one that may not be read.
func (q question) postQuery(ctx context.Context) (directus.Query, error) {
	if !couldBeName(q.name) {
		return directus.Query{}, errNotFound
	}
	fields, err := q.fields(ctx, "posts")
	if err != nil && !errors.Is(err, errHidden) {
		return directus.Query{}, err
	}
	filter := directus.All(append(published(fields), directus.Equal("slug", q.name))...)
	return directus.Query{Fields: postFields(fields), Filter: filter, Limit: 1}, nil
}

// visible leaves out what may not be seen yet, and who wrote the others, where
// that is not to be seen.
func (q question) visible(posts []post) []post {
	now := q.site.Now()
	seen := visible(posts, now)
	for i, p := range seen {
		if p.Author != nil && !p.Author.visible(now) {
			seen[i].Author = nil
		}
	}
	return seen
}

// gated reports whether what was read of the post is not all of it: it is for
// members, whatever Directus let the public read, or its content was kept back.
func (p post) gated() bool { return p.MembersOnly || len(p.Content) == 0 }

// html is the content as the editor left it.
func (p post) html() string {
	var html string
	_ = json.Unmarshal(p.Content, &html) // null, or nothing: empty
	return html
}

// summary is the post in a list.
func (p post) summary() templates.PostSummary {
	summary := templates.PostSummary{
		Slug: p.Slug, Heading: p.Title, Teaser: p.Teaser, Published: parseDate(p.PublishDate),
		Author: p.Author.view(), Image: p.Image.view(), Gated: p.gated(),
	}
	if !summary.Gated {
		summary.HTML = p.html()
	}
	return summary
}

func summaries(posts []post) []templates.PostSummary {
	var list []templates.PostSummary
	for _, p := range posts {
		list = append(list, p.summary())
	}
	return list
}

// neighbours are where a reader goes from a post.
type neighbours struct {
	newer, older []post // one at most
	byAuthor     []post
}

const (
	// relatedPosts is how many more of an author are offered.
	relatedPosts = 3
	// sameDay is how many posts of one day are told apart by who comes next:
	// Directus cannot be asked for what follows a text.
	sameDay = 20
)

// around reads a post's neighbours, all at once. A page without them is better
// than none, so trouble with Directus leaves them out.
func (q question) around(ctx context.Context, p post) (neighbours, error) {
	var n neighbours
	fields, err := q.fields(ctx, "posts")
	switch {
	case errors.Is(err, errHidden), errors.Is(err, directus.ErrUnavailable):
		return n, nil
	case err != nil:
		return n, err
	}
	brief := append(publicationFields(fields), "slug", "title")
	var reads []func() error
	read := func(into *[]post, choose func([]post) []post, what directus.Query, filters ...directus.Filter) {
		reads = append(reads, func() error {
			found, _, err := q.posts(ctx, what, filters...)
			*into = choose(found)
			if errors.Is(err, directus.ErrUnavailable) {
				err = nil
			}
			return err
		})
	}
	if date := p.PublishDate; date != "" {
		after := func(found []post) []post { return next(found, p.Slug) }
		read(&n.newer, after, directus.Query{Fields: brief, Sort: []string{"publish_date", "-slug"}, Limit: sameDay},
			directus.Filter{"publish_date": directus.Filter{"_gte": date}})
		read(&n.older, after, directus.Query{Fields: brief, Sort: []string{"-publish_date", "slug"}, Limit: sameDay},
			directus.Filter{"publish_date": directus.Filter{"_lte": date}})
	}
	if p.Author != nil && p.Author.ID != nil {
		all := func(found []post) []post { return found }
		read(&n.byAuthor, all, directus.Query{Fields: brief, Limit: relatedPosts},
			directus.Equal("author", p.Author.ID), directus.Filter{"slug": directus.Filter{"_neq": p.Slug}})
	}
	return n, together(reads...)
}

// next is the one that follows the post of this slug, if there is one.
func next(posts []post, slug string) []post {
	for i := range posts {
		if posts[i].Slug == slug {
			return posts[i+1 : min(i+2, len(posts))]
		}
	}
	return nil
}

func links(posts []post) []templates.PostLink {
	var list []templates.PostLink
	for _, p := range posts {
		list = append(list, templates.PostLink{Path: p.summary().Path(), Heading: p.Title})
	}
	return list
}
