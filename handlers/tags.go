package handlers

import (
	"encoding/json"
	"strconv"
	"strings"
)

// anyItem follows a collection in the tag for any of its items.
const anyItem = "/*"

// tagsOf names what an answer is made of, so that a change there purges it: each
// item in it, by all that may be its key; and the collection, where any item of it
// could come to be part of the answer.
func tagsOf(collection string, data json.RawMessage, named bool) []string {
	var items []tagged
	if json.Unmarshal(data, &items) != nil { // a singleton
		var item tagged
		_ = json.Unmarshal(data, &item)
		items = append(items, item)
	}
	var tags []string
	if !named || len(items) == 0 {
		tags = append(tags, collection)
	}
	for _, item := range items {
		tags = append(tags, item.tags(collection)...)
	}
	return tags
}

// tagged is what an item says of its own key, and of those of other items, each of
// which is either the key alone or the item.
type tagged struct {
	ID      any             `json:"id"`
	Slug    any             `json:"slug"`
	Author  json.RawMessage `json:"author"`
	Image   json.RawMessage `json:"image"`
	Logo    json.RawMessage `json:"logo"`
	Favicon json.RawMessage `json:"favicon"`
}

func (item tagged) tags(collection string) []string {
	tags := []string{collection + anyItem}
	for _, key := range []any{item.ID, item.Slug} {
		if key := keyText(key); key != "" {
			tags = append(tags, collection+"/"+key)
		}
	}
	tags = append(tags, tagsAt("authors", item.Author)...)
	for _, file := range []json.RawMessage{item.Image, item.Logo, item.Favicon} {
		tags = append(tags, tagsAt("directus_files", file)...)
	}
	return tags
}

func tagsAt(collection string, data json.RawMessage) []string {
	var item tagged
	if json.Unmarshal(data, &item) == nil && item.ID != nil {
		return item.tags(collection)
	}
	var key any
	if json.Unmarshal(data, &key) != nil || keyText(key) == "" {
		return nil
	}
	return tagged{ID: key}.tags(collection)
}

// keyText writes a key as an address has it; "" for what is none.
func keyText(value any) string {
	switch value := value.(type) {
	case string:
		return strings.ToLower(value)
	case float64:
		return strconv.FormatFloat(value, 'f', -1, 64)
	}
	return ""
}
