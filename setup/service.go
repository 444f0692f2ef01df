package setup

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"slices"
)

// readUsers is what the service account may do, and all of it: without a
// licence, Directus 12 takes neither a list of fields nor a rule.
func readUsers() permission {
	return permission{Collection: "directus_users", Action: "read", Fields: []string{"*"}}
}

// service plans the account with which Hutch reads a member's row where the
// member may not: on Directus 12 without a licence, without App Access.
func (p *plan) service() {
	if !p.needsService() {
		p.serviceNotNeeded()
		return
	}
	policy := p.servicePolicyStep()
	permission := p.servicePermission(policy)
	p.serviceAccount(policy, permission)
}

func (p *plan) needsService() bool {
	if p.has.app || !p.server.ignored(readOwnUser()) {
		return false
	}
	return !slices.ContainsFunc(ofKind(p.has.permissions, "directus_users", "read"), func(perm permission) bool {
		return !p.server.ignored(perm) && len(missingFields(perm, userFields())) == 0
	})
}

func (p *plan) serviceNotNeeded() {
	switch {
	case p.appAccessToDo: // the next run tells
	case len(p.server.access.service) > 0:
		p.add(step{what: "service account", state: there, notes: []string{
			"It is not needed any more: members can read their own user. Take DIRECTUS_SERVICE_TOKEN out of .env and delete the account and its policy.",
		}})
	case p.opts.NewServiceToken:
		p.add(step{what: "service account", state: left, notes: []string{
			"--new-service-token does nothing here: members can read their own user, so that no service account is needed.",
		}})
	}
}

func (p *plan) servicePolicyStep() *step {
	found := p.server.policiesNamed(serviceName)
	s := step{what: fmt.Sprintf("policy %q, without App Access", serviceName), state: there}
	switch {
	case len(found) == 0:
		s.state = toDo
		s.do = func(ctx context.Context) error {
			var err error
			p.serviceID, err = p.server.create(ctx, "/policies", map[string]any{
				"name": serviceName, "icon": "key", "description": "Reads users, for Hutch, and nothing else",
				"admin_access": false, "app_access": false,
			})
			return err
		}
	case len(found) > 1:
		s.state = blocked
		s.note("There are %d policies of this name. Delete those that are not in use.", len(found))
	case found[0].Admin || found[0].App:
		s.state = blocked
		s.note("The one that is there has administrator or App Access, which is more than Hutch needs. Take it away or rename the policy.")
	default:
		p.serviceID = found[0].ID
		for _, perm := range found[0].Permissions {
			if perm.Collection != "directus_users" || perm.Action != "read" {
				s.note("It also allows to %s %s, which Hutch does not need.", perm.Action, perm.Collection)
			}
		}
	}
	return p.add(s)
}

func (p *plan) servicePermission(policy *step) *step {
	wanted := readUsers()
	what := "the service account reads users"
	if found := p.server.policiesNamed(serviceName); len(found) == 1 {
		if has := ofKind(found[0].Permissions, wanted.Collection, wanted.Action); len(has) > 0 {
			return p.existing(what, has, wanted, userFields())
		}
	}
	return p.add(step{
		what: what, state: toDo, needs: []*step{policy},
		notes: []string{"All users with all their fields, but for what Directus conceals (passwords, tokens): without a licence it takes nothing narrower. Whoever holds the token can read them, and can change nothing."},
		do:    func(ctx context.Context) error { return p.server.grant(ctx, p.serviceID, wanted) },
	})
}

func (p *plan) serviceAccount(policy, permission *step) {
	s := step{what: "service account, without email and password", state: there, needs: []*step{policy, permission}}
	accounts := p.server.access.service
	switch {
	case len(accounts) == 0:
		s.state = toDo
		s.note("Its token is printed once, at the end, for .env.")
		s.do = p.makeServiceAccount
	case p.opts.NewServiceToken:
		s.state = toDo
		s.what = "a new token for the service account"
		s.note("It is printed once, at the end, for .env. The old one ends at once.")
		s.do = func(ctx context.Context) error {
			token := newToken()
			err := p.server.admin.Patch(ctx, "/users/"+accounts[0].User.ID, map[string]any{"token": token})
			if err == nil {
				p.serviceToken = token
			}
			return err
		}
	default:
		s.note("Its token was printed when it was made, and cannot be read again. If it is lost: hutch setup --new-service-token.")
		if accounts[0].User.Token == "" {
			s.note("It has no token now: use --new-service-token.")
		}
		if accounts[0].User.Status != "active" {
			s.note("Its status is %q, and only an active one can be used.", accounts[0].User.Status)
		}
	}
	p.add(s)
}

func (p *plan) makeServiceAccount(ctx context.Context) error {
	token := newToken()
	_, err := p.server.create(ctx, "/users", map[string]any{
		"first_name": "Hutch", "last_name": "service account",
		"description": "Reads a member's own user for them, for Hutch. Made by hutch setup.",
		"status":      "active", "token": token,
		"policies": []map[string]any{{"policy": p.serviceID}},
	})
	if err == nil {
		p.serviceToken = token
	}
	return err
}

func newToken() string {
	raw := make([]byte, 32)
	_, _ = rand.Read(raw) // never fails
	return hex.EncodeToString(raw)
}
