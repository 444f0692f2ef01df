package handlers

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/pquerna/otp/totp"

	"hutch/internal/directus"
	"hutch/internal/i18n"
	"hutch/internal/limits"
	"hutch/internal/secret"
	"hutch/session"
	"hutch/templates"
)

func (s *site) showRecovery(c *gin.Context) (reply, error) {
	if _, instead := s.halfWay(c); instead != nil {
		return instead, nil
	}
	offered, err := s.recoveryOffered(c)
	return page{http.StatusOK, templates.NewSignInRecovery(offered)}, err
}

func (s *site) recoveryOffered(c *gin.Context) (bool, error) {
	_, err := s.readRecovery(c.Request.Context(), visitor(c), nil, 1)
	if errors.Is(err, errNoRecovery) {
		return false, nil
	}
	return err == nil, err
}

// signInRecovery switches the second factor off for whoever knows the password
// and a recovery code, and ends all sessions.
func (s *site) signInRecovery(c *gin.Context) (reply, error) {
	if err := readForm(c); err != nil {
		return nil, err
	}
	half, instead := s.halfWay(c)
	if instead != nil {
		return instead, nil
	}
	p := templates.NewSignInRecovery(true)
	typed := p.Form.Field("code")
	code := strings.ToUpper(postedCode(c))
	if typed.Error = checkCode(code); p.Form.Failed() {
		return page{http.StatusUnprocessableEntity, p}, nil
	}

	notice, err := s.recover(c, half, code)
	switch {
	case err == nil:
		return s.beginAgain(c, half, notice), nil
	case errors.Is(err, errWrongRecovery):
		typed.Error = sayWrongRecovery
		return s.wrongCode(c, half, p)
	case errors.Is(err, errNoRecovery):
		return seeOther{path: "/signin/recovery"}, nil // which says so
	case errors.Is(err, directus.Forbidden):
		p.Form.Problem = sayNotChangeable
		return page{http.StatusUnprocessableEntity, p}, nil
	case errors.Is(err, directus.InvalidCredentials):
		return s.beginAgain(c, half, noticeBeginAgain), nil
	}
	status, err := s.formTrouble(c, &p.Form, err, sayFormUnavailable)
	return page{status, p}, err
}

var errWrongRecovery = errors.New("the recovery code is wrong")

// recover gives the notice to leave.
func (s *site) recover(c *gin.Context, half halfSignedIn, code string) (i18n.Message, error) {
	// What has begun is brought to its end, whether the visitor waits or not.
	ctx, v := context.WithoutCancel(c.Request.Context()), visitor(c)
	if _, err := s.Limits.Take(ctx, limits.Recovery, s.attempting(c, half.Email)); err != nil {
		return "", err
	}
	rows, err := s.readRecovery(ctx, v, directus.Equal("hash", hashed(code)), 1)
	if err != nil {
		return "", err
	}
	sealer, err := session.NewSealer([]string{code}, "recovery")
	if err != nil {
		return "", err
	}
	var secret string
	if len(rows) == 0 || !sealer.Open(rows[0].Sealed, &secret) {
		s.event(c, eventCodeRefused)
		return "", errWrongRecovery
	}
	granted, skew, err := s.signInWithSecret(c, half, secret)
	if errors.Is(err, directus.InvalidOTP) {
		return "", errWrongRecovery // of a factor that has been set up anew since
	}
	if err != nil {
		return "", err
	}
	defer s.revoke(c, granted.Token)
	if granted.UserID != rows[0].Member {
		return "", errWrongRecovery
	}
	err = s.disableWithSecret(ctx, v, granted.Token, secret, skew)
	if errors.Is(err, directus.InvalidPayload) { // the next code was due meanwhile
		err = s.disableWithSecret(ctx, v, granted.Token, secret, skew)
	}
	if err != nil {
		return "", err
	}
	if err := s.voidRecovery(ctx, v, granted.UserID); err != nil {
		s.Log.Warn("used recovery codes are still there", "error", err)
	}
	return s.endOtherSessions(c, granted, half.Password), nil
}

// signInWithSecret signs in with a code made here. Directus takes no code but
// the present one, by its own clock, which may differ from ours by skew.
func (s *site) signInWithSecret(c *gin.Context, half halfSignedIn, seed string) (granted directus.Session, skew time.Duration, err error) {
	for _, skew = range []time.Duration{0, 30 * time.Second, -30 * time.Second} {
		digits, err := totp.GenerateCode(seed, time.Now().Add(skew))
		if err != nil {
			return granted, 0, fmt.Errorf("make a code: %w", err)
		}
		granted, err = s.login(c, directus.Credentials{Email: half.Email, Password: secret.Of(half.Password), Code: secret.Of(digits)})
		if !errors.Is(err, directus.InvalidOTP) {
			return granted, skew, err
		}
	}
	return granted, 0, directus.InvalidOTP
}

func (s *site) disableWithSecret(ctx context.Context, v directus.Visitor, token secret.Text, secret string, skew time.Duration) error {
	digits, err := totp.GenerateCode(secret, time.Now().Add(skew))
	if err != nil {
		return fmt.Errorf("make a code: %w", err)
	}
	return s.Directus.DisableTwoFactor(ctx, v, token, digits)
}

// endOtherSessions sets the same password again: there is no other way for a
// member to end all sessions. It gives the notice that is true afterwards.
func (s *site) endOtherSessions(c *gin.Context, granted directus.Session, password string) i18n.Message {
	ctx, v := context.WithoutCancel(c.Request.Context()), visitor(c)
	info, err := s.Directus.Info(ctx, v, granted.Token)
	if err == nil {
		err = s.Directus.UpdateUser(ctx, v, granted.Token, granted.UserID, directus.NewPassword(password))
	}
	if err != nil {
		s.Log.Warn("the sessions of a member were not ended", "error", err)
		return noticeRecoveredHere
	}
	if !info.EndsOtherSessions() {
		return noticeRecoveredHere
	}
	return noticeRecovered
}
