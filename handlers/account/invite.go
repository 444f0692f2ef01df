package account

import (
	"github.com/gin-gonic/gin"

	"hutch/handlers/web"
	"hutch/templates"
)

// InvitePath is where the mail to an invited person leads
// (USER_INVITE_URL_ALLOW_LIST).
const InvitePath = "/invite"

func (h *Handlers) ShowInvite(c *gin.Context) (web.Response, error) {
	if instead, err := h.keepMailedToken(c, inviteLink()); instead != nil || err != nil {
		return instead, err
	}
	return web.OK(templates.NewInvite()), nil
}

func (h *Handlers) AcceptInvite(c *gin.Context) (web.Response, error) {
	instead, err := h.choosePassword(c, inviteLink(), templates.NewInvite(), h.Directus.AcceptInvite)
	if instead != nil || err != nil {
		return instead, err
	}
	return web.SeeOther{Path: "/signin", Notice: noticeInvited}, nil
}
