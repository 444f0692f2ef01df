package setup

import (
	"context"
	"slices"
)

// memberContent plans that members read the content of the site: they have none
// of the public's permissions. They get no more than the public, but for the
// content of what is for members; and where somebody else decided what the public
// reads, setup does not decide it for members.
func (p *plan) memberContent() {
	for _, c := range collections() {
		p.memberCollection(c)
	}
	if p.server.major > 10 { // there: memberFilesTogether
		p.memberImages()
	}
}

func (p *plan) memberCollection(c collection) {
	what := "members read " + c.name
	wanted, ok := p.memberReads(c)
	if found := ofKind(p.has.permissions, c.name, "read"); len(found) > 0 {
		p.existing(what, found, wanted, p.server.shown(c))
		return
	}
	s := step{what: what, state: toDo, needs: slices.Concat([]*step{p.memberHolder}, p.parts[c.name])}
	public := ofKind(p.server.access.public, c.name, "read")
	switch {
	case slices.ContainsFunc(public, plain):
	case slices.ContainsFunc(public, func(perm permission) bool { return !p.server.isOurs(c, perm) }):
		s.state = left
		s.note("What the public reads of it, somebody decided, and setup gives members no more. What follows: they see it as visitors do, and nothing of it is for members only. If they are to read it, say so in Directus' settings.")
	case !ok:
		s.state = refused
		s.note("As for everybody, see above.")
	}
	if len(wanted.Rule) > 0 {
		s.what += " whose status is \"published\""
	}
	s.do = func(ctx context.Context) error { return p.server.grant(ctx, *p.memberHolds, wanted) }
	p.add(s)
}

// memberReads is what lets members read a collection: all of it, where somebody
// decided so for everybody.
func (p *plan) memberReads(c collection) (perm permission, ok bool) {
	perm, ok = p.server.readPublished(c)
	if slices.ContainsFunc(ofKind(p.server.access.public, c.name, "read"), plain) {
		perm.Rule, ok = nil, true
	}
	return perm, ok
}

// isOurs reports whether setup would make a permission of the public just so.
func (s *server) isOurs(c collection, perm permission) bool {
	whole, _ := s.readPublished(c)
	whole.Fields = s.shown(c)
	ours := []permission{whole}
	if s.gated(c) {
		teasers, contents := whole, s.readContents(c)
		teasers.Fields = withoutContent(whole.Fields)
		ours = append(ours, teasers, contents)
	}
	return slices.ContainsFunc(ours, func(our permission) bool {
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
		s.state = left
		s.note("Everybody does not, and members get no more: see above.")
	}
	p.add(s)
}

// readPublicFiles lets read what everybody sees of files.
func (p *plan) readPublicFiles() permission {
	perm := readImages()
	if p.server.ignored(perm) {
		perm.Rule = nil
	}
	return perm
}

// memberContentReads are the permissions with which members read content.
func (p *plan) memberContentReads() []permission {
	var reads []permission
	for _, c := range collections() {
		if perm, ok := p.memberReads(c); ok {
			reads = append(reads, perm)
		}
	}
	if p.publicReadsFiles() {
		reads = append(reads, p.readPublicFiles())
	}
	return reads
}
