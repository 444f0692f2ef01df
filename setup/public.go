package setup

import (
	"context"
	"net/url"
	"slices"
	"strings"

	"hutch/internal/collections"
)

// publicPolicyID is the policy that Directus itself brings for the public.
const publicPolicyID = "abf8a154-5b1c-4a46-ac9c-7300570f4f17"

// public plans the rights of people who are not signed in. Hutch reads what it
// publishes with these rights.
func (p *plan) public() {
	holder := &step{state: inPlace}
	if p.server.major > 10 {
		holder = p.publicPolicy()
	}
	for _, c := range p.server.table {
		if c.Name == "directus_files" { // see publicFiles
			continue
		}
		p.publicReads(c, holder)
		p.publicWrites(c, holder)
	}
	p.publicParts()
	p.publicFiles(holder)
}

// publicParts says which parts of what the site shows, such as blocks, the public may not
// read. Whether it may is up to those who made them.
func (p *plan) publicParts() {
	closed := slices.DeleteFunc(p.server.parts(), func(name string) bool { return len(p.server.openly(name, "")) > 0 })
	if len(closed) > 0 {
		p.add(step{what: "everybody reads " + strings.Join(closed, ", "), state: unchanged, notes: []string{
			"They are parts of pages, menus or forms. Setup keeps them closed, and Hutch shows the rest without them. If nothing in them is confidential, let the public read them in Directus' settings.",
		}})
	}
}

// publicPolicy finds the policy that the public's permissions go into. Directus
// brings one; if it is gone, somebody removed it on purpose.
func (p *plan) publicPolicy() *step {
	if found := p.server.publicPolicies(); len(found) > 0 {
		p.publicID = found[0]
		if slices.Contains(found, publicPolicyID) {
			p.publicID = publicPolicyID
		}
		return &step{state: inPlace}
	}
	return p.add(step{what: "policy of the public", state: blocked, notes: []string{
		"This Directus lets nobody in without signing in: no policy is linked to the public. Hutch reads the site's content as the public, so link one in Directus' settings (Access Policies).",
	}})
}

func (p *plan) publicReads(c collections.Collection, holder *step) {
	needs := slices.Concat([]*step{holder}, p.parts[c.Name])
	found := ofKind(p.server.access.public, c.Name, "read")
	rights := p.server.readRights(c, collections.Visitors)
	switch len(rights) {
	case 0: // nobody, unless the row says so
	case 1:
		p.publicReadsWhole(c, rights[0], found, needs)
	default:
		for i, right := range rights {
			p.publicReadsPart(c, right, slices.Delete(slices.Clone(rights), i, i+1), found, needs)
		}
	}
}

// publicReadsWhole plans the only right to read a collection.
func (p *plan) publicReadsWhole(c collections.Collection, right collections.Right, found []permission, needs []*step) {
	wanted, ok := p.server.permissionFor(c, right)
	what := "everybody reads " + c.Name
	if len(found) > 0 {
		p.existing(what, found, wanted, p.server.needed(c, wanted))
		return
	}
	s := step{what: what + words(wanted, right) + p.server.fieldWords(c, right), state: toDo, needs: needs}
	s.do = func(ctx context.Context) error { return p.server.grant(ctx, p.publicID, wanted) }
	drafts := dependsOn(right, collections.Published().Field)
	if len(wanted.Rule) > 0 && drafts && !p.server.draftsAreOurs(c) {
		s.note("The collection has a field status, so setup does not make all of it public.")
	}
	switch {
	case !ok && p.server.isOwn(c.Name) && len(right.Only) > 0:
		s.refuseFields(c)
	case !ok && drafts:
		s.state = refused
		s.note("Without a licence, Directus 12 allows all or nothing, and all would make drafts public. As a result, Hutch cannot show %s. If nothing in it is confidential, let the public read it in Directus' settings.", c.Name)
	case !ok:
		s.state = refused
		s.note("%s", noRules)
		if c.Name == "directus_users" {
			s.note("As a result, Hutch shows posts without their authors.")
		}
	case right.OrAll && !p.server.licence.rules && len(right.Only) > 0:
		s.note("Without a licence, Directus 12 allows all or nothing. Anyone who can reach Directus itself can read all fields there.")
		if c.Name == "forms" {
			s.note("Among them is who submissions are mailed to.")
		}
	case wanted.Rule == nil && drafts:
		s.note("Without a licence, Directus 12 allows all or nothing. Hutch does not show drafts or future posts, but anyone who can reach Directus itself can read them there.")
	}
	if ok && p.server.reservesSome(c) {
		s.note("Hutch shows what is for members to members only, but anyone who can reach Directus itself can read it there: this version cannot tell the two apart.")
	}
	p.add(s)
}

const noRules = "Without a licence, Directus 12 accepts no such rule."

// reservesSome reports whether some items of a collection are for members only.
func (s *server) reservesSome(c collections.Collection) bool {
	field := collections.NotForMembers().Field
	return s.willHave(c, field) && slices.ContainsFunc(c.Reads.Of(collections.Visitors), func(right collections.Right) bool { return dependsOn(right, field) })
}

// fieldWords say which fields of a collection of site.toml a right is for, if not all.
func (s *server) fieldWords(c collections.Collection, right collections.Right) string {
	if !s.isOwn(c.Name) || len(right.Only) == 0 {
		return ""
	}
	return ", only " + strings.Join(right.Only, ", ")
}

