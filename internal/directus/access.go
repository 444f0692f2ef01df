package directus

import (
	"context"
	"encoding/json"
	"maps"
	"net/http"
	"net/url"
	"slices"

	"hutch/internal/secret"
)

// Access says what a member may do, by collection and action. Whether that covers a
// particular item or value, Directus decides on each call.
type Access struct {
	fields map[string]map[string][]string // collection → action → fields; "*" for all
	admin  bool                           // may do everything
	// presets are values that Directus gives new items, by collection.
	presets map[string]map[string]json.RawMessage
}

// Presets are what Directus gives new items of a collection that do not say otherwise.
func (a Access) Presets(collection string) map[string]json.RawMessage { return a.presets[collection] }

func (a *Access) preset(action, collection string, presets map[string]json.RawMessage) {
	if action != "create" || len(presets) == 0 {
		return
	}
	if a.presets == nil {
		a.presets = map[string]map[string]json.RawMessage{}
	}
	if a.presets[collection] == nil {
		a.presets[collection] = map[string]json.RawMessage{}
	}
	maps.Copy(a.presets[collection], presets)
}

// May reports whether the action (create, read, update, delete) is allowed on
// the collection at all.
func (a Access) May(action, collection string) bool {
	_, may := a.fields[collection][action]
	return may || a.admin
}

// MayField reports whether the action is allowed on this field.
func (a Access) MayField(action, collection, field string) bool {
	fields := a.fields[collection][action]
	return a.admin || slices.Contains(fields, "*") || slices.Contains(fields, field)
}

func (a *Access) allow(action, collection string, fields []string) {
	if a.fields == nil {
		a.fields = map[string]map[string][]string{}
	}
	if a.fields[collection] == nil {
		a.fields[collection] = map[string][]string{}
	}
	a.fields[collection][action] = append(a.fields[collection][action], fields...)
}

// Access returns what the token's member may do: GET /permissions/me. Directus 10
// always answers that with nothing, so there it is read from the permissions of the
// member's role.
//
// Errors: [Forbidden] if nobody is signed in, and on Directus 10 if the member may
// not read these permissions.
func (c *Client) Access(ctx context.Context, v Visitor, token secret.Text) (Access, error) {
	var answer map[string]map[string]struct {
		Access  string                     `json:"access"` // full, partial or none
		Fields  []string                   `json:"fields"`
		Presets map[string]json.RawMessage `json:"presets"`
	}
	res, err := c.do(ctx, call{pool: c.pools.of(token), method: http.MethodGet, path: "/permissions/me", visitor: v, token: token, timeout: readTimeout, empty: true}, &answer)
	if err != nil {
		return Access{}, err
	}
	if res.StatusCode == http.StatusNoContent {
		return c.roleAccess(ctx, v, token)
	}
	var access Access
	for collection, actions := range answer {
		for action, allowed := range actions {
			if allowed.Access != "none" {
				access.allow(action, collection, allowed.Fields)
				access.preset(action, collection, allowed.Presets)
			}
		}
	}
	return access, nil
}

// roleAccess is for Directus 10: GET /permissions of the member's own role. An
// administrator's role has none except those that come with App Access, and may do
// everything.
func (c *Client) roleAccess(ctx context.Context, v Visitor, token secret.Text) (Access, error) {
	var permissions []struct {
		Collection string                     `json:"collection"`
		Action     string                     `json:"action"`
		Fields     []string                   `json:"fields"`
		Presets    map[string]json.RawMessage `json:"presets"`
		System     bool                       `json:"system"` // not stored: comes with App Access
	}
	query := url.Values{"filter[role][_eq]": {"$CURRENT_ROLE"}, "limit": {"-1"}}
	_, err := c.do(ctx, call{pool: c.pools.of(token), method: http.MethodGet, path: "/permissions", query: query, visitor: v, token: token, timeout: readTimeout}, &permissions)
	if err != nil {
		return Access{}, err
	}
	var access Access
	stored := false
	for _, p := range permissions {
		access.allow(p.Action, p.Collection, p.Fields)
		access.preset(p.Action, p.Collection, p.Presets)
		stored = stored || !p.System
	}
	if stored {
		return access, nil
	}
	var me struct {
		Role struct {
			Admin bool `json:"admin_access"`
		} `json:"role"`
	}
	_, err = c.do(ctx, call{
		pool:   c.pools.of(token),
		method: http.MethodGet, path: "/users/me", query: url.Values{"fields": {"role.admin_access"}},
		visitor: v, token: token, timeout: readTimeout,
	}, &me)
	access.admin = me.Role.Admin
	return access, err
}
