package handlers

import (
	"context"
	"errors"
	"net/http"
	"strings"

	"github.com/gin-gonic/gin"

	"hutch/internal/directus"
	"hutch/internal/limits"
	"hutch/internal/secret"
	"hutch/session"
	"hutch/templates"
)

func (s *site) showSignUp(c *gin.Context) (reply, error) {
	if instead := forStrangers(c); instead != nil {
		return instead, nil
	}
	return page{http.StatusOK, s.signUpPage(c, "")}, nil
}

func (s *site) signUpPage(c *gin.Context, email string) templates.SignUp {
	wanted := returnTo(c)
	return templates.NewSignUp(withReturn("/signup", wanted), withReturn("/signin", wanted), email)
}

func (s *site) signUp(c *gin.Context) (reply, error) {
	if err := readForm(c); err != nil {
		return nil, err
	}
	email := strings.TrimSpace(c.Request.PostForm.Get("email"))
	password := c.Request.PostForm.Get("password")
	p := s.signUpPage(c, email)
	p.Form.Field("email").Error = checkEmail(email, sayEnterEmail)
	p.Form.Field("password").Error = s.checkNewPassword(c, password, email)
	if p.Form.Failed() {
		return page{http.StatusUnprocessableEntity, p}, nil
	}

	var verify bool
	taken, err := s.Limits.Take(c.Request.Context(), limits.SignUp, s.attempting(c, email))
	if err == nil {
		verify, err = s.createAccount(c.Request.Context(), visitor(c), email, password)
		mayHaveMailed := err == nil || errors.Is(err, directus.ErrUnavailable) && answerLost(err)
		if !mayHaveMailed {
			taken.GiveBack(c.Request.Context())
		}
	}
	if err == nil && verify {
		// No sign-in: the account works only once the address is confirmed.
		if err := s.Sessions.Save(c, session.PendingSignUp, email); err != nil {
			return nil, err
		}
		s.event(c, eventSignedUp)
		return seeOther{path: "/signup/check-email"}, nil
	}
	if err == nil {
		err = s.startSession(c, directus.Credentials{Email: email, Password: secret.Of(password)})
	}
	var refusal *directus.Error
	switch {
	case err == nil:
		return seeOther{returnTo(c), noticeWelcome}, nil
	case errors.Is(err, directus.InvalidCredentials), errors.Is(err, directus.InvalidOTP):
		// The address has an account, with another password. Directus says so
		// for POST /users and hides it for POST /users/register: this answer
		// is the same for both, and for an account that was suspended.
		p.Form.Problem = sayNotSignedUp
	case errors.Is(err, directus.FailedValidation) && errors.As(err, &refusal) && refusal.Field == "password":
		p.Form.Field("password").Error = sayPasswordPolicy
	case errors.Is(err, directus.FailedValidation), errors.Is(err, directus.InvalidPayload):
		p.Form.Field("email").Error = sayEmailShape
	case errors.Is(err, errAddressRefused):
		p.Form.Field("email").Error = sayEmailNotAccepted
	case errors.Is(err, directus.ResourceRestricted), errors.Is(err, directus.RouteNotFound):
		s.Log.Error("directus lets no member sign in", "error", err)
		return nil, errClosed
	default:
		status, err := s.formTrouble(c, &p.Form, err, sayFormUnavailable)
		return page{status, p}, err
	}
	return page{http.StatusUnprocessableEntity, p}, nil
}

// errAddressRefused says that registration is open, but not for this address.
var errAddressRefused = errors.New("the registration filter rejects the address")

// createAccount makes the account in the way that this Directus allows, and
// reports whether the address has to be confirmed first. That the address has
// an account already is no error: signing in will tell.
func (s *site) createAccount(ctx context.Context, v directus.Visitor, email, password string) (verify bool, err error) {
	info, err := s.Directus.Info(ctx, v, secret.Text{})
	if err != nil {
		return false, err
	}
	if info.Project.PublicRegistration {
		err := s.register(ctx, v, email, password, info.Project.VerifyEmail)
		switch {
		case errors.Is(err, directus.LimitExceeded):
			return false, errClosed
		case errors.Is(err, directus.Forbidden):
			return false, errAddressRefused
		}
		return info.Project.VerifyEmail, err
	}
	err = s.Directus.CreateUser(ctx, v, email, password)
	switch {
	case errors.Is(err, directus.RecordNotUnique):
		return false, nil
	case errors.Is(err, directus.Forbidden), errors.Is(err, directus.LimitExceeded), errors.Is(err, directus.ResourceRestricted):
		return false, errClosed
	}
	return false, err
}

// register asks for the account. Where the address is to be verified, the mail
// leads to this site, if Directus has been told of it.
func (s *site) register(ctx context.Context, v directus.Visitor, email, password string, verify bool) error {
	if !verify {
		return s.Directus.Register(ctx, v, email, password, "")
	}
	err := s.Directus.Register(ctx, v, email, password, s.PublicURL+verifyPath)
	if !errors.Is(err, directus.InvalidPayload) {
		return err
	}
	// It is the address that Directus does not like, or the link.
	if err = s.Directus.Register(ctx, v, email, password, ""); err == nil {
		s.Log.Error("the mail to a new member leads to Directus: its USER_REGISTER_URL_ALLOW_LIST lacks " + s.PublicURL + verifyPath)
	}
	return err
}
