package setup

import (
	"context"
	"slices"

	"hutch/internal/collections"
)

// memberContent plans that members read the site's content: in Directus they
// have none of the public's permissions. They get no more than the public, apart
// from what is for members; and if somebody else decided what the public reads,
// setup does not decide it for members.
func (p *plan) memberContent() {
	for _, c := range p.server.table {
		if c.System() {
			continue
		}
		p.memberReads(c)
		p.memberWrites(c)
	}
	if p.server.major > 10 { // on 10, memberFilesTogether does this
		p.memberImages()
	}
}

func (p *plan) memberReads(c collections.Collection) {
	right, wanted, ok := p.memberRead(c)
	if right.Who == 0 {
		return
	}
	what := "members read " + c.Name
	if found := ofKind(p.has.permissions, c.Name, "read"); len(found) > 0 {
		p.existing(what, found, wanted, p.server.needed(c, wanted))
		return
	}
	s := step{what: what + words(wanted, right), state: toDo, needs: slices.Concat([]*step{p.memberHolder}, p.parts[c.Name])}
	public := ofKind(p.server.access.public, c.Name, "read")
	switch {
	case slices.ContainsFunc(public, plain):
	case slices.ContainsFunc(public, func(perm permission) bool { return !p.server.isOurs(c, perm) }):
		s.state = unchanged
		s.note("What the public reads of it was set by somebody else, and setup gives members no more. As a result, they see it as visitors do, and nothing of it is for members only. To let them read it, say so in Directus' settings.")
	case !ok && len(c.Reads.Of(collections.Visitors)) > 0:
		s.state = refused
		s.note("As for everybody, see above.")
	case !ok:
		s.state = refused
		s.note("%s", noRules)
	}
	s.do = func(ctx context.Context) error { return p.server.grant(ctx, *p.memberHolds, wanted) }
	p.add(s)
}

// memberRead is how members read a collection: all of it, if somebody opened all
// of it to everybody. The right is the zero value if the table gives them none.
func (p *plan) memberRead(c collections.Collection) (right collections.Right, perm permission, ok bool) {
	rights := p.server.readRights(c, collections.Members)
	if len(rights) == 0 {
		return right, perm, false
	}
	right = merged(c, rights)
	perm, ok = p.server.permissionFor(c, right)
	if slices.ContainsFunc(ofKind(p.server.access.public, c.Name, "read"), plain) {
		perm.Rule, ok = nil, true
	}
	return right, perm, ok
}

func (p *plan) memberWrites(c collections.Collection) {
	for _, right := range c.Writes.Of(collections.Members) {
		wanted, ok := p.server.permissionFor(c, right)
		s := p.permit(p.memberHolds, "members may "+wanted.Action+" "+c.Name+words(wanted, right),
			ofKind(p.has.permissions, c.Name, wanted.Action), wanted, right.Only, slices.Concat([]*step{p.memberHolder}, p.parts[c.Name]))
		s.refuseUnless(ok)
	}
}

// isOurs reports whether setup would have made a permission of the public.
func (s *server) isOurs(c collections.Collection, perm permission) bool {
	rights := s.readRights(c, collections.Visitors)
	if len(rights) == 0 {
		return false
	}
	return slices.ContainsFunc(append(rights, merged(c, rights)), func(right collections.Right) bool {
		our, _ := s.permissionFor(c, right)
		if len(right.Only) == 0 {
			our.Fields = s.needed(c, our)
		}
		return sameRule(perm.Rule, our.Rule) && missingFields(perm, our.Fields) == nil && len(perm.Validation)+len(perm.Presets) == 0
	})
}

// memberImages plans that members see the images that everybody sees.
func (p *plan) memberImages() {
	wanted, what := p.readPublicFiles(), "members read files that are images"
	if wanted.Rule == nil {
		what = "members read all files"
	}
	found := exceptFor(ofKind(p.has.permissions, wanted.Collection, wanted.Action), readOwnFiles())
	if len(found) > 0 {
		p.existing(what, found, wanted, []string{"id", "type", "description"})
		return
	}
	s := step{what: what, state: toDo, needs: []*step{p.memberHolder}}
	s.do = func(ctx context.Context) error { return p.server.grant(ctx, *p.memberHolds, wanted) }
	if !p.publicReadsFiles() {
		s.state = unchanged
		s.note("The public does not read them, and members get no more: see above.")
	}
	p.add(s)
}

// readPublicFiles lets members read the files that everybody sees.
func (p *plan) readPublicFiles() permission {
	perm := readImages()
	if p.server.ignored(perm) {
		perm.Rule = nil
	}
	return perm
}

// memberContentRights are the permissions of members on the site's collections.
func (p *plan) memberContentRights() []permission {
	var rights []permission
	for _, c := range p.server.table {
		if c.System() {
			continue
		}
		if right, perm, ok := p.memberRead(c); ok && right.Who != 0 {
			rights = append(rights, perm)
		}
		for _, right := range c.Writes.Of(collections.Members) {
			if perm, ok := p.server.permissionFor(c, right); ok {
				rights = append(rights, perm)
			}
		}
	}
	if p.publicReadsFiles() {
		rights = append(rights, p.readPublicFiles())
	}
	return rights
}
