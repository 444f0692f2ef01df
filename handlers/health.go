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

// ready says whether to send visitors here, and why not. Once Directus has answered,
// a site stays ready while Directus is away: it shows what it has kept, and there
// is no better replica to send visitors to. It stops before the process does.
func (s *site) ready(c *gin.Context) (reply, error) {
	if s.Closing.Err() != nil {
		return text{http.StatusServiceUnavailable, "not ready: about to end"}, nil
	}
	err := s.Directus.Ping(c.Request.Context())
	if err == nil {
		s.reached.Store(true)
		return text{http.StatusOK, "ok"}, nil
	}
	why := "Directus does not answer at /server/ping"
	var refusal *directus.Error
	switch {
	case errors.As(err, &refusal) && refusal.Status == http.StatusTooManyRequests:
		why = "Directus limits our requests"
	case errors.As(err, &refusal):
		why = "Directus answers /server/ping with an error"
	default:
		s.Log.Warn("directus does not answer", "error", err)
	}
	if s.reached.Load() {
		return text{http.StatusOK, "ready, though " + why}, nil
	}
	return text{http.StatusServiceUnavailable, "not ready: " + why}, nil
}
