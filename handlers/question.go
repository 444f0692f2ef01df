package handlers

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/gin-gonic/gin"

	"hutch/internal/cache"
	"hutch/internal/directus"
	"hutch/internal/secret"
)

// question is what is asked of the published content, and all that the answer may
// depend on. Who asks is no part of it: content is read as the public, since what
// everybody may see depends on no token, and one answer serves all.
type question struct {
	site    *site
	reading *cache.Snapshot
	path    string     // of the address
	name    string     // the part of it that names an item: a slug or an id
	query   url.Values // the part after it that has a meaning
}

// ask reads the question of a request. Of its query only what is known counts, in
// the one way of writing it: anything else would be another key of the cache for
// the same page.
func (s *site) ask(c *gin.Context, known ...string) question {
	q := question{site: s, path: c.Request.URL.Path, name: c.Param("slug"), query: url.Values{}}
	asked := c.Request.URL.Query()
	for _, name := range known {
		if asked.Has(name) {
			if meant := meant(name, asked.Get(name)); meant != "" {
				q.query.Set(name, meant)
			}
		}
	}
	return q
}

// meant is the one way of writing a value of the query; "": it says no more than
// leaving it out does.
func meant(name, value string) string {
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

// maxName is longer than any slug or id, in characters.
const maxName = 255

// couldBeName keeps from Directus what no item is called, what no database takes,
// and what Directus takes for a question of its own.
func couldBeName(name string) bool {
	if strings.HasPrefix(name, "$NOW") || strings.HasPrefix(name, "$CURRENT_") {
		return false
	}
	return name != "" && utf8.RuneCountInString(name) <= maxName && utf8.ValidString(name) && !strings.ContainsFunc(name, unicode.IsControl)
}

// key names the question.
func (q question) key() string { return q.path + "?" + q.query.Encode() }

// errHidden says that the public may not read a collection, or that there is none
// of this name: Directus tells nobody which.
var errHidden = errors.New("the public may not read this")

// hidden is what the cache keeps of such an answer.
const hidden = "null"

// list reads items into out and counts how many there are in all. An answer says
// how often it may change: one that lists items, with any of them; one for an
// item by its name, with this item alone.
func (q question) list(ctx context.Context, collection string, what directus.Query, out any) (count int, err error) {
	return q.read(ctx, collection, what, out, false)
}

// one reads the items that bear a name, of which there is one at most.
func (q question) one(ctx context.Context, collection string, what directus.Query, out any) error {
	what.Limit = 1
	_, err := q.read(ctx, collection, what, out, true)
	return err
}

func (q question) read(ctx context.Context, collection string, what directus.Query, out any, named bool) (int, error) {
	value, err := q.reading.Get(ctx, collection+"?"+what.Values().Encode(), func(ctx context.Context) ([]byte, []string, error) {
		list, err := q.site.Directus.List(ctx, directus.Visitor{}, secret.Text{}, collection, what)
		if isForbidden(err) {
			q.site.notPrepared(collection)
			return []byte(hidden), []string{collection}, nil
		}
		if err != nil {
			return nil, nil, err
		}
		if !bytes.HasPrefix(list.Items, []byte("[")) {
			return nil, nil, fmt.Errorf("%s: %w: the answer is no list", collection, directus.ErrUnavailable)
		}
		data, err := json.Marshal(list)
		return data, tagsOf(collection, list.Items, named), err
	})
	if err != nil {
		return 0, err
	}
	if string(value.Data) == hidden {
		return 0, errHidden
	}
	var list directus.List
	if json.Unmarshal(value.Data, &list) != nil || json.Unmarshal(list.Items, out) != nil {
		return 0, fmt.Errorf("%s: %w: the items have an unexpected shape", collection, directus.ErrUnavailable)
	}
	return list.Meta.Count, nil
}

// IsPassing reports whether a value of the cache is not worth a file: what a search
// has found, and that there is nothing of a name or on a page. There are as many of
// these as visitors care to type.
func IsPassing(key string, data []byte) bool {
	if strings.Contains(key, "&search=") {
		return true
	}
	named, page := strings.HasSuffix(key, "&limit=1"), strings.Contains(key, "&offset=")
	return (named || page) && bytes.HasPrefix(data, []byte(`{"data":[]`))
}

// single reads the one item of a singleton into out.
func (q question) single(ctx context.Context, collection string, what directus.Query, out any) error {
	value, err := q.reading.Get(ctx, collection+"?"+what.Values().Encode(), func(ctx context.Context) ([]byte, []string, error) {
		var item json.RawMessage
		err := q.site.Directus.Items(ctx, directus.Visitor{}, secret.Text{}, collection, what, &item)
		if isForbidden(err) {
			return []byte(hidden), []string{collection}, nil
		}
		return item, tagsOf(collection, item, false), err
	})
	switch {
	case err != nil:
		return err
	case string(value.Data) == hidden:
		return errHidden
	case json.Unmarshal(value.Data, out) != nil:
		return fmt.Errorf("%s: %w: the item has an unexpected shape", collection, directus.ErrUnavailable)
	}
	return nil
}

// notPrepared tells the operator, not the visitor, what to do when the public may
// not read what this site is for.
func (s *site) notPrepared(collection string) {
	if collection == "posts" || collection == "pages" {
		s.Log.Warn("the public may not read this content; `go run . setup` prepares a Directus for it", "collection", collection)
	}
}

// fields are the fields of a collection that the public may read: those that an
// item of it has, with the kind of value that it has there. None, where there is no
// item: then there is nothing to show either.
func (q question) fields(ctx context.Context, collection string) (map[string]string, error) {
	value, err := q.reading.Get(ctx, collection+" fields", func(ctx context.Context) ([]byte, []string, error) {
		var items []map[string]json.RawMessage
		err := q.site.Directus.Items(ctx, directus.Visitor{}, secret.Text{}, collection, directus.Query{Fields: []string{"*"}, Limit: 1}, &items)
		if isForbidden(err) {
			q.site.notPrepared(collection)
			return []byte(hidden), []string{collection}, nil
		}
		if err != nil || len(items) == 0 {
			return []byte("{}"), []string{collection}, err
		}
		kinds := map[string]string{}
		for name, value := range items[0] {
			kinds[name] = kindOf(value)
		}
		data, err := json.Marshal(kinds)
		return data, nil, err // until it is due: items come and go, fields stay
	})
	if err != nil {
		return nil, err
	}
	if string(value.Data) == hidden {
		return nil, errHidden
	}
	var kinds map[string]string
	return kinds, json.Unmarshal(value.Data, &kinds)
}
