package content

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"slices"
	"time"

	"hutch/handlers/web"
	"hutch/internal/collections"
	"hutch/internal/directus"
	"hutch/templates"
)

// post is an item of posts. A field that the project lacks is missing, one that is
// not set is null.
type post struct {
	publication
	ID          any             `json:"id"`
	Slug        string          `json:"slug"`
	Title       string          `json:"title"`
	Teaser      string          `json:"teaser"`
	MembersOnly bool            `json:"members_only"`
	Content     json.RawMessage `json:"content"` // missing: not for the public
	Author      *author         `json:"author"`
	Image       *imageFile      `json:"image"`
	Updated     json.RawMessage `json:"date_updated"`
	SEO         json.RawMessage `json:"seo"`
	Tags        json.RawMessage `json:"tags"` // as far as they were asked for: see [contentQuery.allTags]

	html      string    // what Content holds, as HTML
	published time.Time // when PublishDate is
}

// imageFile is a file in Directus that is an image.
type imageFile struct {
	ID          string `json:"id"`
	Description string `json:"description"`
	Width       int    `json:"width"`
	Height      int    `json:"height"`
	FocalX      int    `json:"focal_point_x"` // in pixels, as the rest; 0 and 0: nobody says
	FocalY      int    `json:"focal_point_y"`
}

// UnmarshalJSON also accepts the id alone, of a file that may not be read.
func (i *imageFile) UnmarshalJSON(data []byte) error {
	type whole imageFile
	if !bytes.HasPrefix(data, []byte("{")) {
		return nil
	}
	return decode(data, (*whole)(i))
}

func (i *imageFile) view() templates.Image {
	if i == nil {
		return templates.Image{}
	}
	return templates.Image{ID: i.ID, Alt: i.Description, Width: i.Width, Height: i.Height, FocalX: i.FocalX, FocalY: i.FocalY}
}

// postFields are the fields that are read of a post: "*" instead of their names,
// since a project may lack some, and those of its relations.
func (q contentQuery) postFields(ctx context.Context, fields map[string]string) ([]string, error) {
	image, author, err := q.relatedFields(ctx, fields)
	return slices.Concat([]string{"*"}, image, author), err
}

func (q contentQuery) relatedFields(ctx context.Context, fields map[string]string) (image, author []string, err error) {
	if _, has := fields["image"]; has {
		image = fileFields("image")
	}
	if _, has := fields["author"]; has {
		author, err = q.authorFields(ctx)
	}
	return image, author, err
}

// fileFields are what is read of an image that a field refers to: where it refers to
// nothing, Directus fails if a field of that is named, and not if all are asked for.
func fileFields(field string) []string { return []string{field + ".*"} }

// listFields are the fields that lists show: by their names, for the content and what
// else a project has may be large.
func (q contentQuery) listFields(ctx context.Context, fields map[string]string) ([]string, error) {
	image, author, err := q.relatedFields(ctx, fields)
	return slices.Concat(publicationFields(fields), existing(fields, "id", "slug", "title", "teaser", "members_only"), image, inLists(author)), err
}

// newestFirst orders posts. The slug decides between those of one day, so that the
// order is always the same. A database may be unable to order lists and objects.
func newestFirst(fields map[string]string) []string {
	switch fields["publish_date"] {
	case "", kindObject:
		return []string{"slug"}
	}
	return []string{"-publish_date", "slug"}
}

// newest reads a part of what is published and passes the filters, newest first, and how
// many there are in all, if what counts. What has no date comes last, and is asked for
// apart: PostgreSQL would sort it first, and no database finds its way through an index
// to both.
func (q contentQuery) newest(ctx context.Context, collection string, fields map[string]string, what directus.Query, more []directus.Filter) (found []post, count int, err error) {
	what.Sort = newestFirst(fields)
	withDate, comparable := q.source.dated(fields)
	if !comparable {
		what.Filter = directus.All(append(q.source.published(fields), more...)...)
		return q.part(ctx, collection, what)
	}
	dated, undated := what, what
	dated.Filter = directus.All(append(withDate, more...)...)
	undated.Filter = directus.All(slices.Concat(q.source.publishedStatus(fields), more, []directus.Filter{withoutDate()})...)
	undated.Sort = what.Sort[1:]
	dated.Count = what.Count || what.Offset > 0
	found, count, err = q.part(ctx, collection, dated)
	if left := max(0, what.Limit-len(found)); err == nil && (left > 0 || what.Count) {
		var rest []post
		var others int
		undated.Offset = max(0, what.Offset-count)
		rest, others, err = q.part(ctx, collection, undated)
		found, count = append(found, rest[:min(len(rest), left)]...), count+others
	}
	return found, count, err
}

