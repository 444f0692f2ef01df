package content

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"hutch/internal/collections"
	"hutch/internal/directus"
	"hutch/internal/secret"
)

// Editors' items may hold anything: a field may have another type than ours, or
// nothing in it. One of them must not take down the pages that it stands on.

// ask lists items, with their values in the types that the table of collections
// declares and by our names, and logs once what cannot be shown.
//
// Directus does not compare every type of field with every value. What says that an
// item is published is left out of the question then: [publication.visible] drops what
// is too much. Errors: those of [directus.Client.List]; InvalidQuery if that was not it.
func (s *Source) ask(ctx context.Context, v directus.Visitor, token secret.Text, collection string, n naming, what directus.Query) (directus.List, error) {
	list, err := s.Directus.List(ctx, v, token, n.Collection, n.query(what))
	if errors.Is(err, directus.InvalidQuery) {
		what.Filter = withoutPublication(what.Filter)
		list, err = s.Directus.List(ctx, v, token, n.Collection, n.query(what))
	}
	if err != nil {
		return directus.List{}, err
	}
	answer, items, err := itemsOf(collection, list.Items)
	if err != nil {
		return directus.List{}, err
	}
	if n.toOurs(items) {
		if answer, err = json.Marshal(items); err != nil {
			return directus.List{}, err
		}
	}
	list.Items, err = s.fit(collection, answer, items)
	return list, err
}

// itemsOf returns the items of an answer: a list, or the one item of a singleton,
// whichever of the two the collection was made as.
func itemsOf(collection string, answer json.RawMessage) (json.RawMessage, []collections.Item, error) {
	c, _ := collections.All().Find(collection)
	switch {
	case bytes.HasPrefix(answer, []byte("{")):
		answer = slices.Concat([]byte("["), answer, []byte("]"))
	case c.Singleton && !bytes.HasPrefix(answer, []byte("[")): // there is none yet
		answer = json.RawMessage("[]")
	}
	var items []collections.Item
	if !bytes.HasPrefix(answer, []byte("[")) || json.Unmarshal(answer, &items) != nil {
		return nil, nil, fmt.Errorf("%s: %w: the answer is no list of items", collection, directus.ErrUnavailable)
	}
	return answer, items, nil
}

// fit returns the items of an answer in the types that the table declares.
func (s *Source) fit(collection string, answer json.RawMessage, items []collections.Item) (json.RawMessage, error) {
	table := collections.All()
	c, _ := table.Find(collection)
	for _, o := range c.Odd(items, "") {
		s.Log.WarnOnce("an item cannot be shown as it is; `go run . setup --dry-run` says more", "collection", collection, "item", o.Item, "field", o.Field, "so", o.So) // not what it holds
	}
	changed := false
	for _, item := range items {
		changed = table.Fit(collection, item) || changed
	}
	if !changed {
		return answer, nil
	}
	return json.Marshal(items)
}

// decode reads items into out. It leaves out values of another type, which those of
// Directus' own collections could have.
func decode(items json.RawMessage, out any) error {
	err := json.Unmarshal(items, out)
	if odd := (*json.UnmarshalTypeError)(nil); errors.As(err, &odd) {
		return nil
	}
	return err
}

// withoutPublication returns a filter without what it says of the fields that tell
// whether an item is published: it matches more items.
func withoutPublication(filter directus.Filter) directus.Filter {
	parts, several := filter["_and"].([]directus.Filter)
	if !several {
		parts = []directus.Filter{filter}
	}
	return directus.All(slices.DeleteFunc(slices.Clone(parts), saysPublished)...)
}

func saysPublished(filter directus.Filter) bool {
	ways, several := filter["_or"].([]directus.Filter)
	if !several {
		ways = []directus.Filter{filter}
	}
	return slices.ContainsFunc(ways, func(way directus.Filter) bool {
		return way["status"] != nil || slices.ContainsFunc(dateFields, func(date string) bool { return way[date] != nil })
	})
}
