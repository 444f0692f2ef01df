package handlers

import (
	"context"
	"errors"
	"net"
	"net/http"
	"time"

	"github.com/gin-gonic/gin"

	"hutch/internal/directus"
	"hutch/internal/i18n"
	"hutch/internal/limits"
	"hutch/session"
	"hutch/templates"
)

// login asks Directus to sign somebody in. Nothing else does: a wrong answer
// counts towards the suspension of the account, wherever it was typed, so each is
// counted here, and before Directus is asked. The error may be a
// [*limits.Refused]: Directus was not asked then.
func (s *site) login(c *gin.Context, with directus.Credentials) (directus.Session, error) {
	ctx, who := c.Request.Context(), s.attempting(c, with.Email)
	taken, err := s.Limits.Take(ctx, limits.SignIn, who)
	if err != nil {
		return directus.Session{}, err
	}
	granted, err := s.Directus.Login(ctx, visitor(c), with)
	switch {
	case err == nil:
		taken.Succeeded(ctx)
		s.Sessions.Remember(c, who.Account, "")
	case errors.Is(err, directus.InvalidCredentials), errors.Is(err, directus.InvalidOTP):
		s.guessed(c, with, err)
	case answerLost(err) && (who.Device == "" || directus.FailureOf(err) == directus.Left):
		// It may have been a wrong one, and Directus may have counted it: whoever
		// guesses could hang up each time. For an outage, known browsers do not pay.
	default:
		taken.GiveBack(ctx)
	}
	return granted, err
}

// guessed tells whoever watches the site of a wrong answer. That a code is wanted,
// where none was given, is none.
func (s *site) guessed(c *gin.Context, with directus.Credentials, err error) {
	switch wantsCode := errors.Is(err, directus.InvalidOTP); {
	case wantsCode && with.Code.Empty():
	case signedIn(c):
		s.event(c, eventProofRefused)
	case wantsCode:
		s.event(c, eventCodeRefused)
	default:
		s.event(c, eventSignInRefused)
	}
}

// attempting says who attempts something with the account of an address. A member
// is no stranger to their own, whatever cookies they have kept.
func (s *site) attempting(c *gin.Context, email string) limits.Who {
	who := limits.Who{IP: c.ClientIP(), Account: limits.AccountOf(email)}
	who.Device, who.ResetHere = s.Sessions.Device(c, who.Account), s.Sessions.ResetHere(c, who.Account)
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
func (s *site) mailing(c *gin.Context, email string, send func(context.Context) error) error {
	ctx := c.Request.Context()
	taken, err := s.Limits.Take(ctx, limits.Mail, s.attempting(c, email))
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
func (s *site) chosenAnew(c *gin.Context, email string) {
	account := limits.AccountOf(email)
	device := s.Sessions.RememberReset(c, account)
	s.Limits.Reset(c.Request.Context(), limits.Who{Account: account, Device: device})
}

// tooMany has a form say that an attempt was not allowed, and when the next one
// will be. What it says is the same whether there is such an account or not.
func (s *site) tooMany(c *gin.Context, form *templates.Form, refused *limits.Refused) (status int) {
	s.Metrics.Throttled(refused.Limit.Name)
	s.event(c, eventThrottled, "limit", refused.Limit.Name)
	retryAfter(c, int((refused.After+time.Second-1)/time.Second))
	form.Problem = tooManyOf(refused.Limit)
	return http.StatusTooManyRequests
}

func tooManyOf(limit limits.Limit) i18n.Message {
	switch {
	case limit.Action == limits.SignIn && limit.WrongOnly && limit.Of != limits.Address:
		return sayTooManyGuesses
	case limit.Action == limits.Mail && limit.Of == limits.Account:
		return sayTooManyMails
	}
	return sayTooMany
}
