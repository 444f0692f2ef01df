package handlers

import (
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"hutch/internal/directus"
	"hutch/session"
)

// logRequest writes one line per request: the route's pattern instead of the
// address, since a query may hold what nobody should read.
func (s *site) logRequest(c *gin.Context) {
	start := time.Now()
	ctx, upstream := directus.Measure(c.Request.Context())
	c.Request = c.Request.WithContext(ctx)
	defer func() { // also of an answer that is cut in its middle
		took, route, method := time.Since(start), c.FullPath(), method(c.Request.Method)
		s.Metrics.Request(method, route, c.Writer.Status(), took)
		if strings.HasPrefix(route, "/static/") || isHealth(c) {
			return
		}
		level := slog.LevelInfo
		if c.Writer.Status() >= http.StatusInternalServerError && !hasLeft(c) {
			level = slog.LevelWarn
		}
		s.Log.Log(ctx, level, "request", append(s.who(c),
			"method", method, "route", route, "status", c.Writer.Status(),
			"duration", took.Round(time.Microsecond), "upstream", upstream().Round(time.Microsecond))...)
	}()
	c.Next()
}

// who is what a line of the log says of whose request it is about: its name, the
// visitor's address, and, signed in, the member by a name that stands in logs
// alone.
func (s *site) who(c *gin.Context) []any {
	attrs := []any{"request", requestID(c.Request), "address", c.ClientIP()}
	if own, signedIn := session.From(c); signedIn {
		attrs = append(attrs, "member", s.Pseudonyms.Of(own.MemberID))
	}
	return attrs
}

// method is one of those that there are. A client can send any word.
func method(sent string) string {
	switch sent {
	case http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch,
		http.MethodDelete, http.MethodConnect, http.MethodOptions, http.MethodTrace:
		return sent
	}
	return "other"
}
