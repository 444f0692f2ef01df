package content

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strings"
	"unicode"

	"github.com/gin-gonic/gin"
	"github.com/google/uuid"
	"golang.org/x/text/unicode/norm"

	"hutch/handlers/web"
	"hutch/internal/cache"
	"hutch/internal/collections"
	"hutch/internal/directus"
	"hutch/internal/secret"
	"hutch/templates"
)

// The tags of posts are words in their field tags, or items that it refers to; projects
// call the field categories or category as well. (The tags of tags.go are the cache's.)
//
// Databases compare lists of words in ways of their own, or not at all. So nothing is
// filtered by tag: one question, which all pages share, reads the tags of all posts.

// tagged is a tag, and the posts that have it.
type tagged struct {
	Tag   templates.Tag `json:"tag"`
	Slugs []string      `json:"slugs"` // newest first
}

// TagPage answers with the posts that have a tag.
func (h *Handlers) TagPage(c *gin.Context, v web.Visitor) (web.Response, error) {
	if typed := c.Param("slug"); tagAddress(typed) != typed {
		return toTag(typed), nil
	}
	return h.published(c, v, h.tagPage, "page")
}

// toTag redirects to a tag as somebody typed it, or to all posts.
func toTag(typed string) web.Response {
	target := blogPath
	if address := tagAddress(typed); collections.Addressable(address) {
		target = templates.Tag{Address: address}.Path()
	}
	return web.MovedTo{Status: http.StatusPermanentRedirect, Target: target}
}

func (h *Handlers) tagPage(ctx context.Context, q contentQuery) (templates.Page, error) {
	all, err := q.allTags(ctx)
	if err != nil {
		return nil, err
	}
	found, err := tagAt(all, q.name)
	if err != nil {
		return nil, err
	}
	page := templates.TagPage{Tag: found.Tag, Tags: mostUsed(all, found.Tag.Address)}
	page.Posts, page.Pager, err = q.pageOfTag(ctx, found)
	page.Pager.Path = page.Path()
	return page, err
}

// tagAt returns the tag with this address. Errors: web.ErrNotFound.
func tagAt(all []tagged, address string) (tagged, error) {
	at := slices.IndexFunc(all, func(t tagged) bool { return t.Tag.Address == address })
	if at < 0 {
		return tagged{}, web.ErrNotFound
	}
	return all[at], nil
}

// pageOfTag is [contentQuery.pageOfPosts] for the posts of a tag.
func (q contentQuery) pageOfTag(ctx context.Context, t tagged) ([]templates.PostSummary, templates.Pager, error) {
	number, ok := pageNumber(q.query)
	begin, length := extent(number, 1)
	if !ok || begin >= len(t.Slugs) {
		return nil, templates.Pager{}, web.ErrNotFound
	}
	found, err := q.bySlug(ctx, t.Slugs[begin:min(begin+length, len(t.Slugs))])
	if err != nil {
		return nil, templates.Pager{}, err
	}
	briefs, err := q.briefs(ctx, found)
	list := summaries(found, briefs)
	if len(list) > 0 {
		list[0].Newest = number == 1
	}
	return list, templates.Pager{Page: number, Pages: pageCount(len(t.Slugs), 1), Count: len(t.Slugs)}, err
}

// bySlug reads posts, newest first.
func (q contentQuery) bySlug(ctx context.Context, slugs []string) ([]post, error) {
	found, _, err := q.posts(ctx, directus.Query{Limit: len(slugs)}, directus.Filter{"slug": directus.Filter{"_in": slugs}})
	if errors.Is(err, errHidden) {
		err = nil
	}
	return found, err
}

// tagsBeside are the tags of posts for a page that is about something else: it is better
// without them than not shown.
func (q contentQuery) tagsBeside(ctx context.Context) ([]tagged, error) {
	all, err := q.allTags(ctx)
	if errors.Is(err, directus.ErrUnavailable) {
		err = nil
	}
	return all, err
}

// maxTagged is how many posts, the newest, are sorted by tags.
const maxTagged = 5000

