package content

import (
	"bytes"
	"encoding/json"
	"hutch/internal/collections"
	"strconv"
	"strings"
)

// anyItem follows a collection in the tag for any of its items.
const anyItem = "/*"

// unknownCollection is the tag of what a collection of the project's own may be shown in,
// such as categories of posts: nothing says which.
const unknownCollection = "*"

// item is an item as Directus sent it.
type item map[string]json.RawMessage

// ownCollections is the tag of what collections of site.toml show: nothing says what their
// items refer to.
const ownCollections = "* own"

// tagsOf names what an answer depends on, so that a change there purges it: each
// item in it, by whatever may be its key, and the items that its relations name;
// and the collection itself, unless the answer is for one item by its name and has
// it.
func tagsOf(collection string, data json.RawMessage, named bool) []string {
	var items []item
	if json.Unmarshal(data, &items) != nil { // a singleton
		var single item
		_ = json.Unmarshal(data, &single)
		items = append(items, single)
	}
	table := collections.All()
	var tags []string
	if !named || len(items) == 0 {
		tags = append(tags, collection)
	}
	for _, one := range items {
		tags = append(tags, one.tags(table, collection)...)
	}
	return tags
}

func (i item) tags(table collections.Table, collection string) []string {
	tags := keyTags(collection, i["id"], i["slug"])
	for _, r := range table.Relations(collection) {
		tags = append(tags, relatedTags(table, r.Related, i[r.Name])...)
	}
	return tags
}

// relatedTags are those of what a relation holds: an item or its key alone, or
// several.
func relatedTags(table collections.Table, collection string, data json.RawMessage) []string {
	var several []json.RawMessage
	if json.Unmarshal(data, &several) == nil {
		var tags []string
		for _, one := range several {
			tags = append(tags, relatedTags(table, collection, one)...)
		}
		return tags
	}
	if bytes.HasPrefix(data, []byte("{")) {
		var one item
		_ = json.Unmarshal(data, &one)
		return one.tags(table, collection)
	}
	if keyOf(data) == "" {
		return nil
	}
	return keyTags(collection, data)
}

func keyTags(collection string, keys ...json.RawMessage) []string {
	tags := []string{collection + anyItem}
	for _, data := range keys {
		if key := keyOf(data); key != "" {
			tags = append(tags, collection+"/"+key)
		}
	}
	return tags
}

func keyOf(data json.RawMessage) string {
	var key any
	_ = json.Unmarshal(data, &key)
	return keyText(key)
}

// keyText writes a key as it stands in an address; "" for what is not a key.
func keyText(value any) string {
	switch value := value.(type) {
	case string:
		return strings.ToLower(value)
	case float64:
		return strconv.FormatFloat(value, 'f', -1, 64)
	}
	return ""
}
