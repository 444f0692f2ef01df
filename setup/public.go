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
	what := "everybody reads " + c.name
	wanted := permission{Collection: c.name, Action: "read", Fields: []string{"*"}}
	if found := ofKind(p.server.access.public, c.name, "read"); len(found) > 0 {
		p.existing(what, found, wanted, c.shown())
		return
	}
	s := step{what: what, state: toDo, needs: slices.Concat([]*step{holder}, p.parts[c.name])}
	if _, drafts := p.server.schema.collections[c.name].fields["status"]; drafts {
		// Not made by setup: somebody keeps drafts in it.
		wanted.Rule = map[string]any{"status": map[string]any{"_eq": "published"}}
		s.what += " whose status is \"published\""
		s.note("The collection has a field status, so setup does not make all of it public.")
		if p.server.ignored(wanted) {
			s.state = refused
			s.note("Without a licence, Directus 12 takes no such rules, only all or nothing, and all would make drafts public. What follows: Hutch cannot show %s. If there is nothing to hide in it, let the public read it in Directus' settings.", c.name)
		}
	}
	s.do = func(ctx context.Context) error { return p.server.grant(ctx, p.publicID, wanted) }
	p.add(s)
}

// publicFiles plans the images of posts.
func (p *plan) publicFiles(holder *step) {
	what := "everybody reads files that are images"
	wanted := permission{
		Collection: "directus_files", Action: "read", Fields: []string{"*"},
		Rule: map[string]any{"type": map[string]any{"_starts_with": "image/"}},
	}
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
	if wanted.Rule == nil && p.server.hasOther && !p.opts.PublicFiles {
		s.state = left
		s.note("There are files that are no images. Setup makes them public only if told to, with --public-files. Until then, Hutch shows posts without their images.")
	}
	p.add(s)
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
