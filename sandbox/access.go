package sandbox

import (
	"context"
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
