package sandbox

import (
	"context"
	"maps"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// condition is a part of an SQL statement with its arguments.
type condition struct {
	sql  string
	args []any
}

func joined(word string, parts []condition) condition {
	if len(parts) == 0 {
		return condition{sql: "1"}
	}
	texts := make([]string, len(parts))
	var args []any
	for i, p := range parts {
		texts[i] = p.sql
		args = append(args, p.args...)
	}
	return condition{"(" + strings.Join(texts, " "+word+" ") + ")", args}
}

// filterer turns filters into SQL for one caller.
type filterer struct {
	s   *Sandbox
	ctx context.Context
	db  querier
	who caller
	// asked marks a filter that the caller sent: it may use only fields that the
	// caller may read. The rules of permissions may use all.
	asked bool
}

// spot is a position in a filter: a collection, and how SQL refers to its columns
// there.
type spot struct {
	collection *collection
	column     func(name string) string
	path       string // how the query came here, for messages
}

// root is the spot of a query's own collection.
func root(c *collection) spot {
	return spot{collection: c, column: func(name string) string { return quote(c.name) + "." + quote(name) }}
}

// step follows a relation. If there is no related item, all its columns are NULL,
// as in an outer join.
func (f filterer) step(at spot, by field) spot {
	related := f.s.schema.collection(by.related)
	parent := at.column(by.name)
	alias := quote(strings.TrimPrefix(at.path+"."+by.name, "."))
	return spot{
		collection: related,
		path:       strings.TrimPrefix(at.path+"."+by.name, "."),
		column: func(name string) string {
			return "(SELECT " + alias + "." + quote(name) + " FROM " + quote(related.name) + " AS " + alias +
				" WHERE " + alias + "." + quote(related.key) + " = " + parent + ")"
		},
	}
}

// fieldAt returns a field by its name, if the caller may know about it.
func (f filterer) fieldAt(at spot, name string) (field, error) {
	found, ok := at.collection.field(name)
	if f.asked {
		rules, err := f.s.rulesFor(f.ctx, f.db, f.who, "read", at.collection.name)
		if err != nil {
			return field{}, err
		}
		if len(rules) == 0 {
			return field{}, forbiddenCollection(at.path, at.collection.name)
		}
		ok = ok && anyAllows(rules, name)
	}
	if !ok {
		return field{}, forbiddenFields(at.path, at.collection.name, []string{name})
	}
	return found, nil
}

// compile translates {field: …, _and: […], _or: […]}.
func (f filterer) compile(at spot, filter any) (condition, error) {
	if filter == nil {
		return joined("AND", nil), nil
	}
	object, ok := filter.(map[string]any)
	if list, isList := filter.([]any); isList && len(list) == 0 {
		return joined("AND", nil), nil
	}
	if !ok { // a plain value, which Directus takes for {_eq: value}
		object = map[string]any{"_eq": filter}
	}
	return f.all(object, func(name string, value any) (condition, error) {
		if name == "_and" || name == "_or" {
			return f.group(name, value, func(part any) (condition, error) { return f.compile(at, part) })
		}
		if strings.HasPrefix(name, "_") {
			return condition{}, invalidQuery(`Invalid filter key "%s" on "%s"`, name, at.collection.name)
		}
		if list, is := at.collection.list(name); is {
			return f.compileList(at, list, value)
		}
		name, kind, ofSeveral := strings.Cut(name, ":") // item:block_hero
		found, err := f.fieldAt(at, name)
		switch {
		case err != nil:
			return condition{}, err
		case !ofSeveral:
			return f.compileField(at, found, value)
		case !slices.Contains(found.anyOf, kind) || f.s.schema[kind] == nil:
			return condition{}, forbiddenCollection(at.path, kind)
		}
		named := at.column(found.namedBy) + " = '" + kind + "'"
		found.related = kind
		there, err := f.compile(f.step(at, found), value)
		return joined("AND", []condition{{sql: named}, there}), err
	})
}

// compileList translates what some of the items of a list have to fulfil.
func (f filterer) compileList(at spot, list field, value any) (condition, error) {
	if f.asked {
		rules, err := f.s.rulesFor(f.ctx, f.db, f.who, "read", at.collection.name)
		if err != nil {
			return condition{}, err
		}
		if !anyAllows(rules, list.name) {
			return condition{}, forbiddenFields(at.path, at.collection.name, []string{list.name})
		}
	}
	object, ok := value.(map[string]any)
	if !ok {
		return condition{}, invalidQuery("Invalid filter object")
	}
	related := f.s.schema.collection(list.related)
	path := strings.TrimPrefix(at.path+"."+list.name, ".")
	inside := spot{collection: related, path: path, column: func(name string) string { return quote(path) + "." + quote(name) }}
	is := ""
	if some, has := object["_some"]; has {
		value = some
		if named, _ := some.(map[string]any); named["_and"] != nil || named["_or"] != nil {
			return joined("AND", nil), nil // Directus ignores it, too
		}
	} else if none, has := object["_none"]; has {
		is, value = "NOT ", none
	} else if _, has := object["_nnull"]; has {
		value = nil
	} else if _, has := object["_null"]; has {
		is, value = "NOT ", nil
	}
	there, err := f.compile(inside, value)
	return condition{is + "EXISTS (SELECT 1 FROM " + quote(related.name) + " AS " + quote(path) +
		" WHERE " + inside.column(list.by) + " = " + at.column(at.collection.key) + " AND " + there.sql + ")", there.args}, err
}

// compileField translates the value of a field: {_eq: …}, a group of those, a
// plain value, or fields of the related item.
func (f filterer) compileField(at spot, by field, value any) (condition, error) {
	if value == nil { // not the same as {_null: true}
		return condition{}, invalidQuery("Invalid filter object")
	}
	object, ok := value.(map[string]any)
	if !ok {
		return f.compare(at, by, "_eq", value)
	}
	return f.all(object, func(name string, value any) (condition, error) {
		switch {
		case name == "_and" || name == "_or":
			return f.group(name, value, func(part any) (condition, error) { return f.compileField(at, by, part) })
		case strings.HasPrefix(name, "_"):
			return f.compare(at, by, name, value)
		case by.related == "":
			return condition{}, forbiddenFields(at.path, at.collection.name, []string{name})
		default:
			return f.compile(f.step(at, by), map[string]any{name: value})
		}
	})
}

// all joins the entries of an object in a fixed order.
func (f filterer) all(object map[string]any, one func(name string, value any) (condition, error)) (condition, error) {
	var parts []condition
	for _, name := range slices.Sorted(maps.Keys(object)) {
		part, err := one(name, object[name])
		if err != nil {
			return condition{}, err
		}
		parts = append(parts, part)
	}
	return joined("AND", parts), nil
}

func (f filterer) group(name string, value any, one func(any) (condition, error)) (condition, error) {
	switch value.(type) {
	case []any, map[string]any:
	default:
		return condition{}, invalidQuery("Invalid filter object")
	}
	word := strings.ToUpper(strings.TrimPrefix(name, "_"))
	var parts []condition
	for _, element := range listOf(value) {
		if object, ok := element.(map[string]any); ok && len(object) == 0 && word == "OR" {
			return joined("AND", nil), nil // one of the choices is "everything"
		}
		part, err := one(element)
		if err != nil {
			return condition{}, err
		}
		parts = append(parts, part)
	}
	return joined(word, parts), nil
}

// compare translates one operator on one column.
func (f filterer) compare(at spot, by field, operator string, value any) (condition, error) {
	if !operatorFits(by, operator) {
		return condition{}, invalidQuery(`"%s" field type does not contain the "%s" filter operator`, by.kind, operator)
	}
	column := at.column(by.name)
	switch operator {
	case "_null", "_nnull", "_empty", "_nempty":
		yes, err := truth(value, operator)
		if err != nil {
			return condition{}, err
		}
		missing := column + " IS NULL"
		if strings.HasSuffix(operator, "empty") {
			missing = "(" + missing + " OR " + column + " = '')"
		}
		if wantsMissing := operator == "_null" || operator == "_empty"; wantsMissing != yes {
			missing = "NOT " + missing
		}
		return condition{sql: missing}, nil
	case "_in", "_nin", "_between", "_nbetween":
		return f.compareList(column, by, operator, value)
	}
	given := value
	value, err := f.plain(by, operator, value)
	if err != nil {
		return condition{}, err
	}
	if caselessFails(operator, given, value) {
		return condition{}, unexpected()
	}
	if value == nil {
		if operator == "_neq" {
			return condition{sql: column + " IS NOT NULL"}, nil
		}
		if operator == "_eq" {
			return condition{sql: column + " IS NULL"}, nil
		}
	}
	if sign, ok := map[string]string{"_eq": "=", "_neq": "<>", "_lt": "<", "_lte": "<=", "_gt": ">", "_gte": ">="}[operator]; ok {
		return condition{column + " " + sign + " ?", []any{value}}, nil
	}
	return compareText(column, operator, asText(value)), nil
}

// caselessFails reports whether Directus fails here: it tries to lowercase a
// value that it has parsed as a moment, null or a boolean.
func caselessFails(operator string, given, value any) bool {
	if !slices.Contains([]string{"_icontains", "_istarts_with", "_nistarts_with", "_iends_with", "_niends_with"}, operator) {
		return false
	}
	text, isText := given.(string)
	_, stillText := value.(string)
	return isText && (!stillText || strings.HasPrefix(text, "$NOW"))
}

// compareText translates _contains and related operators: _n… negates, …i…
// ignores case.
func compareText(column, operator, text string) condition {
	name, denied := strings.CutPrefix(operator, "_n")
	name = strings.TrimPrefix(name, "_")
	caseless := strings.HasPrefix(name, "i")
	pattern := map[string]string{"contains": "%" + text + "%", "starts_with": text + "%", "ends_with": "%" + text}[strings.TrimPrefix(name, "i")]
	like := " LIKE "
	if denied {
		like = " NOT LIKE "
	}
	if caseless {
		return condition{"lower(" + column + ")" + like + "?", []any{strings.ToLower(pattern)}}
	}
	return condition{column + like + "?", []any{pattern}}
}

func (f filterer) compareList(column string, by field, operator string, value any) (condition, error) {
	if text, ok := value.(string); ok {
		value = anyList(strings.Split(text, ","))
	}
	list := listOf(value)
	if len(list) == 0 || len(list) > maxParameters {
		return condition{}, invalidQuery(`"%s" has to be an array of values`, operator)
	}
	args := make([]any, len(list))
	for i, element := range list {
		if args[i] = element; element == "" {
			continue // finds nothing, but is no mistake in a list
		}
		plain, err := f.plain(by, operator, element)
		if err != nil {
			return condition{}, err
		}
		args[i] = plain
	}
	not := ""
	if strings.HasPrefix(operator, "_n") {
		not = " NOT"
	}
	if strings.HasSuffix(operator, "between") {
		if len(args) != 2 {
			return joined("AND", nil), nil // ignored, as Directus does
		}
		return condition{column + not + " BETWEEN ? AND ?", args}, nil
	}
	return condition{column + not + " IN (?" + strings.Repeat(", ?", len(args)-1) + ")", args}, nil
}

// operatorFits reports whether a type of field supports an operator.
func operatorFits(by field, operator string) bool {
	nulls := []string{"_null", "_nnull"}
	same := []string{"_eq", "_neq", "_in", "_nin"}
	order := []string{"_lt", "_lte", "_gt", "_gte", "_between", "_nbetween"}
	parts := []string{"_empty", "_nempty", "_contains", "_ncontains", "_icontains",
		"_starts_with", "_nstarts_with", "_istarts_with", "_nistarts_with",
		"_ends_with", "_nends_with", "_iends_with", "_niends_with"}
	var known []string
	switch {
	case by.concealed:
		known = append(nulls, "_empty", "_nempty")
	case by.kind.isText():
		known = slices.Concat(nulls, same, parts)
	case by.kind == kindUUID:
		known = slices.Concat(nulls, same)
	case by.kind == kindBoolean:
		known = append(nulls, "_eq", "_neq")
	case by.kind == kindJSON, by.kind == kindCSV:
		known = nulls
	default:
		known = slices.Concat(nulls, same, order)
	}
	return slices.Contains(known, operator)
}

// truth parses the value of _null and similar operators: true unless it says
// false.
func truth(value any, operator string) (bool, error) {
	switch value {
	case nil, "", true, "true":
		return true, nil
	case false, "false":
		return false, nil
	}
	return false, invalidQuery(`"%s" has to be a boolean`, operator)
}

// plain prepares a value for comparison: it replaces dynamic variables and
// converts numbers and moments to the column's format.
func (f filterer) plain(by field, operator string, value any) (any, error) {
	switch value {
	case "$CURRENT_USER":
		return textOrNull(f.who.user), nil
	case "$CURRENT_ROLE":
		return textOrNull(f.who.role), nil
	case "null", "NULL":
		return nil, nil
	case "true":
		return true, nil
	case "false":
		return false, nil
	case "":
		return nil, invalidQuery(`You can't filter for an empty string in "%s". Use "_empty" or "_nempty" instead`, operator)
	}
	switch value := value.(type) {
	case nil, bool:
		return value, nil
	case string:
		if now, is := f.s.variableNow(value); is && !by.kind.isText() {
			if by.kind == kindDate {
				return now.Format("2006-01-02"), nil
			}
			return timestamp(now), nil
		}
		if !by.kind.isText() && (strings.HasPrefix(value, "$NOW") || strings.HasPrefix(value, "$CURRENT_")) {
			return nil, invalidQuery("The sandbox does not know the variable %s", value)
		}
		if by.kind.isNumber() {
			number, err := strconv.ParseFloat(value, 64)
			if err != nil {
				return nil, invalidQuery("Invalid numeric value")
			}
			return whole(number), nil
		}
		return value, nil
	case float64:
		return whole(value), nil
	}
	return nil, invalidQuery(`The filter value for "%s" has to be a string, number, or boolean`, operator)
}

// whole converts a number to an integer if it is one, because SQLite
// distinguishes 1 from 1.0 in a text column.
func whole(number float64) any {
	if number == math.Trunc(number) && math.Abs(number) < 1<<53 {
		return int64(number)
	}
	return number
}

func textOrNull(text string) any {
	if text == "" {
		return nil
	}
	return text
}

func asText(value any) string {
	switch value := value.(type) {
	case string:
		return value
	case int64:
		return strconv.FormatInt(value, 10)
	case float64:
		return strconv.FormatFloat(value, 'g', -1, 64)
	case bool:
		return strconv.FormatBool(value)
	}
	return ""
}

func anyList(texts []string) []any {
	list := make([]any, len(texts))
	for i, text := range texts {
		list[i] = text
	}
	return list
}

var nowAndMinutes = regexp.MustCompile(`^\$NOW(?:\(([+-][0-9]{1,4}) minutes\))?$`)

// variableNow returns the time that a variable stands for: $NOW, or some minutes
// before or after it, which is all that the sandbox knows of Directus' adjustments.
func (s *Sandbox) variableNow(variable string) (time.Time, bool) {
	found := nowAndMinutes.FindStringSubmatch(variable)
	if found == nil {
		return time.Time{}, false
	}
	minutes, _ := strconv.Atoi(found[1]) // "": none
	return s.now().Add(time.Duration(minutes) * time.Minute), true
}
