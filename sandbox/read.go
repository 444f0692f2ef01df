package sandbox

import (
	"context"
	"encoding/json"
	"slices"
	"strconv"
	"strings"

	"github.com/google/uuid"
)

// concealment replaces values that are never shown.
const concealment = "**********"

// item is one row as the API shows it.
type item = map[string]any

// readMany returns the items and fields that the query asks for and the caller
// may read.
func (s *Sandbox) readMany(ctx context.Context, db querier, who caller, c *collection, q query) ([]item, error) {
	wanted, err := s.choose(ctx, db, who, c, q.fields, q.deep, "")
	if err != nil {
		return nil, err
	}
	f := filterer{s: s, ctx: ctx, db: db, who: who, asked: true}
	where, err := f.compile(root(c), q.filter)
	if err != nil {
		return nil, err
	}
	order, err := f.order(c, q.sort)
	if err != nil {
		return nil, err
	}
	items, _, err := s.fetch(ctx, db, who, c, wanted, finding{where, q.search, order, q.limit, q.offset})
	return items, err
}

// readOne returns one item by its key. The error is FORBIDDEN if there is none
// that the caller may read.
func (s *Sandbox) readOne(ctx context.Context, db querier, who caller, c *collection, key string, q query) (item, error) {
	if !keyFits(c, key) {
		return nil, forbidden()
	}
	wanted, err := s.choose(ctx, db, who, c, q.fields, q.deep, "")
	if err != nil {
		return nil, err
	}
	if _, err := (filterer{s: s, ctx: ctx, db: db, who: who, asked: true}).fieldAt(root(c), c.key); err != nil {
		return nil, err
	}
	byKey := condition{root(c).column(c.key) + " = ?", []any{key}}
	items, _, err := s.fetch(ctx, db, who, c, wanted, finding{where: byKey, limit: 1})
	if err != nil {
		return nil, err
	}
	if len(items) == 0 {
		return nil, forbidden()
	}
	return items[0], nil
}

// count counts the items that match the query's filter and that the caller may
// read.
func (s *Sandbox) count(ctx context.Context, db querier, who caller, c *collection, q query) (int, error) {
	rules, err := s.rulesFor(ctx, db, who, "read", c.name)
	if err != nil {
		return 0, err
	}
	if len(rules) == 0 {
		return 0, forbiddenCollection("", c.name)
	}
	opened, err := s.conditionsOf(ctx, db, who, c, rules)
	if err != nil {
		return 0, err
	}
	kept, err := filterer{s: s, ctx: ctx, db: db, who: who, asked: true}.compile(root(c), q.filter)
	if err != nil {
		return 0, err
	}
	where := joined("AND", []condition{joined("OR", opened), kept, searching(c, q.search, rules, opened)})
	var count int
	err = db.QueryRowContext(ctx, "SELECT count(*) FROM "+quote(c.name)+" WHERE "+where.sql, where.args...).Scan(&count)
	return count, err
}

// conditionsOf returns the condition on items of each rule.
func (s *Sandbox) conditionsOf(ctx context.Context, db querier, who caller, c *collection, rules []rule) ([]condition, error) {
	f := filterer{s: s, ctx: ctx, db: db, who: who}
	conditions := make([]condition, len(rules))
	for i, r := range rules {
		one, err := f.compile(root(c), r.filter)
		if err != nil {
			return nil, err
		}
		conditions[i] = one
	}
	return conditions, nil
}

// finding says which rows to fetch. Without an order they are sorted by key; a
// limit of -1 is none.
type finding struct {
	where         condition
	search, order string
	limit, offset int
}

// fetch reads rows and then their related items, and returns the rows' keys as
// well. Rules that allow none of the wanted fields are ignored. A field is null
// on items whose rules do not allow it.
func (s *Sandbox) fetch(ctx context.Context, db querier, who caller, c *collection, wanted *selection, find finding) ([]item, []any, error) {
	rules, err := s.rulesFor(ctx, db, who, "read", c.name)
	if err != nil {
		return nil, nil, err
	}
	if len(wanted.fields) > 0 {
		rules = slices.DeleteFunc(slices.Clone(rules), func(r rule) bool {
			return !slices.ContainsFunc(wanted.fields, func(f field) bool { return r.allows(f.name) })
		})
	}
	opened, err := s.conditionsOf(ctx, db, who, c, rules)
	if err != nil {
		return nil, nil, err
	}
	columns := []string{root(c).column(c.key)}
	var args []any
	for _, f := range wanted.fields {
		columns = append(columns, root(c).column(f.name))
	}
	for _, one := range opened {
		columns = append(columns, "coalesce("+one.sql+", 0)") // of a field without a value, it says neither yes nor no
		args = append(args, one.args...)
	}
	if find.order == "" {
		find.order = root(c).column(c.key)
	}
	where := joined("AND", []condition{joined("OR", opened), find.where, searching(c, find.search, rules, opened)})
	statement := "SELECT " + strings.Join(columns, ", ") + " FROM " + quote(c.name) +
		" WHERE " + where.sql + " ORDER BY " + find.order + " LIMIT ? OFFSET ?"
	args = append(append(args, where.args...), find.limit, find.offset)

	items, keys, err := scanItems(ctx, db, statement, args, wanted.fields, rules)
	if err != nil {
		return nil, nil, err
	}
	return items, keys, s.attachAll(ctx, db, who, c, items, keys, wanted)
}

