package handlers

import (
	"errors"
	"net/http"

	"github.com/gin-gonic/gin"

	"hutch/internal/directus"
	"hutch/session"
	"hutch/templates"
)

func (s *site) showChangePassword(c *gin.Context) (reply, error) {
	_, p, err := s.changePasswordPage(c)
	return page{http.StatusOK, p}, err
}

// changePasswordPage says what the change will do: that depends on the version of
// Directus.
func (s *site) changePasswordPage(c *gin.Context) (directus.User, templates.ChangePassword, error) {
	own, _ := session.From(c)
	ctx, v := c.Request.Context(), visitor(c)
	var m directus.User
	var info directus.Info
	err := together(
		func() (err error) { m, err = s.readMember(ctx, v, own); return err },
		func() (err error) { info, err = s.Directus.Info(ctx, v, own.Token); return err },
	)
	if provider := managedElsewhere(m); provider != "" {
		return m, templates.ChangePassword{Provider: provider}, nil
	}
	return m, templates.NewChangePassword(info.EndsOtherSessions(), m.TwoFactor), err
}

func (s *site) changePassword(c *gin.Context) (reply, error) {
	if err := readForm(c); err != nil {
		return nil, err
	}
	m, p, err := s.changePasswordPage(c)
	if err != nil {
		return nil, err
	}
	if p.Provider != "" {
		return seeOther{path: "/profile/password"}, nil // which says where
	}
	password := c.Request.PostForm.Get("password")
	input := p.Form.Field("password")
	input.Error = s.checkNewPassword(c, password, m.Email, m.FirstName, m.LastName)
	if input.Error == "" && password == c.Request.PostForm.Get("current_password") {
		input.Error = saySamePassword
	}
	if checkProof(c, &p.Form); p.Form.Failed() {
		return page{http.StatusUnprocessableEntity, p}, nil
	}

	own, _ := session.From(c)
	if err = s.prove(c, m, &p.Form); err == nil {
		err = s.Directus.UpdateUser(c.Request.Context(), visitor(c), own.Token, m.ID, directus.NewPassword(password))
	}
	switch {
	case err == nil && p.EndsOthers:
		return seeOther{"/profile/password", noticePasswordChanged}, nil
	case err == nil:
		return seeOther{"/profile/password", noticePasswordChangedHere}, nil
	case errors.Is(err, errNotProven):
	case errors.Is(err, directus.FailedValidation):
		p.Form.Field("password").Error = sayPasswordPolicy
	case s.changeRefused(c, err):
		p.Form.Problem = sayPasswordNotChangeable
	default:
		status, err := s.formTrouble(c, &p.Form, err, sayChangeUnsure)
		return page{status, p}, err
	}
	return page{http.StatusUnprocessableEntity, p}, nil
}
