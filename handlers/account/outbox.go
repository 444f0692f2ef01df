package account

import (
	"github.com/gin-gonic/gin"

	"hutch/handlers/web"
	"hutch/templates"
)

// ShowOutbox shows the mails that a real Directus would have sent. The route exists
// only in development, with the sandbox: see [Config].
func (h *Handlers) ShowOutbox(c *gin.Context) (web.Response, error) {
	mails, err := h.Outbox(c.Request.Context())
	return web.OK(templates.Outbox{Mails: mails}), err
}
