package account

import (
	"errors"
	"net/http"
	"time"

	"github.com/gin-gonic/gin"

	"hutch/handlers/fields"
	"hutch/handlers/web"
	"hutch/internal/directus"
	"hutch/internal/secret"
	"hutch/session"
	"hutch/templates"
)

func (h *Handlers) ShowSignIn(c *gin.Context) (web.Response, error) {
	if instead := forStrangers(c); instead != nil {
		return instead, nil
	}
	// An address that was just confirmed is filled in.
	p := h.signInPage(c, h.signingUp(c).Email)
	if kept, has := h.keptForm(c); has && !kept.File {
		p.Form.Note = "signin.typedkept"
	}
	return web.OK(p), nil
}

func (h *Handlers) signInPage(c *gin.Context, email string) templates.SignIn {
	wanted := returnTo(c)
	return templates.NewSignIn(withReturn("/signin", wanted), withReturn("/signup", wanted), email)
}

func (h *Handlers) SignIn(c *gin.Context) (web.Response, error) {
	if err := web.ReadForm(c); err != nil {
		return nil, err
	}
	who := directus.Credentials{
		Email:    postedEmail(c),
		Password: secret.Of(c.Request.PostForm.Get("password")),
	}
	p := h.signInPage(c, who.Email)
	email, password := p.Form.Field("email"), p.Form.Field("password")
	email.Error = checkEmail(who.Email, msgEnterEmail)
	password.Error = checkPassword(who.Password.Reveal(), msgEnterPassword)
	if p.Form.Failed() {
		return web.Invalid(p), nil
	}

	begun := time.Now()
	err := h.startSession(c, who)
	if errors.Is(err, directus.InvalidOTP) {
		err := h.askForCode(c, who)
		if errors.Is(err, session.ErrTooLarge) { // for the cookie of the next step
			password.Error = msgPasswordLong
			return web.Invalid(p), nil
		}
		return web.SeeOther{Path: "/signin/code"}, err
	}
	switch {
	case err == nil:
		return web.SeeOther{Path: returnTo(c), Notice: noticeSignedIn}, nil
	case errors.Is(err, directus.InvalidCredentials):
		h.evenOut(c, begun)
		p.Form.Problem = msgWrongCredentials
	case errors.Is(err, directus.InvalidPayload):
		email.Error = fields.MsgEmailShape
	case errors.Is(err, directus.ResourceRestricted), errors.Is(err, directus.RouteNotFound):
		// A Directus 12 locked by its licence, or AUTH_DISABLE_DEFAULT.
		h.Log.Error("directus lets no member sign in", "error", err)
		p.Form.Problem = msgSignInOff
		return web.Page{Status: http.StatusForbidden, Page: p}, nil
	default:
		status, err := h.formTrouble(c, &p.Form, err, msgFormUnavailable)
		return web.Page{Status: status, Page: p}, err
	}
	return web.Invalid(p), nil
}

// startSession signs in at Directus and starts a session here. A session that came
// with the request ends.
func (h *Handlers) startSession(c *gin.Context, who directus.Credentials) error {
	granted, err := h.login(c, who)
	if err != nil {
		return err
	}
	member := session.Member{Email: who.Email}
	// Language and colours are worth a call, but no reason to fail.
	if row, err := h.readMember(c.Request.Context(), web.OnBehalfOf(c), session.Session{Token: granted.Token, Member: member}); err == nil {
		member = remembered(row)
	}
	if err := h.begin(c, granted, member); err != nil {
		return err
	}
	h.Sessions.DiscardAll(c, session.PendingForm)
	h.passOnForm(c, granted.UserID)
	return nil
}

// begin makes what Directus has granted the session of this browser, in place of the one
// that it has.
func (h *Handlers) begin(c *gin.Context, granted directus.Session, member session.Member) error {
	err := h.Sessions.Start(c, session.Grant{Token: granted.Token, MemberID: granted.UserID, ExpiresIn: granted.ExpiresIn}, member)
	if err != nil {
		h.revoke(c, granted.Token)
	}
	return err
}

func (h *Handlers) ShowLogout(c *gin.Context) (web.Response, error) {
	if !signedIn(c) && arrivesFromElsewhere(c.Request) {
		return arrival(c), nil // the session's cookie comes with the next request
	}
	return web.OK(templates.Logout{}), nil
}

// Logout ends the session here whatever Directus answers.
func (h *Handlers) Logout(c *gin.Context) (web.Response, error) {
	h.Sessions.SignOut(c)
	return h.leave(c, "/signin", noticeSignedOut), nil
}

// leave ends the session in this browser and clears what it has stored.
func (h *Handlers) leave(c *gin.Context, path string, notice web.Notice) web.Response {
	h.Sessions.End(c)
	h.Sessions.DiscardAll(c)
	// Chromium stores pages for the Back button whatever Cache-Control says.
	c.Header("Clear-Site-Data", `"cache", "storage"`)
	return web.SeeOther{Path: path, Notice: notice}
}
