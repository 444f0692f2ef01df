package content

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strconv"
	"strings"

	"github.com/gin-gonic/gin"
	"github.com/google/uuid"

	"hutch/handlers/web"
	"hutch/internal/collections"
	"hutch/internal/directus"
	"hutch/templates"
)

// author is an item of authors, or a user of Directus; empty if the public may not read
// it.
type author struct {
	publication
	ID    any             `json:"id"`
	Slug  string          `json:"slug"`
	Name  string          `json:"name"`
	Bio   string          `json:"bio"`
	Image json.RawMessage `json:"image"` // the file, or its id where that is all that may be read

	// Of users alone.
	user      bool
	FirstName string          `json:"first_name"`
	LastName  string          `json:"last_name"`
	Title     string          `json:"title"`
	Avatar    json.RawMessage `json:"avatar"`
}

// UnmarshalJSON also accepts the key alone, which Directus sends if the author may
// not be read: then there is nothing to show.
func (a *author) UnmarshalJSON(data []byte) error {
	type whole author
	if !bytes.HasPrefix(data, []byte("{")) {
		return nil
	}
	err := decode(data, (*whole)(a))
	a.Name, a.Bio = cmp.Or(a.Name, strings.TrimSpace(a.FirstName+" "+a.LastName)), cmp.Or(a.Bio, a.Title)
	if len(a.Image) == 0 {
		a.Image = a.Avatar
	}
	return err
}

// userFields are the fields that are read of users, if they may be: whole rows would
// bring their addresses along.
var userFields = append([]string{"id", "first_name", "last_name", "title"}, fileFields("avatar")...)

// authorFields returns what is read of the author of a post, by name: of our authors
// what there is, of users what the public may read.
func (q contentQuery) authorFields(ctx context.Context) ([]string, error) {
	return q.found(ctx, "posts author", func(ctx context.Context, q contentQuery) ([]string, error) {
		fields, err := q.fields(ctx, "authors")
		if err != nil && !errors.Is(err, errHidden) {
			return nil, err
		}
		ours := existing(fields, "id", "slug", "name", "status", "publish_date", "bio")
		if _, has := fields["image"]; has {
			ours = append(ours, fileFields("image")...)
		}
		ways := [][]string{ours, userFields, userFields[:4], userFields[:3], userFields[:2]}
		for _, names := range ways {
			wanted := below("author", names...)
			if len(wanted) == 0 {
				continue
			}
			if _, err := q.source.probe(ctx, "posts", "posts", directus.Query{Fields: wanted, Limit: 1}); err == nil {
				return wanted, nil
			}
		}
		// Where author is no reference, Directus fails at any field of it.
		_, err = q.source.probe(ctx, "posts", "posts", directus.Query{Limit: 1})
		return nil, err
	})
}

// inLists drops what lists do not show of authors.
func inLists(authorFields []string) []string {
	return slices.DeleteFunc(slices.Clone(authorFields), func(field string) bool {
		return field == below("author", "bio")[0] || strings.HasSuffix(field, ".*")
	})
}

func (a *author) view() templates.Author {
	if a == nil {
		return templates.Author{}
	}
	address := a.Slug
	if !collections.Addressable(address) {
		address = keyText(a.ID)
	}
	view := templates.Author{Name: templates.PlainText(a.Name), Address: address, Bio: templates.PlainText(a.Bio)}
	var picture imageFile
	if json.Unmarshal(a.Image, &picture) == nil {
		view.Image = picture.view()
	}
	return view
}

// AuthorPage answers with what authors say about themselves, and their posts.
func (h *Handlers) AuthorPage(c *gin.Context, v web.Visitor) (web.Response, error) {
	return h.published(c, v, h.authorPage, "page")
}

