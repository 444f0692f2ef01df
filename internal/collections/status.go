package collections

import (
	"encoding/json"
	"slices"
	"strconv"
)

// DefaultStatus is the status that counts as published unless the operator says
// otherwise.
const DefaultStatus = "published"

// CountsAsPublished reports whether an item with this status is published: the status
// is one of these values, or yes.
func CountsAsPublished(status json.RawMessage, values []string) bool {
	return string(status) == "true" || slices.Contains(values, TextOf(status))
}

// PublishedAs returns the condition of published items where the field status is of
// this type of Directus' and these values count. It is not ok if no filter could tell
// them.
func PublishedAs(fieldType string, values []string) (c Condition, ok bool) {
	var wanted []any
	only := ""
	for _, value := range values {
		switch fieldType {
		case "string", "text":
			wanted, only = append(wanted, value), value
		case "integer", "bigInteger", "float", "decimal":
			if number, err := strconv.ParseFloat(value, 64); err == nil {
				wanted, only = append(wanted, number), value
			}
		}
	}
	c = Condition{Field: "status", Words: "that are published"}
	operator := map[string]any{"_in": wanted}
	switch {
	case fieldType == "boolean":
		operator = map[string]any{"_eq": true}
	case len(wanted) == 0:
		return c, false
	case len(wanted) == 1:
		operator = map[string]any{"_eq": wanted[0]}
	}
	if len(wanted) == 1 {
		c.Words = "whose status is " + strconv.Quote(only)
	}
	c.Rule = map[string]any{"status": operator}
	return c, true
}
