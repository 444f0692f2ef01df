package handlers

import (
	"errors"
	"net/http"

	"github.com/gin-gonic/gin"

	"hutch/internal/directus"
	"hutch/internal/i18n"
	"hutch/internal/secret"
	"hutch/session"
	"hutch/templates"
)

// maxCodes is how many wrong codes lead back to the beginning. Directus counts
// each as a failed sign-in, and suspends the account after 25 of these.
const maxCodes = 5

// halfSignedIn is what the first step of signing in has learned.
type halfSignedIn struct {
	Email    string `json:"email"`
	Password string `json:"password"`
	ReturnTo string `json:"return_to"`
	Wrong    int    `json:"wrong"` // codes so far
}

// askForCode is for a right password that is not enough.
func (s *site) askForCode(c *gin.Context, who directus.Credentials) error {
	return s.Sessions.Save(c, session.PendingSignIn, halfSignedIn{Email: who.Email, Password: who.Password.Reveal(), ReturnTo: returnTo(c)})
}

// halfWay gives what the first step has learned, or the way back to it.
func (s *site) halfWay(c *gin.Context) (halfSignedIn, reply) {
	if instead := forStrangers(c); instead != nil {
		return halfSignedIn{}, instead
	}
	var half halfSignedIn
	if !s.Sessions.Load(c, session.PendingSignIn, &half) {
		return halfSignedIn{}, seeOther{"/signin", noticeBeginAgain}
	}
	return half, nil
}

func (s *site) showSignInCode(c *gin.Context) (reply, error) {
	if _, instead := s.halfWay(c); instead != nil {
		return instead, nil
	}
	return page{http.StatusOK, templates.NewSignInCode()}, nil
}

func (s *site) signInCode(c *gin.Context) (reply, error) {
	if err := readForm(c); err != nil {
		return nil, err
	}
	half, instead := s.halfWay(c)
	if instead != nil {
		return instead, nil
	}
	p := templates.NewSignInCode()
	code := p.Form.Field("code")
	if code.Error = checkCode(postedCode(c)); p.Form.Failed() {
		return page{http.StatusUnprocessableEntity, p}, nil
	}

	err := s.startSession(c, directus.Credentials{Email: half.Email, Password: secret.Of(half.Password), Code: secret.Of(postedCode(c))})
	switch {
	case err == nil:
		return seeOther{session.ReturnTo(half.ReturnTo, afterSignIn), noticeSignedIn}, nil
	case errors.Is(err, directus.InvalidOTP):
		code.Error = sayWrongCode
		return s.wrongCode(c, half, p)
	case errors.Is(err, directus.ResourceRestricted):
		s.Log.Error("directus lets no member sign in", "error", err)
		p.Form.Problem = saySignInOff
		return page{http.StatusForbidden, p}, nil
	case errors.Is(err, directus.InvalidCredentials):
		// The password has been changed meanwhile, or the account suspended.
		return s.beginAgain(c, half, noticeBeginAgain), nil
	}
	status, err := s.formTrouble(c, &p.Form, err, sayFormUnavailable)
	return page{status, p}, err
}

// wrongCode answers with the form, until there have been too many.
func (s *site) wrongCode(c *gin.Context, half halfSignedIn, form templates.Page) (reply, error) {
	if half.Wrong++; half.Wrong >= maxCodes {
		return s.beginAgain(c, half, noticeTooManyCodes), nil
	}
	return page{http.StatusUnprocessableEntity, form}, s.Sessions.Save(c, session.PendingSignIn, half)
}

// beginAgain leads back to the first step.
func (s *site) beginAgain(c *gin.Context, half halfSignedIn, notice i18n.Message) reply {
	s.Sessions.Discard(c, session.PendingSignIn)
	return seeOther{withReturn("/signin", session.ReturnTo(half.ReturnTo, afterSignIn)), notice}
}
