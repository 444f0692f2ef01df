package directus

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// Query selects items. The zero value is Directus' own default: the plain
// fields of the first hundred items.
type Query struct {
	Fields []string          // "title", "author.name"
	Sort   []string          // "-publish_date": descending
	Equal  map[string]string // field: the value it must have
	Either map[string]string // field: the value that one of these at least must have
	Limit  int               // 0: Directus' default, -1: all
	Offset int               // how many to pass over
}

// Values are the query as Directus takes it.
func (q Query) Values() url.Values {
	values := url.Values{}
	if len(q.Fields) > 0 {
		values.Set("fields", strings.Join(q.Fields, ","))
	}
	if len(q.Sort) > 0 {
		values.Set("sort", strings.Join(q.Sort, ","))
	}
	for field, value := range q.Equal {
		values.Set("filter["+field+"][_eq]", value)
	}
	for i, field := range slices.Sorted(maps.Keys(q.Either)) {
		values.Set(fmt.Sprintf("filter[_or][%d][%s][_eq]", i, field), q.Either[field])
	}
	if q.Limit != 0 {
		values.Set("limit", strconv.Itoa(q.Limit))
	}
	if q.Offset != 0 {
		values.Set("offset", strconv.Itoa(q.Offset))
	}
	return values
}

// Items reads a collection into out: a pointer to a slice, or to a struct where
// the collection is a singleton: GET /items/:collection. An empty token reads
// as the public.
//
// Errors: [Forbidden] (no such collection, no permission, or an unknown field
// since v11).
func (c *Client) Items(ctx context.Context, v Visitor, token, collection string, q Query, out any) error {
	if !collectionName.MatchString(collection) {
		return &Error{Call: "GET /items", Status: http.StatusForbidden, Code: Forbidden}
	}
	_, err := c.do(ctx, call{
		method:  http.MethodGet,
		path:    itemsPath(collection),
		query:   q.Values(),
		visitor: v,
		token:   token,
		timeout: readTimeout,
	}, out)
	return err
}

// CreateItem adds an item, or each of a slice of them: POST /items/:collection.
//
// Errors: [Forbidden], [FailedValidation].
func (c *Client) CreateItem(ctx context.Context, v Visitor, token, collection string, item any) error {
	return c.write(ctx, v, token, http.MethodPost, itemsPath(collection), item)
}

// DeleteItem removes one item: DELETE /items/:collection/:id.
//
// Errors: [Forbidden], also for an item that is not there.
func (c *Client) DeleteItem(ctx context.Context, v Visitor, token, collection, id string) error {
	if !isID(id) {
		return notAnID(http.MethodDelete, itemsPath(collection))
	}
	return c.write(ctx, v, token, http.MethodDelete, itemsPath(collection)+"/"+id, nil)
}

// write makes a call that changes something, and of whose answer nothing is
// wanted.
func (c *Client) write(ctx context.Context, v Visitor, token, method, path string, body any) error {
	_, err := c.do(ctx, call{method: method, path: path, visitor: v, token: token, body: body, timeout: writeTimeout}, nil)
	return err
}

// itemsPath is where a collection's items are: Directus' own collections have
// routes of their own.
func itemsPath(collection string) string {
	if name, system := strings.CutPrefix(collection, "directus_"); system {
		return "/" + name
	}
	return "/items/" + collection
}

// notAnID refuses what is no id before it becomes part of an address, as
// Directus refuses an item that does not exist.
func notAnID(method, path string) error {
	return &Error{Call: method + " " + path + "/:id", Status: http.StatusForbidden, Code: Forbidden}
}

var collectionName = regexp.MustCompile(`^[a-zA-Z0-9_-]+$`)
