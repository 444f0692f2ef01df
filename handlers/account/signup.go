package account

import (
	"context"
	"errors"

	"github.com/gin-gonic/gin"

	"hutch/handlers/fields"
	"hutch/handlers/web"
	"hutch/internal/directus"
	"hutch/internal/limits"
	"hutch/internal/secret"
	"hutch/session"
	"hutch/templates"
)

func (h *Handlers) ShowSignUp(c *gin.Context) (web.Response, error) {
	if instead := forStrangers(c); instead != nil {
		return instead, nil
	}
	if h.Responder.SignUpClosed(c.Request.Context()) {
		return nil, web.ErrClosed
	}
	return web.OK(h.signUpPage(c, "")), nil
}

func (h *Handlers) signUpPage(c *gin.Context, email string) templates.SignUp {
	wanted := returnTo(c)
	return templates.NewSignUp(withReturn("/signup", wanted), withReturn("/signin", wanted), email)
}

func (h *Handlers) SignUp(c *gin.Context) (web.Response, error) {
	if err := web.ReadForm(c); err != nil {
		return nil, err
	}
	email := postedEmail(c)
	password := c.Request.PostForm.Get("password")
	p := h.signUpPage(c, email)
	p.Form.Field("email").Error = checkEmail(email, msgEnterEmail)
	p.Form.Field("password").Error = h.checkNewPassword(c, password, email)
	if p.Form.Failed() {
		return web.Invalid(p), nil
	}

	var verify bool
	taken, err := h.Limits.Take(c.Request.Context(), limits.SignUp, h.attempting(c, email))
	if err == nil {
		verify, err = h.createAccount(c.Request.Context(), web.OnBehalfOf(c), email, password)
		mayHaveMailed := err == nil || errors.Is(err, directus.ErrUnavailable) && answerLost(err)
		if !mayHaveMailed {
			taken.GiveBack(c.Request.Context())
		}
	}
	if err == nil && verify {
		// No sign-in: the account works only once the address is confirmed.
		if err := h.Sessions.Save(c, session.PendingSignUp, signUp{email, returnTo(c)}); err != nil {
			return nil, err
		}
		h.Log.Event(c, web.EventSignedUp)
		return web.SeeOther{Path: "/signup/check-email", WorksWithout: true}, nil
	}
	if err == nil {
		err = h.startSession(c, directus.Credentials{Email: email, Password: secret.Of(password)})
	}
	switch {
	case err == nil:
		return web.SeeOther{Path: returnTo(c), Notice: noticeWelcome}, nil
	case errors.Is(err, directus.InvalidCredentials), errors.Is(err, directus.InvalidOTP):
		// The address has an account with another password. Directus says so for POST
		// /users and hides it for POST /users/register: this answer is the same for
		// both, and for a suspended account.
		p.Form.Problem = msgNotSignedUp
	case errors.Is(err, directus.InvalidPayload):
		p.Form.Field("email").Error = fields.MsgEmailShape
	case errors.Is(err, errAddressRefused):
		p.Form.Field("email").Error = msgEmailNotAccepted
	case errors.Is(err, directus.ResourceRestricted), errors.Is(err, directus.RouteNotFound):
		h.Log.Error("directus lets no member sign in", "error", err)
		return nil, web.ErrClosed
	default:
		status, err := h.formTrouble(c, &p.Form, err, msgFormUnavailable)
		return web.Page{Status: status, Page: p}, err
	}
	return web.Invalid(p), nil
}

// errAddressRefused means that registration is open, but not for this address.
var errAddressRefused = errors.New("the registration filter rejects the address")

// createAccount creates the account in the way that this Directus allows, and reports
// whether the address has to be confirmed first. An address that has an account
// already is not an error: signing in will tell.
func (h *Handlers) createAccount(ctx context.Context, v directus.Visitor, email, password string) (verify bool, err error) {
	info, err := h.Directus.Info(ctx, v, secret.Text{})
	if err != nil {
		return false, err
	}
	if info.Project.PublicRegistration {
		err := h.register(ctx, v, email, password, info.Project.VerifyEmail)
		switch {
		case errors.Is(err, directus.RecordNotUnique): // by another press at the same moment
			return info.Project.VerifyEmail, nil
		case errors.Is(err, directus.LimitExceeded):
			return false, web.ErrClosed
		case errors.Is(err, directus.Forbidden):
			return false, errAddressRefused
		}
		return info.Project.VerifyEmail, err
	}
	err = h.Directus.CreateUser(ctx, v, email, password)
	switch {
	case errors.Is(err, directus.RecordNotUnique):
		return false, nil
	case errors.Is(err, directus.Forbidden), errors.Is(err, directus.LimitExceeded), errors.Is(err, directus.ResourceRestricted):
		return false, web.ErrClosed
	}
	return false, err
}

// register registers the account. If the address has to be confirmed, the mail leads
// to this site, if Directus allows that address.
func (h *Handlers) register(ctx context.Context, v directus.Visitor, email, password string, verify bool) error {
	if !verify {
		return h.Directus.Register(ctx, v, email, password, "")
	}
	err := h.Directus.Register(ctx, v, email, password, h.PublicURL+VerifyPath)
	if !errors.Is(err, directus.InvalidPayload) {
		return err
	}
	// Directus rejects either the email address or the link.
	if err = h.Directus.Register(ctx, v, email, password, ""); err == nil {
		h.Log.Error("the mail to a new member leads to Directus: its USER_REGISTER_URL_ALLOW_LIST lacks " + h.PublicURL + VerifyPath)
	}
	return err
}
