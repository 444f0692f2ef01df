package setup

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"

	"hutch/internal/collections"
)

// licence is what Directus 12 limits; older versions limit nothing.
type licence struct {
	name   string // "Core" is the one that needs no key
	rules  bool   // permissions may have custom rules
	limits []limit
}

// limit is how many of something the licence allows.
type limit struct {
	of        string // takesCollection and the like
	max, used int
}

// What steps take of the licence, in the words of Directus' answer. Seats are taken by
// people with App Access.
const (
	takesCollection = "collections"
	takesFlow       = "flows"
	takesSeat       = "seats"
)

func (s *server) lookLicence(ctx context.Context) error {
	s.licence.rules = true
	if s.major < 12 {
		return nil
	}
	type counted struct {
		Limit   int `json:"limit"`
		Overage int `json:"overage"`
		Addon   int `json:"addon"`
	}
	var answer struct {
		Name         string `json:"name"`
		Entitlements struct {
			Rules struct {
				Default  bool  `json:"default"`
				Override *bool `json:"override"`
			} `json:"custom_permission_rules_enabled"`
			Collections counted `json:"collections"`
			Flows       counted `json:"flows"`
			Seats       counted `json:"seats"`
		} `json:"entitlements"`
		Usage struct {
			Collections int `json:"collections"`
			Flows       int `json:"flows"`
			Seats       int `json:"seats"`
		} `json:"usage"`
	}
	if err := s.admin.Get(ctx, "/license", nil, &answer); err != nil {
		return err
	}
	entitled := answer.Entitlements
	s.licence = licence{name: answer.Name, rules: entitled.Rules.Default}
	if override := entitled.Rules.Override; override != nil {
		s.licence.rules = *override
	}
	limited := func(of string, c counted, used int) {
		if c.Limit > 0 && c.Overage >= 0 && c.Addon >= 0 { // a negative number is "any number"
			s.licence.limits = append(s.licence.limits, limit{of: of, max: c.Limit + c.Overage + c.Addon, used: used})
		}
	}
	limited(takesCollection, entitled.Collections, answer.Usage.Collections)
	limited(takesFlow, entitled.Flows, answer.Usage.Flows)
	limited(takesSeat, entitled.Seats, answer.Usage.Seats)
	return nil
}

// limit returns that of something, if the licence has one.
func (l licence) limit(of string) (found limit, limited bool) {
	at := slices.IndexFunc(l.limits, func(found limit) bool { return found.of == of })
	if at < 0 {
		return limit{}, false
	}
	return l.limits[at], true
}

// leaveOut takes those of the rows that the licence has no room for out of the table, and
// says what the site lacks without them. The plan takes some collections before them.
func (p *plan) leaveOut(rows collections.Table, before int) {
	var left []string
	for _, c := range rows {
		_, exists := p.server.schema.collections[c.Name]
		if exists || c.System() || c.Name == collections.RecoveryCodes && !p.wantsCodes() {
			continue
		}
		s := step{what: "collection " + c.Name}
		if p.room(&s, taken{takesCollection, 1}, before) {
			before++
			continue
		}
		left = append(left, c.Name)
		s.note("Without it, %s.", missingWithout(c.Name))
		p.add(s)
	}
	p.server.table = p.server.table.Without(left...)
}

// room reports whether the licence allows what a step takes beside what the plan has taken
// before, and marks the step if not. The last one is taken only with --use-last: somebody
// may have plans for it.
func (p *plan) room(s *step, takes taken, before int) bool {
	limit, limited := p.server.licence.limit(takes.of)
	free := limit.max - limit.used - before
	switch {
	case !limited || free > takes.n || free == takes.n && p.opts.UseLast:
		return true
	case free == takes.n:
		s.state = unchanged
		s.note("It would take the last of the %d %s that the licence %s allows. Setup does that only with --use-last.", limit.max, takes.of, p.server.licence.name)
	case free <= 0:
		s.state = refused
		s.note("The licence %s allows %d %s, and none is left.", p.server.licence.name, limit.max, takes.of)
	default:
		s.state = refused
		s.note("It takes %d %s, and of the %d that the licence %s allows, %d are left.", takes.n, takes.of, limit.max, p.server.licence.name, free)
	}
	return false
}

func missingWithout(collection string) string {
	switch collection {
	case "pages":
		return "the site has no pages beside the blog"
	case "posts":
		return "the site has no blog"
	case "authors":
		return "posts name no author"
	case "global":
		return "the site is called as Directus' project is, and has no logo of its own"
	case "navigation":
		return "the header has the built-in links"
	case "redirects":
		return "old addresses of moved pages are not found"
	case collections.RecoveryCodes:
		return "a member who loses their phone needs an administrator"
	}
	return "the site does not show it"
}

// printLimits says what the plan takes of what the licence limits.
func (p *plan) printLimits(out io.Writer) {
	var allowed []string
	for _, limit := range p.server.licence.limits {
		n := 0
		for _, s := range p.steps {
			if s.takes.of == limit.of && s.state == toDo {
				n += s.takes.n
			}
		}
		allowed = append(allowed, fmt.Sprintf("%s: %d of %d in use, setup takes %d", limit.of, limit.used, limit.max, n))
	}
	if allowed != nil {
		fmt.Fprintf(out, "What the licence limits:\n  %s.\n\n", strings.Join(allowed, ";\n  "))
	}
}
