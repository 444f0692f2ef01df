package directus

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"

	"hutch/internal/secret"
)

// Query selects items. The zero value is Directus' own default: the plain fields of
// the first hundred items.
type Query struct {
	Fields []string // "title", "author.name"
	Sort   []string // "-publish_date" for descending
	Filter Filter
	Limit  int  // 0 for Directus' default, -1 for all
	Offset int  // how many to skip
	Count  bool // also say how many there are in all, which costs as much as reading them
	Deep   Deep
	Lane   Lane
}

// Deep is what is asked of the lists below the items, by the names of their fields. Without
// it, Directus sends the first hundred of each. No project forbids a higher limit here.
//
//	Deep{"blocks": Deep{"_limit": 500, "item:block_gallery": Deep{"items": Deep{"_sort": "sort"}}}}
type Deep map[string]any

// Below returns what is asked of the list at the end of a path, and adds it if there is
// nothing yet.
func (d Deep) Below(path ...string) Deep {
	for _, name := range path {
		below, has := d[name].(Deep)
		if !has {
			below = Deep{}
			d[name] = below
		}
		d = below
	}
	return d
}

// Lane says by which way the public's questions reach Directus, so that trouble with one
// kind does not keep the others from it. With a token there is but one.
type Lane int

const (
	// Common is for what everybody asks alike.
	Common Lane = iota
	// Named is for an item of a name that a visitor has written.
	Named
	// Searched is for what a visitor types or pages to, which has Directus read all
	// items: few are asked at once.
	Searched
)

// Filter is a rule in Directus' filter language, as JSON:
//
//	Filter{"publish_date": Filter{"_lte": "$NOW"}}
type Filter map[string]any

// Equal returns a filter for items whose field has this value.
func Equal(field string, value any) Filter { return Filter{field: Filter{"_eq": value}} }

// All returns a filter for items that match each of these. With none it matches
// everything.
func All(filters ...Filter) Filter {
	switch len(filters) {
	case 0:
		return nil
	case 1:
		return filters[0]
	}
	return Filter{"_and": filters}
}

// Either returns a filter for items that match at least one of these.
func Either(filters ...Filter) Filter { return Filter{"_or": filters} }

// Values encodes the query for Directus. Equal queries have equal values.
func (q Query) Values() url.Values {
	values := url.Values{}
	if len(q.Fields) > 0 {
		values.Set("fields", strings.Join(q.Fields, ","))
	}
	if len(q.Sort) > 0 {
		values.Set("sort", strings.Join(q.Sort, ","))
	}
	if len(q.Filter) > 0 {
		rule, _ := json.Marshal(q.Filter) // strings, numbers and filters always marshal
		values.Set("filter", string(rule))
	}
	if q.Limit != 0 {
		values.Set("limit", strconv.Itoa(q.Limit))
	}
	if q.Offset != 0 {
		values.Set("offset", strconv.Itoa(q.Offset))
	}
	if q.Count {
		values.Set("meta", "filter_count")
	}
	if len(q.Deep) > 0 {
		deep, _ := json.Marshal(q.Deep) // strings and numbers always marshal
		values.Set("deep", string(deep))
	}
	return values
}

// Items reads a collection into out, a pointer to a slice, or to a struct if the
// collection is a singleton: GET /items/:collection. An empty token reads as the
// public.
//
// Errors: [Forbidden] (no such collection, no permission, or an unknown field since
// v11).
func (c *Client) Items(ctx context.Context, v Visitor, token secret.Text, collection string, q Query, out any) error {
	if !collectionName.MatchString(collection) {
		return &Error{Call: "GET /items", Status: http.StatusForbidden, Code: Forbidden}
	}
	return c.read(ctx, call{
		pool:    c.pools.reading(token, q.Lane),
		method:  http.MethodGet,
		path:    itemsPath(collection),
		query:   q.Values(),
		visitor: v,
		token:   token,
		timeout: readTimeout,
	}, q.Limit, out)
}

// SafeLimit is one that no project forbids. Fewer items than this are all that there are.
const SafeLimit = 25

// read sends a query with this limit. If it is refused, that may be higher than the
// project allows (QUERY_LIMIT_MAX): then as many are asked for as it does.
func (c *Client) read(ctx context.Context, k call, limit int, out any) error {
	_, err := c.do(ctx, k, out)
	if errors.Is(err, InvalidQuery) && limit > SafeLimit {
		k.query.Set("limit", "-1")
		_, err = c.do(ctx, k, out)
	}
	return err
}

