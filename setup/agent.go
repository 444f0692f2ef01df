package setup

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"fmt"
)

// agent is a user without email and password that acts for Hutch, with a role (v10) or
// policy made for it alone.
type agent struct {
	name     string // of the role or policy
	icon     string
	purpose  string
	lastName string // of the user
	needs    func(permission) bool
	renew    bool   // its token
	flag     string // that does so

	holder string // the id of the role or policy; empty until it exists
	token  string // of an account that was created, or renewed, in this run
}

// agentNames are those of the roles or policies.
func agentNames() []string { return []string{serviceName, formsName} }

// holdersOf are what an account's permissions belong to: roles on v10, policies from
// v11 on.
func (s *server) holdersOf(name string) []policy {
	if s.major > 10 {
		return s.policiesNamed(name)
	}
	var holders []policy
	for _, role := range s.rolesNamed(name) {
		holders = append(holders, policy{ID: role.ID, Name: role.Name, Admin: role.Admin, App: role.App, Permissions: role.permissions})
	}
	return holders
}

// agentHas are the permissions of an account before anything changes.
func (s *server) agentHas(name string) []permission {
	if found := s.holdersOf(name); len(found) == 1 {
		return found[0].Permissions
	}
	return nil
}

// agentHolder plans the role (v10) or policy of the account.
func (p *plan) agentHolder(a *agent) *step {
	kind, path := "policy", "/policies"
	if p.server.major == 10 {
		kind, path = "role", "/roles"
	}
	found := p.server.holdersOf(a.name)
	s := step{what: fmt.Sprintf("%s %q, without App Access", kind, a.name), state: inPlace}
	switch {
	case len(found) == 0:
		s.state = toDo
		s.do = func(ctx context.Context) error {
			var err error
			a.holder, err = p.server.create(ctx, path, map[string]any{
				"name": a.name, "icon": a.icon, "description": a.purpose,
				"admin_access": false, "app_access": false,
			})
			return err
		}
	case len(found) > 1:
		s.state = blocked
		s.note("There is more than one %s with this name. Delete the ones that are not in use.", kind)
	case found[0].Admin || found[0].App:
		s.state = blocked
		s.note("The existing %s has administrator or App Access, which is more than Hutch needs. Remove that access or rename the %s.", kind, kind)
	default:
		a.holder = found[0].ID
		for _, perm := range found[0].Permissions {
			if !a.needs(perm) {
				s.note("It also allows to %s %s, which Hutch does not need.", perm.Action, perm.Collection)
			}
		}
	}
	return p.add(s)
}

// agentPermission plans one permission of the account.
func (p *plan) agentPermission(a *agent, what string, wanted permission, need []string, needs []*step, notes ...string) *step {
	return p.permit(&a.holder, what, ofKind(p.server.agentHas(a.name), wanted.Collection, wanted.Action), wanted, need, needs, notes...)
}

// agentAccount plans the user. what names it, and keep says what comes of a lost token.
func (p *plan) agentAccount(a *agent, what, keep string, needs []*step) {
	s := step{what: what + ", without email and password", state: inPlace, needs: needs}
	accounts := p.server.access.agents[a.name]
	switch {
	case len(accounts) == 0:
		s.state = toDo
		s.note("Its token is printed once, at the end, for .env. %s", keep)
		s.do = func(ctx context.Context) error { return p.makeAgent(ctx, a) }
	case a.renew:
		s.state = toDo
		s.what = "a new token for the " + what
		s.note("It is printed once, at the end, for .env. The old one stops working immediately.")
		s.do = func(ctx context.Context) error {
			token := newToken()
			err := p.server.admin.Patch(ctx, "/users/"+accounts[0].ID, map[string]any{"token": token})
			if err == nil {
				a.token = token
			}
			return err
		}
	default:
		s.note("Its token was printed when the account was created and cannot be shown again. If you have lost it, run setup with %s.", a.flag)
		if accounts[0].Token == "" {
			s.note("It has no token at the moment: use %s.", a.flag)
		}
		if accounts[0].Status != "active" {
			s.note("Its status is %q; only an active account can be used.", accounts[0].Status)
		}
	}
	p.add(s)
}

func (p *plan) makeAgent(ctx context.Context, a *agent) error {
	token := newToken()
	body := map[string]any{
		"first_name": "Hutch", "last_name": a.lastName,
		"description": a.purpose + ". Created by hutch setup.",
		"status":      "active", "token": token,
	}
	if p.server.major == 10 {
		body["role"] = a.holder
	} else {
		body["policies"] = []map[string]any{{"policy": a.holder}}
	}
	_, err := p.server.create(ctx, "/users", body)
	if err == nil {
		a.token = token
	}
	return err
}

func newToken() string {
	raw := make([]byte, 32)
	_, _ = rand.Read(raw) // never fails
	return hex.EncodeToString(raw)
}
