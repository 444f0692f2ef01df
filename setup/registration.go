package setup

import (
	"context"
	"fmt"
	"net/url"
	"strings"
)

// settings are the project's settings that matter to setup.
type settings struct {
	Registration bool   `json:"public_registration"`
	Role         string `json:"public_registration_role"`
	VerifyEmail  bool   `json:"public_registration_verify_email"`
}

func (s *server) lookSettings(ctx context.Context) error {
	return s.admin.Get(ctx, "/settings", url.Values{
		"fields": {"public_registration,public_registration_role,public_registration_verify_email"},
	}, &s.settings)
}

// registration plans that people can sign up and become members. It only adds
// what is missing: settings that exist are somebody's decision.
func (p *plan) registration() {
	now := p.server.settings
	s := step{
		what:  fmt.Sprintf("public registration, with the role %q", usersName),
		state: toDo,
		needs: []*step{p.role},
	}
	if p.narrowUsers != nil {
		s.needs = append(s.needs, p.narrowUsers)
	}
	change := map[string]any{}
	more := p.beyondMembers(p.has.permissions)
	switch {
	case now.Role != "" && now.Role != p.roleID && now.Registration:
		s.state = unchanged
		s.note("It is on, with the role %q. Setup keeps that: people who sign up get this role and its permissions, which setup does not manage.", p.server.roleName(now.Role))
	case now.Role != "" && now.Role != p.roleID:
		s.state = unchanged
		s.note("It is off and set to the role %q. Setup keeps that: nobody can sign up. To change it, use Directus' settings.", p.server.roleName(now.Role))
	case now.Registration && now.Role != "":
		s.state = inPlace
		if p.addressesOpen() {
			s.note("It is on, and strangers can read the address of everybody who signs up: see above.")
		}
	case more != nil:
		s.state = blocked
		s.note("The role allows more than Hutch's members need: %s. Setup does not give that to everyone who signs up. If this is intended, turn on registration in Directus' settings; if not, rename the role.", strings.Join(more, ", "))
	case now.Registration:
		s.note("It is on, but without a role.")
	case p.addressesOpen() && !p.opts.AllowPublicUsers:
		s.state = unchanged
		s.note("Setup does not turn it on while strangers can read the email address of everybody who signs up: see above. Close that, or use --allow-public-users.")
	default:
		change["public_registration"] = true
		if p.opts.NoVerifyEmail {
			change["public_registration_verify_email"] = false
			now.VerifyEmail = false
		}
	}
	switch {
	case s.state == unchanged, s.state == blocked:
	case !now.VerifyEmail:
		s.note("New members do not have to confirm their address.")
	case s.state == inPlace || now.Registration:
		s.note("New members confirm their address by email, so Directus must be able to send email.")
		if p.opts.NoVerifyEmail {
			s.note("--no-verify-email has no effect here: registration was already turned on by somebody else.")
		}
	default:
		s.note("New members have to confirm their address by email. If this Directus cannot send email, use --no-verify-email, or nobody will be able to sign in.")
	}
	s.do = func(ctx context.Context) error {
		change["public_registration_role"] = p.roleID
		return p.server.admin.Patch(ctx, "/settings", change)
	}
	p.add(s)
}

// addressesOpen reports whether strangers read users' addresses once setup is done.
func (p *plan) addressesOpen() bool {
	return len(p.server.openly("directus_users", "email")) > 0 && p.narrowUsers == nil
}