// List is the answer to a query as Directus sent it.
type List struct {
	Items json.RawMessage `json:"data"` // a list; an object if the collection is a singleton
	Meta  struct {
		// Count is the number of items regardless of limit and offset, if the query
		// asks for it.
		Count int `json:"filter_count"`
	} `json:"meta"`
}

// List reads like [Client.Items], and counts if it is asked to.
func (c *Client) List(ctx context.Context, v Visitor, token secret.Text, collection string, q Query) (List, error) {
	if !collectionName.MatchString(collection) {
		return List{}, &Error{Call: "GET /items", Status: http.StatusForbidden, Code: Forbidden}
	}
	query := q.Values()
	var list List
	err := c.read(ctx, call{
		pool:   c.pools.reading(token, q.Lane),
		method: http.MethodGet, path: itemsPath(collection), query: query, visitor: v, token: token,
		timeout: readTimeout, whole: true,
	}, q.Limit, &list)
	return list, err
}

// CreateItem adds an item, or each item of a slice: POST /items/:collection.
//
// Errors: [Forbidden], [FailedValidation].
func (c *Client) CreateItem(ctx context.Context, v Visitor, token secret.Text, collection string, item any) error {
	return c.write(ctx, c.pools.members, v, token, http.MethodPost, itemsPath(collection), item)
}

// AddItem adds an item and reads it into out: POST /items/:collection. A member who may
// not read what they have added gets nothing.
//
// Errors: as [Client.CreateItem].
func (c *Client) AddItem(ctx context.Context, v Visitor, token secret.Text, collection string, item, out any) error {
	_, err := c.do(ctx, call{
		pool: c.pools.members, method: http.MethodPost, path: itemsPath(collection), visitor: v, token: token, body: item,
		timeout: writeTimeout,
	}, out)
	return err
}

// ChangeItem changes an item and reads it into out, as [Client.AddItem] does: PATCH
// /items/:collection/:id.
//
// Errors: as [Client.CreateItem]; [Forbidden] also if the item does not exist.
func (c *Client) ChangeItem(ctx context.Context, v Visitor, token secret.Text, collection, id string, change, out any) error {
	if !itemKey.MatchString(id) {
		return notAnID(http.MethodPatch, itemsPath(collection))
	}
	_, err := c.do(ctx, call{
		pool: c.pools.members, method: http.MethodPatch, path: itemsPath(collection) + "/" + id, visitor: v, token: token, body: change,
		timeout: writeTimeout,
	}, out)
	return err
}

// itemKey is a key that can be a part of an address: a number, a UUID or a plain word.
var itemKey = regexp.MustCompile(`^[A-Za-z0-9_-]{1,255}$`)

// DeleteItem removes one item: DELETE /items/:collection/:id.
//
// Errors: [Forbidden], also if the item does not exist.
func (c *Client) DeleteItem(ctx context.Context, v Visitor, token secret.Text, collection, id string) error {
	if !itemKey.MatchString(id) {
		return notAnID(http.MethodDelete, itemsPath(collection))
	}
	return c.write(ctx, c.pools.members, v, token, http.MethodDelete, itemsPath(collection)+"/"+id, nil)
}

// write makes a call that changes something and discards the answer.
func (c *Client) write(ctx context.Context, p *pool, v Visitor, token secret.Text, method, path string, body any) error {
	_, err := c.do(ctx, call{pool: p, method: method, path: path, visitor: v, token: token, body: body, timeout: writeTimeout}, nil)
	return err
}

// itemsPath returns the path of a collection's items: Directus' own collections
// have routes of their own.
func itemsPath(collection string) string {
	if name, system := strings.CutPrefix(collection, "directus_"); system {
		return "/" + name
	}
	return "/items/" + collection
}

// notAnID refuses an invalid id before it becomes part of a URL, just as Directus
// refuses an item that does not exist.
func notAnID(method, path string) error {
	return &Error{Call: method + " " + path + "/:id", Status: http.StatusForbidden, Code: Forbidden}
}

var collectionName = regexp.MustCompile(`^[a-zA-Z0-9_-]+$`)

// Contains returns a filter for items whose field contains these words, regardless
// of case. Empty words match every item that has a value.
func Contains(field, words string) Filter {
	// Directus gives some texts, such as "null" and "$NOW", a special meaning and
	// then fails with a 500. Written like this they are plain text with the same
	// result.
	words = strings.ToLower(words)
	switch words {
	case "null", "true", "false":
		words = strings.ToUpper(words[:1]) + words[1:]
	case "":
		return Filter{field: Filter{"_nnull": true}}
	}
	return Filter{field: Filter{"_icontains": words}}
}
