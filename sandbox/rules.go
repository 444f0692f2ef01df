package sandbox

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
)

// rule is a permission of a caller: the items and fields that it allows.
type rule struct {
	fields  []string // "*" is all
	filter  any      // nil or empty: every item
	presets map[string]any
}

// rulesFor returns the caller's rules for an action on a collection. Without any,
// the action is forbidden. An administrator has one that allows everything.
func (s *Sandbox) rulesFor(ctx context.Context, db querier, who caller, action, collection string) ([]rule, error) {
	if who.admin {
		return []rule{{fields: []string{"*"}}}, nil
	}
	where, args := policiesOf(who)
	rows, err := db.QueryContext(ctx, `SELECT fields, permissions, presets FROM directus_permissions
		WHERE collection = ? AND action = ? AND policy IN (SELECT a.policy FROM directus_access a WHERE `+where+`)
		ORDER BY id`, append([]any{collection, action}, args...)...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var rules []rule
	for rows.Next() {
		var r rule
		var fields, filter, presets *string
		if err := rows.Scan(&fields, &filter, &presets); err != nil {
			return nil, err
		}
		err := errors.Join(decode(fields, &r.fields), decode(filter, &r.filter), decode(presets, &r.presets))
		if err != nil {
			return nil, err
		}
		rules = append(rules, r)
	}
	return rules, rows.Err()
}

// decode parses a JSON column that may be NULL.
func decode(column *string, target any) error {
	if column == nil {
		return nil
	}
	return json.Unmarshal([]byte(*column), target)
}

func (r rule) allows(field string) bool {
	return slices.Contains(r.fields, "*") || slices.Contains(r.fields, field)
}

// anyAllows reports whether a field is allowed on at least some items.
func anyAllows(rules []rule, field string) bool {
	return slices.ContainsFunc(rules, func(r rule) bool { return r.allows(field) })
}
