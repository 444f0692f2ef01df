package content

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"strings"

	"github.com/google/uuid"

	"hutch/internal/cache"
	"hutch/internal/collections"
	"hutch/internal/directus"
	"hutch/templates"
)

// shape is what is known of the fields of a collection of the team's own: what an item of it
// tells. It has no values of items.
type shape struct {
	Fields  []string          // all, by name
	Kinds   map[string]string // of their values
	Address string            // the field of an item's address
	Title   string
	Dated   string   // the field that says from when on it is published; empty: none
	Wanted  []string // what is read of an item
	InLists []string // what lists read of it: texts may be large
	Sort    []string
	Search  []string // the fields that a search looks through
}

// kindUUID is the kind of a key that is a UUID, or of what refers to one.
const kindUUID = "uuid"

// The fields that projects have for what the names say.
var (
	systemFields = []string{"id", "status", "sort", "seo", "user_created", "user_updated", "date_created", "date_updated"}
	dateFields   = []string{"publish_date", "published_at", "date_published"}
	titleFields  = []string{"title", "name", "headline"}
	textFields   = []string{"content", "text", "body", "description"}
	briefFields  = []string{"teaser", "summary", "excerpt", "description"}
)

// shape reads it, and keeps it as long as what is known of other collections. Without an
// item there is nothing to show, and it is empty. Errors: errHidden.
func (e entries) shape(ctx context.Context) (shape, error) {
	key := e.of.Name + " shape " + e.entryHash()
	if e.reader.isMember() { // names of fields, and no values: those that this session may read
		key += " " + shortHash([]byte(e.reader.token.Reveal()))
	}
	value, err := e.load(ctx, key, func(ctx context.Context, q contentQuery) (cache.Answer, error) {
		own := e
		own.contentQuery = q
		found, err := own.look(ctx)
		if errors.Is(err, directus.Forbidden) {
			q.source.Log.WarnOnce("this collection of site.toml cannot be read; `hutch check` says more", "collection", e.of.Name)
			return cache.Answer{Data: []byte(hidden), Tags: []string{e.of.Name, ownCollections}, Passing: e.reader.isMember()}, nil
		}
		if err != nil {
			return cache.Answer{}, err
		}
		answer := cache.Answer{Passing: e.reader.isMember()}
		if len(found.Kinds) == 0 {
			answer.Tags = []string{e.of.Name, ownCollections}
		}
		answer.Data, err = json.Marshal(found)
		return answer, err
	})
	if err != nil {
		return shape{}, err
	}
	if string(value.Data) == hidden {
		return shape{}, errHidden
	}
	var found shape
	return found, json.Unmarshal(value.Data, &found)
}

// entryHash names the entry in site.toml as it is: what was made for another one is not for it.
func (e entries) entryHash() string {
	entry, _ := json.Marshal(e.of) // it has nothing that cannot be written
	return shortHash(entry)
}

func shortHash(content []byte) string {
	sum := sha256.Sum256(content)
	return hex.EncodeToString(sum[:12])
}

// sample is how many items are looked at: a field may be empty in many.
const sample = 20

// look looks at some items.
func (e entries) look(ctx context.Context) (shape, error) {
	items, err := e.probe(ctx, sample, []string{"*"}, nil)
	if errors.Is(err, directus.ErrTooLarge) {
		items, err = e.probe(ctx, 1, []string{"*"}, nil)
	}
	if err != nil || len(items) == 0 {
		return shape{}, err
	}
	found := shape{Kinds: map[string]string{}, Fields: slices.Sorted(maps.Keys(items[0]))}
	for _, field := range found.Fields {
		found.Kinds[field] = kindOther
		for _, item := range items {
			if kind := kindOfOwn(item[field]); kind != kindOther {
				found.Kinds[field] = kind
				break
			}
		}
	}
	found.Address = cmp.Or(found.first(e.of.Address), found.first("slug", "permalink", "id"))
	found.Title = cmp.Or(found.first(e.of.Title), found.first(titleFields...), found.Address)
	found.Dated = found.first(dateFields...)
	found.Sort = e.of.List.Sort
	if found.Sort == nil {
		if found.Dated != "" {
			found.Sort = []string{"-" + found.Dated}
		} else {
			found.Sort = existing(found.Kinds, "sort")
		}
	}
	if found.Address != "" && !slices.Contains(found.Sort, found.Address) {
		found.Sort = append(slices.Clip(found.Sort), found.Address) // so that the order is always the same
	}
	if found.Wanted, err = e.wanted(ctx, found); err != nil {
		return shape{}, err
	}
	found.InLists = found.Wanted
	if body := found.body(); !e.reader.isMember() && e.of.List.Template == "" && body != "" && found.first(briefFields...) != "" {
		found.InLists = slices.DeleteFunc(slices.Concat(found.Fields, found.Wanted), func(path string) bool {
			return path == "*" || path == body || slices.Contains(found.Wanted, path+".*")
		})
	}
	found.Search, err = e.searchable(ctx, found)
	return found, err
}

