package handlers

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"hutch/templates"
)

// invitePath is where the mail to an invited person leads
// (USER_INVITE_URL_ALLOW_LIST).
const invitePath = "/invite"

func (s *site) showInvite(c *gin.Context) (reply, error) {
	if instead, err := s.keepMailedToken(c, inviteLink()); instead != nil || err != nil {
		return instead, err
	}
	return page{http.StatusOK, templates.NewInvite()}, nil
}

func (s *site) acceptInvite(c *gin.Context) (reply, error) {
	instead, err := s.choosePassword(c, inviteLink(), templates.NewInvite(), s.Directus.AcceptInvite)
	if instead != nil || err != nil {
		return instead, err
	}
	return seeOther{"/signin", noticeInvited}, nil
}