func (h *Handlers) authorPage(ctx context.Context, q contentQuery) (templates.Page, error) {
	found, err := q.author(ctx)
	if err != nil {
		return nil, err
	}
	page := templates.AuthorPage{Author: found.view()}
	page.Pager.Page = 1
	if found.ID != nil { // else the key has another name, and nothing says which posts are theirs
		page.Posts, page.Pager, err = q.pageOfPosts(ctx, "", directus.Equal("author", found.ID))
	}
	if found.user && err == nil && len(page.Posts) == 0 { // nobody need know of users who write nothing
		err = web.ErrNotFound
	}
	page.Pager.Path = page.Author.Path()
	return page, err
}

// authors reads those who have a page.
func (q contentQuery) authors(ctx context.Context) ([]author, error) {
	fields, err := q.fields(ctx, "authors")
	if errors.Is(err, errHidden) || err == nil && len(fields) == 0 {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var found []author
	_, err = q.list(ctx, "authors", directus.Query{
		Fields: []string{"*"}, Filter: directus.All(q.source.published(fields)...), Limit: inSitemap,
	}, &found)
	addresses := map[string]bool{"": true}
	return slices.DeleteFunc(visible(found, q.source), func(a author) bool {
		address := a.view().Address
		listed := addresses[address]
		addresses[address] = true
		return listed
	}), err
}

// author reads the author that the address names, by slug if there is one, or by
// key. Errors: web.ErrNotFound.
func (q contentQuery) author(ctx context.Context) (author, error) {
	fields, err := q.fields(ctx, "authors")
	if errors.Is(err, errHidden) {
		return q.user(ctx)
	}
	if err != nil {
		return author{}, err
	}
	var ways []directus.Filter
	if couldBeSlug(fields, q.name) {
		ways = append(ways, directus.Equal("slug", q.name))
	}
	if kind, has := fields["id"]; has && couldBeKey(kind, q.name) {
		ways = append(ways, directus.Equal("id", q.name))
	}
	if len(ways) == 0 {
		return author{}, web.ErrNotFound
	}
	wanted := []string{"*"}
	if _, has := fields["image"]; has {
		wanted = append(wanted, fileFields("image")...)
	}
	var found []author
	filter := directus.All(append(q.source.published(fields), directus.Either(ways...))...)
	err = q.one(ctx, "authors", directus.Query{Fields: wanted, Filter: filter}, &found)
	if found = visible(found, q.source); errors.Is(err, errHidden) || err == nil && len(found) == 0 {
		return author{}, web.ErrNotFound
	}
	if err != nil {
		return author{}, err
	}
	return found[0], nil
}

// user reads the user that the address names. Errors: web.ErrNotFound.
func (q contentQuery) user(ctx context.Context) (author, error) {
	if uuid.Validate(q.name) != nil {
		return author{}, web.ErrNotFound
	}
	var found []author
	err := q.one(ctx, "directus_users", directus.Query{Fields: userFields, Filter: directus.Equal("id", q.name)}, &found)
	if errors.Is(err, errHidden) || err == nil && (len(found) == 0 || !found[0].visible(q.source)) {
		return author{}, web.ErrNotFound
	}
	if err != nil {
		return author{}, err
	}
	found[0].user = true
	return found[0], nil
}

// visible reports whether the author may be shown. Without a name there is nothing to
// show.
func (a author) visible(s *Source) bool {
	return templates.PlainText(a.Name) != "" && a.publication.visible(s)
}

// couldBeSlug reports whether an item of a collection with these fields could have
// this slug: a database answers one of another type with an error.
func couldBeSlug(fields map[string]string, slug string) bool {
	kind, has := fields["slug"]
	switch {
	case !has && len(fields) > 0, kind == kindObject:
		return false
	case kind == kindNumber:
		_, err := strconv.ParseUint(slug, 10, 31)
		return err == nil
	case kind == kindBoolean:
		return slug == "true" || slug == "false"
	}
	return collections.Addressable(slug)
}

// couldBeKey reports whether a name could be a key of this kind: likewise.
func couldBeKey(kind string, name string) bool {
	if kind == kindNumber {
		_, err := strconv.ParseUint(name, 10, 31)
		return err == nil
	}
	return uuid.Validate(name) == nil
}
