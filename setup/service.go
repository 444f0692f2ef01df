package setup

import (
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
	p.serviceWanted = p.needsReader() || p.serviceDeletes() || p.wantsCodes()
	if !p.serviceWanted {
		p.serviceNotNeeded()
		return
	}
	p.serviceAgent = agent{
		name: serviceName, icon: "key", purpose: "What Hutch does where members' own rights are not enough", lastName: "service account",
		needs: p.serviceNeeds, renew: p.opts.NewServiceToken, flag: "--new-service-token",
	}
	holder := p.agentHolder(&p.serviceAgent)
	if !p.wantsCodes() && p.server.theirs != nil {
		holder.note("Recovery codes need a collection of Hutch's own, which setup adds to this project only with --recovery-codes.")
	}
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
	p.agentAccount(&p.serviceAgent, "service account",
		"Keep it as safe as a password: anyone who has it can do all of the above for every member.", append(needs, holder))
}

// wantsCodes reports whether the account is to keep recovery codes: if this run or an
// earlier one was asked for them, or it is needed anyway. A project with a model of its
// own gets no collection that nobody asked for.
func (p *plan) wantsCodes() bool {
	if p.server.recoveryCodes().Name == "" { // the licence has no room for them
		return false
	}
	return p.opts.RecoveryCodes || allows(p.server.agentHas(serviceName), collections.RecoveryCodes) ||
		p.server.theirs == nil && (p.needsReader() || p.serviceDeletes())
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
		(p.opts.DeleteAccounts || len(ofKind(p.server.agentHas(serviceName), "directus_users", "delete")) > 0)
}

func (p *plan) serviceNotNeeded() {
	switch {
	case p.appAccessToDo: // the next run says it
	case len(p.server.access.agents[serviceName]) > 0:
		p.add(step{what: "service account", state: inPlace, notes: []string{
			"It is no longer needed: members can read their own user. Remove DIRECTUS_SERVICE_TOKEN from .env and delete the account and its policy, or let it keep recovery codes with --recovery-codes.",
		}})
	case p.opts.NewServiceToken:
		p.add(step{what: "service account", state: unchanged, notes: []string{
			"--new-service-token does nothing here: members can read their own user, so no service account is needed. To have one for recovery codes, use --recovery-codes.",
		}})
	}
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
	return p.agentPermission(&p.serviceAgent, "the service account reads users", readUsers(), userFields(), []*step{holder},
		"All users and all their fields, except what Directus conceals (passwords, tokens): without a licence, nothing narrower is possible. Anyone who has the token can read them.")
}

func (p *plan) serviceRemoves(holder *step) *step {
	return p.agentPermission(&p.serviceAgent, "the service account deletes users", deleteUsers(), nil, []*step{holder},
		"Without a licence, nothing narrower is possible: anyone who has the token can delete any account, including administrators, except the last one. Hutch deletes only the member's own, after checking their password. Directus refuses to delete a user who still owns files.")
}

func (s *server) recoveryCodes() collections.Collection {
	c, _ := s.table.Find(collections.RecoveryCodes)
	return c
}

// recovery plans the collection of recovery codes, and the service account's
// permissions on it.
func (p *plan) recovery(holder *step) []*step {
	if !p.wantsCodes() {
		return nil
	}
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
		permissions = append(permissions, p.agentPermission(&p.serviceAgent, "the service account may "+wanted.Action+" "+c.Name, wanted, fields, needs))
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
