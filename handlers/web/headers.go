package web

import (
	"maps"
	"net/http"
	"runtime/debug"

	"github.com/gin-gonic/gin"
)

// contentSecurityPolicy lets pages use the site's own files and nothing else. Images,
// films and recordings of the content come through /assets, fonts of a team's own from
// its site folder.
const contentSecurityPolicy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; media-src 'self'; " +
	"font-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

// permissionsPolicy denies pages, and whatever might get into one, the browser
// features that they do not use. Films of the content may fill the screen.
const permissionsPolicy = "accelerometer=(), autoplay=(), camera=(), display-capture=(), encrypted-media=(), fullscreen=(self), " +
	"geolocation=(), gyroscope=(), magnetometer=(), microphone=(), midi=(), payment=(), picture-in-picture=(self), " +
	"publickey-credentials-create=(), publickey-credentials-get=(), screen-wake-lock=(), serial=(), usb=(), xr-spatial-tracking=()"

// Headers returns the middleware that tells the browser what it may do with any
// response of this site.
func (r *Responder) Headers() gin.HandlerFunc {
	all := http.Header{ // the same values for all responses: nothing may change them
		"Content-Security-Policy":      {contentSecurityPolicy},
		"X-Content-Type-Options":       {"nosniff"},
		"Referrer-Policy":              {"same-origin"},
		"Cross-Origin-Opener-Policy":   {"same-origin"},
		"Cross-Origin-Resource-Policy": {"same-origin"},
		"X-Frame-Options":              {"DENY"},
		"Permissions-Policy":           {permissionsPolicy},
	}
	if r.config.HSTS != "" {
		all.Set("Strict-Transport-Security", r.config.HSTS)
	}
	return func(c *gin.Context) { maps.Copy(c.Writer.Header(), all) }
}

// RecoverPanic answers a request whose handler panicked. Gin's own would print the
// request's headers, and so the cookie.
func (r *Responder) RecoverPanic(c *gin.Context) {
	defer func() {
		recovered := recover()
		switch recovered {
		case nil:
			return
		case http.ErrAbortHandler: // on purpose: net/http cuts the connection
			panic(recovered)
		}
		r.log.Error("panic", append(r.log.Who(c), "route", c.FullPath(), "panic", recovered, "stack", string(debug.Stack()))...)
		r.failsafe(c, errPanic)
		c.Abort()
	}()
	c.Next()
}
