package content

import (
	"encoding/json"
	"time"

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
	var found []string
	for _, name := range []string{"status", "publish_date"} {
		if _, has := fields[name]; has {
			found = append(found, name)
		}
	}
	return found
}

// published is the filter for published items, as far as the collection has fields
// that tell. Directus' permissions should filter as well, but without a licence
// version 12 drops such rules.
func published(fields map[string]string) []directus.Filter {
	var filters []directus.Filter
	if _, has := fields["status"]; has {
		filters = append(filters, directus.Equal("status", "published"))
	}
	if _, has := fields["publish_date"]; has {
		filters = append(filters, directus.Either(
			directus.Filter{"publish_date": directus.Filter{"_null": true}},
			directus.Filter{"publish_date": directus.Filter{"_lte": "$NOW"}},
		))
	}
	return filters
}

// visible reports whether the item is published, whatever Directus answered. A date
// that cannot be parsed counts as in the future.
func (p publication) visible(now time.Time) bool {
	if p.PublishDate != "" {
		if date := parseDate(p.PublishDate); date.IsZero() || date.After(now) {
			return false
		}
	}
	return len(p.Status) == 0 || string(p.Status) == `"published"`
}

// visible drops items that are not published yet.
func visible[T interface{ visible(now time.Time) bool }](items []T, now time.Time) []T {
	var seen []T
	for _, item := range items {
		if item.visible(now) {
			seen = append(seen, item)
		}
	}
	return seen
}

// parseDate parses a Directus date, datetime or timestamp; without a zone it is UTC.
// The zero time stands for a missing or malformed one.
func parseDate(value string) time.Time {
	for _, layout := range []string{time.DateOnly, time.RFC3339, "2006-01-02T15:04:05"} {
		if date, err := time.Parse(layout, value); err == nil {
			return date
		}
	}
	return time.Time{}
}
