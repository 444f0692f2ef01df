package setup

import (
	"context"
	"encoding/json"
	"net/url"
	"reflect"
	"slices"
	"strings"
)

// The names by which setup recognises what it created.
const (
	usersName   = "Users"
	serviceName = "Hutch service account"
	formsName   = "Hutch forms account"
)

// access is who may do what. On v10, permissions belong to roles; from v11 on, to
// policies, which are linked to roles and users.
type access struct {
	roles    []role
	policies []policy // v11 on; only those that matter here come with their permissions
	links    []link   // v11 on; of roles and of the public
	public   []permission
	agents   map[string][]account // users that have the role (v10) or policy of an agent, by its name
}

type role struct {
	ID     string `json:"id"`
	Name   string `json:"name"`
	Parent string `json:"parent"`       // v11 on
	Admin  bool   `json:"admin_access"` // v10
	App    bool   `json:"app_access"`   // v10

	permissions []permission // v10
}

type policy struct {
	ID          string       `json:"id"`
	Name        string       `json:"name"`
	Admin       bool         `json:"admin_access"`
	App         bool         `json:"app_access"`
	Permissions []permission `json:"permissions"`
}

// link gives a policy to a role, or to the public if the role is empty.
type link struct {
	Role   string `json:"role"`
	Policy string `json:"policy"`
}

type account struct {
	ID     string `json:"id"`
	Status string `json:"status"`
	Token  string `json:"token"` // concealed; empty if there is none
}

// permission allows one action on one collection.
type permission struct {
	ID         json.Number    `json:"id"`
	Collection string         `json:"collection"`
	Action     string         `json:"action"`
	Fields     []string       `json:"fields"`
	Rule       map[string]any `json:"permissions"` // which items
	Validation map[string]any `json:"validation"`
	Presets    map[string]any `json:"presets"`

	Role   *string `json:"role"`   // v10; nil: the public
	System bool    `json:"system"` // implied by Directus, not stored
}

func (s *server) lookAccess(ctx context.Context) error {
	if s.major == 10 {
		return s.lookRoles(ctx)
	}
	return s.lookPolicies(ctx)
}

// lookRoles reads the access of v10.
func (s *server) lookRoles(ctx context.Context) (err error) {
	if s.access.roles, err = list[role](ctx, s, "/roles", url.Values{"fields": {"id,name,admin_access,app_access"}}); err != nil {
		return err
	}
	var permissions []permission
	if err := s.admin.Get(ctx, "/permissions", url.Values{"limit": {"-1"}}, &permissions); err != nil {
		return err
	}
	permissions = slices.DeleteFunc(permissions, func(perm permission) bool { return perm.System })
	for _, perm := range permissions {
		if perm.Role == nil {
			s.access.public = append(s.access.public, perm)
			continue
		}
		for i := range s.access.roles {
			if s.access.roles[i].ID == *perm.Role {
				s.access.roles[i].permissions = append(s.access.roles[i].permissions, perm)
			}
		}
	}
	if err := s.checkWhole("/permissions", len(permissions)); err != nil {
		return err
	}
	s.access.agents = map[string][]account{}
	for _, name := range agentNames() {
		if roles := s.rolesNamed(name); len(roles) > 0 && err == nil {
			s.access.agents[name], err = list[account](ctx, s, "/users", url.Values{
				"fields":            {"id,status,token"},
				"filter[role][_eq]": {roles[0].ID},
			})
		}
	}
	return err
}

