package account

import (
	"errors"
	"strings"

	"github.com/gin-gonic/gin"

	"hutch/handlers/fields"
	"hutch/handlers/web"
	"hutch/internal/directus"
	"hutch/internal/limits"
	"hutch/internal/secret"
	"hutch/templates"
)

func (h *Handlers) ShowChangeEmail(c *gin.Context) (web.Response, error) {
	m, err := h.member(c)
	p := changeEmailPage(m)
	h.Refill(c, &p.Form)
	return web.OK(p), err
}

func changeEmailPage(m directus.User) templates.ChangeEmail {
	if provider := managedElsewhere(m); provider != "" {
		return templates.ChangeEmail{Email: m.Email, Provider: provider}
	}
	return templates.NewChangeEmail(m.Email, m.TwoFactor)
}

// ChangeEmail changes the member's address once they have re-entered their password.
func (h *Handlers) ChangeEmail(c *gin.Context) (web.Response, error) {
	if err := web.ReadForm(c); err != nil {
		return nil, err
	}
	m, err := h.member(c)
	if err != nil {
		return nil, err
	}
	p := changeEmailPage(m)
	if p.Provider != "" {
		return web.SeeOther{Path: "/profile/email"}, nil // which says where it can be changed
	}
	email := postedEmail(c)
	input := p.Form.Field("email")
	input.Value = email
	input.Error = checkEmail(email, msgEnterNewEmail)
	if input.Error == "" && strings.EqualFold(email, m.Email) {
		input.Error = msgSameEmail
	}
	if checkProof(c, &p.Form); p.Form.Failed() {
		return web.Invalid(p), nil
	}

	own, err := h.prove(c, m, &p.Form)
	if err == nil {
		err = h.Directus.UpdateUser(c.Request.Context(), web.OnBehalfOf(c), own.Token, m.ID, directus.NewEmail(email))
	}
	switch {
	case err == nil:
		own.Email = email
		h.Sessions.Remember(c, limits.AccountOf(email), limits.AccountOf(m.Email))
		_, _ = h.takeCode(c, directus.Credentials{Email: email, Code: secret.Of(postedCode(c))}) // void under the new address too
		notice := noticeEmailChangedHere
		if h.endsOthers(c, own) {
			notice = noticeEmailChanged
		}
		return web.SeeOther{Path: "/profile/email", Notice: notice}, h.Sessions.Note(c, own.Member)
	case errors.Is(err, errNotProven):
	case errors.Is(err, directus.InvalidPayload):
		input.Error = fields.MsgEmailShape
	case h.changeRefused(c, err):
		p.Form.Problem = msgEmailNotChangeable
	default:
		status, err := h.formTrouble(c, &p.Form, err, msgChangeUnsure)
		return web.Page{Status: status, Page: p}, err
	}
	return web.Invalid(p), nil
}
