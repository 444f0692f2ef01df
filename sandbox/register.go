package sandbox

import (
	"context"
	"errors"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"time"

	"github.com/google/uuid"
)

const verificationTTL = 7 * 24 * time.Hour

// register is POST /users/register {email, password, first_name?, last_name?,
// verification_url?}. The answer and the work are the same for new and known
// addresses.
func (s *Sandbox) register(c *call) error {
	began := time.Now()
	body, err := c.object()
	if err != nil {
		return err
	}
	email, err := emailIn(body)
	if err != nil {
		return err
	}
	password, err := textIn(body, "password")
	if err != nil {
		return err
	}
	account := item{"email": email, "status": "active"}
	for _, name := range slices.Sorted(maps.Keys(body)) {
		switch name {
		case "email", "password":
		case "first_name", "last_name":
			account[name], err = textIn(body, name)
		case "verification_url":
			_, err = textIn(body, name)
		default:
			err = invalidPayload(`"%s" is not allowed`, name)
		}
		if err != nil {
			return err
		}
	}
	page, err := s.pageFor(body["verification_url"], "/users/register/verify-email", "verify registered users")
	if err != nil {
		return err
	}
	ctx := c.r.Context()
	settings, err := s.settings(ctx, s.db)
	if err != nil {
		return err
	}
	if settings["public_registration"] != true {
		return forbidden()
	}
	verify := settings["public_registration_verify_email"] == true
	if verify {
		account["status"] = "unverified"
	}
	account["role"] = settings["public_registration_role"]
	if account["password"], err = s.hashPassword(password); err != nil {
		return err
	}
	token, err := s.signTicket(ticket{email: email, scope: "pending-registration"}, verificationTTL)
	if err != nil {
		return err
	}
	err = s.inTransaction(ctx, func(tx querier) error {
		known, err := memberByEmail(ctx, tx, email)
		if err != nil {
			return err
		}
		if known.id == "" {
			// As in Directus, only for a new account, so the policy reveals who has one.
			if err := s.checkPolicy(ctx, tx, password); err != nil {
				return err
			}
			if _, err := s.insert(ctx, tx, s.schema.collection("directus_users"), account); err != nil {
				return err
			}
		}
		if verify {
			if err := s.writeMail(ctx, tx, verificationMail(email, linkTo(page, token))); err != nil {
				return err
			}
		}
		if known.id != "" && known.status != "unverified" {
			return errNobody
		}
		return nil
	})
	if err != nil && !errors.Is(err, errNobody) {
		return err
	}
	s.stall(began)
	return c.writeNothing()
}

// verifyEmail is GET /users/register/verify-email?token=…, the page that
// Directus' own email links to. It does not sign anyone in.
func (s *Sandbox) verifyEmail(c *call) error {
	tokens, given := c.r.URL.Query()["token"]
	if given && (len(tokens) > 1 || tokens[0] == "") {
		return c.redirect("/admin/login")
	}
	t, err := s.verifyTicket(c.r.URL.Query().Get("token"), "pending-registration") // none is no token
	if err != nil {
		return err
	}
	ctx := c.r.Context()
	var m member
	err = s.inTransaction(ctx, func(tx querier) error {
		if m, err = memberByEmail(ctx, tx, t.email); err != nil {
			return err
		}
		if m.status != "unverified" {
			return invalidPayload("Invalid verification code")
		}
		return s.set(ctx, tx, s.schema.collection("directus_users"), m.id, item{"status": "active"})
	})
	if err != nil {
		return err
	}
	return c.redirect("/admin/users/" + m.id)
}

func (c *call) redirect(path string) error {
	c.w.Header().Set("Location", path)
	c.w.WriteHeader(http.StatusFound)
	return nil
}

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
