package setup

import (
	"slices"
	"strings"
)

// recoveryCodes is the collection that Hutch keeps for itself. It is none of
// those that everybody may read.
func recoveryCodes() collection {
	return collection{
		name: "hutch_recovery_codes", icon: "password", hidden: true,
		note: "Recovery codes of members with a second factor. Hutch keeps them with its service account; nobody else may read them",
		fields: []field{
			{name: "id", kind: "uuid", key: true, ui: "input", special: []string{"uuid"}},
			{name: "member", kind: "uuid", ui: "select-dropdown-m2o", special: []string{"m2o"}, related: "directus_users", cascade: true,
				note: "Whose it is; with that user, it goes"},
			{name: "hash", kind: "string", ui: "input"},
			{name: "sealed", kind: "text", ui: "input-multiline"},
		},
	}
}

// recovery plans the recovery codes, and that the service account keeps them.
func (p *plan) recovery(holder *step) []*step {
	c := recoveryCodes()
	p.collection(c)
	p.relations(c)
	p.recoveryClosed(c)
	needs := slices.Concat([]*step{holder}, p.parts[c.name])
	var kept []*step
	for _, action := range recoveryActions() {
		wanted := permission{Collection: c.name, Action: action, Fields: []string{"*"}}
		var fields []string
		if action != "delete" {
			fields = c.fieldNames()
		}
		kept = append(kept, p.servicePermission("the service account may "+action+" "+c.name, wanted, fields, needs))
	}
	return kept
}

// recoveryActions are what Hutch does with codes: one that was used, it deletes.
func recoveryActions() []string { return []string{"create", "read", "delete"} }

// recoveryClosed stops where others were let in: the codes are nobody's business,
// and who can delete them takes away what a member relies on.
func (p *plan) recoveryClosed(c collection) {
	var others []string
	if allows(p.server.access.public, c.name) {
		others = append(others, "the public")
	}
	if allows(p.has.permissions, c.name) {
		others = append(others, "members")
	}
	if others == nil {
		return
	}
	s := step{what: "nobody else may use " + c.name, state: blocked}
	s.note("There are permissions on it for: %s. Take them away in Directus' settings.", strings.Join(others, ", "))
	p.addPart(c.name, s)
}

func allows(permissions []permission, collection string) bool {
	return slices.ContainsFunc(permissions, func(perm permission) bool { return perm.Collection == collection })
}
