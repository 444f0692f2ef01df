package handlers

import (
	"errors"
	"net/http"

	"github.com/gin-gonic/gin"

	"hutch/directus"
)

// alive says that this process answers.
func (s *site) alive(*gin.Context) (reply, error) {
	return text{http.StatusOK, "ok"}, nil
}

// ready says whether visitors can be served, and why not.
func (s *site) ready(c *gin.Context) (reply, error) {
	err := s.Directus.Ping(c.Request.Context())
	var refusal *directus.Error
	switch {
	case err == nil:
		return text{http.StatusOK, "ok"}, nil
	case errors.As(err, &refusal) && refusal.Status == http.StatusTooManyRequests:
		return text{http.StatusServiceUnavailable, "not ready: Directus limits our requests"}, nil
	case errors.As(err, &refusal):
		return text{http.StatusServiceUnavailable, "not ready: Directus answers /server/ping with an error"}, nil
	}
	s.Log.Warn("not ready", "error", err)
	return text{http.StatusServiceUnavailable, "not ready: Directus does not answer at /server/ping"}, nil
}
