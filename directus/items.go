package directus

import (
	"context"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
)

// Query selects items. The zero value is Directus' own default: the plain
// fields of the first hundred items.
type Query struct {
	Fields []string          // "title", "author.name"
	Sort   []string          // "-publish_date": descending
	Equal  map[string]string // field: the value it must have
	Limit  int               // 0: Directus' default, -1: all
	Offset int               // how many to pass over
}

func (q Query) values() url.Values {
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
		path:    "/items/" + collection,
		query:   q.values(),
		visitor: v,
		token:   token,
		timeout: readTimeout,
	}, out)
	return err
}

var collectionName = regexp.MustCompile(`^[a-zA-Z0-9_-]+$`)