// part reads a part of a list, and how many items there are, if what counts. They are
// counted with the first part, which is kept; one after the last costs nothing.
func (q contentQuery) part(ctx context.Context, collection string, what directus.Query) (found []post, count int, err error) {
	first := what
	first.Offset = 0
	if count, err = q.list(ctx, collection, first, &found); err != nil || what.Offset == 0 {
		return found, count, err
	}
	found = nil
	if what.Count && what.Offset >= count {
		return nil, count, nil
	}
	what.Count = false
	_, err = q.list(ctx, collection, what, &found)
	return found, count, err
}

// posts reads a part of the list of published posts, and how many there are in
// all, if what counts; in an order of its own, of those with a date. Errors: errHidden.
func (q contentQuery) posts(ctx context.Context, what directus.Query, more ...directus.Filter) ([]post, int, error) {
	fields, err := q.fields(ctx, "posts")
	if err != nil {
		return nil, 0, err
	}
	if !q.source.haveAddresses("posts", fields) {
		return nil, 0, nil
	}
	if what.Fields == nil {
		if what.Fields, err = q.listFields(ctx, fields); err != nil {
			return nil, 0, err
		}
	}
	var found []post
	var count int
	if what.Sort == nil {
		found, count, err = q.newest(ctx, "posts", fields, what, more)
	} else {
		withDate, _ := q.source.dated(fields)
		what.Filter = directus.All(append(withDate, more...)...)
		count, err = q.list(ctx, "posts", what, &found)
	}
	if _, open := fields["content"]; open {
		for i := range found {
			found[i].Content = json.RawMessage("null") // not withheld, but not asked for
		}
	}
	return q.visible("posts", found), count, err
}

// post reads the post that the address names. Errors: web.ErrNotFound.
func (q contentQuery) post(ctx context.Context) (post, error) {
	what, err := q.postQuery(ctx)
	if err != nil {
		return post{}, err
	}
	var found []post
	if err = q.one(ctx, "posts", what, &found); err == nil && len(found) > 0 {
		err = q.turn.take(ctx, found[0].Content)
	}
	if found = q.visible("posts", found); errors.Is(err, errHidden) || err == nil && len(found) == 0 {
		return post{}, web.ErrNotFound
	}
	if err != nil {
		return post{}, err
	}
	return found[0], nil
}

// postQuery asks for the post that the address names. A filter and not a path, so
// that a slug can be anything, and so that a post that is not there differs from
// one that may not be read. Of several with one slug it is the newest, which is also
// the one that lists show.
func (q contentQuery) postQuery(ctx context.Context) (directus.Query, error) {
	fields, err := q.fields(ctx, "posts")
	if err != nil && !errors.Is(err, errHidden) {
		return directus.Query{}, err
	}
	if !couldBeSlug(fields, q.name) {
		return directus.Query{}, web.ErrNotFound
	}
	filter := directus.All(append(q.source.published(fields), directus.Equal("slug", q.name))...)
	what := directus.Query{Filter: filter, Limit: 2} // the first may have no date
	if len(fields) > 0 {
		what.Sort = newestFirst(fields)
	}
	what.Fields, err = q.postFields(ctx, fields)
	return what, err
}

// visible drops posts that may not be seen yet, those without an address of their own,
// and the authors of others who may not be seen, and reads their contents.
func (q contentQuery) visible(collection string, posts []post) []post {
	var seen []post
	c, _ := collections.All().Find(collection)
	addresses := map[string]bool{}
	for _, p := range undatedLast(visible(posts, q.source)) {
		if !c.HasAddress(p.Slug) || addresses[p.Slug] {
			continue
		}
		addresses[p.Slug] = true
		p.Title = q.source.named(p.Title)
		if p.Author != nil && !p.Author.visible(q.source) {
			p.Author = nil
		}
		p.published = q.source.date(p.PublishDate)
		p.html = q.source.contentHTML(collection, p.Slug, p.Content)
		seen = append(seen, p)
	}
	return seen
}

// undatedLast sorts what has no date behind the rest, which stays as it is.
func undatedLast(posts []post) []post {
	return behind(posts, func(p post) bool { return p.PublishDate == "" })
}

// behind sorts the items that are meant behind the rest, and nothing else.
func behind[T any](items []T, meant func(T) bool) []T {
	rank := func(item T) int {
		if meant(item) {
			return 1
		}
		return 0
	}
	slices.SortStableFunc(items, func(a, b T) int { return cmp.Compare(rank(a), rank(b)) })
	return items
}

// gated reports whether the public may see only the beginning of the post: it is
// for members, whatever Directus let the public read, or its content was withheld.
func (p post) gated() bool { return p.MembersOnly || len(p.Content) == 0 }

// summary returns the post as it stands in a list.
func (p post) summary(b brief) templates.PostSummary {
	return templates.PostSummary{
		Slug: p.Slug, Heading: p.Title, Teaser: templates.PlainText(p.Teaser), Published: p.published,
		Author: p.Author.view(), Image: p.Image.view(), Gated: p.gated(), Excerpt: b.Excerpt, Minutes: b.Minutes,
	}
}

