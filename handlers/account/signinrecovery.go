package account

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/pquerna/otp/totp"

	"hutch/handlers/web"
	"hutch/internal/directus"
	"hutch/internal/limits"
	"hutch/internal/secret"
	"hutch/session"
	"hutch/templates"
)

func (h *Handlers) ShowRecovery(c *gin.Context) (web.Response, error) {
	if _, instead := h.halfWay(c); instead != nil {
		return instead, nil
	}
	offered, err := h.recoveryOffered(c)
	return web.OK(templates.NewSignInRecovery(offered)), err
}

func (h *Handlers) recoveryOffered(c *gin.Context) (bool, error) {
	_, err := h.readRecovery(c.Request.Context(), web.OnBehalfOf(c), nil, 1)
	if errors.Is(err, errNoRecovery) {
		return false, nil
	}
	return err == nil, err
}

// SignInRecovery turns off two-factor authentication with the password and a recovery
// code, and ends all sessions.
func (h *Handlers) SignInRecovery(c *gin.Context) (web.Response, error) {
	if err := web.ReadForm(c); err != nil {
		return nil, err
	}
	half, instead := h.halfWay(c)
	if instead != nil {
		return instead, nil
	}
	p := templates.NewSignInRecovery(true)
	typed := p.Form.Field("code")
	code := strings.ToUpper(postedCode(c))
	if typed.Error = checkCode(code); p.Form.Failed() {
		return web.Invalid(p), nil
	}

	notice, err := h.recover(c, half, code)
	switch {
	case err == nil:
		return h.beginAgain(c, half, notice), nil
	case errors.Is(err, errWrongRecovery):
		typed.Error = msgWrongRecovery
		return h.wrongCode(c, half, p)
	case errors.Is(err, errNoRecovery):
		return web.SeeOther{Path: "/signin/recovery"}, nil // which says so
	case errors.Is(err, directus.Forbidden):
		p.Form.Problem = msgNotChangeable
		return web.Invalid(p), nil
	case errors.Is(err, directus.InvalidCredentials):
		return h.beginAgain(c, half, noticeBeginAgain), nil
	}
	status, err := h.formTrouble(c, &p.Form, err, msgFormUnavailable)
	return web.Page{Status: status, Page: p}, err
}

var errWrongRecovery = errors.New("the recovery code is wrong")

// recover returns the notice to show. A code that is sent twice at once is used once, and
// that outcome is shared.
func (h *Handlers) recover(c *gin.Context, half halfSignedIn, code string) (web.Notice, error) {
	if _, err := h.Limits.Take(c.Request.Context(), limits.Recovery, h.attempting(c, half.Email)); err != nil {
		return web.Notice{}, err
	}
	notice, err, _ := h.recoveries.Do(hashed(code)+half.Email, func() (any, error) { return h.useRecovery(c, half, code) })
	return notice.(web.Notice), err
}

func (h *Handlers) useRecovery(c *gin.Context, half halfSignedIn, code string) (web.Notice, error) {
	// Once begun, this is completed whether the visitor waits or not.
	ctx, v := context.WithoutCancel(c.Request.Context()), web.OnBehalfOf(c)
	rows, err := h.readRecovery(ctx, v, directus.Equal("hash", hashed(code)), 1)
	if err != nil {
		return web.Notice{}, err
	}
	sealer, err := session.NewSealer([]string{code}, "recovery")
	if err != nil {
		return web.Notice{}, err
	}
	var secret string
	if len(rows) == 0 || !sealer.Open(rows[0].Sealed, &secret) {
		h.Log.Event(c, web.EventCodeRefused)
		return web.Notice{}, errWrongRecovery
	}
	granted, skew, err := h.signInWithSecret(c, half, secret)
	if errors.Is(err, directus.InvalidOTP) {
		return web.Notice{}, errWrongRecovery // of a secret that has been replaced since
	}
	if err != nil {
		return web.Notice{}, err
	}
	defer h.revoke(c, granted.Token)
	if granted.UserID != rows[0].Member {
		return web.Notice{}, errWrongRecovery
	}
	err = h.disableWithSecret(ctx, v, granted.Token, secret, skew)
	if errors.Is(err, directus.InvalidPayload) { // the next code was due meanwhile
		err = h.disableWithSecret(ctx, v, granted.Token, secret, skew)
	}
	if errors.Is(err, directus.InvalidPayload) || directus.TokenRefused(err) {
		return web.Notice{}, errWrongRecovery // another replica has just used it, and ended all sessions
	}
	if err != nil {
		return web.Notice{}, err
	}
	if err := h.voidRecovery(ctx, v, granted.UserID); err != nil {
		h.Log.Warn("used recovery codes are still there", "error", err)
	}
	if h.endOthers(c, session.Session{Token: granted.Token, MemberID: granted.UserID}, directus.NewPassword(half.Password)) {
		return noticeRecovered, nil
	}
	return noticeRecoveredHere, nil
}

// signInWithSecret signs in with a code made here. Directus accepts only the current
// code, by its own clock, which may differ from ours by skew.
func (h *Handlers) signInWithSecret(c *gin.Context, half halfSignedIn, seed string) (granted directus.Session, skew time.Duration, err error) {
	for _, skew = range []time.Duration{0, 30 * time.Second, -30 * time.Second} {
		digits, err := totp.GenerateCode(seed, time.Now().Add(skew))
		if err != nil {
			return granted, 0, fmt.Errorf("make a code: %w", err)
		}
		// Made here: whether the member's app has shown it does not matter.
		granted, err = h.askDirectus(c, h.attempting(c, half.Email), directus.Credentials{Email: half.Email, Password: secret.Of(half.Password), Code: secret.Of(digits)})
		if !errors.Is(err, directus.InvalidOTP) {
			return granted, skew, err
		}
	}
	return granted, 0, directus.InvalidOTP
}

func (h *Handlers) disableWithSecret(ctx context.Context, v directus.Visitor, token secret.Text, secret string, skew time.Duration) error {
	digits, err := totp.GenerateCode(secret, time.Now().Add(skew))
	if err != nil {
		return fmt.Errorf("make a code: %w", err)
	}
	return h.Directus.DisableTwoFactor(ctx, v, token, digits)
}
