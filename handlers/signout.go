package handlers

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"hutch/internal/i18n"
	"hutch/templates"
)

func (s *site) showLogout(*gin.Context) (reply, error) {
	return page{http.StatusOK, templates.Logout{}}, nil
}

// logout ends the session here whatever Directus says.
func (s *site) logout(c *gin.Context) (reply, error) {
	s.Sessions.SignOut(c)
	return s.leave(c, "/signin", noticeSignedOut), nil
}

// leave forgets the session in this browser, and what it has shown.
func (s *site) leave(c *gin.Context, path string, notice i18n.Message) reply {
	s.Sessions.End(c)
	s.Sessions.DiscardAll(c)
	// Chromium keeps pages for the Back button whatever Cache-Control says.
	c.Header("Clear-Site-Data", `"cache", "storage"`)
	return seeOther{path, notice}
}
