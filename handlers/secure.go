package handlers

import (
	"errors"
	"log/slog"
	"net/http"
	"runtime/debug"
	"strings"
	"time"

	"github.com/gin-gonic/gin"
)

// maxForm bounds the body of a request, other than the upload of a picture.
const maxForm = 64 << 10

// contentSecurityPolicy lets pages use their own files and nothing else.
// Images of the content come through /assets.
const contentSecurityPolicy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; " +
	"connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

// logRequest writes one line per request: the route's pattern instead of the
// address, since a query may hold what nobody should read.
func (s *site) logRequest(c *gin.Context) {
	start := time.Now()
	c.Next()
	route := c.FullPath()
	if strings.HasPrefix(route, "/static/") || route == "/healthz" {
		return
	}
	level := slog.LevelInfo
	if c.Writer.Status() >= http.StatusInternalServerError && !hasLeft(c) {
		level = slog.LevelWarn
	}
	s.Log.Log(c.Request.Context(), level, "request",
		"method", c.Request.Method, "route", route, "status", c.Writer.Status(),
		"duration", time.Since(start).Round(time.Millisecond), "ip", c.ClientIP())
}

// recoverPanic keeps one broken request from being more than that. Gin's own
// would print the request's headers, and so the cookie.
func (s *site) recoverPanic(c *gin.Context) {
	defer func() {
		recovered := recover()
		switch recovered {
		case nil:
			return
		case http.ErrAbortHandler: // on purpose: net/http cuts the connection
			panic(recovered)
		}
		s.Log.Error("panic", "route", c.FullPath(), "panic", recovered, "stack", string(debug.Stack()))
		s.respondFailsafe(c, errPanic)
		c.Abort()
	}()
	c.Next()
}

// headers tells the browser what it may do with an answer of this site.
func (s *site) headers(c *gin.Context) {
	h := c.Writer.Header()
	h.Set("Content-Security-Policy", contentSecurityPolicy)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "same-origin")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("X-Frame-Options", "DENY")
	if s.Production {
		h.Set("Strict-Transport-Security", "max-age=63072000; includeSubDomains")
	}
}

// refuseCrossOrigin returns the middleware that refuses what another site's
// page sent. Together with the cookie's SameSite=Strict it takes the place of
// tokens in forms.
func (s *site) refuseCrossOrigin() (gin.HandlerFunc, error) {
	protection := http.NewCrossOriginProtection()
	if s.PublicURL != "" {
		// A proxy in front may have changed the Host that Origin is held against.
		if err := protection.AddTrustedOrigin(s.PublicURL); err != nil {
			return nil, err
		}
	}
	return func(c *gin.Context) {
		if err := protection.Check(c.Request); err != nil {
			s.Log.Warn("cross-origin request refused", "route", c.FullPath(), "ip", c.ClientIP())
			s.respond(c, s.problem(c, errCrossOrigin))
		}
	}, nil
}

func (s *site) limitBody(c *gin.Context) {
	var limit int64 = maxForm
	if c.FullPath() == avatarPath {
		limit = maxUpload
	}
	c.Request.Body = http.MaxBytesReader(c.Writer, c.Request.Body, limit)
}

// readForm parses the body of a POST.
func readForm(c *gin.Context) error {
	err := c.Request.ParseForm()
	var tooLarge *http.MaxBytesError
	if err != nil && !errors.As(err, &tooLarge) {
		return errBadRequest
	}
	return err
}
