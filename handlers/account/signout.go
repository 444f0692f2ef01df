package account

import (
	"github.com/gin-gonic/gin"

	"hutch/handlers/web"
	"hutch/templates"
)

func (h *Handlers) ShowLogout(*gin.Context) (web.Response, error) {
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
