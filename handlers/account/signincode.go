package account

import (
	"errors"
	"net/http"

	"github.com/gin-gonic/gin"

	"hutch/handlers/web"
	"hutch/internal/directus"
	"hutch/internal/secret"
	"hutch/session"
	"hutch/templates"
)

// maxCodes is how many wrong codes lead back to the beginning. Directus counts each
// as a failed sign-in and suspends the account after 25.
const maxCodes = 5

// halfSignedIn is what the first step of signing in has established.
type halfSignedIn struct {
	Email    string `json:"email"`
	Password string `json:"password"`
	ReturnTo string `json:"return_to"`
	Wrong    int    `json:"wrong"` // codes so far
}

// askForCode is for a correct password that needs a code as well.
func (h *Handlers) askForCode(c *gin.Context, who directus.Credentials) error {
	return h.Sessions.Save(c, session.PendingSignIn, halfSignedIn{Email: who.Email, Password: who.Password.Reveal(), ReturnTo: returnTo(c)})
}

// halfWay returns what the first step has established, or the way back to it.
func (h *Handlers) halfWay(c *gin.Context) (halfSignedIn, web.Response) {
	if instead := forStrangers(c); instead != nil {
		return halfSignedIn{}, instead
	}
	var half halfSignedIn
	if !h.Sessions.Load(c, session.PendingSignIn, &half) {
		return halfSignedIn{}, web.SeeOther{Path: "/signin", Notice: noticeBeginAgain}
	}
	return half, nil
}

func (h *Handlers) ShowSignInCode(c *gin.Context) (web.Response, error) {
	if _, instead := h.halfWay(c); instead != nil {
		return instead, nil
	}
	return web.OK(templates.NewSignInCode()), nil
}

func (h *Handlers) SignInCode(c *gin.Context) (web.Response, error) {
	if err := web.ReadForm(c); err != nil {
		return nil, err
	}
	half, instead := h.halfWay(c)
	if instead != nil {
		return instead, nil
	}
	p := templates.NewSignInCode()
	code := p.Form.Field("code")
	if code.Error = checkCode(postedCode(c)); p.Form.Failed() {
		return web.Invalid(p), nil
	}

	err := h.startSession(c, directus.Credentials{Email: half.Email, Password: secret.Of(half.Password), Code: secret.Of(postedCode(c))})
	switch {
	case err == nil:
		return web.SeeOther{Path: session.ReturnTo(half.ReturnTo, afterSignIn), Notice: noticeSignedIn}, nil
	case errors.Is(err, directus.InvalidOTP):
		code.Error = wrongCodeMessage(err)
		return h.wrongCode(c, half, p)
	case errors.Is(err, directus.ResourceRestricted):
		h.Log.Error("directus lets no member sign in", "error", err)
		p.Form.Problem = msgSignInOff
		return web.Page{Status: http.StatusForbidden, Page: p}, nil
	case errors.Is(err, directus.InvalidCredentials):
		// The password has changed meanwhile, or the account was suspended.
		return h.beginAgain(c, half, noticeBeginAgain), nil
	}
	status, err := h.formTrouble(c, &p.Form, err, msgFormUnavailable)
	return web.Page{Status: status, Page: p}, err
}

// wrongCode answers with the form until there have been too many wrong codes.
func (h *Handlers) wrongCode(c *gin.Context, half halfSignedIn, form templates.Page) (web.Response, error) {
	if half.Wrong++; half.Wrong >= maxCodes {
		return h.beginAgain(c, half, noticeTooManyCodes), nil
	}
	return web.Invalid(form), h.Sessions.Save(c, session.PendingSignIn, half)
}

// beginAgain leads back to the first step.
func (h *Handlers) beginAgain(c *gin.Context, half halfSignedIn, notice web.Notice) web.Response {
	h.Sessions.Discard(c, session.PendingSignIn)
	return web.SeeOther{Path: withReturn("/signin", session.ReturnTo(half.ReturnTo, afterSignIn)), Notice: notice}
}