// lookPolicies reads the access of v11 and v12. It reads permissions through their
// policies: without a licence, v12 hides those with custom rules at /permissions,
// although they are stored and apply again with a licence.
func (s *server) lookPolicies(ctx context.Context) (err error) {
	if s.access.roles, err = list[role](ctx, s, "/roles", url.Values{"fields": {"id,name,parent"}}); err != nil {
		return err
	}
	if s.access.links, err = list[link](ctx, s, "/access", url.Values{"fields": {"role,policy"}, "filter[user][_null]": {"true"}}); err != nil {
		return err
	}
	all, err := list[policy](ctx, s, "/policies", url.Values{"fields": {"id,name,admin_access,app_access"}})
	if err != nil {
		return err
	}
	wanted := s.publicPolicies()
	for _, role := range s.rolesNamed(usersName) {
		wanted = append(wanted, s.policiesOf(role.ID)...)
	}
	for _, policy := range all {
		if policy.Name == usersName || slices.Contains(agentNames(), policy.Name) {
			wanted = append(wanted, policy.ID)
		}
	}
	for i, policy := range all {
		if !slices.Contains(wanted, policy.ID) {
			continue
		}
		err := s.admin.Get(ctx, "/policies/"+policy.ID, url.Values{
			"fields":                    {"permissions.id,permissions.collection,permissions.action,permissions.fields,permissions.permissions,permissions.validation,permissions.presets"},
			"deep[permissions][_limit]": {"-1"},
		}, &all[i])
		if err != nil {
			return err
		}
		if err := s.checkWhole("/policies/:id, permissions", len(all[i].Permissions)); err != nil {
			return err
		}
	}
	s.access.policies = all
	for _, id := range s.publicPolicies() {
		s.access.public = append(s.access.public, s.policy(id).Permissions...)
	}
	s.access.agents = map[string][]account{}
	for _, name := range agentNames() {
		policies := s.policiesNamed(name)
		if len(policies) == 0 {
			continue
		}
		rows, err := list[struct {
			User account `json:"user"`
		}](ctx, s, "/access", url.Values{
			"fields":               {"user.id,user.status,user.token"},
			"filter[policy][_eq]":  {policies[0].ID},
			"filter[user][_nnull]": {"true"},
		})
		if err != nil {
			return err
		}
		for _, row := range rows {
			s.access.agents[name] = append(s.access.agents[name], row.User)
		}
	}
	return nil
}

func (s *server) rolesNamed(name string) []role {
	var found []role
	for _, role := range s.access.roles {
		if role.Name == name {
			found = append(found, role)
		}
	}
	return found
}

func (s *server) roleName(id string) string {
	for _, role := range s.access.roles {
		if role.ID == id {
			return role.Name
		}
	}
	return id
}

func (s *server) policiesNamed(name string) []policy {
	var found []policy
	for _, policy := range s.access.policies {
		if policy.Name == name {
			found = append(found, policy)
		}
	}
	return found
}

func (s *server) policy(id string) policy {
	for _, policy := range s.access.policies {
		if policy.ID == id {
			return policy
		}
	}
	return policy{ID: id}
}

// publicPolicies are the policies of people who are not signed in.
func (s *server) publicPolicies() []string {
	return s.linked("")
}

// policiesOf are the policies of a role: its own and those of its parents.
func (s *server) policiesOf(roleID string) []string {
	var policies []string
	for seen := []string{}; roleID != "" && !slices.Contains(seen, roleID); {
		seen = append(seen, roleID)
		policies = append(policies, s.linked(roleID)...)
		parent := ""
		for _, role := range s.access.roles {
			if role.ID == roleID {
				parent = role.Parent
			}
		}
		roleID = parent
	}
	return policies
}

func (s *server) linked(roleID string) []string {
	var policies []string
	for _, link := range s.access.links {
		if link.Role == roleID {
			policies = append(policies, link.Policy)
		}
	}
	return policies
}

// grant stores a permission for a role (v10) or a policy (v11 on). On v10, an
// empty holder is the public.
func (s *server) grant(ctx context.Context, holder string, perm permission) error {
	body := map[string]any{
		"collection":  perm.Collection,
		"action":      perm.Action,
		"fields":      perm.Fields,
		"permissions": perm.Rule,
	}
	if perm.Rule == nil {
		body["permissions"] = map[string]any{}
	}
	if perm.Validation != nil {
		body["validation"], body["presets"] = perm.Validation, perm.Presets
	}
	switch {
	case s.major > 10:
		body["policy"] = holder
	case holder == "":
		body["role"] = nil
	default:
		body["role"] = holder
	}
	return s.admin.Post(ctx, "/permissions", body, nil)
}

