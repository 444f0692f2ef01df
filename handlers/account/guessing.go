package account

import (
	"context"
	"errors"
	"fmt"
	"net"
	"time"

	"github.com/gin-gonic/gin"

	"hutch/handlers/web"
	"hutch/internal/directus"
	"hutch/internal/i18n"
	"hutch/internal/limits"
	"hutch/internal/secret"
	"hutch/session"
)

// login signs in at Directus. Nothing else does: a wrong password counts towards the
// suspension of the account, wherever it was entered, so each attempt is counted
// here, before Directus is asked. The error may be a [*limits.Refused]: Directus was
// not asked then.
func (h *Handlers) login(c *gin.Context, with directus.Credentials) (directus.Session, error) {
	ctx, who := c.Request.Context(), h.attempting(c, with.Email)
	code, err := h.takeCode(c, with)
	if err != nil {
		return directus.Session{}, err
	}
	granted, err := h.askDirectus(c, who, with)
	if err != nil && !with.Code.Empty() {
		code.GiveBack(ctx)
	}
	return granted, err
}

// errCodeUsed means that a code has been accepted before.
var errCodeUsed = fmt.Errorf("the code has been used: %w", directus.InvalidOTP)

// takeCode makes a two-factor code void for everybody else, before Directus is asked:
// Directus accepts one as often as it is shown within its half minute. If Directus does
// not accept it, it is given back.
func (h *Handlers) takeCode(c *gin.Context, with directus.Credentials) (limits.Taken, error) {
	if with.Code.Empty() {
		return limits.Taken{}, nil
	}
	taken, err := h.Limits.Take(c.Request.Context(), limits.Code, limits.Who{Account: limits.AccountOf(with.Email), Code: with.Code.Reveal()})
	if err != nil {
		h.guessed(c, with, errCodeUsed)
		return limits.Taken{}, errCodeUsed
	}
	return taken, nil
}

// wrongCodeMessage says what is wrong with a code that was not accepted.
func wrongCodeMessage(err error) i18n.Message {
	if errors.Is(err, errCodeUsed) {
		return msgUsedCode
	}
	return msgWrongCode
}

// askDirectus asks Directus to sign somebody in, if no limit is reached.
func (h *Handlers) askDirectus(c *gin.Context, who limits.Who, with directus.Credentials) (directus.Session, error) {
	ctx := c.Request.Context()
	taken, err := h.Limits.Take(ctx, limits.SignIn, who)
	if err != nil {
		return directus.Session{}, err
	}
	granted, err := h.Directus.Login(ctx, web.OnBehalfOf(c), with)
	switch {
	case err == nil:
		taken.Succeeded(ctx)
		h.Sessions.Remember(c, who.Account, "")
	case errors.Is(err, directus.InvalidCredentials), errors.Is(err, directus.InvalidOTP):
		h.guessed(c, with, err)
	case answerLost(err) && (who.Device == "" || directus.FailureOf(err) == directus.Left):
		// It may have been a wrong guess that Directus counted: an attacker could
		// disconnect each time. Trusted browsers do not pay for an outage.
	default:
		taken.GiveBack(ctx)
	}
	return granted, err
}

// evenOut has an answer take the same time whether an address has an account or not: a
// multiple of RefusedAfter, which is well above what Directus takes. Directus itself
// stalls for half a second, and what it does for an account comes on top once its
// processor is busy.
func (h *Handlers) evenOut(c *gin.Context, begun time.Time) {
	if h.RefusedAfter <= 0 {
		return
	}
	taken := time.Since(begun)
	wait := time.NewTimer(h.RefusedAfter - taken%h.RefusedAfter)
	defer wait.Stop()
	select {
	case <-wait.C:
	case <-c.Request.Context().Done():
	}
}

// guessed logs a wrong answer. Being asked for a code that was not given is not one.
func (h *Handlers) guessed(c *gin.Context, with directus.Credentials, err error) {
	switch wantsCode := errors.Is(err, directus.InvalidOTP); {
	case wantsCode && with.Code.Empty():
	case signedIn(c):
		h.Log.Event(c, web.EventProofRefused)
	case wantsCode:
		h.Log.Event(c, web.EventCodeRefused)
	default:
		h.Log.Event(c, web.EventSignInRefused)
	}
}

// attempting says who attempts something with the account of an address. A signed-in
// member counts as a trusted browser of their own account, whatever cookies they have
// kept.
func (h *Handlers) attempting(c *gin.Context, email string) limits.Who {
	who := limits.Who{IP: c.ClientIP(), Account: limits.AccountOf(email)}
	who.Device, who.ResetHere = h.Sessions.Device(c, who.Account), h.Sessions.ResetHere(c, who.Account)
	if own, is := session.From(c); is && who.Device == "" && limits.AccountOf(own.Email) == who.Account {
		who.Device = own.ID
	}
	return who
}

// answerLost reports whether Directus may have received the call although no answer
// came.
func answerLost(err error) bool {
	var refusal *directus.Error
	var unsent *net.OpError
	switch failure := directus.FailureOf(err); {
	case failure == directus.Spared, failure == directus.Busy:
		return false
	case errors.As(err, &unsent) && unsent.Op == "dial":
		return false
	}
	return !errors.As(err, &refusal)
}

// mailing sends a mail to an address unless a limit has been reached. The error may
// be a [*limits.Refused].
func (h *Handlers) mailing(c *gin.Context, email string, send func(context.Context) error) error {
	ctx := c.Request.Context()
	taken, err := h.Limits.Take(ctx, limits.Mail, h.attempting(c, email))
	if err != nil {
		return err
	}
	if err = send(ctx); errors.Is(err, directus.ErrUnavailable) && !answerLost(err) {
		taken.GiveBack(ctx)
	}
	return err
}

// mailWait returns how long it is until another mail to an address can be asked for. It
// is the same whether the address has an account or not.
func (h *Handlers) mailWait(c *gin.Context, email string) time.Duration {
	if email == "" {
		return 0
	}
	return h.Limits.Wait(c.Request.Context(), limits.Mail, h.attempting(c, email))
}

// chosenAnew marks this browser as trusted after a password was chosen through a
// mailed link, because only the owner of the account receives it.
func (h *Handlers) chosenAnew(c *gin.Context, email string) {
	account := limits.AccountOf(email)
	device := h.Sessions.RememberReset(c, account)
	h.Limits.Reset(c.Request.Context(), limits.Who{Account: account, Device: device})
}

// revoke ends a session at Directus that no browser has, even if the visitor has
// left. If Directus cannot be reached, the token stays valid there until it expires,
// but nobody has it.
func (h *Handlers) revoke(c *gin.Context, token secret.Text) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(c.Request.Context()), 5*time.Second)
	defer cancel()
	if _, err := h.Directus.Logout(ctx, web.OnBehalfOf(c), token); err != nil {
		h.Log.Warn("could not revoke a session in Directus", "error", err)
	}
}
