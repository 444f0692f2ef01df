package setup

import (
	"slices"
	"strings"

	"hutch/internal/collections"
)

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
