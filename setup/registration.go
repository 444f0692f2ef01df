package setup

import (
	"context"
	"fmt"
	"net/url"
	"strings"
)

// settings are those of the project that setup looks at.
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

// registration plans that people can sign up, and become members. How it is set
// already, somebody decided: only what is missing is added.
func (p *plan) registration() {
	now := p.server.settings
	s := step{
		what:  fmt.Sprintf("public registration, with the role %q", usersName),
		state: toDo,
		needs: []*step{p.role},
	}
	change := map[string]any{}
	more := p.beyondMembers(p.has.permissions)
	switch {
	case now.Role != "" && now.Role != p.roleID && now.Registration:
		s.state = left
		s.note("It is on, with the role %q, and stays so: whoever signs up gets that role, and what it may do. Setup does not look after that role.", p.server.roleName(now.Role))
	case now.Role != "" && now.Role != p.roleID:
		s.state = left
		s.note("It is off, but set to the role %q, and stays so: nobody can sign up. To let people in, change it in Directus' settings.", p.server.roleName(now.Role))
	case now.Registration && now.Role != "":
		s.state = there
	case more != nil:
		s.state = blocked
		s.note("The role allows more than Hutch's members need: %s. Setup does not open that to everybody who signs up. If it is meant so, switch registration on in Directus' settings; if not, rename the role.", strings.Join(more, ", "))
	case now.Registration:
		s.note("It is on, without a role.")
	default:
		change["public_registration"] = true
		if p.opts.NoVerifyEmail {
			change["public_registration_verify_email"] = false
			now.VerifyEmail = false
		}
	}
	switch {
	case s.state == left, s.state == blocked:
	case !now.VerifyEmail:
		s.note("New members need not confirm their address.")
	case s.state == there || now.Registration:
		s.note("New members confirm their address by mail, so Directus needs a mail transport.")
		if p.opts.NoVerifyEmail {
			s.note("--no-verify-email changes nothing here: registration is on already, as somebody set it.")
		}
	default:
		s.note("New members must confirm their address by mail. If this Directus cannot send mail, nobody can ever sign in: use --no-verify-email then.")
	}
	s.do = func(ctx context.Context) error {
		change["public_registration_role"] = p.roleID
		return p.server.admin.Patch(ctx, "/settings", change)
	}
	p.add(s)
}
