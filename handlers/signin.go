package handlers

import (
	"errors"
	"net/http"
	"strings"

	"github.com/gin-gonic/gin"

	"hutch/directus"
	"hutch/session"
	"hutch/templates"
)

func (s *site) showSignIn(c *gin.Context) (reply, error) {
	if instead := forStrangers(c); instead != nil {
		return instead, nil
	}
	return page{http.StatusOK, s.signInPage(c, "")}, nil
}

func (s *site) signInPage(c *gin.Context, email string) templates.SignIn {
	wanted := returnTo(c)
	return templates.NewSignIn(withReturn("/signin", wanted), withReturn("/signup", wanted), email)
}

func (s *site) signIn(c *gin.Context) (reply, error) {
	if err := readForm(c); err != nil {
		return nil, err
	}
	email := strings.TrimSpace(c.Request.PostForm.Get("email"))
	password := c.Request.PostForm.Get("password")
	p := s.signInPage(c, email)
	p.Form.Fields[0].Error = checkEmail(email, sayEnterEmail)
	p.Form.Fields[1].Error = checkPassword(password, sayEnterPassword)
	if p.Form.Failed() {
		return page{http.StatusUnprocessableEntity, p}, nil
	}

	err := s.startSession(c, email, password)
	if err == nil {
		return seeOther{returnTo(c), noticeSignedIn}, nil
	}
	switch {
	case errors.Is(err, directus.InvalidCredentials):
		p.Form.Problem = sayWrongCredentials
	case errors.Is(err, directus.InvalidOTP):
		p.Form.Problem = sayCodeNeeded
	case errors.Is(err, directus.InvalidPayload):
		p.Form.Fields[0].Error = sayEmailShape
	case errors.Is(err, directus.ResourceRestricted), errors.Is(err, directus.RouteNotFound):
		// A Directus 12 locked by its licence, or AUTH_DISABLE_DEFAULT.
		s.Log.Error("directus lets no member sign in", "error", err)
		p.Form.Problem = saySignInOff
		return page{http.StatusForbidden, p}, nil
	default:
		status, told, ok := s.formProblem(c, err, sayFormUnavailable)
		if !ok {
			return nil, err
		}
		p.Form.Problem = told
		return page{status, p}, nil
	}
	return page{http.StatusUnprocessableEntity, p}, nil
}

// startSession signs in at Directus and begins a session here. One that came
// with the request ends: nobody keeps a session that they no longer see.
func (s *site) startSession(c *gin.Context, email, password string) error {
	granted, err := s.Directus.Login(c.Request.Context(), visitor(c), email, password)
	if err != nil {
		return err
	}
	earlier, had := session.From(c)
	member := session.Member{Email: email}
	// Which language the member reads is worth asking, and no reason to fail.
	if row, err := s.readMember(c.Request.Context(), visitor(c), session.Session{Token: granted.Token, Member: member}); err == nil {
		member.Language = row.Language
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
	if had {
		s.revoke(c, earlier.Token)
	}
	return nil
}
