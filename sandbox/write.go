package sandbox

import (
	"context"
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/google/uuid"
)

// create adds an item for a caller and returns its key. It checks the fields they
// send against the rules, then merges in the rules' presets. check runs once the
// caller is known to have the right.
func (s *Sandbox) create(ctx context.Context, db querier, who caller, c *collection, payload item, check func() error) (string, error) {
	rules, err := s.rulesFor(ctx, db, who, "create", c.name)
	if err != nil {
		return "", err
	}
	if len(rules) == 0 {
		return "", forbiddenCollection("", c.name)
	}
	if err := mayName(rules, c, payload); err != nil {
		return "", err
	}
	if err := check(); err != nil {
		return "", err
	}
	complete := item{}
	for _, r := range rules {
		maps.Copy(complete, r.presets)
	}
	maps.Copy(complete, payload)
	for _, f := range c.fields {
		if _, given := complete[f.name]; f.required && !given && f.initial == nil {
			return "", failedValidation(f.name, "required")
		}
	}
	if err := checkNulls(c, complete); err != nil {
		return "", err
	}
	s.fillIn(who, c, "created", complete)
	return s.insertAll(ctx, db, who, c, complete)
}

// checkNulls refuses null in required fields.
func checkNulls(c *collection, values item) error {
	for _, f := range c.fields {
		if value, given := values[f.name]; f.required && given && value == nil {
			return failedValidation(f.name, "nnull")
		}
	}
	return nil
}

// fillIn sets the fields that Directus sets itself when an item is "created" or
// "updated", whatever the caller sent.
func (s *Sandbox) fillIn(who caller, c *collection, event string, values item) {
	for _, f := range c.fields {
		for special := range strings.SplitSeq(f.special, ",") {
			switch special {
			case "user-" + event:
				values[f.name] = textOrNull(who.user)
			case "date-" + event:
				values[f.name] = timestamp(s.now())
			}
		}
	}
}

// update changes an item for a caller. The rules must allow this item and every
// field that is sent.
func (s *Sandbox) update(ctx context.Context, db querier, who caller, c *collection, key string, payload item, check func() error) error {
	if !keyFits(c, key) {
		return forbidden()
	}
	rules, err := s.rulesFor(ctx, db, who, "update", c.name)
	if err != nil {
		return err
	}
	if len(rules) == 0 {
		return forbiddenCollection("", c.name)
	}
	if err := mayName(rules, c, payload); err != nil {
		return err
	}
	opening, err := s.openingRules(ctx, db, who, c, key, rules)
	if err != nil {
		return err
	}
	if len(opening) == 0 && len(payload) == 0 {
		return forbiddenAction("update", c.name)
	}
	names := slices.Sorted(maps.Keys(payload))
	for _, name := range names {
		if !anyAllows(opening, name) {
			return forbiddenBecause(`You don't have permissions to perform "update" for the field(s) %s in collection "%s" or it does not exist.`,
				`"`+strings.Join(names, `", "`)+`"`, c.name)
		}
	}
	if err := check(); err != nil {
		return err
	}
	if err := checkNulls(c, payload); err != nil {
		return err
	}
	for _, l := range c.lists {
		if payload[l.name] != nil {
			return invalidPayload(`The sandbox does not change "%s" along with an item`, l.name)
		}
	}
	changes := maps.Clone(payload)
	s.fillIn(who, c, "updated", changes)
	return s.set(ctx, db, c, key, changes)
}

// delete removes an item for a caller.
func (s *Sandbox) delete(ctx context.Context, db querier, who caller, c *collection, key string) error {
	if !keyFits(c, key) {
		return forbidden()
	}
	rules, err := s.rulesFor(ctx, db, who, "delete", c.name)
	if err != nil {
		return err
	}
	if len(rules) == 0 {
		return forbiddenCollection("", c.name)
	}
	opening, err := s.openingRules(ctx, db, who, c, key, rules)
	if err != nil {
		return err
	}
	if len(opening) == 0 {
		return forbiddenAction("delete", c.name)
	}
	_, err = db.ExecContext(ctx, "DELETE FROM "+quote(c.name)+" WHERE "+quote(c.key)+" = ?", key)
	return err
}

// mayName refuses fields that no rule allows. With "*", unknown fields pass, and
// are left out when the item is stored.
func mayName(rules []rule, c *collection, payload item) error {
	var refused []string
	for _, name := range slices.Sorted(maps.Keys(payload)) {
		if !anyAllows(rules, name) {
			refused = append(refused, name)
		}
	}
	if len(refused) > 0 {
		return forbiddenFields("", c.name, refused)
	}
	return nil
}

// openingRules returns the rules that allow one item. For an administrator they
// do so even if the item does not exist.
func (s *Sandbox) openingRules(ctx context.Context, db querier, who caller, c *collection, key string, rules []rule) ([]rule, error) {
	if who.admin {
		return rules, nil
	}
	var opening []rule
	for _, r := range rules {
		open, err := filterer{s: s, ctx: ctx, db: db, who: who}.compile(root(c), r.filter)
		if err != nil {
			return nil, err
		}
		var found bool
		err = db.QueryRowContext(ctx, "SELECT count(*) FROM "+quote(c.name)+" WHERE "+quote(c.key)+" = ? AND "+open.sql,
			append([]any{key}, open.args...)...).Scan(&found)
		if err != nil {
			return nil, err
		}
		if found {
			opening = append(opening, r)
		}
	}
	return opening, nil
}

