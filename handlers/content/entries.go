package content

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"

	"hutch/handlers/web"
	"hutch/internal/collections"
	"hutch/internal/directus"
	"hutch/internal/secret"
	"hutch/internal/sitefolder"
	"hutch/templates"
)

// entries reads the items of a collection of the team's own, by the names that Directus has
// for their fields.
type entries struct {
	contentQuery
	of     sitefolder.Collection
	reader reader
}

// reader is who reads: a member with their own token, whose answers are kept nowhere, or, if
// it is zero, the public.
type reader struct {
	visitor directus.Visitor
	token   secret.Text
}

func (r reader) isMember() bool { return r.token != (secret.Text{}) }

// entry is an item as it is shown.
type entry struct {
	templates.Entry
	address string
}

// page reads a part of the list as cards show it, and how many items there are in all.
func (e entries) page(ctx context.Context, what directus.Query) ([]entry, int, error) {
	shape, err := e.shape(ctx)
	if err != nil {
		return nil, 0, err
	}
	what.Fields = shape.InLists
	return e.listed(ctx, what)
}

// listed reads a part of the list with all that the items hold.
func (e entries) listed(ctx context.Context, what directus.Query, more ...directus.Filter) ([]entry, int, error) {
	shape, err := e.shape(ctx)
	if err != nil || len(shape.Kinds) == 0 {
		return nil, 0, err
	}
	if len(e.of.List.Filter) > 0 {
		more = append(more, e.source.ownFilter(shape, e.of.List.Filter))
	}
	return e.read(ctx, shape, what, more, false)
}

// all reads items as far as their addresses go, whichever of them the list has.
func (e entries) all(ctx context.Context, limit int) ([]entry, int, error) {
	shape, err := e.shape(ctx)
	if err != nil || len(shape.Kinds) == 0 {
		return nil, 0, err
	}
	return e.read(ctx, shape, directus.Query{Limit: limit, Fields: shape.brief()}, nil, false)
}

// one reads the item that the address names. Errors: web.ErrNotFound.
func (e entries) one(ctx context.Context, address string) (entry, error) {
	shape, err := e.shape(ctx)
	if errors.Is(err, errHidden) || err == nil && !shape.couldBeAddress(address) {
		return entry{}, web.ErrNotFound
	}
	if err != nil {
		return entry{}, err
	}
	found, _, err := e.read(ctx, shape, directus.Query{Limit: 2}, []directus.Filter{{shape.Address: directus.Filter{"_in": e.stored(shape, []string{address})}}}, true)
	if errors.Is(err, errHidden) || err == nil && len(found) == 0 {
		return entry{}, web.ErrNotFound
	}
	if err != nil {
		return entry{}, err
	}
	return found[0], nil
}

// read asks for published items. One that is more than an answer may be is read without its
// texts.
func (e entries) read(ctx context.Context, shape shape, what directus.Query, more []directus.Filter, named bool) ([]entry, int, error) {
	if what.Fields == nil {
		what.Fields = shape.Wanted
	}
	what.Deep = deepOf(what.Fields)
	what.Filter = directus.All(append(e.source.publishedOwn(shape), more...)...)
	what.Sort = shape.Sort
	items, count, err := e.ask(ctx, what, named)
	if errors.Is(err, directus.ErrTooLarge) {
		what.Fields, what.Deep = shape.brief(), nil
		items, count, err = e.ask(ctx, what, named)
	}
	if err != nil {
		return nil, 0, err
	}
	var found []entry
	addresses := map[string]bool{}
	for _, item := range items {
		one, shown := e.view(shape, item)
		if shown && !addresses[one.address] {
			addresses[one.address] = true
			found = append(found, one)
		}
	}
	return found, count, nil
}

func (e entries) ask(ctx context.Context, what directus.Query, named bool) (items []collections.Item, count int, err error) {
	if !e.reader.isMember() {
		count, err = e.contentQuery.read(ctx, e.of.Name, what, &items, named)
		if errors.Is(err, directus.InvalidQuery) { // of a search: nothing is found
			return nil, 0, nil
		}
		return items, count, err
	}
	list, err := e.contentQuery.ask(ctx, e.reader.visitor, e.reader.token, e.of.Name, what)
	if errors.Is(err, directus.Forbidden) || errors.Is(err, directus.InvalidQuery) {
		return nil, 0, errHidden
	}
	if err == nil {
		err = json.Unmarshal(list.Items, &items)
	}
	return items, list.Meta.Count, err
}

