package sandbox

import (
	"context"
	"errors"
	"time"
)

const resetTTL = 24 * time.Hour

// requestReset is POST /auth/password/request {email, reset_url?}. Neither the
// answer nor its duration reveals whether an email is sent.
func (s *Sandbox) requestReset(c *call) error {
	began := time.Now()
	body, err := c.object()
	if err != nil {
		return err
	}
	email, ok := body["email"].(string)
	if !ok {
		return invalidPayload(`"email" field is required`)
	}
	page, err := s.pageFor(body["reset_url"], "/admin/reset-password", "reset passwords")
	if err != nil {
		return err
	}
	ctx := c.r.Context()
	err = s.inTransaction(ctx, func(tx querier) error {
		m, err := memberByEmail(ctx, tx, email)
		if err != nil {
			return err
		}
		token, err := s.signTicket(ticket{m.email, "password-reset", passwordMark(m.password)}, resetTTL)
		if err != nil {
			return err
		}
		if err := s.writeMail(ctx, tx, resetMail(m.email, linkTo(page, token))); err != nil {
			return err
		}
		if m.status != "active" || m.provider != "default" {
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

// stall waits until the minimum time since the start of a request has passed. It
// uses real time, even in tests with their own clock.
func (s *Sandbox) stall(began time.Time) { time.Sleep(time.Until(began.Add(s.options.StallTime))) }

// reset is POST /auth/password/reset {token, password}.
func (s *Sandbox) reset(c *call) error {
	body, err := c.object()
	if err != nil {
		return err
	}
	token, ok := body["token"].(string)
	if !ok {
		return invalidPayload(`"token" field is required`)
	}
	password, ok := body["password"].(string)
	if !ok {
		return invalidPayload(`"password" field is required`)
	}
	t, err := s.verifyTicket(token, "password-reset")
	if err != nil {
		return err
	}
	err = s.givePassword(c.r.Context(), t.email, password, func(m member) error {
		if m.status != "active" || t.hash != passwordMark(m.password) {
			return forbidden()
		}
		return nil
	})
	if err != nil {
		return err
	}
	return c.writeNothing()
}

// givePassword stores a password that was chosen with a ticket, activates the
// account and ends all its sessions. check reports whether the account, in its
// current state, may still get one.
func (s *Sandbox) givePassword(ctx context.Context, email, password string, check func(member) error) error {
	hash, err := s.hashPassword(password)
	if err != nil {
		return err
	}
	return s.inTransaction(ctx, func(tx querier) error {
		m, err := memberByEmail(ctx, tx, email)
		if err != nil {
			return err
		}
		if err := check(m); err != nil {
			return err
		}
		if err := s.checkPolicy(ctx, tx, password); err != nil {
			return err
		}
		if err := s.set(ctx, tx, s.schema.collection("directus_users"), m.id, item{"password": hash, "status": "active"}); err != nil {
			return err
		}
		return s.endSessions(ctx, tx, m.id, "")
	})
}
