package setup

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"slices"
)

// readUsers lets the service account read a member's row where the member may
// not: without a licence, Directus 12 takes neither a list of fields nor a rule.
func readUsers() permission {
	return permission{Collection: "directus_users", Action: "read", Fields: []string{"*"}}
}

// deleteUsers lets it delete a member where the member may not.
func deleteUsers() permission {
	return permission{Collection: "directus_users", Action: "delete", Fields: []string{"*"}}
}

// service plans the account with which Hutch does what a member's own rights
// cannot: it keeps recovery codes, and on Directus 12 without a licence it reads
// a member's row, and deletes it if that was asked for.
func (p *plan) service() {
	p.serviceWanted = p.needsReader() || p.opts.RecoveryCodes || p.serviceDeletes() || p.keepsCodes()
	if !p.serviceWanted {
		p.serviceNotNeeded()
		return
	}
	holder := p.serviceHolder()
	var needs []*step
	if p.needsReader() {
		needs = append(needs, p.serviceReads(holder))
	}
	if p.serviceDeletes() {
		needs = append(needs, p.serviceRemoves(holder))
	}
	kept := p.recovery(holder)
	if needs == nil {
		needs = kept // or it would be an account that can do nothing
	}
	p.serviceAccount(append(needs, holder))
}

// needsReader reports whether members cannot read their own row.
func (p *plan) needsReader() bool {
	if p.has.app || !p.server.ignored(readOwnUser()) {
		return false
	}
	return !slices.ContainsFunc(ofKind(p.has.permissions, "directus_users", "read"), func(perm permission) bool {
		return !p.server.ignored(perm) && len(missingFields(perm, userFields())) == 0
	})
}

// serviceDeletes reports whether the account is to delete members, now or since
// an earlier run.
func (p *plan) serviceDeletes() bool {
	return p.server.ignored(deleteOwnUser()) &&
		(p.opts.DeleteAccounts || len(ofKind(p.server.serviceHas(), "directus_users", "delete")) > 0)
}

// keepsCodes reports whether an earlier run was asked for recovery codes.
func (p *plan) keepsCodes() bool { return allows(p.server.serviceHas(), recoveryCodes().name) }

// serviceHolders are what the account's permissions hang on: roles of v10, or
// policies.
func (s *server) serviceHolders() []policy {
	if s.major > 10 {
		return s.policiesNamed(serviceName)
	}
	var holders []policy
	for _, role := range s.rolesNamed(serviceName) {
		holders = append(holders, policy{ID: role.ID, Name: role.Name, Admin: role.Admin, App: role.App, Permissions: role.permissions})
	}
	return holders
}

// serviceHas are the permissions of the account before anything is done.
func (s *server) serviceHas() []permission {
	if found := s.serviceHolders(); len(found) == 1 {
		return found[0].Permissions
	}
	return nil
}

func (p *plan) serviceNotNeeded() {
	switch {
	case p.appAccessToDo: // the next run tells
	case len(p.server.access.service) > 0:
		p.add(step{what: "service account", state: there, notes: []string{
			"It is not needed any more: members can read their own user. Take DIRECTUS_SERVICE_TOKEN out of .env and delete the account and its policy, or let it keep recovery codes: --recovery-codes.",
		}})
	case p.opts.NewServiceToken:
		p.add(step{what: "service account", state: left, notes: []string{
			"--new-service-token does nothing here: members can read their own user, so that no service account is needed. For recovery codes, --recovery-codes makes one.",
		}})
	}
}