// matches reads the items that have every word of a search where people can read it: see
// search.go.
func (e entries) matches(ctx context.Context, search string, what directus.Query) ([]entry, int, error) {
	shape, err := e.shape(ctx)
	if err != nil || len(shape.Kinds) == 0 {
		return nil, 0, err
	}
	if len(shape.Search) == 0 {
		return nil, 0, nil
	}
	words := wordsOf(search)
	var all []directus.Filter
	for _, word := range words[:min(len(words), maxAsked)] {
		var ways []directus.Filter
		for _, field := range shape.Search {
			ways = append(ways, containsHTML(field, word))
		}
		all = append(all, directus.Either(ways...))
	}
	looked, count, err := e.listed(ctx, directus.Query{Limit: maxLooked, Count: true}, all...)
	if err != nil {
		return nil, 0, err
	}
	found := slices.DeleteFunc(slices.Clone(looked), func(one entry) bool {
		var said strings.Builder
		for _, field := range shape.Search {
			said.WriteString(e.source.Templates.Text(one.Item.Text(field)) + " ")
		}
		return !hasWords(said.String(), words)
	})
	if count > maxLooked && len(found) == len(looked) { // none had the words in its markup only: so will the rest
		if what.Offset+what.Limit > len(found) {
			return e.listed(ctx, what, all...)
		}
	} else {
		count = len(found)
	}
	return found[min(what.Offset, len(found)):min(what.Offset+what.Limit, len(found))], count, nil
}

// publishedOwn is the filter for published items, as far as the collection has fields that
// tell.
func (s *Source) publishedOwn(shape shape) []directus.Filter {
	filters := s.publishedStatus(shape.Kinds)
	if field := shape.Dated; field != "" {
		filters = append(filters, directus.Either(
			directus.Filter{field: directus.Filter{"_null": true}},
			directus.Filter{field: directus.Filter{"_lte": s.nowFor(shape.Kinds[field])}}))
	}
	return filters
}

// ownFilter is the filter of site.toml. What it compares with the present is a time in our
// zone where the field has none.
func (s *Source) ownFilter(shape shape, filter sitefolder.Filter) directus.Filter {
	ours := directus.Filter{}
	for name, rule := range filter {
		ours[name] = s.ownRule(rule, shape.Kinds[name])
		if several, is := rule.([]any); is {
			var parts []any
			for _, part := range several {
				if below, is := part.(sitefolder.Filter); is {
					part = s.ownFilter(shape, below)
				}
				parts = append(parts, part)
			}
			ours[name] = parts
		}
	}
	return ours
}

func (s *Source) ownRule(rule any, kind string) any {
	switch rule := rule.(type) {
	case string:
		if rule == "$NOW" && kind == kindLocal {
			return s.nowFor(kind)
		}
	case sitefolder.Filter:
		ours := sitefolder.Filter{}
		for name, one := range rule {
			ours[name] = s.ownRule(one, kind)
		}
		return ours
	}
	return rule
}

// view returns an item as it is shown; shown is false if it is not published, or nothing can
// be its address.
func (e entries) view(shape shape, item collections.Item) (one entry, shown bool) {
	date := collections.TextOf(item[shape.Dated])
	if !(publication{Status: item["status"], PublishDate: date}).visible(e.source) {
		return entry{}, false
	}
	one.address = strings.TrimPrefix(strings.TrimPrefix(collections.TextOf(item[shape.Address]), e.of.Path), "/")
	if !collections.Addressable(one.address) || sitefolder.Taken(one.address) || strings.HasPrefix(one.address, "tags/") {
		return entry{}, false
	}
	if string(item["members_only"]) == "true" && !e.reader.isMember() { // whatever Directus lets the public read
		item = maps.Clone(item)
		delete(item, shape.body())
	}
	one.Published = e.source.date(date)
	one.Item = e.source.itemView(item, stored{e.of.Name, one.address})
	one.Item.Path = templates.EntryPath(e.of.Path, one.address)
	one.Heading = e.source.named(one.Item.Text(shape.Title))
	one.Collection, one.List = e.of.Name, e.of.Path
	one.SEO = seoOf(item["seo"])
	one.Updated = e.source.modified(item["date_updated"], one.Published)
	e.describe(&one, shape)
	return one, true
}

