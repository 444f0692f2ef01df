package setup

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"hutch/internal/collections"
)

// foundItems is what setup has to say of the items of a collection.
type foundItems struct {
	odd      []collections.Oddity
	statuses map[string]int // those that do not count as published: how many items
	others   []string       // redirects to other sites
	more     bool           // than were read
}

const (
	// itemsAtOnce bounds one answer, itemsInAll all that are read of a collection.
	itemsAtOnce = 500
	itemsInAll  = 20_000
	// itemsNamed is how many items a note names.
	itemsNamed = 5
)

// lookItems reads what the site would show, and finds what it could not.
func (s *server) lookItems(ctx context.Context) error {
	s.items = map[string]foundItems{}
	for _, c := range s.table {
		if c.System() || c.Name == collections.RecoveryCodes || !s.has(c.Name) {
			continue
		}
		items, err := s.readItems(ctx, c)
		if err != nil {
			return err
		}
		look := foundItems{statuses: map[string]int{}, more: len(items) >= itemsInAll}
		items = slices.DeleteFunc(items, func(item collections.Item) bool {
			status, has := item["status"]
			if !has || collections.CountsAsPublished(status, s.statuses) {
				return false
			}
			look.statuses[describedStatus(status)]++
			return true
		})
		look.odd = c.Odd(items, s.keyName(c.Name))
		if c.Name == "redirects" {
			look.others = s.othersOf(items)
		}
		s.items[c.Name] = look
	}
	return nil
}

// readItems reads the fields of the table, but for long texts, which have no type that
// could be wrong.
func (s *server) readItems(ctx context.Context, c collections.Collection) ([]collections.Item, error) {
	key := s.keyName(c.Name)
	fields := []string{key}
	for _, f := range c.Fields {
		if f.Name != key && s.hasField(c.Name, f.Name) && f.Interface != "input-rich-text-html" {
			fields = append(fields, f.Name)
		}
	}
	if s.hasField(c.Name, "status") && !slices.Contains(fields, "status") {
		fields = append(fields, "status")
	}
	atOnce := itemsAtOnce
	if s.listLimit > 0 {
		atOnce = min(atOnce, s.listLimit) // a higher limit is refused
	}
	var items []collections.Item
	for len(items) < itemsInAll {
		query := url.Values{
			"fields": {strings.Join(fields, ",")}, "sort": {key},
			"limit": {strconv.Itoa(atOnce)}, "offset": {strconv.Itoa(len(items))},
		}
		var answer json.RawMessage
		if err := s.admin.Get(ctx, "/items/"+c.Name, query, &answer); err != nil {
			return nil, err
		}
		if s.schema.collections[c.Name].singleton {
			var only collections.Item
			if json.Unmarshal(answer, &only) == nil && holdsAnything(only) {
				items = append(items, only)
			}
			return items, nil
		}
		var some []collections.Item
		if json.Unmarshal(answer, &some) != nil {
			return nil, fmt.Errorf("setup: the items of %s cannot be read", c.Name)
		}
		items = append(items, some...)
		if len(some) < atOnce {
			break
		}
	}
	return items, nil
}

// holdsAnything reports whether anything is stored in an item.
func holdsAnything(item collections.Item) bool {
	for _, value := range item {
		if !bytes.Equal(value, []byte("null")) {
			return true
		}
	}
	return false
}

func describedStatus(status json.RawMessage) string {
	if text := collections.TextOf(status); text != "" {
		return strconv.Quote(text)
	}
	return "none"
}

// othersOf are the sites that redirects lead to and that the operator has not listed.
func (s *server) othersOf(items []collections.Item) []string {
	var hosts []string
	for _, item := range items {
		target, err := url.Parse(strings.TrimSpace(collections.TextOf(item["url_to"])))
		if err == nil && target.Host != "" && !slices.Contains(s.redirectHosts, target.Hostname()) && !slices.Contains(hosts, target.Hostname()) {
			hosts = append(hosts, target.Hostname())
		}
	}
	return hosts
}

// items tells what editors should look at.
func (p *plan) items() {
	for _, c := range p.server.table {
		look := p.server.items[c.Name]
		s := step{what: "items of " + c.Name, state: check}
		for _, o := range kindsOf(look.odd) {
			s.note("%s", o)
		}
		for _, status := range slices.Sorted(maps.Keys(look.statuses)) {
			s.notStatus(status, look.statuses[status])
		}
		if len(look.others) > 0 {
			s.note("Redirects lead to %s. Hutch redirects to other sites only if REDIRECT_HOSTS names them.", strings.Join(look.others, ", "))
		}
		if look.more {
			s.note("Only the first %d were looked at.", itemsInAll)
		}
		if len(s.notes) > 0 {
			p.add(s)
		}
	}
}

// notStatus says which items are not shown for their status, unless that is what the
// status is for.
func (s *step) notStatus(status string, items int) {
	switch status {
	case `"draft"`, `"archived"`, `"false"`:
	case "none":
		s.note("%s without a status: not shown.", count(items))
	default:
		s.note("%s with the status %s: not shown, because it does not count as published. If it should, add it to PUBLISHED_STATUS, for setup and for the site.", count(items), status)
	}
}

func count(items int) string {
	if items == 1 {
		return "1 item"
	}
	return fmt.Sprintf("%d items", items)
}

// kindsOf are the oddities in words, one for all items with the same one.
func kindsOf(odd []collections.Oddity) []string {
	var kinds []collections.Oddity
	items := map[collections.Oddity][]string{}
	for _, o := range odd {
		kind := o
		kind.Item = ""
		if items[kind] == nil {
			kinds = append(kinds, kind)
		}
		items[kind] = append(items[kind], o.Item)
	}
	var words []string
	for _, kind := range kinds {
		names := items[kind]
		which := "Item "
		if len(names) > 1 {
			which = "Items "
		}
		which += strings.Join(names[:min(len(names), itemsNamed)], ", ")
		if more := len(names) - itemsNamed; more > 0 {
			which += fmt.Sprintf(" and %d more", more)
		}
		words = append(words, fmt.Sprintf("%s: %s %s, so %s. %s", which, kind.Field, kind.Found, kind.So, kind.Do))
	}
	return words
}
