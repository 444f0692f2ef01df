package account

import (
	"context"
	"net/http"

	"github.com/gin-gonic/gin"

	"hutch/handlers/web"
	"hutch/internal/directus"
	"hutch/internal/limits"
	"hutch/templates"
)

// choosePassword sets the password that was chosen on the page of a mailed link, with
// the token of the link, and signs nobody in. If it fails, the response says why.
func (h *Handlers) choosePassword(
	c *gin.Context, link mailedLink, p templates.ChoosePassword,
	set func(ctx context.Context, v directus.Visitor, token, password string) error,
) (instead web.Response, err error) {
	if err := web.ReadForm(c); err != nil {
		return nil, err
	}
	token := h.mailedToken(c, link)
	if token == "" {
		return link.isBroken(), nil
	}
	password := c.Request.PostForm.Get("password")
	if p.Form.Field("password").Error = h.checkNewPassword(c, password); p.Form.Failed() {
		return web.Invalid(p), nil
	}
	var used string // the password that the link was used for
	if _, err = h.Limits.Take(c.Request.Context(), limits.Link, limits.Who{IP: c.ClientIP()}); err == nil {
		used, err = h.useLink(c, token, password, set)
	}
	if err == nil && used != password {
		return web.Page{Status: http.StatusGone, Page: link.used}, nil
	}
	if instead, refused := link.refusal(err); refused {
		return instead, nil
	}
	if err == nil {
		// The link may be for another account than the one signed in here.
		h.Sessions.SignOut(c)
		if email := directus.MailedAddress(token); email != "" {
			h.chosenAnew(c, email)
		}
		return nil, nil
	}
	status, err := h.formTrouble(c, &p.Form, err, msgPasswordUnsure)
	return web.Page{Status: status, Page: p}, err
}

// useLink sets the password and returns it. If the link is just being used, by a second
// press or from elsewhere, that outcome is shared: Directus lets a link be used as often
// as it is at once.
func (h *Handlers) useLink(
	c *gin.Context, token, password string,
	set func(ctx context.Context, v directus.Visitor, token, password string) error,
) (used string, err error) {
	// Others may wait for it, whether this visitor does or not.
	ctx, v := context.WithoutCancel(c.Request.Context()), web.OnBehalfOf(c)
	value, err, _ := h.links.Do(token, func() (any, error) { return password, set(ctx, v, token, password) })
	used, _ = value.(string)
	return used, err
}

// InvitePath is where the mail to an invited person leads
// (USER_INVITE_URL_ALLOW_LIST).
const InvitePath = "/invite"

func (h *Handlers) ShowInvite(c *gin.Context) (web.Response, error) {
	if instead, err := h.keepMailedToken(c, inviteLink()); instead != nil || err != nil {
		return instead, err
	}
	return web.OK(templates.NewInvite(h.mailedTo(c, inviteLink()))), nil
}

func (h *Handlers) AcceptInvite(c *gin.Context) (web.Response, error) {
	instead, err := h.choosePassword(c, inviteLink(), templates.NewInvite(h.mailedTo(c, inviteLink())), h.Directus.AcceptInvite)
	if instead != nil || err != nil {
		return instead, err
	}
	return web.SeeOther{Path: "/signin", Notice: noticeInvited}, nil
}
