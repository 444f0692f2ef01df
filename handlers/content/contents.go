package content

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"net/url"
	"slices"

	"hutch/internal/cache"
	"hutch/internal/collections"
	"hutch/internal/directus"
	"hutch/internal/secret"
)

// Lists do not ask for the contents of their posts: pasted pictures make them larger
// than any answer may be. What they show of a content is read apart, and bounded.

// maxAnswers bounds how many answers are read for the contents of one list.
const maxAnswers = 24

// contents reads the contents of posts that everybody may see, newest first. A content
// that is too large for an answer is left out.
type contents struct {
	query  contentQuery
	fields map[string]string
	left   int // answers
	each   func(post)
}

// read asks for all at once, and for one half after the other if that is too much.
func (r *contents) read(ctx context.Context, slugs []string) error {
	if len(slugs) == 0 || r.left == 0 {
		return nil
	}
	r.left--
	// What the public may read: another post may have the same slug.
	filters := append(r.query.source.published(r.fields), directus.Filter{"slug": directus.Filter{"_in": slugs}})
	if _, gates := r.fields["members_only"]; gates {
		filters = append(filters, notForMembers())
	}
	list, err := r.query.ask(ctx, directus.Visitor{}, secret.Text{}, "posts", directus.Query{
		Fields: append(publicationFields(r.fields), "slug", "content"), Filter: directus.All(filters...), Sort: newestFirst(r.fields), Limit: len(slugs),
	})
	switch {
	case errors.Is(err, directus.ErrTooLarge) && len(slugs) > 1:
		half := len(slugs) / 2
		if err := r.read(ctx, slugs[:half]); err != nil {
			return err
		}
		return r.read(ctx, slugs[half:])
	case errors.Is(err, directus.ErrTooLarge), errors.Is(err, directus.Forbidden), errors.Is(err, directus.InvalidQuery):
		return nil
	case err != nil:
		return err
	}
	var found []post
	if err := decode(list.Items, &found); err != nil {
		return err
	}
	// In the order of the list, and of several posts with one slug the one in it.
	found = undatedLast(visible(found, r.query.source))
	slices.SortStableFunc(found, func(a, b post) int { return cmp.Compare(slices.Index(slugs, a.Slug), slices.Index(slugs, b.Slug)) })
	for _, p := range slices.CompactFunc(found, func(a, b post) bool { return a.Slug == b.Slug }) {
		p.html = r.query.source.contentHTML("posts", p.Slug, p.Content)
		r.each(p)
	}
	return nil
}

func notForMembers() directus.Filter {
	return directus.Either(
		directus.Filter{"members_only": directus.Filter{"_neq": true}},
		directus.Filter{"members_only": directus.Filter{"_null": true}})
}

// fromContents returns what was made of the contents of these posts, for what purpose,
// as far as everybody may read them. It is cached until one of them changes.
func fromContents[T any](ctx context.Context, q contentQuery, purpose string, posts []post, each func(into map[string]T, p post)) (map[string]T, error) {
	var slugs, tags []string
	for _, p := range posts {
		if !p.gated() && collections.Addressable(p.Slug) {
			slugs = append(slugs, p.Slug)
			id, _ := json.Marshal(p.ID)
			slug, _ := json.Marshal(p.Slug)
			tags = append(tags, keyTags("posts", id, slug)...)
		}
	}
	made := map[string]T{}
	fields, err := q.fields(ctx, "posts")
	if len(slugs) == 0 || err != nil {
		return made, err
	}
	key := "posts, " + purpose + "?" + url.Values{"slug": slugs}.Encode()
	value, err := q.load(ctx, key, func(ctx context.Context, q contentQuery) (cache.Answer, error) {
		into := map[string]T{}
		reading := contents{q, fields, maxAnswers, func(p post) { each(into, p) }}
		err := reading.read(ctx, slugs)
		if err != nil {
			return cache.Answer{}, err
		}
		data, err := json.Marshal(into)
		return cache.Answer{Data: data, Tags: tags, Passing: q.query.Has("q")}, err
	})
	if err != nil {
		return made, err
	}
	return made, json.Unmarshal(value.Data, &made)
}

// brief is what a list shows of a content.
type brief struct {
	Excerpt string `json:"excerpt"`
	Minutes int    `json:"minutes"`
}

// briefs returns those of posts, by slug. A list without them is better than none, so
// they are left out if Directus is in trouble.
func (q contentQuery) briefs(ctx context.Context, posts []post) (map[string]brief, error) {
	made, err := fromContents(ctx, q, "briefly", posts, func(into map[string]brief, p post) {
		into[p.Slug] = q.source.brief(p.html)
	})
	if errors.Is(err, directus.ErrUnavailable) || errors.Is(err, errHidden) {
		err = nil
	}
	return made, err
}

func (s *Source) brief(html string) brief {
	if html == "" {
		return brief{}
	}
	excerpt, minutes := s.Templates.Brief(html)
	return brief{excerpt, minutes}
}

// maxFeed bounds the contents in a feed, in bytes. The newest posts come first; those
// for which there is no room have their beginning.
const maxFeed = 4 << 20

// feedContent is what a feed has of a content: all of it, or its beginning.
type feedContent struct {
	HTML    string `json:"html"`
	Excerpt string `json:"excerpt"`
}

func (q contentQuery) feedContents(ctx context.Context, posts []post) (map[string]feedContent, error) {
	room := maxFeed
	return fromContents(ctx, q, "for feeds", posts, func(into map[string]feedContent, p post) {
		html := p.html
		if len(html) > room {
			into[p.Slug] = feedContent{Excerpt: q.source.brief(html).Excerpt}
			return
		}
		room -= len(html)
		into[p.Slug] = feedContent{HTML: html}
	})
}