// ofKind are the permissions for one action on one collection.
func ofKind(permissions []permission, collection, action string) []permission {
	var found []permission
	for _, perm := range permissions {
		if perm.Collection == collection && perm.Action == action {
			found = append(found, perm)
		}
	}
	return found
}

// ignored reports whether the server would ignore a permission. Without a licence,
// v12 accepts only permissions without rules and the ones it recommends itself;
// Hutch uses two of those.
func (s *server) ignored(perm permission) bool {
	if s.licence.rules {
		return false
	}
	plain := slices.Contains(perm.Fields, "*") && len(perm.Rule)+len(perm.Validation)+len(perm.Presets) == 0
	return !plain && !same(perm, updateOwnUser()) && !same(perm, deleteOwnFiles())
}

// same reports whether two permissions are equal in the strict sense in which
// Directus compares them: the order of fields counts.
func same(a, b permission) bool {
	return a.Collection == b.Collection && a.Action == b.Action &&
		slices.Equal(a.Fields, b.Fields) && reflect.DeepEqual(a.Rule, b.Rule) &&
		len(a.Validation)+len(b.Validation)+len(a.Presets)+len(b.Presets) == 0
}

// missingFields lists the needed fields that a permission leaves out.
func missingFields(perm permission, need []string) []string {
	if slices.Contains(perm.Fields, "*") {
		return nil
	}
	var missing []string
	for _, field := range need {
		if !slices.Contains(perm.Fields, field) {
			missing = append(missing, field)
		}
	}
	return missing
}

// existing adds the step for a permission if there is already one for the same
// action on the same collection. Setup never changes that one.
func (p *plan) existing(what string, found []permission, wanted permission, need []string) *step {
	// Prefer the one that setup would create.
	found = slices.Clone(found)
	slices.SortStableFunc(found, func(a, b permission) int {
		switch {
		case sameRule(a.Rule, wanted.Rule) == sameRule(b.Rule, wanted.Rule):
			return 0
		case sameRule(a.Rule, wanted.Rule):
			return -1
		}
		return 1
	})
	for _, perm := range found {
		if p.server.ignored(perm) || len(missingFields(perm, need)) > 0 {
			continue
		}
		s := step{what: what, state: inPlace}
		switch {
		case len(perm.Rule) == 0 && len(wanted.Rule) > 0:
			s.note("It covers all items, which is more than Hutch needs. Setup keeps it.")
		case len(perm.Rule) > 0 && !sameRule(perm.Rule, wanted.Rule):
			s.note("It has a rule of its own. Setup keeps it.")
		}
		if len(perm.Validation)+len(perm.Presets) > 0 && !(reflect.DeepEqual(perm.Validation, wanted.Validation) && reflect.DeepEqual(perm.Presets, wanted.Presets)) {
			s.note("It has a validation or presets of its own. Setup keeps them.")
		}
		return p.add(s)
	}
	s := step{what: what, state: unchanged}
	for _, perm := range found {
		if p.server.ignored(perm) {
			s.note("There is one with a rule of its own. Without a licence, Directus 12 ignores it, so it lets nobody in. Setup keeps it and adds no other, which could allow more.")
		} else {
			s.note("There is one that does not cover %s. Setup keeps it.", strings.Join(missingFields(perm, need), ", "))
		}
	}
	return p.add(s)
}

// sameRule compares rules. The Studio wraps them into an _and.
func sameRule(a, b map[string]any) bool {
	if len(unwrap(a))+len(unwrap(b)) == 0 {
		return true
	}
	return reflect.DeepEqual(unwrap(a), unwrap(b))
}

func unwrap(rule map[string]any) map[string]any {
	if all, ok := rule["_and"].([]any); ok && len(rule) == 1 {
		switch len(all) {
		case 0:
			return nil
		case 1:
			if only, ok := all[0].(map[string]any); ok {
				return only
			}
		}
	}
	return rule
}
