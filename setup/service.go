package setup

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"

	"hutch/internal/collections"
)

// readUsers lets the service account read a member's user where members cannot:
// without a licence, Directus 12 accepts neither a list of fields nor a rule.
func readUsers() permission {
	return permission{Collection: "directus_users", Action: "read", Fields: []string{"*"}}
}

// deleteUsers lets it delete a member where members cannot.
func deleteUsers() permission {
	return permission{Collection: "directus_users", Action: "delete", Fields: []string{"*"}}
}

// service plans the account with which Hutch does what members' own rights do
// not allow: it keeps recovery codes, and on Directus 12 without a licence it
// reads a member's user, and deletes it if --delete-accounts was given.
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
	codes := p.recovery(holder)
	if needs == nil {
		needs = codes // otherwise the account could do nothing
	}
	p.serviceAccount(append(needs, holder))
}

// needsReader reports whether members cannot read their own user.
func (p *plan) needsReader() bool {
	if p.has.app || !p.server.ignored(readOwnUser()) {
		return false
	}
	return !slices.ContainsFunc(ofKind(p.has.permissions, "directus_users", "read"), func(perm permission) bool {
		return !p.server.ignored(perm) && len(missingFields(perm, userFields())) == 0
	})
}

// serviceDeletes reports whether the account deletes members, as this run or an
// earlier one asked for.
func (p *plan) serviceDeletes() bool {
	return p.server.ignored(deleteOwnUser()) &&
		(p.opts.DeleteAccounts || len(ofKind(p.server.serviceHas(), "directus_users", "delete")) > 0)
}

// keepsCodes reports whether an earlier run was asked for recovery codes.
func (p *plan) keepsCodes() bool { return allows(p.server.serviceHas(), collections.RecoveryCodes) }

// serviceHolders are what the account's permissions belong to: roles on v10,
// policies from v11 on.
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

// serviceHas are the permissions of the account before anything changes.
func (s *server) serviceHas() []permission {
	if found := s.serviceHolders(); len(found) == 1 {
		return found[0].Permissions
	}
	return nil
}

func (p *plan) serviceNotNeeded() {
	switch {
	case p.appAccessToDo: // the next run says it
	case len(p.server.access.service) > 0:
		p.add(step{what: "service account", state: inPlace, notes: []string{
			"It is no longer needed: members can read their own user. Remove DIRECTUS_SERVICE_TOKEN from .env and delete the account and its policy, or let it keep recovery codes with --recovery-codes.",
		}})
	case p.opts.NewServiceToken:
		p.add(step{what: "service account", state: unchanged, notes: []string{
			"--new-service-token does nothing here: members can read their own user, so no service account is needed. To have one for recovery codes, use --recovery-codes.",
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
	s := step{what: fmt.Sprintf("%s %q, without App Access", kind, serviceName), state: inPlace}
	switch {
	case len(found) == 0:
		s.state = toDo
		s.do = func(ctx context.Context) error {
			var err error
			p.serviceID, err = p.server.create(ctx, path, map[string]any{
				"name": serviceName, "icon": "key", "description": "What Hutch does where members' own rights are not enough",
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
	case perm.Collection == collections.RecoveryCodes:
		return len(p.server.recoveryCodes().Rights().To(collections.Action(perm.Action))) > 0
	case perm.Collection == "directus_users" && perm.Action == "read":
		return p.needsReader()
	case perm.Collection == "directus_users" && perm.Action == "delete":
		return p.serviceDeletes()
	}
	return false
}

func (p *plan) serviceReads(holder *step) *step {
	return p.servicePermission("the service account reads users", readUsers(), userFields(), []*step{holder},
		"All users and all their fields, except what Directus conceals (passwords, tokens): without a licence, nothing narrower is possible. Anyone who has the token can read them.")
}

func (p *plan) serviceRemoves(holder *step) *step {
	return p.servicePermission("the service account deletes users", deleteUsers(), nil, []*step{holder},
		"Without a licence, nothing narrower is possible: anyone who has the token can delete any account, including administrators, except the last one. Hutch deletes only the member's own, after checking their password. Directus refuses to delete a user who still owns files.")
}

// servicePermission plans one permission of the account.
func (p *plan) servicePermission(what string, wanted permission, need []string, needs []*step, notes ...string) *step {
	return p.permit(&p.serviceID, what, ofKind(p.server.serviceHas(), wanted.Collection, wanted.Action), wanted, need, needs, notes...)
}

func (p *plan) serviceAccount(needs []*step) {
	s := step{what: "service account, without email and password", state: inPlace, needs: needs}
	accounts := p.server.access.service
	switch {
	case len(accounts) == 0:
		s.state = toDo
		s.note("Its token is printed once, at the end, for .env. Keep it as safe as a password: anyone who has it can do all of the above for every member.")
		s.do = p.makeServiceAccount
	case p.opts.NewServiceToken:
		s.state = toDo
		s.what = "a new token for the service account"
		s.note("It is printed once, at the end, for .env. The old one stops working immediately.")
		s.do = func(ctx context.Context) error {
			token := newToken()
			err := p.server.admin.Patch(ctx, "/users/"+accounts[0].ID, map[string]any{"token": token})
			if err == nil {
				p.serviceToken = token
			}
			return err
		}
	default:
		s.note("Its token was printed when the account was created and cannot be shown again. If you have lost it, run setup with --new-service-token.")
		if accounts[0].Token == "" {
			s.note("It has no token at the moment: use --new-service-token.")
		}
		if accounts[0].Status != "active" {
			s.note("Its status is %q; only an active account can be used.", accounts[0].Status)
		}
	}
	p.add(s)
}

func (p *plan) makeServiceAccount(ctx context.Context) error {
	token := newToken()
	body := map[string]any{
		"first_name": "Hutch", "last_name": "service account",
		"description": "Acts for Hutch where members' own rights are not enough. Created by hutch setup.",
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

func (s *server) recoveryCodes() collections.Collection {
	c, _ := s.table.Find(collections.RecoveryCodes)
	return c
}

// recovery plans the collection of recovery codes, and the service account's
// permissions on it.
func (p *plan) recovery(holder *step) []*step {
	c := p.server.recoveryCodes()
	p.collection(c)
	p.relations(c)
	p.recoveryClosed(c)
	needs := slices.Concat([]*step{holder}, p.parts[c.Name])
	var permissions []*step
	for _, right := range c.Rights().Of(collections.Service) {
		wanted, _ := p.server.permissionFor(c, right)
		var fields []string
		if right.Action != collections.Delete {
			fields = c.FieldNames()
		}
		permissions = append(permissions, p.servicePermission("the service account may "+wanted.Action+" "+c.Name, wanted, fields, needs))
	}
	return permissions
}

// recoveryClosed stops if others have access: a person who can delete codes
// takes away what a member relies on.
func (p *plan) recoveryClosed(c collections.Collection) {
	var others []string
	if allows(p.server.access.public, c.Name) {
		others = append(others, "the public")
	}
	if allows(p.has.permissions, c.Name) {
		others = append(others, "members")
	}
	if others == nil {
		return
	}
	s := step{what: "nobody else may use " + c.Name, state: blocked}
	s.note("There are permissions on it for: %s. Remove them in Directus' settings.", strings.Join(others, ", "))
	p.addPart(c.Name, s)
}

func allows(permissions []permission, collection string) bool {
	return slices.ContainsFunc(permissions, func(perm permission) bool { return perm.Collection == collection })
}
