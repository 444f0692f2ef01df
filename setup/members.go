package setup

import (
	"context"
	"fmt"
	"slices"
	"strings"
)

// members plans the role and policy "Users" and their permissions.
func (p *plan) members() {
	p.memberRole()
	holder, holds := p.role, &p.roleID
	if p.server.major > 10 {
		holder, holds = p.memberPolicy(), &p.policyID
	}
	p.memberHolder, p.memberHolds = holder, holds
	p.appAccess(holder, holds)
	p.memberPermissions(holder, holds)
}

// memberAccess is what members may do before anything changes.
type memberAccess struct {
	app         bool
	permissions []permission
}

func (p *plan) memberRole() {
	found := p.server.rolesNamed(usersName)
	s := step{what: fmt.Sprintf("role %q", usersName), state: inPlace}
	switch {
	case len(found) == 0:
		s.state = toDo
		s.do = p.makeRole
	case len(found) > 1:
		s.state = blocked
		s.note("There are %d roles with this name. Rename the ones that are not for Hutch's members.", len(found))
	default:
		p.roleID = found[0].ID
		p.has = p.server.membersHave(found[0])
		if p.server.isAdmin(found[0]) {
			s.state = blocked
			s.note("It has administrator access, and everyone who signs up would get it too. Rename the role or remove that access.")
		}
	}
	p.role = p.add(s)
}

func (p *plan) makeRole(ctx context.Context) error {
	body := map[string]any{"name": usersName, "icon": "person", "description": "Members of the website served by Hutch"}
	if p.server.major == 10 {
		body["admin_access"] = false
		body["app_access"] = false // Directus' default is true
	}
	var err error
	p.roleID, err = p.server.create(ctx, "/roles", body)
	return err
}

// create stores a new item and returns its id.
func (s *server) create(ctx context.Context, path string, body map[string]any) (string, error) {
	var made struct {
		ID string `json:"id"`
	}
	if err := s.admin.Post(ctx, path, body, &made); err != nil {
		return "", err
	}
	if made.ID == "" {
		return "", fmt.Errorf("POST %s: Directus returned no id", path)
	}
	return made.ID, nil
}

func (s *server) membersHave(role role) memberAccess {
	has := memberAccess{app: role.App, permissions: role.permissions}
	for _, id := range s.policiesOf(role.ID) {
		policy := s.policy(id)
		has.app = has.app || policy.App
		has.permissions = append(has.permissions, policy.Permissions...)
	}
	return has
}

func (s *server) isAdmin(role role) bool {
	return role.Admin || slices.ContainsFunc(s.policiesOf(role.ID), func(id string) bool { return s.policy(id).Admin })
}

// memberPolicy plans the policy and its link to the role. It returns the step
// after which permissions can be added.
func (p *plan) memberPolicy() *step {
	var linked []string
	if p.roleID != "" {
		linked = p.server.linked(p.roleID)
	}
	found := p.server.policiesNamed(usersName)
	if i := slices.IndexFunc(found, func(policy policy) bool { return slices.Contains(linked, policy.ID) }); i >= 0 {
		found = found[i : i+1]
	}
	s := step{what: fmt.Sprintf("policy %q", usersName), state: inPlace, needs: []*step{p.role}}
	link := step{what: fmt.Sprintf("the role %q has the policy %q", usersName, usersName), state: toDo}
	link.do = func(ctx context.Context) error {
		return p.server.admin.Post(ctx, "/access", map[string]any{"role": p.roleID, "policy": p.policyID, "sort": 1}, nil)
	}
	switch {
	case len(found) == 0:
		s.state = toDo
		s.do = p.makePolicy
	case len(found) > 1:
		s.state = blocked
		s.note("There are %d policies with this name. Rename the ones that are not for Hutch's members.", len(found))
	case slices.Contains(linked, found[0].ID):
		p.policyID = found[0].ID
		link.state = inPlace
	default:
		p.policyID = found[0].ID
		p.has.permissions = append(p.has.permissions, found[0].Permissions...)
		more := p.beyondMembers(found[0].Permissions)
		if found[0].Admin {
			more = append(more, "administrator access")
		}
		if found[0].App {
			more = append(more, "App Access")
		}
		if more != nil {
			s.state = blocked
			s.note("The existing policy is not linked to the role and allows more than Hutch's members need: %s. Rename it, or link it to the role %q yourself.", strings.Join(more, ", "), usersName)
		}
	}
	policy := p.add(s)
	link.needs = []*step{p.role, policy}
	return p.add(link)
}

func (p *plan) makePolicy(ctx context.Context) error {
	var err error
	p.policyID, err = p.server.create(ctx, "/policies", map[string]any{
		"name": usersName, "icon": "badge", "description": "What members of the site may do with their own user and their own files",
		"admin_access": false, "app_access": false,
	})
	return err
}

// appAccess plans access to Directus' own app for members, which needs the flag.
// If somebody else gave it, it stays.
func (p *plan) appAccess(holder *step, holds *string) {
	if !p.has.app && !p.opts.AppAccess {
		return
	}
	s := step{what: "App Access for members (Directus' own app)", state: inPlace, needs: []*step{holder}}
	switch {
	case p.has.app && !p.opts.AppAccess:
		s.note("Setup gives it only with --app-access, and never removes it.")
	case !p.has.app:
		p.appAccessToDo = true
		s.state = toDo
		s.do = func(ctx context.Context) error {
			path := "/policies/"
			if p.server.major == 10 {
				path = "/roles/"
			}
			return p.server.admin.Patch(ctx, path+*holds, map[string]any{"app_access": true})
		}
	}
	if l := p.server.licence; p.server.major > 11 {
		s.note("From Directus 12 on, every active member with App Access takes a seat of the licence.")
		if seats, limited := l.limit(takesSeat); limited {
			s.note("The licence %s has %d seats, %d of them taken. When none are left, nobody can sign up.", l.name, seats.max, seats.used)
		}
	}
	p.has.app = true
	p.add(s)
}
