package handlers

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"hutch/session"
)

// sessionSeen takes note of what became of the session of a request, and answers
// one that is to be sent again.
func (s *site) sessionSeen(c *gin.Context, outcome session.Outcome) {
	s.Metrics.Session(string(outcome))
	switch outcome {
	case session.Retrying:
		s.event(c, eventSessionHealing)
		if c.Request.Method != http.MethodGet {
			return // goes on without a session: sent again, it would do twice what it does
		}
		if path := session.ReturnTo(c.Request.URL.RequestURI(), ""); path != "" {
			s.respond(c, again{path})
		}
	case session.Trouble:
		s.event(c, eventSessionTrouble)
	case session.Refused:
		s.event(c, eventSessionEnded)
	case session.Forged:
		s.event(c, eventForgedCookie)
	}
}
