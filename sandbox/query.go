package sandbox

import (
	"encoding/json"
	"maps"
	"math"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

const (
	defaultLimit  = 100
	maxDepth      = 10   // of filters and relations, Directus' MAX_RELATIONAL_DEPTH
	maxParameters = 1000 // of a query string
)

// query is what a request asks for.
type query struct {
	fields []string
	filter any // nil, or maps, lists and plain values as in JSON
	sort   []string
	search string
	limit  int // -1: all
	offset int
	meta   []string
	deep   map[string]any // queries for lists, by their names
}

// parseQuery parses a query string as Directus does. The error is INVALID_QUERY,
// also for anything that the sandbox does not support.
func parseQuery(raw string) (query, error) {
	values, err := parseBrackets(raw)
	if err != nil {
		return query{}, err
	}
	for _, name := range []string{"aggregate", "groupBy", "alias", "export", "version"} {
		if _, asked := values[name]; asked {
			return query{}, invalidQuery(`"%s" is not part of the sandbox`, name)
		}
	}
	q := query{
		fields: listOfText(values["fields"]),
		sort:   listOfText(values["sort"]),
		meta:   listOfText(values["meta"]),
	}
	if len(q.fields) == 0 {
		q.fields = []string{"*"}
	}
	if slices.Equal(q.meta, []string{"*"}) {
		q.meta = []string{"total_count", "filter_count"}
	}
	for i, m := range q.meta {
		if m != "total_count" && m != "filter_count" {
			return query{}, invalidQuery(`"meta[%d]" must be one of [total_count, filter_count]`, i)
		}
	}
	q.search, _ = values["search"].(string)
	q.search = strings.TrimSpace(q.search)
	if q.limit, err = integer(values, "limit", defaultLimit, -1); err != nil {
		return query{}, err
	}
	if q.offset, err = integer(values, "offset", 0, 0); err != nil {
		return query{}, err
	}
	page, err := integer(values, "page", 0, 0)
	if err != nil {
		return query{}, err
	}
	if page > 0 && q.limit > 0 {
		if page-1 > math.MaxInt32/q.limit {
			return query{}, invalidQuery(`"page" is too large`)
		}
		q.offset = q.limit * (page - 1)
	}
	if q.filter, err = filterOf(values["filter"]); err != nil {
		return query{}, err
	}
	deep, err := filterOf(values["deep"])
	q.deep, _ = deep.(map[string]any)
	return q, err
}

// filterOf returns a filter, or what else may be an object, from its form in a query.
func filterOf(value any) (any, error) {
	if text, ok := value.(string); ok {
		value = nil
		if text != "" && json.Unmarshal([]byte(text), &value) != nil {
			return nil, invalidQuery("Invalid JSON for filter object")
		}
	}
	if depth(value) > 3*maxDepth {
		return nil, invalidQuery("Max relational depth exceeded")
	}
	return value, nil
}

func integer(values map[string]any, name string, unset, least int) (int, error) {
	value, given := values[name]
	if !given {
		return unset, nil
	}
	text, written := value.(string)
	if n, is := value.(float64); is && !written { // in JSON
		text = strconv.FormatFloat(n, 'f', -1, 64)
	}
	number, err := strconv.Atoi(text)
	if err != nil || number > math.MaxInt32 {
		return 0, invalidQuery(`"%s" must be a number`, name)
	}
	if number < least {
		return 0, invalidQuery(`"%s" must be greater than or equal to %d`, name, least)
	}
	return number, nil
}

// listOfText accepts "a,b" as well as a[]=a&a[]=b.
func listOfText(value any) []string {
	var list []string
	for _, part := range listOf(value) {
		text, _ := part.(string)
		for name := range strings.SplitSeq(text, ",") {
			if name = strings.TrimSpace(name); name != "" {
				list = append(list, name)
			}
		}
	}
	return list
}

// listOf returns the elements of a list. In a query string, a list may be an
// object with numbers as names.
func listOf(value any) []any {
	switch value := value.(type) {
	case nil:
		return nil
	case []any:
		return value
	case map[string]any:
		names := slices.SortedFunc(maps.Keys(value), func(a, b string) int {
			x, _ := strconv.Atoi(a)
			y, _ := strconv.Atoi(b)
			return x - y
		})
		list := make([]any, len(names))
		for i, name := range names {
			list[i] = value[name]
		}
		return list
	default:
		return []any{value}
	}
}

func depth(value any) int {
	deepest := 0
	switch value := value.(type) {
	case map[string]any:
		for _, child := range value {
			deepest = max(deepest, depth(child))
		}
	case []any:
		for _, child := range value {
			deepest = max(deepest, depth(child))
		}
	default:
		return 0
	}
	return deepest + 1
}

// parseBrackets parses a query string in which a[b][c]=x means {a: {b: {c: x}}},
// and a[]=x or a repeated a is a list.
func parseBrackets(raw string) (map[string]any, error) {
	values := map[string]any{}
	count := 0
	for pair := range strings.SplitSeq(raw, "&") {
		if pair == "" {
			continue
		}
		if count++; count > maxParameters {
			break // as Directus does
		}
		name, value, _ := strings.Cut(pair, "=")
		name, nameErr := url.QueryUnescape(name)
		value, valueErr := url.QueryUnescape(value)
		if nameErr != nil || valueErr != nil {
			return nil, invalidQuery("The query string is not well encoded")
		}
		put(values, splitBrackets(name), value)
	}
	return values, nil
}

// splitBrackets splits "a[b][]" into "a", "b", "".
func splitBrackets(name string) []string {
	head, rest, bracketed := strings.Cut(name, "[")
	if !bracketed || head == "" {
		return []string{name}
	}
	return append([]string{head}, strings.Split(strings.TrimSuffix(rest, "]"), "][")...)
}

func put(values map[string]any, path []string, value string) {
	name := path[0]
	switch {
	case len(path) == 1:
		if before, given := values[name]; given {
			values[name] = append(listOf(before), value)
			return
		}
		values[name] = value
	case len(path) == 2 && path[1] == "":
		values[name] = append(listOf(values[name]), value)
	default:
		inner, ok := values[name].(map[string]any)
		if !ok {
			inner = map[string]any{}
			values[name] = inner
		}
		put(inner, path[1:], value)
	}
}
