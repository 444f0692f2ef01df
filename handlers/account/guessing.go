package account

import (
	"context"
	"errors"
	"net"
	"time"

	"github.com/gin-gonic/gin"

	"hutch/handlers/web"
	"hutch/internal/directus"
	"hutch/internal/limits"
	"hutch/internal/secret"
	"hutch/session"
)

// login asks Directus to sign somebody in. Nothing else does: a wrong answer
// counts towards the suspension of the account, wherever it was typed, so each is
// counted here, and before Directus is asked. The error may be a
// [*limits.Refused]: Directus was not asked then.
func (h *Handlers) login(c *gin.Context, with directus.Credentials) (directus.Session, error) {
	ctx, who := c.Request.Context(), h.attempting(c, with.Email)
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
		// It may have been a wrong one, and Directus may have counted it: whoever
		// guesses could hang up each time. For an outage, trusted browsers do not pay.
	default:
		taken.GiveBack(ctx)
	}
	return granted, err
}

// guessed tells whoever watches the site of a wrong answer. That a code is wanted,
// where none was given, is none.
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

// attempting says who attempts something with the account of an address. A member
// is no stranger to their own, whatever cookies they have kept.
func (h *Handlers) attempting(c *gin.Context, email string) limits.Who {
	who := limits.Who{IP: c.ClientIP(), Account: limits.AccountOf(email)}
	who.Device, who.ResetHere = h.Sessions.Device(c, who.Account), h.Sessions.ResetHere(c, who.Account)
	if own, is := session.From(c); is && who.Device == "" && limits.AccountOf(own.Email) == who.Account {
		who.Device = own.ID
	}
	return who
}

// answerLost reports whether Directus may have been asked, and was not heard.
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

// mailing has a mail sent to an address, unless too many have been. The error may
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

// chosenAnew is for a password that was chosen on the page of a mailed link.
// Whoever did that owns the account, and is no stranger to it any more.
func (h *Handlers) chosenAnew(c *gin.Context, email string) {
	account := limits.AccountOf(email)
	device := h.Sessions.RememberReset(c, account)
	h.Limits.Reset(c.Request.Context(), limits.Who{Account: account, Device: device})
}

// revoke ends a throw-away session at Directus, which no browser has; also if the
// visitor has left already. If Directus cannot be reached, the token stays valid there
// until it expires; nobody has it any more.
func (h *Handlers) revoke(c *gin.Context, token secret.Text) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(c.Request.Context()), 5*time.Second)
	defer cancel()
	if err := h.Directus.Logout(ctx, web.OnBehalfOf(c), token); err != nil {
		h.Log.Warn("could not revoke a session in Directus", "error", err)
	}
}
