package sandbox

import (
	"context"
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"github.com/google/uuid"
)

// create adds an item for a caller, as far as a rule lets them: the fields
// they send are checked first, then the rules' presets are merged in. check
// is asked once the caller is known to be allowed. It gives the item's key.
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
		if f.required && complete[f.name] == nil {
			return "", failedValidation(f.name, "required")
		}
	}
	return s.insert(ctx, db, c, complete)
}

// update changes an item for a caller. A rule must open this very item and
// every field that is sent.
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
	return s.set(ctx, db, c, key, payload)
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

// mayName refuses fields that no rule opens. Unknown fields that a "*" opens
// pass, and are left out when the item is stored.
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

// openingRules gives those of the rules that open one item. An administrator
// is not stopped even by an item that does not exist.
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

// insert stores an item, with initial values for what it lacks and a new key
// if it has none. It gives the key.
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

// storable gives columns and values in a fixed order, each value in the shape
// its column wants.
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
		default:
			switch plain := value.(type) {
			case string, bool, int, int64:
			case float64:
				value = whole(plain)
			default: // Directus would write the related item; the sandbox does not
				return nil, nil, invalidPayload(`"%s" has to be a plain value`, name)
			}
			if text, ok := value.(string); ok && text == "" && f.related != "" {
				value = nil
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

func (s *Sandbox) mustExist(ctx context.Context, db querier, c *collection, f field, key any) error {
	related := s.collections[f.related]
	var found bool
	err := db.QueryRowContext(ctx, "SELECT count(*) FROM "+quote(related.name)+" WHERE "+quote(related.key)+" = ?", key).Scan(&found)
	if err == nil && !found {
		return invalidForeignKey(c.name, f.name)
	}
	return err
}

// uniqueFault tells the caller of a key or value that is taken.
func uniqueFault(c *collection, row item, err error) error {
	if err == nil || !strings.Contains(err.Error(), "UNIQUE constraint failed") {
		return err
	}
	name := c.key
	for _, candidate := range []string{"email", "token"} {
		if strings.Contains(err.Error(), candidate) {
			name = candidate
		}
	}
	return notUnique(c.name, name, asText(row[name]))
}
