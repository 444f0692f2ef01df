package setup

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// exposures adds what is open to the plan.
func (p *plan) exposures() {
	for _, e := range p.server.exposed {
		s := step{what: e.what, state: exposed, notes: e.notes}
		switch {
		case e.drop && p.opts.NarrowPublic, e.narrower != nil && p.opts.NarrowPublic && p.server.takesNarrower(e):
			s.state, s.what = toDo, "no longer: "+e.what
			s.do = func(ctx context.Context) error { return p.server.narrow(ctx, e) }
		case e.narrower != nil && !p.server.takesNarrower(e):
			if p.opts.NarrowPublic {
				s.note("--narrow-public cannot change it: Directus 12 accepts no rules and no lists of fields without a licence.")
			}
			s.note("Without a licence, Directus 12 keeps it from strangers only if they may not read %s at all (Directus' settings, Access Policies); then %s.", e.perms[0].Collection, e.without)
		case e.narrower != nil, e.drop:
			s.note("With --narrow-public, setup changes it:")
		case p.opts.NarrowPublic:
			s.note("--narrow-public does not change it.")
		}
		if e.drop || e.narrower != nil && p.server.takesNarrower(e) {
			for _, perm := range e.perms {
				s.note("%s", e.change(perm))
			}
		}
		added := p.add(s)
		if s.state == toDo && len(e.perms) > 0 && e.perms[0].Collection == "directus_users" {
			p.narrowUsers = added
		}
	}
}

// takesNarrower reports whether the server takes the narrower permissions.
func (s *server) takesNarrower(e exposure) bool {
	return !slices.ContainsFunc(e.perms, func(perm permission) bool { return s.ignored(e.narrower(perm)) })
}

// change is in words what --narrow-public does to a permission.
func (e exposure) change(perm permission) string {
	if e.drop {
		return fmt.Sprintf("The public's permission to read %s is removed: the site does not need it.", perm.Collection)
	}
	narrower := e.narrower(perm)
	rule, _ := json.Marshal(narrower.Rule) // of maps and texts: it cannot fail
	return fmt.Sprintf("The public reads of %s: %s, where %s", perm.Collection, strings.Join(narrower.Fields, ","), rule)
}

func (s *server) narrow(ctx context.Context, e exposure) error {
	for _, perm := range e.perms {
		path := "/permissions/" + perm.ID.String()
		if e.drop {
			if err := s.admin.Delete(ctx, path); err != nil {
				return err
			}
			continue
		}
		narrower := e.narrower(perm)
		if err := s.admin.Patch(ctx, path, map[string]any{"fields": narrower.Fields, "permissions": narrower.Rule}); err != nil {
			return err
		}
	}
	return nil
}
