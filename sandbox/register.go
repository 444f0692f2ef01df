package sandbox

import (
	"errors"
	"maps"
	"net/http"
	"slices"
	"time"
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
