package directus

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"

	"hutch/internal/secret"
)

// Query selects items. The zero value is Directus' own default: the plain
// fields of the first hundred items.
type Query struct {
	Fields []string // "title", "author.name"
	Sort   []string // "-publish_date": descending
	Filter Filter
	Search string // words that one of the item's texts has
	Limit  int    // 0: Directus' default, -1: all
	Offset int    // how many to pass over
}

// Filter is a rule in Directus' own language, as JSON has it:
//
//	Filter{"publish_date": Filter{"_lte": "$NOW"}}
type Filter map[string]any

// Equal is the filter for items of which this field has this value.
func Equal(field string, value any) Filter { return Filter{field: Filter{"_eq": value}} }

// All is the filter for items that each of these lets through. None lets
// everything through.
func All(filters ...Filter) Filter {
	switch len(filters) {
	case 0:
		return nil
	case 1:
		return filters[0]
	}
	return Filter{"_and": filters}
}

// Either is the filter for items that one of these at least lets through.
func Either(filters ...Filter) Filter { return Filter{"_or": filters} }

// Values are the query as Directus takes it. The same query has the same values.
func (q Query) Values() url.Values {
	values := url.Values{}
	if len(q.Fields) > 0 {
		values.Set("fields", strings.Join(q.Fields, ","))
	}
	if len(q.Sort) > 0 {
		values.Set("sort", strings.Join(q.Sort, ","))
	}
	if len(q.Filter) > 0 {
		rule, _ := json.Marshal(q.Filter) // of texts, numbers and filters: cannot fail
		values.Set("filter", string(rule))
	}
	if q.Search != "" {
		values.Set("search", q.Search)
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
func (c *Client) Items(ctx context.Context, v Visitor, token secret.Text, collection string, q Query, out any) error {
	if !collectionName.MatchString(collection) {
		return &Error{Call: "GET /items", Status: http.StatusForbidden, Code: Forbidden}
	}
	_, err := c.do(ctx, call{
		lane:    c.lanes.of(token),
		method:  http.MethodGet,
		path:    itemsPath(collection),
		query:   q.Values(),
		visitor: v,
		token:   token,
		timeout: readTimeout,
	}, out)
	return err
}

// List is the answer to a query as Directus gave it.
type List struct {
	Items json.RawMessage `json:"data"` // a list; an object where the collection is a singleton
	Meta  struct {
		// Count is how many items there are, whatever limit and offset say.
		Count int `json:"filter_count"`
	} `json:"meta"`
}

// List reads as [Client.Items] does, and counts.
func (c *Client) List(ctx context.Context, v Visitor, token secret.Text, collection string, q Query) (List, error) {
	if !collectionName.MatchString(collection) {
		return List{}, &Error{Call: "GET /items", Status: http.StatusForbidden, Code: Forbidden}
	}
	query := q.Values()
	query.Set("meta", "filter_count")
	var list List
	_, err := c.do(ctx, call{
		lane:   c.lanes.of(token),
		method: http.MethodGet, path: itemsPath(collection), query: query, visitor: v, token: token,
		timeout: readTimeout, whole: true,
	}, &list)
	return list, err
}

// CreateItem adds an item, or each of a slice of them: POST /items/:collection.
//
// Errors: [Forbidden], [FailedValidation].
func (c *Client) CreateItem(ctx context.Context, v Visitor, token secret.Text, collection string, item any) error {
	return c.write(ctx, c.lanes.members, v, token, http.MethodPost, itemsPath(collection), item)
}

// DeleteItem removes one item: DELETE /items/:collection/:id.
//
// Errors: [Forbidden], also for an item that is not there.
func (c *Client) DeleteItem(ctx context.Context, v Visitor, token secret.Text, collection, id string) error {
	if !isID(id) {
		return notAnID(http.MethodDelete, itemsPath(collection))
	}
	return c.write(ctx, c.lanes.members, v, token, http.MethodDelete, itemsPath(collection)+"/"+id, nil)
}

// write makes a call that changes something, and of whose answer nothing is
// wanted.
func (c *Client) write(ctx context.Context, l *lane, v Visitor, token secret.Text, method, path string, body any) error {
	_, err := c.do(ctx, call{lane: l, method: method, path: path, visitor: v, token: token, body: body, timeout: writeTimeout}, nil)
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
