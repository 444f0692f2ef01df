package content

import (
	"encoding/json"
	"fmt"
	"time"

	"hutch/internal/collections"
	"hutch/internal/directus"
)

// publication is what an item says about whether it is published, as far as its
// collection has fields for that.
type publication struct {
	Status      json.RawMessage `json:"status"`       // missing: there is no such field
	PublishDate string          `json:"publish_date"` // empty: at once
}

// publicationFields returns those of its fields that the collection has.
func publicationFields(fields map[string]string) []string {
	return existing(fields, "status", "publish_date")
}

// published is the filter for published items, as far as the collection has fields
// that tell. Directus' permissions should filter as well, but without a licence
// version 12 drops such rules.
func (s *Source) published(fields map[string]string) []directus.Filter {
	filters := s.publishedStatus(fields)
	if now, comparable := s.untilNow(fields); comparable {
		filters = append(filters, directus.Either(withoutDate(), now))
	}
	return filters
}

// dated is the filter for published items that have a date. It is not ok if the collection
// has none that can be compared.
func (s *Source) dated(fields map[string]string) (filters []directus.Filter, ok bool) {
	now, ok := s.untilNow(fields)
	if !ok {
		return nil, false
	}
	return append(s.publishedStatus(fields), now), true
}

func withoutDate() directus.Filter {
	return directus.Filter{"publish_date": directus.Filter{"_null": true}}
}

// publishedStatus is the part of that filter that concerns the status.
func (s *Source) publishedStatus(fields map[string]string) []directus.Filter {
	if kind, has := fields["status"]; has {
		return []directus.Filter{s.countsAsPublished(kind)}
	}
	return nil
}

// untilNow is the filter for dates that have come. It is not ok if there is no date, or
// nothing that could be compared with now.
func (s *Source) untilNow(fields map[string]string) (filter directus.Filter, ok bool) {
	switch fields["publish_date"] {
	case "", kindNumber, kindBoolean, kindObject:
		return nil, false
	}
	return directus.Filter{"publish_date": directus.Filter{"_lte": s.nowFor(fields["publish_date"])}}, true
}

// nowFor returns Directus' variable for the present, to be compared with dates of this
// kind. What has no zone is a time in ours, and Directus reads it as UTC. While it is
// not known whether there is a zone, the later of both is asked for: visible decides.
func (s *Source) nowFor(kind string) string {
	_, ahead := s.Now().In(s.TimeZone).Zone()
	switch {
	case kind == kindOther:
		ahead = max(0, ahead)
	case kind != kindLocal:
		ahead = 0
	}
	if ahead == 0 {
		return "$NOW"
	}
	return fmt.Sprintf("$NOW(%+d minutes)", ahead/60)
}

// date returns a time in the zone of the site, in which days are shown.
func (s *Source) date(value string) time.Time { return collections.ParseDate(value, s.TimeZone) }

// countsAsPublished is the filter for a status that counts as published.
func (s *Source) countsAsPublished(kind string) directus.Filter {
	fieldType := "string"
	switch kind {
	case kindBoolean:
		fieldType = "boolean"
	case kindNumber:
		fieldType = "integer"
	case kindObject:
		fieldType = "json"
	}
	condition, ok := collections.PublishedAs(fieldType, s.Published)
	if !ok { // no value counts: nothing but items without a status is asked for
		return directus.Filter{condition.Field: directus.Filter{"_null": true}}
	}
	return condition.Rule
}

// visible reports whether the item is published, whatever Directus answered. A date
// that cannot be parsed counts as in the future.
func (p publication) visible(s *Source) bool {
	if p.PublishDate != "" {
		if date := s.date(p.PublishDate); date.IsZero() || date.After(s.Now()) {
			return false
		}
	}
	return len(p.Status) == 0 || collections.CountsAsPublished(p.Status, s.Published)
}

// visible drops items that are not published yet.
func visible[T interface{ visible(s *Source) bool }](items []T, s *Source) []T {
	var seen []T
	for _, item := range items {
		if item.visible(s) {
			seen = append(seen, item)
		}
	}
	return seen
}
