package account

import (
	"context"
	"crypto/rand"
	"errors"

	"github.com/gin-gonic/gin"

	"hutch/handlers/web"
	"hutch/internal/directus"
	"hutch/session"
	"hutch/templates"
)

// VerifyPath is where the mail to a new member leads
// (USER_REGISTER_URL_ALLOW_LIST).
const VerifyPath = "/verify"

// ShowCheckEmail asks a new member to check their mail.
func (h *Handlers) ShowCheckEmail(c *gin.Context) (web.Response, error) {
	return web.OK(h.checkEmailPage(c)), nil
}

func (h *Handlers) checkEmailPage(c *gin.Context) templates.CheckEmail {
	email := h.signingUp(c).Email
	return templates.NewCheckEmail(email, h.mailWait(c, email))
}

// signUp is a sign-up whose address has to be confirmed.
type signUp struct {
	Email    string `json:"email"`
	ReturnTo string `json:"return_to"` // where the visitor was before
}

// signingUp returns the one that this browser waits for, if there is one.
func (h *Handlers) signingUp(c *gin.Context) (pending signUp) {
	h.Sessions.Load(c, session.PendingSignUp, &pending)
	return pending
}

// ResendVerification registers again: Directus then sends the mail again and keeps
// the first password.
func (h *Handlers) ResendVerification(c *gin.Context) (web.Response, error) {
	email := h.signingUp(c).Email
	if email == "" {
		return web.SeeOther{Path: "/signup"}, nil
	}
	err := h.mailing(c, email, func(ctx context.Context) error {
		return h.Directus.Register(ctx, web.OnBehalfOf(c), email, rand.Text(), h.PublicURL+VerifyPath)
	})
	switch {
	case err == nil:
		return web.SeeOther{Path: "/signup/check-email", Notice: noticeResent}, nil
	case errors.Is(err, directus.Forbidden):
		return nil, web.ErrClosed
	case errors.Is(err, directus.InvalidPayload), errors.Is(err, directus.FailedValidation):
		h.Log.Error("the mail to a new member was not sent again", "error", err)
		return web.SeeOther{Path: "/signup"}, nil
	}
	p := h.checkEmailPage(c)
	status, err := h.formTrouble(c, &p.Form, err, msgFormUnavailable)
	return web.Page{Status: status, Page: p}, err
}

// ShowVerify is where the link leads. It does not confirm anything yet: mail programs
// open links ahead of their readers.
func (h *Handlers) ShowVerify(c *gin.Context) (web.Response, error) {
	if instead, err := h.keepMailedToken(c, verifyLink()); instead != nil || err != nil {
		return instead, err
	}
	return web.OK(templates.NewVerify()), nil
}

func (h *Handlers) Verify(c *gin.Context) (web.Response, error) {
	link := verifyLink()
	token := h.mailedToken(c, link)
	if token == "" {
		return link.isBroken(), nil
	}
	err := h.Directus.VerifyEmail(c.Request.Context(), web.OnBehalfOf(c), token)
	if instead, refused := link.refusal(err); refused {
		return instead, nil
	}
	if err != nil {
		p := templates.NewVerify()
		status, err := h.formTrouble(c, &p.Form, err, msgFormUnavailable)
		return web.Page{Status: status, Page: p}, err
	}
	path := "/signin"
	if wanted := session.ReturnTo(h.signingUp(c).ReturnTo, afterSignIn); wanted != afterSignIn {
		path = withReturn(path, wanted)
	}
	return web.SeeOther{Path: path, Notice: noticeVerified}, nil
}
