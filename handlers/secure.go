package handlers

import (
	"errors"
	"net/http"
	"runtime/debug"

	"github.com/gin-gonic/gin"
)

// maxForm bounds the body of a request, other than the upload of a picture.
const maxForm = 64 << 10

// contentSecurityPolicy lets pages use their own files and nothing else.
// Images of the content come through /assets.
const contentSecurityPolicy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; " +
	"connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

// permissionsPolicy takes from pages, and from whatever might get into one, what
// they have no use for.
const permissionsPolicy = "accelerometer=(), autoplay=(), camera=(), display-capture=(), encrypted-media=(), fullscreen=(), " +
	"geolocation=(), gyroscope=(), magnetometer=(), microphone=(), midi=(), payment=(), picture-in-picture=(), " +
	"publickey-credentials-create=(), publickey-credentials-get=(), screen-wake-lock=(), serial=(), usb=(), xr-spatial-tracking=()"

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
		s.Log.Error("panic", append(s.who(c), "route", c.FullPath(), "panic", recovered, "stack", string(debug.Stack()))...)
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
	h.Set("Permissions-Policy", permissionsPolicy)
	if s.Production {
		h.Set("Strict-Transport-Security", "max-age=63072000; includeSubDomains")
	}
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
