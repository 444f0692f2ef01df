package content

import (
	"context"
	"encoding/json"
	"errors"

	"hutch/internal/cache"
	"hutch/internal/collections"
	"hutch/internal/directus"
	"hutch/internal/secret"
)

// The kinds of values that fields have, as far as queries depend on them.
const (
	kindNumber  = "number"
	kindBoolean = "boolean"
	kindObject  = "object" // or a list
	kindOther   = "other"  // or not known yet
	kindText    = "text"
	kindLocal   = "local" // a date that has no zone
)

// fields returns the fields of a collection that the public may read, by name, with
// the kind of their values: those that an item of it has. Without an item there is
// nothing to show, and there are none.
func (q contentQuery) fields(ctx context.Context, collection string) (map[string]string, error) {
	value, err := q.snapshot.Get(ctx, collection+" fields", func(ctx context.Context) (cache.Answer, error) {
		var items []collections.Item
		err := directus.ErrTooLarge
		for first := 0; errors.Is(err, directus.ErrTooLarge) && first < 4; first++ { // any item tells
			items, err = q.source.probe(ctx, collection, directus.Query{Fields: []string{"*"}, Limit: 1, Offset: first})
		}
		if errors.Is(err, directus.Forbidden) {
			q.source.warnUnprepared(collection)
			return cache.Answer{Data: []byte(hidden), Tags: []string{collection}}, nil
		}
		if err != nil || len(items) == 0 {
			return cache.Answer{Data: []byte("{}"), Tags: []string{collection}}, err
		}
		kinds := map[string]string{}
		for name, value := range items[0] {
			kinds[name] = kindOf(value)
		}
		if date := collections.TextOf(items[0]["publish_date"]); collections.HasNoZone(date) {
			kinds["publish_date"] = kindLocal
		}
		if status := collections.Published().Field; kinds[status] == kindOther {
			// What may be seen depends on it, and another item may tell.
			items, err = q.source.probe(ctx, collection, directus.Query{
				Fields: []string{status}, Filter: directus.Filter{status: directus.Filter{"_nnull": true}}, Limit: 1,
			})
			if err == nil && len(items) > 0 {
				kinds[status] = kindOf(items[0][status])
			}
		}
		data, err := json.Marshal(kinds)
		return cache.Answer{Data: data}, err // no tags: items come and go, fields stay until this is due
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

// probe reads items to learn of their fields.
func (s *Source) probe(ctx context.Context, collection string, what directus.Query) (items []collections.Item, err error) {
	var answer json.RawMessage
	if err = s.Directus.Items(ctx, directus.Visitor{}, secret.Text{}, collection, what, &answer); err != nil {
		return nil, err
	}
	_, items, err = itemsOf(collection, answer)
	return items, err
}

func kindOf(value json.RawMessage) string {
	switch {
	case len(value) == 0 || value[0] == 'n':
		return kindOther
	case value[0] == '"':
		return kindText
	case value[0] == '{' || value[0] == '[':
		return kindObject
	case value[0] == 't' || value[0] == 'f':
		return kindBoolean
	}
	return kindNumber
}