// searchable returns those of the fields of site.toml that Directus can search: a date may
// look like a text.
func (e entries) searchable(ctx context.Context, found shape) ([]string, error) {
	var fields []string
	for _, field := range existing(found.Kinds, e.of.Search...) {
		_, err := e.probe(ctx, 1, []string{found.Address}, directus.Contains(field, "a"))
		switch {
		case err == nil:
			fields = append(fields, field)
		case errors.Is(err, directus.Forbidden), errors.Is(err, directus.InvalidQuery):
			e.source.Log.WarnOnce("a field that site.toml names cannot be searched", "collection", e.of.Name, "field", field)
		default:
			return nil, err
		}
	}
	return fields, nil
}

// kindOfOwn tells also keys and times without a zone from other texts.
func kindOfOwn(value json.RawMessage) string {
	kind, text := kindOf(value), collections.TextOf(value)
	switch {
	case kind == kindText && uuid.Validate(text) == nil:
		return kindUUID
	case kind == kindText && collections.HasNoZone(text):
		return kindLocal
	}
	return kind
}

// probe reads items to learn of these fields.
func (e entries) probe(ctx context.Context, limit int, fields []string, filter directus.Filter) (items []collections.Item, err error) {
	var answer json.RawMessage
	what := directus.Query{Fields: fields, Filter: filter, Limit: limit, Lane: e.lane()}
	if err = e.source.Directus.Items(ctx, e.reader.visitor, e.reader.token, e.of.Name, what, &answer); err != nil {
		return nil, err
	}
	_, items, err = itemsOf(e.of.Name, answer)
	return items, err
}

// wanted returns what is read of an item: what site.toml says, or all fields; of relations
// what the templates name, and of files and of relations to one item all that there is. What
// Directus refuses is left out: one field of it would cost the whole page.
func (e entries) wanted(ctx context.Context, found shape) ([]string, error) {
	wanted := []string{"*"}
	var optional []string
	for _, field := range e.of.Item.Fields {
		if field != "*" {
			optional = append(optional, field)
		}
	}
	for _, file := range []string{e.of.List.Template, e.of.Item.Template} {
		if file == "" {
			continue
		}
		reads, err := e.source.Templates.Reads(file)
		if err != nil {
			return nil, err
		}
		for _, read := range reads {
			if strings.Contains(read.Path, ".") {
				optional = append(optional, readField(read))
			}
		}
	}
	for _, field := range e.relations(found) {
		// With fields of what is no relation alone, Directus answers with the item's key.
		items, err := e.probe(ctx, 1, []string{found.Address, field + ".*"}, directus.Filter{field: directus.Filter{"_nnull": true}})
		if errors.Is(err, directus.Forbidden) || errors.Is(err, directus.InvalidQuery) {
			continue // not a relation, or not to be read
		}
		if err != nil {
			return nil, err
		}
		if len(items) > 0 && kindOf(items[0][field]) == kindObject {
			wanted = append(wanted, field+".*")
		}
	}
	slices.Sort(optional)
	for _, path := range slices.Compact(optional) {
		if slices.Contains(wanted, path) {
			continue
		}
		_, err := e.probe(ctx, 1, []string{found.Address, path}, nil)
		if errors.Is(err, directus.Forbidden) || errors.Is(err, directus.InvalidQuery) {
			e.source.Log.WarnOnce("a field that site.toml or a template names cannot be read", "collection", e.of.Name, "field", path)
			continue
		}
		if err != nil {
			return nil, err
		}
		wanted = append(wanted, path)
	}
	return wanted, nil
}

// readField is what is asked for so that a template can read a field below a relation.
func readField(read templates.Read) string {
	if read.As == "Image" {
		return read.Path + ".*"
	}
	return read.Path
}

// maxRelations bounds how many fields are tried.
const maxRelations = 16

// relations are the fields that may refer to one item: by a key, or to none yet.
func (e entries) relations(found shape) []string {
	var fields []string
	for _, field := range found.Fields {
		switch found.Kinds[field] {
		case kindUUID, kindNumber, kindOther:
			if !slices.Contains(systemFields, field) && field != found.Address {
				fields = append(fields, field)
			}
		}
	}
	// What looks like a key comes first.
	fields = behind(fields, func(field string) bool { return found.Kinds[field] != kindUUID })
	return fields[:min(len(fields), maxRelations)]
}

// brief is what is read where the texts are not needed, or too large.
func (s shape) brief() []string {
	fields := existing(s.Kinds, "status", "date_updated", "seo")
	for _, field := range []string{s.Address, s.Title, s.Dated} {
		if field != "" && !slices.Contains(fields, field) {
			fields = append(fields, field)
		}
	}
	return fields
}

// first returns the first of these names that is a field; empty if none is.
func (s shape) first(names ...string) string { return append(existing(s.Kinds, names...), "")[0] }

// body returns the field of the text that an item mainly consists of; empty if none is called
// like one.
func (s shape) body() string {
	for _, field := range existing(s.Kinds, textFields...) {
		if kind := s.Kinds[field]; field != s.Title && (kind == kindText || kind == kindObject) {
			return field
		}
	}
	return ""
}

// texts returns that field, else that of the longest text, and the field of a summary.
func (s shape) texts(item templates.Item) (body, brief string) {
	body = s.body()
	for _, field := range existing(s.Kinds, briefFields...) {
		if brief == "" && field != body {
			brief = field
		}
	}
	longest := maxFact
	for _, field := range s.Fields {
		if text := item.Fields[field].Text; s.body() == "" && len(text) > longest && field != brief && item.Fields[field].Markup != nil {
			body, longest = field, len(text)
		}
	}
	return body, brief
}