// insert stores an item, with defaults for missing fields and a new key if it has
// none, and returns the key.
func (s *Sandbox) insert(ctx context.Context, db querier, c *collection, values item) (string, error) {
	row := item{}
	for _, f := range c.fields {
		if value, given := values[f.name]; given {
			row[f.name] = value
		} else if f.initial != nil {
			row[f.name] = f.initial
		}
	}
	key, _ := c.field(c.key)
	if row[c.key] == nil && key.kind == kindUUID {
		row[c.key] = uuid.NewString()
	}
	columns, args, err := s.storable(ctx, db, c, row)
	if err != nil {
		return "", err
	}
	statement := "INSERT INTO " + quote(c.name) + " DEFAULT VALUES"
	if len(columns) > 0 {
		statement = "INSERT INTO " + quote(c.name) + " (" + strings.Join(columns, ", ") + ") VALUES (?" + strings.Repeat(", ?", len(columns)-1) + ")"
	}
	var stored string
	err = db.QueryRowContext(ctx, statement+" RETURNING "+quote(c.key), args...).Scan(&stored)
	return stored, uniqueFault(c, row, err)
}

// set stores new values; the key itself never changes.
func (s *Sandbox) set(ctx context.Context, db querier, c *collection, key string, values item) error {
	row := item{}
	for _, f := range c.fields {
		if value, given := values[f.name]; given && f.name != c.key {
			row[f.name] = value
		}
	}
	if len(row) == 0 {
		return nil
	}
	columns, args, err := s.storable(ctx, db, c, row)
	if err != nil {
		return err
	}
	_, err = db.ExecContext(ctx, "UPDATE "+quote(c.name)+" SET "+strings.Join(columns, " = ?, ")+" = ? WHERE "+quote(c.key)+" = ?", append(args, key)...)
	return uniqueFault(c, row, err)
}

// storable returns columns and values in a fixed order, each value converted for
// its column.
func (s *Sandbox) storable(ctx context.Context, db querier, c *collection, row item) (columns []string, args []any, err error) {
	for _, name := range slices.Sorted(maps.Keys(row)) {
		f, _ := c.field(name)
		value := row[name]
		switch {
		case value == nil:
		case f.kind == kindJSON:
			encoded, err := json.Marshal(value)
			if err != nil {
				return nil, nil, invalidPayload(`"%s" is not JSON`, name)
			}
			value = string(encoded)
		case f.kind == kindCSV:
			value = strings.Join(listOfText(value), ",")
		default:
			switch plain := value.(type) {
			case string, bool, int, int64:
			case float64:
				value = whole(plain)
			default: // Directus would write the related item; the sandbox does not
				return nil, nil, invalidPayload(`"%s" has to be a plain value`, name)
			}
			if text, ok := value.(string); ok {
				if value, err = inShape(f, text); err != nil {
					return nil, nil, err
				}
				if f.length > 0 && !s.options.AnyLength && utf8.RuneCountInString(text) > f.length {
					return nil, nil, valueTooLong(c.name, f.name, len(row) == 1)
				}
			}
			if f.related != "" && !f.unchecked && value != nil {
				if err := s.mustExist(ctx, db, c, f, value); err != nil {
					return nil, nil, err
				}
			}
		}
		columns, args = append(columns, quote(name)), append(args, value)
	}
	return columns, args, nil
}

// inShape converts text for its field: moments to Directus' format, and an empty
// reference to null.
func inShape(f field, text string) (any, error) {
	switch {
	case text == "" && f.related != "":
		return nil, nil
	case text == "":
		return text, nil
	case f.kind == kindDate:
		return moment(f.name, "Date", text, "2006-01-02")
	case f.kind == kindDateTime:
		return moment(f.name, "DateTime", text, "2006-01-02T15:04:05")
	case f.kind == kindTimestamp:
		return moment(f.name, "Timestamp", text, "2006-01-02T15:04:05.000Z")
	}
	return text, nil
}

// moment parses the formats of browsers' date fields, and RFC 3339. A moment
// without a time zone is in UTC.
func moment(name, what, text, layout string) (any, error) {
	for _, known := range []string{time.RFC3339, "2006-01-02T15:04Z07:00", "2006-01-02T15:04:05", "2006-01-02T15:04", "2006-01-02 15:04:05", "2006-01-02"} {
		if at, err := time.Parse(known, text); err == nil {
			return at.UTC().Format(layout), nil
		}
	}
	return nil, invalidPayload(`Invalid %s format in field "%s"`, what, name)
}

func (s *Sandbox) mustExist(ctx context.Context, db querier, c *collection, f field, key any) error {
	related := s.schema.collection(f.related)
	var found bool
	err := db.QueryRowContext(ctx, "SELECT count(*) FROM "+quote(related.name)+" WHERE "+quote(related.key)+" = ?", key).Scan(&found)
	if err == nil && !found {
		return invalidForeignKey(c.name, f.name)
	}
	return err
}

// uniqueFault converts the database's error for a key or value that is taken.
func uniqueFault(c *collection, row item, err error) error {
	if err == nil || !strings.Contains(err.Error(), "UNIQUE constraint failed") {
		return err
	}
	name := c.key
	for _, candidate := range []string{"email", "token"} { // indexes of their own
		if strings.Contains(err.Error(), candidate) {
			name = candidate
		}
	}
	for _, f := range c.fields {
		if f.unique && strings.Contains(err.Error(), c.name+"."+f.name) {
			name = f.name
		}
	}
	return notUnique(c.name, name, asText(row[name]))
}
