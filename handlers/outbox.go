package handlers

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"hutch/templates"
)

// outbox shows what the sandbox would have sent. It is there only in development
// and only with the sandbox: see [Config].
func (s *site) outbox(c *gin.Context) (reply, error) {
	mails, err := s.Outbox(c.Request.Context())
	return page{http.StatusOK, templates.Outbox{Mails: mails}}, err
}