// serviceHolder plans the role (v10) or policy of the account.
func (p *plan) serviceHolder() *step {
	kind, path := "policy", "/policies"
	if p.server.major == 10 {
		kind, path = "role", "/roles"
	}
	found := p.server.serviceHolders()
	s := step{what: fmt.Sprintf("%s %q, without App Access", kind, serviceName), state: there}
	switch {
	case len(found) == 0:
		s.state = toDo
		s.do = func(ctx context.Context) error {
			var err error
			p.serviceID, err = p.server.create(ctx, path, map[string]any{
				"name": serviceName, "icon": "key", "description": "What Hutch does where a member's own rights do not reach",
				"admin_access": false, "app_access": false,
			})
			return err
		}
	case len(found) > 1:
		s.state = blocked
		s.note("There is more than one %s of this name. Delete those that are not in use.", kind)
	case found[0].Admin || found[0].App:
		s.state = blocked
		s.note("The %s that is there has administrator or App Access, which is more than Hutch needs. Take it away or rename the %s.", kind, kind)
	default:
		p.serviceID = found[0].ID
		for _, perm := range found[0].Permissions {
			if !p.serviceNeeds(perm) {
				s.note("It also allows to %s %s, which Hutch does not need.", perm.Action, perm.Collection)
			}
		}
	}
	return p.add(s)
}

func (p *plan) serviceNeeds(perm permission) bool {
	switch {
	case perm.Collection == recoveryCodes().name:
		return slices.Contains(recoveryActions(), perm.Action)
	case perm.Collection == "directus_users" && perm.Action == "read":
		return p.needsReader()
	case perm.Collection == "directus_users" && perm.Action == "delete":
		return p.serviceDeletes()
	}
	return false
}

func (p *plan) serviceReads(holder *step) *step {
	return p.servicePermission("the service account reads users", readUsers(), userFields(), []*step{holder},
		"All users with all their fields, but for what Directus conceals (passwords, tokens): without a licence it takes nothing narrower. Whoever holds the token can read them.")
}

func (p *plan) serviceRemoves(holder *step) *step {
	return p.servicePermission("the service account deletes users", deleteUsers(), nil, []*step{holder},
		"Without a licence, Directus takes nothing narrower: whoever holds the token can delete any account, administrators' too, but for the last one. Hutch deletes only the member's own, after their password. Directus deletes nobody of whom it still has files.")
}

// servicePermission plans one permission of the account, with the notes for
// whoever is to give it.
func (p *plan) servicePermission(what string, wanted permission, need []string, needs []*step, notes ...string) *step {
	if found := ofKind(p.server.serviceHas(), wanted.Collection, wanted.Action); len(found) > 0 {
		return p.existing(what, found, wanted, need)
	}
	return p.add(step{
		what: what, state: toDo, needs: needs, notes: notes,
		do: func(ctx context.Context) error { return p.server.grant(ctx, p.serviceID, wanted) },
	})
}

func (p *plan) serviceAccount(needs []*step) {
	s := step{what: "service account, without email and password", state: there, needs: needs}
	accounts := p.server.access.service
	switch {
	case len(accounts) == 0:
		s.state = toDo
		s.note("Its token is printed once, at the end, for .env. Guard it like a password: whoever holds it can do all that stands above, with everybody's recovery codes too.")
		s.do = p.makeServiceAccount
	case p.opts.NewServiceToken:
		s.state = toDo
		s.what = "a new token for the service account"
		s.note("It is printed once, at the end, for .env. The old one ends at once.")
		s.do = func(ctx context.Context) error {
			token := newToken()
			err := p.server.admin.Patch(ctx, "/users/"+accounts[0].ID, map[string]any{"token": token})
			if err == nil {
				p.serviceToken = token
			}
			return err
		}
	default:
		s.note("Its token was printed when it was made, and cannot be read again. If it is lost: hutch setup --new-service-token.")
		if accounts[0].Token == "" {
			s.note("It has no token now: use --new-service-token.")
		}
		if accounts[0].Status != "active" {
			s.note("Its status is %q, and only an active one can be used.", accounts[0].Status)
		}
	}
	p.add(s)
}

func (p *plan) makeServiceAccount(ctx context.Context) error {
	token := newToken()
	body := map[string]any{
		"first_name": "Hutch", "last_name": "service account",
		"description": "Acts for Hutch where a member's own rights do not reach. Made by hutch setup.",
		"status":      "active", "token": token,
	}
	if p.server.major == 10 {
		body["role"] = p.serviceID
	} else {
		body["policies"] = []map[string]any{{"policy": p.serviceID}}
	}
	_, err := p.server.create(ctx, "/users", body)
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
