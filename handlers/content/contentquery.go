package content

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/gin-gonic/gin"

	"hutch/handlers/web"
	"hutch/internal/cache"
	"hutch/internal/collections"
	"hutch/internal/directus"
	"hutch/internal/secret"
	"hutch/internal/sitefolder"
	"hutch/templates"
)

// contentQuery is a request for published content, and all that the answer may
// depend on. Who asks is not part of it: content is read as the public.
type contentQuery struct {
	source   *Source
	snapshot *cache.Snapshot
	turn     *turn
	path     string     // of the address
	name     string     // the part of the path that names an item: a slug or an id
	query    url.Values // the parameters that are known
}

// parseQuery reads the query of a request. Only known parameters count, in their
// canonical form: any other would be another cache key for the same page.
func (s *Source) parseQuery(c *gin.Context, known ...string) contentQuery {
	q := contentQuery{source: s, path: c.Request.URL.Path, name: c.Param("slug")}
	if c.Request.URL.RawQuery == "" {
		return q
	}
	q.query = url.Values{}
	given := c.Request.URL.Query()
	for _, name := range known {
		if given.Has(name) {
			if value := canonical(name, given.Get(name)); value != "" {
				q.query.Set(name, value)
			}
		}
	}
	return q
}

// canonical normalises a query value so that equal requests share a cache key; ""
// is the default.
func canonical(name, value string) string {
	if name == "q" {
		return searchWords(value)
	}
	switch number, err := strconv.Atoi(value); { // page=
	case err != nil || number < 1 || number > maxPage:
		return "0"
	case number == 1:
		return ""
	default:
		return strconv.Itoa(number)
	}
}

// paid returns what has a visitor pay for an answer that has to be made.
func (q contentQuery) paid(v web.Visitor) func() (done func(), err error) {
	work := web.Reading
	if q.lane() == directus.Searched {
		work = web.Searching
	}
	return func() (func(), error) { return v.Pay(work) }
}

// lane returns the lane by which Directus is asked.
func (q contentQuery) lane() directus.Lane {
	switch {
	case q.query.Has("q"), q.query.Has("page"):
		return directus.Searched
	case q.name != "":
		return directus.Named
	}
	return directus.Common
}

// key is the cache key of whatever is made for the query.
func (q contentQuery) key() string { return q.path + "?" + q.query.Encode() }

// errHidden means that the public may not read a collection, or that there is none
// of this name: Directus does not say which.
var errHidden = errors.New("the public may not read this")

// hidden is what the cache stores of such an answer.
const hidden = "null"

// list reads items into out and returns how many there are in all, if the query counts.
// The answer depends on any item of the collection.
func (q contentQuery) list(ctx context.Context, collection string, what directus.Query, out any) (count int, err error) {
	return q.read(ctx, collection, what, out, false)
}

// one reads the items of a name into out, of which there should be one at most. The
// answer depends on this item alone.
func (q contentQuery) one(ctx context.Context, collection string, what directus.Query, out any) error {
	what.Limit = max(1, what.Limit)
	_, err := q.read(ctx, collection, what, out, true)
	return err
}

func (q contentQuery) read(ctx context.Context, collection string, what directus.Query, out any, named bool) (int, error) {
	value, err := q.load(ctx, collection+"?"+what.Values().Encode(), func(ctx context.Context, q contentQuery) (cache.Answer, error) {
		list, err := q.ask(ctx, directus.Visitor{}, secret.Text{}, collection, what)
		if errors.Is(err, directus.Forbidden) {
			q.source.warnUnprepared(collection)
			return cache.Answer{Data: []byte(hidden), Tags: []string{collection}}, nil
		}
		if errors.Is(err, directus.InvalidQuery) && !q.query.Has("q") { // nothing matches; a search asks in another way
			q.source.Log.WarnOnce("directus cannot compare a field of this collection with what is asked for, so nothing is found", "collection", collection)
			list, err = directus.List{Items: json.RawMessage("[]")}, nil
		}
		if err != nil {
			return cache.Answer{}, err
		}
		data, err := json.Marshal(list)
		// There are as many searches, and names and pages without an item, as visitors
		// care to type.
		nothing := string(list.Items) == "[]" && (named || what.Offset > 0)
		tags := tagsOf(collection, list.Items, named)
		if q.source.isOwn(collection) {
			tags = append(tags, ownCollections)
		}
		return cache.Answer{Data: data, Tags: tags, Passing: q.query.Has("q") || nothing}, err
	})
	if err != nil {
		return 0, err
	}
	if string(value.Data) == hidden {
		return 0, errHidden
	}
	var list directus.List
	if json.Unmarshal(value.Data, &list) != nil || decode(list.Items, out) != nil {
		return 0, fmt.Errorf("%s: %w: the items have an unexpected shape", collection, directus.ErrUnavailable)
	}
	return list.Meta.Count, nil
}

