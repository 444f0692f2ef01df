package account

import (
	"errors"

	"github.com/gin-gonic/gin"

	"hutch/handlers/web"
	"hutch/internal/directus"
	"hutch/session"
	"hutch/templates"
)

// ToChangePassword leads password managers to the form, from the address that they know
// (W3C, A Well-Known URL for Changing Passwords).
func (h *Handlers) ToChangePassword(*gin.Context) (web.Response, error) {
	return web.SeeOther{Path: "/profile/password"}, nil
}

func (h *Handlers) ShowChangePassword(c *gin.Context) (web.Response, error) {
	_, p, err := h.changePasswordPage(c)
	return web.OK(p), err
}

// changePasswordPage says what the change will do, which depends on the version of
// Directus.
func (h *Handlers) changePasswordPage(c *gin.Context) (directus.User, templates.ChangePassword, error) {
	own, _ := session.From(c)
	ctx, v := c.Request.Context(), web.OnBehalfOf(c)
	var m directus.User
	var info directus.Info
	err := web.Together(
		func() (err error) { m, err = h.readMember(ctx, v, own); return err },
		func() (err error) { info, err = h.Directus.Info(ctx, v, own.Token); return err },
	)
	if provider := managedElsewhere(m); provider != "" {
		return m, templates.ChangePassword{Provider: provider}, nil
	}
	return m, templates.NewChangePassword(m.Email, info.EndsOtherSessions(), m.TwoFactor), err
}

func (h *Handlers) ChangePassword(c *gin.Context) (web.Response, error) {
	if err := web.ReadForm(c); err != nil {
		return nil, err
	}
	m, p, err := h.changePasswordPage(c)
	if err != nil {
		return nil, err
	}
	if p.Provider != "" {
		return web.SeeOther{Path: "/profile/password"}, nil // which says where it can be changed
	}
	password := c.Request.PostForm.Get("password")
	input := p.Form.Field("password")
	input.Error = h.checkNewPassword(c, password, m.Email, m.FirstName, m.LastName)
	if input.Error == "" && password == c.Request.PostForm.Get("current_password") {
		input.Error = msgSamePassword
	}
	if checkProof(c, &p.Form); p.Form.Failed() {
		return web.Invalid(p), nil
	}

	own, err := h.prove(c, m, &p.Form)
	if err == nil {
		err = h.Directus.UpdateUser(c.Request.Context(), web.OnBehalfOf(c), own.Token, m.ID, directus.NewPassword(password))
	}
	switch {
	case err == nil && p.EndsOthers:
		return web.SeeOther{Path: "/profile/password", Notice: noticePasswordChanged}, nil
	case err == nil:
		return web.SeeOther{Path: "/profile/password", Notice: noticePasswordChangedHere}, nil
	case errors.Is(err, errNotProven):
	case h.changeRefused(c, err):
		p.Form.Problem = msgPasswordNotChangeable
	default:
		status, err := h.formTrouble(c, &p.Form, err, msgChangeUnsure)
		return web.Page{Status: status, Page: p}, err
	}
	return web.Invalid(p), nil
}