// refuseFields says that Directus takes no list of the fields that site.toml names.
func (s *step) refuseFields(c collections.Collection) {
	s.state = refused
	s.note("Without a licence, Directus 12 allows all fields or none, and site.toml names some. As a result, Hutch cannot show %s. If all of it may be seen, name all of it in item.fields, with \"*\".", c.Name)
}

// needed are the fields that an existing permission must cover.
func (s *server) needed(c collections.Collection, wanted permission) []string {
	if s.isOwn(c.Name) {
		return slices.DeleteFunc(slices.Clone(wanted.Fields), func(name string) bool { return name == "*" })
	}
	return slices.DeleteFunc(s.shown(c), func(name string) bool {
		return !slices.Contains(wanted.Fields, "*") && !slices.Contains(wanted.Fields, name)
	})
}

// words say which items a permission is for, as the end of a sentence.
func words(perm permission, right collections.Right) string {
	if len(perm.Rule) == 0 {
		return ""
	}
	return " " + right.Items[len(right.Items)-1].Words
}

// publicReadsPart plans one of several rights to read a collection.
func (p *plan) publicReadsPart(c collections.Collection, right collections.Right, others []collections.Right, found []permission, needs []*step) {
	wanted, _ := p.server.permissionFor(c, right)
	ofOthers := found
	for _, other := range others {
		perm, _ := p.server.permissionFor(c, other)
		ofOthers = exceptFor(ofOthers, perm)
	}
	what, note := "everybody reads "+c.Name, "A field that is added later is not included: give this permission the field in Directus' settings."
	if len(found) == 0 {
		what += words(wanted, right)
	}
	if len(right.Except) > 0 {
		what += ", without their " + strings.Join(right.Except, ", ")
	}
	need := p.server.needed(c, wanted)
	if len(right.Only) > 0 {
		what = "everybody reads the " + right.Only[0] + " of " + c.Name + words(wanted, right)
		note = "Anyone who can reach Directus itself cannot read the others there, but can guess at words in them: a filter also finds what may not be read."
		need = wanted.Fields
	}
	s := p.permit(&p.publicID, what, ofOthers, wanted, need, needs, note)
	if len(right.Only) > 0 && slices.ContainsFunc(found, func(perm permission) bool {
		return !p.server.ignored(perm) && len(missingFields(perm, right.Only[:1])) == 0 && !sameRule(perm.Rule, wanted.Rule)
	}) {
		s.note("So anyone who can reach Directus itself can read there what is for members.")
	}
}

func (p *plan) publicWrites(c collections.Collection, holder *step) {
	for _, right := range c.Writes.Of(collections.Visitors) {
		wanted, ok := p.server.permissionFor(c, right)
		s := p.permit(&p.publicID, "everybody may "+wanted.Action+" "+c.Name+words(wanted, right),
			ofKind(p.server.access.public, c.Name, wanted.Action), wanted, right.Only, slices.Concat([]*step{holder}, p.parts[c.Name]))
		s.refuseUnless(ok)
	}
}

// exceptFor leaves out the permission that setup gives for something else.
func exceptFor(found []permission, other permission) []permission {
	return slices.DeleteFunc(slices.Clone(found), func(perm permission) bool {
		return slices.Contains(perm.Fields, "*") == slices.Contains(other.Fields, "*") &&
			len(missingFields(perm, other.Fields)) == 0 && sameRule(perm.Rule, other.Rule)
	})
}

// publicFiles plans that everybody sees the images of the site.
func (p *plan) publicFiles(holder *step) {
	what := "everybody reads files that are images"
	wanted := p.server.readImages()
	if p.server.ignored(wanted) {
		p.add(step{what: what + ", and no others", state: refused, notes: []string{
			"Without a licence, Directus 12 accepts no rule such as \"images only\".",
			"As a result, posts can only have images if EVERY file in this Directus is public: anyone can list and download them, including files added later. Keep nothing private in it.",
		}})
		what = "everybody reads all files"
		wanted.Rule = nil
	}
	if found := ofKind(p.server.access.public, wanted.Collection, wanted.Action); len(found) > 0 {
		p.existing(what, found, wanted, []string{"id", "type", "description"})
		return
	}
	s := step{what: what, state: toDo, needs: []*step{holder}}
	s.do = func(ctx context.Context) error { return p.server.grant(ctx, p.publicID, wanted) }
	if !p.publicReadsFiles() {
		s.state = unchanged
		s.note("Some files are not images. Setup makes them public only with --public-files. Until then, Hutch shows posts without their images.")
	}
	p.add(s)
}

// publicReadsFiles reports whether the public reads images once setup is done,
// by a permission that setup makes or would make.
func (p *plan) publicReadsFiles() bool {
	found := ofKind(p.server.access.public, "directus_files", "read")
	if len(found) > 0 {
		return slices.ContainsFunc(found, func(perm permission) bool {
			return !p.server.ignored(perm) && (plain(perm) || slices.Contains(perm.Fields, "*") && sameRule(perm.Rule, p.server.readImages().Rule))
		})
	}
	return p.server.licence.rules || !p.server.hasOther || p.opts.PublicFiles
}

// lookOtherFiles checks whether some files are not images.
func (s *server) lookOtherFiles(ctx context.Context) error {
	var files []struct{}
	err := s.admin.Get(ctx, "/files", url.Values{
		"filter": {`{"_or":[{"type":{"_null":true}},{"type":{"_nstarts_with":"image/"}}]}`},
		"fields": {"id"}, "limit": {"1"},
	}, &files)
	s.hasOther = len(files) > 0
	return err
}