// byAddress reads these items, in the order of the list.
func (e entries) byAddress(ctx context.Context, addresses []string) ([]entry, error) {
	shape, err := e.shape(ctx)
	if err != nil || len(shape.Kinds) == 0 || len(addresses) == 0 {
		return nil, err
	}
	found, _, err := e.read(ctx, shape, directus.Query{Limit: len(addresses), Fields: shape.InLists}, []directus.Filter{{shape.Address: directus.Filter{"_in": e.stored(shape, addresses)}}}, false)
	return found, err
}

// stored returns what the field of addresses may hold for these.
func (e entries) stored(shape shape, addresses []string) []string {
	if shape.Address != "permalink" {
		return addresses
	}
	var all []string
	for _, address := range addresses {
		all = append(all, "/"+address, e.of.Path+"/"+address, address)
	}
	return all
}

// describe chooses what our own templates show: a picture, the text, and what else there is.
func (e entries) describe(one *entry, shape shape) {
	body, brief := shape.texts(one.Item)
	if markup := one.Item.Fields[body].Markup; markup != nil {
		one.Body = markup()
	}
	one.Lead = one.Item.Plain(brief)
	one.Excerpt = cmp.Or(one.Lead, e.source.brief(one.Body).Excerpt)
	for _, field := range shape.Fields {
		value := one.Item.Fields[field]
		switch {
		case value.Image.ID != "" && one.Image.ID == "":
			one.Image = value.Image
		case field == body || field == brief || field == shape.Title || field == shape.Address || field == shape.Dated || field == tagsField || slices.Contains(systemFields, field):
		default:
			if fact, tells := factOf(field, value, shape.Kinds[field]); tells {
				one.Facts = append(one.Facts, fact)
			}
		}
	}
	one.Facts = behind(one.Facts, func(f templates.Fact) bool { return f.Date.IsZero() })
}

// maxFact is how long a fact may be, in characters: what is longer is a text.
const maxFact = 200

// factOf returns what a field tells in a few words.
func factOf(field string, value templates.Value, kind string) (templates.Fact, bool) {
	fact := templates.Fact{Name: sitefolder.Readable(field)}
	switch {
	case !value.Date.IsZero():
		fact.Date, fact.Timed = value.Date, len(value.Text) > len(time.DateOnly)
	case kind == kindBoolean:
		fact.Truth = "no"
		if value.Text == "true" {
			fact.Truth = "yes"
		}
	case len(value.Items) > 0:
		var names []string
		for _, item := range value.Items {
			if name := nameOf(item); name != "" {
				names = append(names, name)
			}
		}
		fact.Value = cmp.Or(strings.Join(names, ", "), templates.PlainText(value.Text))
	case uuid.Validate(value.Text) == nil: // refers to what cannot be read
	default:
		fact.Value, fact.Link = templates.PlainText(value.Text), value.Link
		if !value.Link.Foreign { // a word is no path
			fact.Link = templates.Button{}
		}
	}
	if len([]rune(fact.Value)) > maxFact {
		return fact, false
	}
	return fact, fact.Value != "" || fact.Truth != "" || !fact.Date.IsZero()
}

// nameOf returns what an item of a relation is called; of one that joins two others, the
// other one's name.
func nameOf(item templates.Item) string {
	for _, field := range titleFields {
		if name := item.Plain(field); name != "" {
			return name
		}
	}
	for _, field := range slices.Sorted(maps.Keys(item.Fields)) {
		if name := nameOf(item.Item(field)); name != "" {
			return name
		}
	}
	return ""
}

// couldBeAddress reports whether an item could have this address: a database may fail to
// compare it with what it has.
func (s shape) couldBeAddress(address string) bool {
	if !collections.Addressable(address) {
		return false
	}
	switch s.Kinds[s.Address] {
	case kindNumber:
		_, err := strconv.ParseUint(address, 10, 31)
		return err == nil
	case kindUUID:
		return uuid.Validate(address) == nil
	case "", kindObject, kindBoolean:
		return false
	}
	return true
}
