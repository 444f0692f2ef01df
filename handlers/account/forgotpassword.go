package account

import (
	"context"
	"errors"

	"github.com/gin-gonic/gin"

	"hutch/handlers/web"
	"hutch/internal/directus"
	"hutch/session"
	"hutch/templates"
)

// ResetPath is where the mail about a forgotten password leads
// (PASSWORD_RESET_URL_ALLOW_LIST).
const ResetPath = "/password/reset"

func (h *Handlers) ShowForgot(*gin.Context) (web.Response, error) {
	return web.OK(templates.NewForgot("")), nil
}

// Forgot has the link mailed. The answer is the same for every address; Directus
// makes sure that it takes the same time.
func (h *Handlers) Forgot(c *gin.Context) (web.Response, error) {
	if err := web.ReadForm(c); err != nil {
		return nil, err
	}
	email := postedEmail(c)
	p := templates.NewForgot(email)
	if p.Form.Field("email").Error = checkEmail(email, msgEnterEmail); p.Form.Failed() {
		return web.Invalid(p), nil
	}
	if err := h.mailReset(c, email); err != nil {
		status, err := h.formTrouble(c, &p.Form, err, msgFormUnavailable)
		return web.Page{Status: status, Page: p}, err
	}
	return web.SeeOther{Path: "/password/sent", WorksWithout: true}, h.Sessions.Save(c, session.PendingForgot, email)
}

// mailReset has the link mailed, if there is such an account.
func (h *Handlers) mailReset(c *gin.Context, email string) error {
	err := h.mailing(c, email, func(ctx context.Context) error {
		return h.Directus.RequestPasswordReset(ctx, web.OnBehalfOf(c), email, h.PublicURL+ResetPath)
	})
	if errors.Is(err, directus.InvalidPayload) {
		// Older versions answer this only for addresses that have an account, so it
		// must not show.
		h.Log.Error("no link was mailed: PASSWORD_RESET_URL_ALLOW_LIST of Directus lacks "+h.PublicURL+ResetPath, "error", err)
		err = nil
	}
	if err == nil {
		h.Log.Event(c, web.EventResetRequested)
	}
	return err
}

func (h *Handlers) ShowForgotSent(c *gin.Context) (web.Response, error) {
	return web.OK(h.forgotSentPage(c)), nil
}

func (h *Handlers) forgotSentPage(c *gin.Context) templates.ForgotSent {
	email := h.askedAt(c)
	return templates.NewForgotSent(email, h.mailWait(c, email))
}

// askedAt returns the address at which the visitor waits for the link, or "".
func (h *Handlers) askedAt(c *gin.Context) (email string) {
	h.Sessions.Load(c, session.PendingForgot, &email)
	return email
}

// ResendReset has the link mailed again to the address that this browser has asked for.
func (h *Handlers) ResendReset(c *gin.Context) (web.Response, error) {
	email := h.askedAt(c)
	if email == "" {
		return web.SeeOther{Path: "/password/forgot"}, nil
	}
	if err := h.mailReset(c, email); err != nil {
		p := h.forgotSentPage(c)
		status, err := h.formTrouble(c, &p.Form, err, msgFormUnavailable)
		return web.Page{Status: status, Page: p}, err
	}
	return web.SeeOther{Path: "/password/sent", Notice: noticeResetResent}, nil
}

func (h *Handlers) ShowReset(c *gin.Context) (web.Response, error) {
	if instead, err := h.keepMailedToken(c, resetLink()); instead != nil || err != nil {
		return instead, err
	}
	return web.OK(templates.NewResetPassword(h.mailedTo(c, resetLink()))), nil
}

// Reset sets the new password. The member signs in afterwards: a mailed link does not
// sign anybody in.
func (h *Handlers) Reset(c *gin.Context) (web.Response, error) {
	instead, err := h.choosePassword(c, resetLink(), templates.NewResetPassword(h.mailedTo(c, resetLink())), h.Directus.ResetPassword)
	if instead != nil || err != nil {
		return instead, err
	}
	if h.endsSessions(c) {
		return web.SeeOther{Path: "/signin", Notice: noticeReset}, nil
	}
	return web.SeeOther{Path: "/signin", Notice: noticeResetHere}, nil
}

// endsSessions reports whether Directus has ended the member's sessions. It tells its
// version to members only; but anybody can find out whether it is a 10, which does
// not end them.
func (h *Handlers) endsSessions(c *gin.Context) bool {
	ctx, v := c.Request.Context(), web.OnBehalfOf(c)
	if !h.ServiceToken.Empty() {
		info, err := h.Directus.Info(ctx, v, h.ServiceToken)
		return err == nil && info.EndsOtherSessions()
	}
	ends, err := h.Directus.HasPolicies(ctx, v)
	return err == nil && ends
}
