package content

import (
	"context"
	"encoding/json"
	"errors"
	"slices"

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
	kindWords   = "words" // a list of texts, of tags alone
)

// fields returns the fields of a collection that the public may read, by our names, with
// the kind of their values: those that an item of it has. Without an item there is
// nothing to show, and there are none. Errors: errHidden.
func (q contentQuery) fields(ctx context.Context, collection string) (map[string]string, error) {
	known, err := q.known(ctx, collection)
	return known.Kinds, err
}

// known is what an item of a collection tells of it.
type known struct {
	Naming naming
	Kinds  map[string]string
}

func (q contentQuery) known(ctx context.Context, collection string) (known, error) {
	value, err := q.load(ctx, collection+" fields", func(ctx context.Context, q contentQuery) (cache.Answer, error) {
		var err error
		for _, name := range collections.NamingOf(collection).Collections() {
			var found known
			if found, err = q.source.lookAt(ctx, collection, name); err == nil {
				data, err := json.Marshal(found)
				answer := cache.Answer{Data: data} // no tags: items come and go, fields stay until this is due
				if len(found.Kinds) == 0 {
					answer.Tags = []string{collection}
				}
				return answer, err
			}
			if !errors.Is(err, directus.Forbidden) {
				return cache.Answer{}, err
			}
		}
		q.source.warnUnprepared(collection)
		return cache.Answer{Data: []byte(hidden), Tags: []string{collection}}, nil
	})
	if err != nil {
		return known{}, err
	}
	if string(value.Data) == hidden {
		return known{}, errHidden
	}
	var found known
	return found, json.Unmarshal(value.Data, &found)
}

// lookAt looks at an item of a collection that the project may call by this name.
func (s *Source) lookAt(ctx context.Context, collection, name string) (known, error) {
	found := known{Naming: naming{Collection: name}, Kinds: map[string]string{}}
	var items []collections.Item
	err := directus.ErrTooLarge
	for first := 0; errors.Is(err, directus.ErrTooLarge) && first < 4; first++ { // any item tells
		items, err = s.probe(ctx, collection, name, directus.Query{Fields: []string{"*"}, Limit: 1, Offset: first})
	}
	if err != nil || len(items) == 0 {
		return found, err
	}
	found.Naming.Theirs = collections.NamingOf(collection).Theirs(func(field string) bool { _, has := items[0][field]; return has })
	found.Naming.toOurs(items)
	for field, value := range items[0] {
		found.Kinds[field] = kindOf(value)
	}
	if date := collections.TextOf(items[0]["publish_date"]); collections.HasNoZone(date) {
		found.Kinds["publish_date"] = kindLocal
	}
	var tags []json.RawMessage
	if json.Unmarshal(items[0]["tags"], &tags) == nil && len(tags) > 0 && words(tags[0]) {
		found.Kinds["tags"] = kindWords
	}
	if status := collections.Published().Field; found.Kinds[status] == kindOther {
		// What may be seen depends on it, and another item may tell.
		items, err = s.probe(ctx, collection, name, directus.Query{
			Fields: []string{status}, Filter: directus.Filter{status: directus.Filter{"_nnull": true}}, Limit: 1,
		})
		if err == nil && len(items) > 0 {
			found.Kinds[status] = kindOf(items[0][status])
		}
	}
	return found, nil
}

// probe reads items to learn of their fields, as the project calls them.
func (s *Source) probe(ctx context.Context, collection, name string, what directus.Query) (items []collections.Item, err error) {
	var answer json.RawMessage
	if err = s.Directus.Items(ctx, directus.Visitor{}, secret.Text{}, name, what, &answer); err != nil {
		return nil, err
	}
	_, items, err = itemsOf(collection, answer)
	return items, err
}

// found returns the fields that find finds can be asked for. It is kept as long as what is
// known of fields.
func (q contentQuery) found(ctx context.Context, key string, find func(context.Context, contentQuery) ([]string, error)) ([]string, error) {
	value, err := q.load(ctx, key, func(ctx context.Context, q contentQuery) (cache.Answer, error) {
		fields, err := find(ctx, q)
		if err != nil {
			return cache.Answer{}, err
		}
		data, err := json.Marshal(fields)
		return cache.Answer{Data: data}, err
	})
	if err != nil {
		return nil, err
	}
	var fields []string
	return fields, json.Unmarshal(value.Data, &fields)
}

// existing returns those of the names that are fields.
func existing(fields map[string]string, names ...string) []string {
	return slices.DeleteFunc(slices.Clone(names), func(name string) bool { _, has := fields[name]; return !has })
}

// below returns fields of what a field refers to.
func below(field string, names ...string) []string {
	var paths []string
	for _, name := range names {
		paths = append(paths, field+"."+name)
	}
	return paths
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
