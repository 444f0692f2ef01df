package handlers

import (
	"context"
	"errors"
	"net/http"
	"strings"

	"github.com/gin-gonic/gin"

	"hutch/internal/directus"
	"hutch/templates"
)

// resetPath is where the mail about a forgotten password leads
// (PASSWORD_RESET_URL_ALLOW_LIST).
const resetPath = "/password/reset"

func (s *site) showForgot(*gin.Context) (reply, error) {
	return page{http.StatusOK, templates.NewForgot("")}, nil
}

// forgot has the link mailed. The answer is the same whatever the address;
// Directus sees to it that it also takes the same time.
func (s *site) forgot(c *gin.Context) (reply, error) {
	if err := readForm(c); err != nil {
		return nil, err
	}
	email := strings.TrimSpace(c.Request.PostForm.Get("email"))
	p := templates.NewForgot(email)
	if p.Form.Field("email").Error = checkEmail(email, sayEnterEmail); p.Form.Failed() {
		return page{http.StatusUnprocessableEntity, p}, nil
	}
	err := s.mailing(c, email, func(ctx context.Context) error {
		return s.Directus.RequestPasswordReset(ctx, visitor(c), email, s.PublicURL+resetPath)
	})
	if errors.Is(err, directus.InvalidPayload) {
		// Older versions say this for addresses alone that they know, so that it
		// must not show.
		s.Log.Error("no link was mailed: PASSWORD_RESET_URL_ALLOW_LIST of Directus lacks "+s.PublicURL+resetPath, "error", err)
		err = nil
	}
	if err != nil {
		status, err := s.formTrouble(c, &p.Form, err, sayFormUnavailable)
		return page{status, p}, err
	}
	s.event(c, eventResetRequested)
	return seeOther{path: "/password/sent"}, nil
}

func (s *site) showForgotSent(*gin.Context) (reply, error) {
	return page{http.StatusOK, templates.ForgotSent{}}, nil
}

func (s *site) showReset(c *gin.Context) (reply, error) {
	if instead, err := s.keepMailedToken(c, resetLink()); instead != nil || err != nil {
		return instead, err
	}
	return page{http.StatusOK, templates.NewResetPassword()}, nil
}

// reset sets the new password. Whoever does it signs in afterwards: a link in a
// mail is no sign-in.
func (s *site) reset(c *gin.Context) (reply, error) {
	instead, err := s.choosePassword(c, resetLink(), templates.NewResetPassword(), s.Directus.ResetPassword)
	if instead != nil || err != nil {
		return instead, err
	}
	if s.endsSessions(c) {
		return seeOther{"/signin", noticeReset}, nil
	}
	return seeOther{"/signin", noticeResetHere}, nil
}

// endsSessions reports whether Directus has ended the member's sessions. To whom
// is not signed in it does not tell its version, only whether it is a 10, which
// does not.
func (s *site) endsSessions(c *gin.Context) bool {
	ctx, v := c.Request.Context(), visitor(c)
	if !s.ServiceToken.Empty() {
		info, err := s.Directus.Info(ctx, v, s.ServiceToken)
		return err == nil && info.EndsOtherSessions()
	}
	ends, err := s.Directus.HasPolicies(ctx, v)
	return err == nil && ends
}