// allTags returns the tags that posts have, the most used first; none if the project has no
// such field, or the public may not read what it refers to.
func (q contentQuery) allTags(ctx context.Context) ([]tagged, error) {
	fields, err := q.fields(ctx, "posts")
	if _, has := fields["tags"]; errors.Is(err, errHidden) || err == nil && (!has || !q.source.haveAddresses("posts", fields)) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	q.name, q.query = "", nil // whatever page asks first
	value, err := q.load(ctx, "posts by tag", func(ctx context.Context, q contentQuery) (cache.Answer, error) {
		wanted, err := q.tagFields(ctx, fields)
		if err != nil {
			return cache.Answer{}, err
		}
		var found []post
		if wanted != nil {
			if found, err = q.readTags(ctx, fields, wanted, maxTagged); err != nil {
				return cache.Answer{}, err
			}
		}
		if len(found) == maxTagged {
			q.source.Log.WarnOnce("there are more posts than are sorted by tags: older ones are not on the pages of their tags", "sorted", maxTagged)
		}
		data, err := json.Marshal(q.source.byTag(q.visible("posts", found)))
		return cache.Answer{Data: data, Tags: []string{"posts", unknownCollection}}, err
	})
	if err != nil {
		return nil, err
	}
	var all []tagged
	return all, json.Unmarshal(value.Data, &all)
}

// readTags reads the newest posts, as far as their tags go: none if the public may not see
// these fields of them. Those of the future are among them, to be dropped by visible: no
// database finds its way through an index to what has no date or one that is over.
func (q contentQuery) readTags(ctx context.Context, fields map[string]string, wanted []string, limit int) ([]post, error) {
	list, err := q.ask(ctx, directus.Visitor{}, secret.Text{}, "posts", directus.Query{
		Fields: append(publicationFields(fields), append([]string{"slug"}, wanted...)...),
		Filter: directus.All(q.source.publishedStatus(fields)...), Sort: newestFirst(fields), Limit: limit,
	})
	if errors.Is(err, directus.Forbidden) || errors.Is(err, directus.InvalidQuery) || errors.Is(err, directus.ErrTooLarge) {
		return nil, nil
	}
	var found []post
	if err == nil {
		err = decode(list.Items, &found)
	}
	return found, err
}

// tagFields returns what is read of a post for its tags: the field itself, if it holds
// words, or of what it refers to, directly or by a collection in between, the names; nil
// while no post has any, and if the public may not read them. What is found is kept as
// long as what is known of fields.
func (q contentQuery) tagFields(ctx context.Context, fields map[string]string) ([]string, error) {
	if fields["tags"] == kindWords {
		return []string{"tags"}, nil
	}
	value, err := q.load(ctx, "posts tags", func(ctx context.Context, q contentQuery) (cache.Answer, error) {
		wanted, err := q.findTagFields(ctx, fields)
		data, _ := json.Marshal(wanted)
		answer := cache.Answer{Data: data}
		if wanted == nil { // the next post may have the first tag
			answer.Tags = []string{"posts", unknownCollection}
		}
		return answer, err
	})
	if err != nil {
		return nil, err
	}
	var wanted []string
	return wanted, json.Unmarshal(value.Data, &wanted)
}

// inSample is how many posts are looked at to find out what tags are.
const inSample = 50

func (q contentQuery) findTagFields(ctx context.Context, fields map[string]string) ([]string, error) {
	// Of what it refers to, all fields: a name that it lacks would be an error.
	sample, err := q.sampleOfTags(ctx, fields, "tags.*")
	if len(sample) == 0 && err == nil {
		if sample, err = q.sampleOfTags(ctx, fields, "tags"); slices.ContainsFunc(sample, words) {
			return []string{"tags"}, err
		}
		return nil, err
	}
	if err != nil {
		return nil, err
	}
	between := itemIn(sample[0])
	if names := namesOf(between); names != nil {
		return below("tags", names...), nil
	}
	for field := range between {
		// Directus calls the way back after the collection, the other one after what it leads to.
		if field == "id" || field == "sort" || strings.HasPrefix(field, "posts_") {
			continue
		}
		if sample, err = q.sampleOfTags(ctx, fields, "tags."+field+".*"); err != nil {
			return nil, err
		}
		for _, one := range sample {
			if names := namesOf(itemIn(itemIn(one)[field])); names != nil {
				return below("tags."+field, names...), nil
			}
		}
	}
	return nil, nil
}

// sampleOfTags returns what the newest posts that have tags hold in this field, one at a time.
func (q contentQuery) sampleOfTags(ctx context.Context, fields map[string]string, field string) ([]json.RawMessage, error) {
	posts, err := q.readTags(ctx, fields, []string{field}, inSample)
	posts = visible(posts, q.source)
	var sample []json.RawMessage
	for _, p := range posts {
		var several []json.RawMessage
		switch {
		case json.Unmarshal(p.Tags, &several) == nil:
			sample = append(sample, several...)
		case len(p.Tags) > 0:
			sample = append(sample, p.Tags)
		}
	}
	return sample, err
}