// load returns the cached value for key. What its load reads in turn is not read by the
// page: the value may be refreshed after the page is made.
func (q contentQuery) load(ctx context.Context, key string, load func(context.Context, contentQuery) (cache.Answer, error)) (cache.Value, error) {
	return q.snapshot.Get(ctx, key, func(ctx context.Context) (cache.Answer, error) {
		own := q
		own.snapshot = q.source.Cache.Snapshot()
		return load(ctx, own)
	})
}

// ask is [Source.ask], but shows an item whose content is larger than any answer may be
// without it.
func (q contentQuery) ask(ctx context.Context, v directus.Visitor, token secret.Text, collection string, what directus.Query) (directus.List, error) {
	what.Lane = q.lane()
	n, err := q.naming(ctx, collection)
	if err != nil {
		return directus.List{}, err
	}
	list, err := q.source.ask(ctx, v, token, collection, n, what)
	if !errors.Is(err, directus.ErrTooLarge) {
		return list, err
	}
	sentence, _ := json.Marshal(templates.TooLarge)
	field, instead := "content", sentence
	isBlocks := func(path string) bool { return strings.HasPrefix(path, "blocks.") }
	switch {
	case slices.Contains(what.Fields, "*"): // lists ask for no contents
		if what.Fields, err = q.withoutContent(ctx, collection, what.Fields); err != nil {
			return list, err
		}
	case what.Limit == 1 && slices.ContainsFunc(what.Fields, isBlocks):
		what.Fields, what.Deep = slices.DeleteFunc(slices.Clone(what.Fields), isBlocks), nil
		field = "blocks"
		instead, _ = json.Marshal([]placed{{Kind: "block_richtext", Item: json.RawMessage(`{"content":` + string(sentence) + `}`)}})
	default:
		return list, err
	}
	if list, err = q.source.ask(ctx, v, token, collection, n, what); err != nil {
		return list, err
	}
	var items []collections.Item
	if err := json.Unmarshal(list.Items, &items); err != nil {
		return list, err
	}
	for _, item := range items {
		item[field] = instead
		name := cmp.Or(collections.TextOf(item["permalink"]), collections.TextOf(item["slug"]))
		q.source.Log.WarnOnce("a content is too large to be shown", "collection", collection, "item", name, "field", field)
	}
	list.Items, err = json.Marshal(items)
	return list, err
}

// withoutContent returns all fields of a collection but the content, with what is read of
// its relations.
func (q contentQuery) withoutContent(ctx context.Context, collection string, wanted []string) ([]string, error) {
	fields, err := q.fields(ctx, collection)
	if err != nil {
		return nil, err
	}
	rest := slices.Collect(maps.Keys(fields))
	for _, path := range wanted {
		if relation, _, deep := strings.Cut(path, "."); deep {
			rest = append(slices.DeleteFunc(rest, func(name string) bool { return name == relation }), path)
		}
	}
	return slices.Sorted(slices.Values(slices.DeleteFunc(rest, func(name string) bool { return name == "content" }))), nil
}

// isOwn reports whether a collection is one of site.toml.
func (s *Source) isOwn(collection string) bool {
	return slices.ContainsFunc(s.Collections, func(of sitefolder.Collection) bool { return of.Name == collection })
}

// warnUnprepared tells the operator, not the visitor, what to do if the public may
// not read the content that the site is for.
func (s *Source) warnUnprepared(collection string) {
	if collection == "posts" || collection == "pages" {
		s.Log.Warn("the public may not read this content; `go run . setup` prepares a Directus for it", "collection", collection)
	}
}
