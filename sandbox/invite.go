package sandbox

import (
	"context"
	"net/url"
	"time"

	"github.com/google/uuid"
)

const inviteTTL = 7 * 24 * time.Hour

// invite is POST /users/invite {email, role, invite_url?}, where email may be a
// list. The caller must be allowed to create users.
func (s *Sandbox) invite(c *call) error {
	body, err := c.object()
	if err != nil {
		return err
	}
	for name := range body {
		if name != "email" && name != "role" && name != "invite_url" {
			return invalidPayload(`"%s" is not allowed`, name)
		}
	}
	emails, isList := body["email"].([]any)
	if !isList {
		emails = []any{body["email"]}
	}
	for _, email := range emails {
		if _, err := emailIn(item{"email": email}); err != nil {
			return err
		}
	}
	role, err := textIn(body, "role")
	if err != nil {
		return err
	}
	if uuid.Validate(role) != nil {
		return invalidPayload(`"role" must be a valid GUID`)
	}
	if _, given := body["invite_url"]; given {
		if _, err := textIn(body, "invite_url"); err != nil {
			return err
		}
	}
	ctx := c.r.Context()
	err = s.inTransaction(ctx, func(tx querier) error {
		rules, err := s.rulesFor(ctx, tx, c.who, "create", "directus_users")
		if err != nil {
			return err
		}
		if len(rules) == 0 {
			return forbiddenCollection("", "directus_users")
		}
		page, err := s.pageFor(body["invite_url"], "/admin/accept-invite", "invite users")
		if err != nil {
			return err
		}
		for _, email := range emails {
			if err := s.inviteOne(ctx, tx, c.who, email.(string), role, page); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	return c.writeNothing()
}

// inviteOne invites a new address, or again one that has not accepted yet. It
// does nothing for members.
func (s *Sandbox) inviteOne(ctx context.Context, tx querier, who caller, email, role string, page *url.URL) error {
	users := s.schema.collection("directus_users")
	m, err := memberByEmail(ctx, tx, email)
	switch {
	case err != nil:
		return err
	case m.id == "":
		m.email = email
		account := item{"email": email, "role": role, "status": "invited"}
		check := func() error { return s.checkNew(ctx, tx, users.name, account) }
		if _, err := s.create(ctx, tx, who, users, account, check); err != nil {
			return err
		}
	case m.status != "invited":
		return nil
	case m.role != role:
		if err := s.update(ctx, tx, who, users, m.id, item{"role": role}, func() error { return nil }); err != nil {
			return err
		}
	}
	token, err := s.signTicket(ticket{email: m.email, scope: "invite"}, inviteTTL)
	if err != nil {
		return err
	}
	return s.writeMail(ctx, tx, invitationMail(m.email, linkTo(page, token)))
}

// acceptInvite is POST /users/invite/accept {token, password}.
func (s *Sandbox) acceptInvite(c *call) error {
	body, err := c.object()
	if err != nil {
		return err
	}
	token, err := textIn(body, "token")
	if err != nil {
		return err
	}
	password, err := textIn(body, "password")
	if err != nil {
		return err
	}
	t, err := s.verifyTicket(token, "invite")
	if err != nil {
		return err
	}
	err = s.givePassword(c.r.Context(), t.email, password, func(m member) error {
		if m.status != "invited" {
			return invalidInvite()
		}
		return nil
	})
	if err != nil {
		return err
	}
	return c.writeNothing()
}