// words reports whether a value is text, and no key that refers to something.
func words(value json.RawMessage) bool {
	var text string
	return json.Unmarshal(value, &text) == nil && uuid.Validate(text) != nil
}

func itemIn(value json.RawMessage) (one item) {
	_ = json.Unmarshal(value, &one)
	return one
}

// namesOf are the fields that name an item and say whether it is published; none if nothing
// names it.
func namesOf(one item) []string {
	kinds := map[string]string{}
	for field := range one {
		kinds[field] = kindOther
	}
	if len(existing(kinds, "name", "title")) == 0 {
		return nil
	}
	return existing(kinds, "name", "title", "slug", "status")
}

// byTag sorts posts by their tags.
func (s *Source) byTag(posts []post) []tagged {
	all := []tagged{}
	places := map[string]int{}
	for _, p := range posts {
		for _, tag := range s.tagsIn(p.Tags) {
			at, has := places[tag.Address]
			if !has {
				at = len(all)
				places[tag.Address], all = at, append(all, tagged{Tag: tag})
			}
			if slugs := all[at].Slugs; len(slugs) == 0 || slugs[len(slugs)-1] != p.Slug {
				all[at].Slugs = append(slugs, p.Slug)
			}
		}
	}
	slices.SortStableFunc(all, func(a, b tagged) int {
		return cmp.Or(cmp.Compare(len(b.Slugs), len(a.Slugs)), strings.Compare(a.Tag.Address, b.Tag.Address))
	})
	return all
}

// tagsIn are the tags in a value, however deep: words, or items with a name. Anything else
// is left out, keys of what the public may not read among it.
func (s *Source) tagsIn(value json.RawMessage) (tags []templates.Tag) {
	var several []json.RawMessage
	var text string
	switch one := itemIn(value); {
	case json.Unmarshal(value, &several) == nil:
		for _, part := range several {
			tags = append(tags, s.tagsIn(part)...)
		}
	case json.Unmarshal(value, &text) == nil && words(value):
		return tagNamed(text, "")
	case namesOf(one) != nil:
		if s.showsTag(one) {
			return tagNamed(cmp.Or(collections.TextOf(one["name"]), collections.TextOf(one["title"])), collections.TextOf(one["slug"]))
		}
	default:
		for _, part := range one {
			if itemIn(part) != nil {
				tags = append(tags, s.tagsIn(part)...)
			}
		}
	}
	return tags
}

// showsTag reports whether an item that serves as a tag is published.
func (s *Source) showsTag(one item) bool {
	status, has := one["status"]
	return !has || collections.CountsAsPublished(status, s.Published)
}

// tagNamed returns the tag of this name, or none: nothing else can be shown.
func tagNamed(name, slug string) []templates.Tag {
	tag := templates.Tag{Name: templates.PlainText(name)}
	if tag.Address = tagAddress(cmp.Or(slug, tag.Name)); tag.Name == "" || !collections.Addressable(tag.Address) {
		return nil
	}
	return []templates.Tag{tag}
}

// tagAddress returns the part of an address that stands for a tag: small, and without what
// would divide it. All other characters stay, so that C, C++ and C# are three tags.
func tagAddress(name string) string {
	return strings.Join(strings.FieldsFunc(norm.NFC.String(strings.ToLower(name)), func(r rune) bool {
		return unicode.IsSpace(r) || unicode.IsControl(r) || r == '/' || r == '\\'
	}), "-")
}

// maxTags is how many tags a list offers.
const maxTags = 10

// mostUsed are the tags that a list offers; one of them may be of the list itself.
func mostUsed(all []tagged, current string) []templates.Tag {
	var tags []templates.Tag
	for _, t := range all[:min(len(all), maxTags)] {
		t.Tag.Current = t.Tag.Address == current
		tags = append(tags, t.Tag)
	}
	return tags
}

// tagsOfPost are those that a post has.
func tagsOfPost(all []tagged, slug string) []templates.Tag {
	var tags []templates.Tag
	for _, t := range all {
		if slices.Contains(t.Slugs, slug) {
			tags = append(tags, t.Tag)
		}
	}
	return tags
}
