package setup

import (
	"context"
	"fmt"
	"strings"

	"hutch/internal/collections"
	"hutch/internal/directus"
)

// blocks plans the content model of Directus' starters as one step: its collections refer
// to each other, so it is made whole or not at all.
func (p *plan) blocks(planned []collections.Collection) *step {
	s := step{what: fmt.Sprintf("content model of Directus' starters: %d collections", len(planned)), state: toDo}
	s.do = func(ctx context.Context) error { return p.server.makeBlocks(ctx, planned) }
	var existing []string
	for _, c := range planned {
		if _, exists := p.server.schema.collections[c.Name]; exists {
			existing = append(existing, c.Name)
		}
	}
	switch all := (taken{takesCollection, len(planned)}); {
	case len(existing) == 0 && p.room(&s, all, 0):
		s.takes = all
	case len(existing) == 0:
		s.state = blocked // somebody asked for it
		s.note("Setup does not make a part of this model.")
	case len(existing) == len(planned) && p.server.hasRelations(planned):
		s.state = inPlace
	case len(existing) < len(planned):
		s.state = blocked
		s.note("This project has %s already, and --blocks is for one without content. Leave it out: setup prepares what is there.", strings.Join(existing, ", "))
	}
	added := p.add(s)
	for _, c := range planned {
		p.parts[c.Name] = append(p.parts[c.Name], added)
		if added.state != blocked {
			p.indexes(c, p.server.schema.collections[c.Name])
		}
	}
	return added
}

// MakeBlocks makes the content model of Directus' starters in an empty project, and
// nothing else that setup does.
func MakeBlocks(ctx context.Context, admin *directus.Admin) error {
	s := &server{admin: admin, table: collections.Blocks()}
	var planned []collections.Collection
	for _, c := range s.table {
		if !c.System() && c.Name != collections.RecoveryCodes {
			planned = append(planned, c)
		}
	}
	return s.makeBlocks(ctx, planned)
}

// makeBlocks makes the collections at once, and then what refers to what. Those that an
// earlier run has made stay.
func (s *server) makeBlocks(ctx context.Context, planned []collections.Collection) error {
	if _, exists := s.schema.collections[planned[0].Name]; !exists {
		var bodies []map[string]any
		for _, c := range planned {
			bodies = append(bodies, s.collectionBody(c))
		}
		if err := s.admin.Post(ctx, "/collections", bodies, nil); err != nil {
			return err
		}
		for _, list := range s.table.Lists("directus_users") {
			if err := s.admin.Post(ctx, "/fields/directus_users", listBody(list), nil); err != nil {
				return err
			}
		}
	}
	for _, c := range planned {
		for _, f := range c.Fields {
			if !s.lacksRelation(c, f) {
				continue
			}
			if err := s.admin.Post(ctx, "/relations", relationBody(c, f), nil); err != nil {
				return fmt.Errorf("%s.%s: %w", c.Name, f.Name, err)
			}
		}
	}
	return nil
}

func (s *server) hasRelations(planned []collections.Collection) bool {
	for _, c := range planned {
		for _, f := range c.Fields {
			if s.lacksRelation(c, f) {
				return false
			}
		}
	}
	return true
}

// lacksRelation reports whether a field is a reference that is not one yet.
func (s *server) lacksRelation(c collections.Collection, f collections.Field) bool {
	_, has := s.schema.collections[c.Name].relations[f.Name]
	return !has && (f.Related != "" || f.AnyOf != nil)
}
