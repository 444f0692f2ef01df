package setup

import (
	"context"
	"net/url"
	"slices"
)

// publicPolicyID is that of the policy which Directus brings for the public.
const publicPolicyID = "abf8a154-5b1c-4a46-ac9c-7300570f4f17"

// public plans what whoever is not signed in may read, which is how Hutch reads
// what it shows.
func (p *plan) public() {
	holder := &step{state: there}
	if p.server.major > 10 {
		holder = p.publicPolicy()
	}
	for _, c := range collections() {
		p.publicCollection(c, holder)
	}
	p.publicFiles(holder)
}

// publicPolicy finds where the public's permissions go. Directus brings that
// policy; if it is gone, somebody took it away on purpose.
func (p *plan) publicPolicy() *step {
	if found := p.server.publicPolicies(); len(found) > 0 {
		p.publicID = found[0]
		if slices.Contains(found, publicPolicyID) {
			p.publicID = publicPolicyID
		}
		return &step{state: there}
	}
	return p.add(step{what: "policy of the public", state: blocked, notes: []string{
		"This Directus lets nobody in who is not signed in: no policy is linked to the public. Link one in Directus' settings (Access Policies), since Hutch reads what it shows as the public.",
	}})
}

func (p *plan) publicCollection(c collection, holder *step) {
	wanted, ok := p.server.readPublished(c)
	needs := slices.Concat([]*step{holder}, p.parts[c.name])
	found := ofKind(p.server.access.public, c.name, "read")
	what := "everybody reads " + c.name
	if len(wanted.Rule) > 0 && len(found) == 0 {
		what += " whose status is \"published\""
	}
	if p.server.gated(c) {
		p.publicGated(c, what, found, needs)
		return
	}
	if len(found) > 0 {
		p.existing(what, found, wanted, p.server.shown(c))
		return
	}
	s := step{what: what, state: toDo, needs: needs}
	s.do = func(ctx context.Context) error { return p.server.grant(ctx, p.publicID, wanted) }
	if len(wanted.Rule) > 0 && !p.server.draftsAreOurs(c) {
		s.note("The collection has a field status, so setup does not make all of it public.")
	}
	if !ok {
		s.state = refused
		s.note("Without a licence, Directus 12 takes no such rules, only all or nothing, and all would make drafts public. What follows: Hutch cannot show %s. If there is nothing to hide in it, let the public read it in Directus' settings.", c.name)
	}
	if ok && wanted.Rule == nil && p.server.willHave(c.name, status().name) {
		s.note("Without a licence, Directus 12 takes no rules, only all or nothing. Hutch does not show drafts, nor what is to come; but whoever can reach Directus itself can read them there.")
	}
	if ok && p.server.willHave(c.name, "members_only") {
		s.note("Hutch shows what is for members to members only; but whoever can reach Directus itself can read it there: this one cannot tell the two apart.")
	}
	p.add(s)
}

// publicGated plans two permissions: one for what everybody may know, and one
// for the content of what is not for members only.
func (p *plan) publicGated(c collection, what string, found []permission, needs []*step) {
	teasers, contents := p.server.readTeasers(c), p.server.readContents(c)
	p.publicPermission(what+", without their content", exceptFor(found, contents), teasers,
		withoutContent(p.server.shown(c)), needs,
		"Of a field that is added later, Directus must be told: it is not among these.")
	s := p.publicPermission("everybody reads the content of "+c.name+" that are not for members", exceptFor(found, teasers), contents, contents.Fields, needs,
		"Whoever can reach Directus itself cannot read the others there, but can guess at words in them: a filter finds what may not be read.")
	if slices.ContainsFunc(found, func(perm permission) bool {
		return !p.server.ignored(perm) && len(missingFields(perm, []string{"content"})) == 0 && !sameRule(perm.Rule, contents.Rule)
	}) {
		s.note("So whoever can reach Directus itself can read there what is for members.")
	}
}

// publicPermission plans one of those that a collection needs.
func (p *plan) publicPermission(what string, found []permission, wanted permission, need []string, needs []*step, notes ...string) *step {
	if len(found) > 0 {
		return p.existing(what, found, wanted, need)
	}
	s := step{what: what, state: toDo, needs: needs, notes: notes}
	s.do = func(ctx context.Context) error { return p.server.grant(ctx, p.publicID, wanted) }
	return p.add(s)
}

// exceptFor leaves out the permission that setup gives for something else.
func exceptFor(found []permission, other permission) []permission {
	return slices.DeleteFunc(slices.Clone(found), func(perm permission) bool {
		return slices.Contains(perm.Fields, "*") == slices.Contains(other.Fields, "*") &&
			len(missingFields(perm, other.Fields)) == 0 && sameRule(perm.Rule, other.Rule)
	})
}

// publicFiles plans the images of posts.
func (p *plan) publicFiles(holder *step) {
	what := "everybody reads files that are images"
	wanted := readImages()
	if p.server.ignored(wanted) {
		p.add(step{what: what + ", and no others", state: refused, notes: []string{
			"Without a licence, Directus 12 takes no rule such as \"images only\".",
			"What follows: for posts to have images, EVERY file in this Directus must be public: anybody can list and download them, those that come later too. Keep nothing private in it.",
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
		s.state = left
		s.note("There are files that are no images. Setup makes them public only if told to, with --public-files. Until then, Hutch shows posts without their images.")
	}
	p.add(s)
}

// publicReadsFiles reports whether the public reads images once setup is done,
// by a permission that setup makes or would make.
func (p *plan) publicReadsFiles() bool {
	found := ofKind(p.server.access.public, "directus_files", "read")
	if len(found) > 0 {
		return slices.ContainsFunc(found, func(perm permission) bool {
			return !p.server.ignored(perm) && (plain(perm) || slices.Contains(perm.Fields, "*") && sameRule(perm.Rule, readImages().Rule))
		})
	}
	return p.server.licence.rules || !p.server.hasOther || p.opts.PublicFiles
}

// lookOtherFiles asks whether there are files that are no images.
func (s *server) lookOtherFiles(ctx context.Context) error {
	var files []struct{}
	err := s.admin.Get(ctx, "/files", url.Values{
		"filter": {`{"_or":[{"type":{"_null":true}},{"type":{"_nstarts_with":"image/"}}]}`},
		"fields": {"id"}, "limit": {"1"},
	}, &files)
	s.hasOther = len(files) > 0
	return err
}
