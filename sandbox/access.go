package sandbox

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
)

// access is what a caller may do with a collection, as GET /permissions/me
// reports it.
type access struct {
	Access  string         `json:"access"` // "none", "partial": some items, "full"
	Fields  []string       `json:"fields,omitempty"`
	Presets map[string]any `json:"presets,omitempty"`
}

// myAccess is GET /permissions/me: collection ─▶ action ─▶ access. Collections
// without any permission are left out.
func (s *Sandbox) myAccess(c *call) error {
	if c.who.user == "" && c.who.role == "" {
		return forbidden()
	}
	actions := []string{"create", "read", "update", "delete", "share"}
	told := map[string]map[string]*access{}
	add := func(collection string) map[string]*access {
		if told[collection] == nil {
			told[collection] = map[string]*access{}
			for _, action := range actions {
				told[collection][action] = &access{Access: "none"}
			}
		}
		return told[collection]
	}
	if c.who.admin {
		for _, name := range append(s.schema.names(), "directus_collections", "directus_fields", "directus_relations") {
			for _, a := range add(name) {
				*a = access{Access: "full", Fields: []string{"*"}}
			}
		}
		return c.writeData(told)
	}
	names, err := s.permittedCollections(c.r.Context(), c.who)
	if err != nil {
		return err
	}
	for _, name := range names {
		add(name)
	}
	for collection, byAction := range told {
		for action, a := range byAction {
			rules, err := s.rulesFor(c.r.Context(), s.db, c.who, action, collection)
			if err != nil {
				return err
			}
			a.add(rules)
		}
	}
	return c.writeData(told)
}

// permittedCollections lists the collections that the caller has permissions on.
func (s *Sandbox) permittedCollections(ctx context.Context, who caller) ([]string, error) {
	where, args := policiesOf(who)
	// #nosec G202 -- where is one of two constants
	rows, err := s.db.QueryContext(ctx, `SELECT DISTINCT collection FROM directus_permissions
		WHERE policy IN (SELECT a.policy FROM directus_access a WHERE `+where+`)`, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var names []string
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			return nil, err
		}
		names = append(names, name)
	}
	return names, rows.Err()
}

// add adds the rules for one action. A rule for some items only makes the access
// partial, whatever the other rules allow.
func (a *access) add(rules []rule) {
	for _, r := range rules {
		if a.Access == "none" {
			a.Access = "full"
		}
		if filter, _ := r.filter.(map[string]any); len(filter) > 0 {
			a.Access = "partial"
		}
		for _, name := range r.fields {
			if !slices.Contains(a.Fields, name) {
				a.Fields = append(a.Fields, name)
			}
		}
		if slices.Contains(a.Fields, "*") {
			a.Fields = []string{"*"}
		}
		for name, value := range r.presets {
			if a.Presets == nil {
				a.Presets = map[string]any{}
			}
			a.Presets[name] = value
		}
	}
}

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