// scanItems closes the rows before it returns, because there is only one
// connection.
func scanItems(ctx context.Context, db querier, statement string, args []any, fields []field, rules []rule) (items []item, keys []any, err error) {
	rows, err := db.QueryContext(ctx, statement, args...)
	if err != nil {
		return nil, nil, err
	}
	defer rows.Close()
	items = []item{}
	for rows.Next() {
		var key any
		values, applies := make([]any, len(fields)), make([]bool, len(rules))
		targets := []any{&key}
		for i := range values {
			targets = append(targets, &values[i])
		}
		for i := range applies {
			targets = append(targets, &applies[i])
		}
		if err := rows.Scan(targets...); err != nil {
			return nil, nil, err
		}
		one := item{}
		for i, f := range fields {
			one[f.name] = nil
			for j, r := range rules {
				if applies[j] && r.allows(f.name) {
					one[f.name] = shown(f, values[i])
				}
			}
		}
		items, keys = append(items, one), append(keys, key)
	}
	return items, keys, rows.Err()
}

// order translates ["-publish_date", "author.name"]; equal items are sorted by
// key.
func (f filterer) order(c *collection, names []string) (string, error) {
	var parts []string
	for _, name := range names {
		name, falling := strings.CutPrefix(name, "-")
		at, column := root(c), ""
		for segment := range strings.SplitSeq(name, ".") {
			if column != "" {
				return "", forbiddenFields(at.path, at.collection.name, []string{segment})
			}
			found, err := f.fieldAt(at, segment)
			if err != nil {
				return "", err
			}
			if found.related != "" && segment != name && !strings.HasSuffix(name, "."+segment) {
				at = f.step(at, found)
				continue
			}
			column = at.column(segment)
		}
		if falling {
			column += " DESC"
		}
		parts = append(parts, column)
	}
	return strings.Join(append(parts, root(c).column(c.key)), ", "), nil
}

// searching matches a word in every text, or a number or key exactly, in the
// fields and items that the rules allow.
func searching(c *collection, word string, rules []rule, opened []condition) condition {
	if word == "" {
		return joined("AND", nil)
	}
	parts := []condition{{sql: "0"}}
	number, numberErr := strconv.ParseInt(word, 10, 64)
	for _, f := range c.fields {
		column := root(c).column(f.name)
		var matching condition
		switch {
		case f.concealed:
			continue
		case f.kind.isText():
			matching = condition{"lower(" + column + ") LIKE ?", []any{"%" + strings.ToLower(word) + "%"}}
		case f.kind.isNumber() && numberErr == nil:
			matching = condition{column + " = ?", []any{number}}
		case f.kind == kindUUID && uuid.Validate(word) == nil:
			matching = condition{column + " = ?", []any{word}}
		default:
			continue
		}
		for i, r := range rules {
			if r.allows(f.name) {
				parts = append(parts, joined("AND", []condition{opened[i], matching}))
			}
		}
	}
	return joined("OR", parts)
}

// shown converts a stored value to its form in the API.
func shown(f field, value any) any {
	if value == nil {
		return nil
	}
	if f.concealed {
		return concealment
	}
	switch f.kind {
	case kindBoolean:
		return value == int64(1)
	case kindCSV:
		text, _ := value.(string)
		return strings.FieldsFunc(text, func(r rune) bool { return r == ',' })
	case kindJSON:
		text, _ := value.(string)
		var decoded any
		if json.Unmarshal([]byte(text), &decoded) != nil {
			return nil // only JSON is ever stored
		}
		return decoded
	}
	return value
}

// keyFits reports whether a key has the right form.
func keyFits(c *collection, key string) bool {
	f, _ := c.field(c.key)
	switch f.kind {
	case kindUUID:
		return len(key) == 36 && uuid.Validate(key) == nil
	case kindInteger, kindBigInteger:
		_, err := strconv.ParseInt(key, 10, 64)
		return err == nil
	}
	return true
}
