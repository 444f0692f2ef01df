package handlers

import (
	"errors"
	"net/http"
	"strings"

	"github.com/gin-gonic/gin"

	"hutch/internal/directus"
	"hutch/internal/secret"
	"hutch/session"
	"hutch/templates"
)

func (s *site) showSignIn(c *gin.Context) (reply, error) {
	if instead := forStrangers(c); instead != nil {
		return instead, nil
	}
	// Whoever has just confirmed their address need not type it again.
	p := s.signInPage(c, s.addressToConfirm(c))
	if held, has := s.heldForm(c); has && !held.File {
		p.Form.Note = "signin.typedkept"
	}
	return page{http.StatusOK, p}, nil
}

func (s *site) signInPage(c *gin.Context, email string) templates.SignIn {
	wanted := returnTo(c)
	return templates.NewSignIn(withReturn("/signin", wanted), withReturn("/signup", wanted), email)
}

func (s *site) signIn(c *gin.Context) (reply, error) {
	if err := readForm(c); err != nil {
		return nil, err
	}
	who := directus.Credentials{
		Email:    strings.TrimSpace(c.Request.PostForm.Get("email")),
		Password: secret.Of(c.Request.PostForm.Get("password")),
	}
	p := s.signInPage(c, who.Email)
	email, password := p.Form.Field("email"), p.Form.Field("password")
	email.Error = checkEmail(who.Email, sayEnterEmail)
	password.Error = checkPassword(who.Password.Reveal(), sayEnterPassword)
	if p.Form.Failed() {
		return page{http.StatusUnprocessableEntity, p}, nil
	}

	err := s.startSession(c, who)
	if errors.Is(err, directus.InvalidOTP) {
		err := s.askForCode(c, who)
		if errors.Is(err, session.ErrTooLarge) { // for the cookie that has to wait
			password.Error = sayPasswordLong
			return page{http.StatusUnprocessableEntity, p}, nil
		}
		return seeOther{path: "/signin/code"}, err
	}
	switch {
	case err == nil:
		return seeOther{returnTo(c), noticeSignedIn}, nil
	case errors.Is(err, directus.InvalidCredentials):
		p.Form.Problem = sayWrongCredentials
	case errors.Is(err, directus.InvalidPayload):
		email.Error = sayEmailShape
	case errors.Is(err, directus.ResourceRestricted), errors.Is(err, directus.RouteNotFound):
		// A Directus 12 locked by its licence, or AUTH_DISABLE_DEFAULT.
		s.Log.Error("directus lets no member sign in", "error", err)
		p.Form.Problem = saySignInOff
		return page{http.StatusForbidden, p}, nil
	default:
		status, err := s.formTrouble(c, &p.Form, err, sayFormUnavailable)
		return page{status, p}, err
	}
	return page{http.StatusUnprocessableEntity, p}, nil
}

// startSession signs in at Directus and begins a session here. One that came
// with the request ends: nobody keeps a session that they no longer see.
func (s *site) startSession(c *gin.Context, who directus.Credentials) error {
	granted, err := s.login(c, who)
	if err != nil {
		return err
	}
	member := session.Member{Email: who.Email}
	// Language and colours are worth asking for, and no reason to fail.
	if row, err := s.readMember(c.Request.Context(), visitor(c), session.Session{Token: granted.Token, Member: member}); err == nil {
		member = remembered(row)
	}
	err = s.Sessions.Start(c, session.Grant{
		Token:     granted.Token,
		MemberID:  granted.UserID,
		ExpiresIn: granted.ExpiresIn,
	}, member)
	if err != nil {
		s.revoke(c, granted.Token)
		return err
	}
	s.Sessions.DiscardAll(c, session.PendingForm)
	s.passOnForm(c, granted.UserID)
	return nil
}