func summaries(posts []post, briefs map[string]brief) []templates.PostSummary {
	var list []templates.PostSummary
	for _, p := range posts {
		b := brief{}
		if !p.gated() {
			b = briefs[p.Slug]
		}
		list = append(list, p.summary(b))
	}
	return list
}

// neighbours are what a reader is offered next: posts, and the tags of the one just read.
type neighbours struct {
	newer, older []post // one at most
	others       []post // by its author, then the newest
	tags         []templates.Tag
}

const (
	// otherPosts is how many posts are offered as cards, beside those before and after.
	otherPosts = 3
	// sameDay is how many posts from a date on are searched for the one that follows,
	// since Directus cannot be asked what follows a text. If they do not suffice, an
	// import perhaps, as many as mostSameDay of that date are.
	sameDay, mostSameDay = 20, 2000
)

// around reads a post's neighbours, all at once. A page without them is better than
// none, so they are left out if Directus is in trouble.
func (q contentQuery) around(ctx context.Context, p post) (neighbours, error) {
	var n neighbours
	fields, err := q.fields(ctx, "posts")
	switch {
	case errors.Is(err, errHidden), errors.Is(err, directus.ErrUnavailable):
		return n, nil
	case err != nil:
		return n, err
	}
	brief := append(publicationFields(fields), "slug")
	if _, has := fields["title"]; has {
		brief = append(brief, "title")
	}
	var reads []func() error
	read := func(into *[]post, ask func() ([]post, error)) {
		reads = append(reads, func() (err error) {
			if *into, err = ask(); errors.Is(err, directus.ErrUnavailable) {
				return nil
			}
			return err
		})
	}
	reads = append(reads, func() error {
		all, err := q.tagsBeside(ctx)
		n.tags = tagsOfPost(all, p.Slug)
		return err
	})
	if _, comparable := q.source.dated(fields); comparable && p.PublishDate != "" {
		follows := func(into *[]post, than string, sort ...string) {
			read(into, func() ([]post, error) {
				return q.follows(ctx, p, directus.Query{Fields: brief, Sort: sort}, than)
			})
		}
		follows(&n.newer, "_gt", "publish_date", "-slug")
		follows(&n.older, "_lt", "-publish_date", "slug")
	}
	var theirs, newest []post
	if p.Author != nil && p.Author.ID != nil {
		read(&theirs, func() ([]post, error) {
			// One question for all posts of the author, whichever is read.
			found, _, err := q.posts(ctx, directus.Query{Limit: otherPosts + 3}, directus.Equal("author", p.Author.ID))
			return found, err
		})
	}
	read(&newest, func() ([]post, error) {
		// What the first page of the blog asks for, too.
		found, _, err := q.partOfPosts(ctx, "", 0, postsPerPage+1, nil)
		return found, err
	})
	if err := web.Together(reads...); err != nil {
		return n, err
	}
	n.others = n.withoutKnown(p, append(theirs, newest...))
	n.others = n.others[:min(len(n.others), otherPosts)]
	return n, nil
}

// withoutKnown returns posts without the post itself, those that are linked to as its
// neighbours, and what is there twice.
func (n neighbours) withoutKnown(p post, posts []post) []post {
	known := map[string]bool{p.Slug: true}
	for _, linked := range slices.Concat(n.newer, n.older) {
		known[linked.Slug] = true
	}
	return slices.DeleteFunc(posts, func(other post) bool {
		seen := known[other.Slug]
		known[other.Slug] = true
		return seen
	})
}

// follows returns the post that follows p in this order, if there is one: of those of the
// same date or beyond it, which all posts of that date ask for alike.
func (q contentQuery) follows(ctx context.Context, p post, what directus.Query, than string) ([]post, error) {
	after := func(limit int, operator string) ([]post, error) {
		what.Limit = limit
		found, _, err := q.posts(ctx, what, directus.Filter{"publish_date": directus.Filter{operator: p.PublishDate}})
		return found, err
	}
	found, err := after(sameDay, than+"e")
	if at := slices.IndexFunc(found, p.is); err != nil || at >= 0 && at+1 < len(found) {
		return next(found, at), err
	}
	// Fewer than were asked for are all that there are, of which some may be left out.
	if len(found) < sameDay/2 {
		return nil, nil
	}
	if found, err = after(mostSameDay, "_eq"); err != nil {
		return nil, err
	}
	if at := slices.IndexFunc(found, p.is); at >= 0 && at+1 < len(found) {
		return next(found, at), nil
	}
	found, err = after(sameDay, than)
	return next(found, -1), err
}

func (p post) is(other post) bool { return other.Slug == p.Slug }

// next returns the post after this place, if there is one.
func next(posts []post, at int) []post {
	if at+1 >= len(posts) {
		return nil
	}
	return posts[at+1 : at+2]
}

func links(posts []post) []templates.PostLink {
	var list []templates.PostLink
	for _, p := range posts {
		list = append(list, templates.PostLink{Path: p.summary(brief{}).Path(), Heading: p.Title})
	}
	return list
}
