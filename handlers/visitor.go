package handlers

import (
	"context"
	"time"

	"github.com/gin-gonic/gin"

	"hutch/internal/directus"
	"hutch/internal/secret"
)

// visitor is on whose behalf Directus is asked.
func visitor(c *gin.Context) directus.Visitor {
	return directus.Visitor{IP: c.ClientIP(), UserAgent: c.Request.UserAgent(), RequestID: requestID(c.Request)}
}

// revoke ends a throw-away session at Directus, which no browser has; also when the visitor has left already.
// If Directus cannot be reached, the token stays valid there until it expires;
// nobody has it any more.
func (s *site) revoke(c *gin.Context, token secret.Text) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(c.Request.Context()), 5*time.Second)
	defer cancel()
	if err := s.Directus.Logout(ctx, visitor(c), token); err != nil {
		s.Log.Warn("a session could not be ended at directus", "error", err)
	}
}
