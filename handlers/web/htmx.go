package web

import (
	"net/http"
	"strings"

	"github.com/gin-gonic/gin"
)

// isHTMX reports whether htmx made the request.
func isHTMX(c *gin.Context) bool { return c.GetHeader("HX-Request") == "true" }

// wantsFragment reports whether htmx will put the response into a part of the page,
// and not in place of its body.
func wantsFragment(c *gin.Context) bool {
	return isHTMX(c) && c.GetHeader("HX-Request-Type") == "partial"
}

// KnownFragment returns the fragment that htmx asks for, "main" if no page has one
// of that name, "" if it wants a whole page.
func (r *Responder) KnownFragment(c *gin.Context) string {
	if !wantsFragment(c) {
		return ""
	}
	if wanted := targetID(c); r.config.Templates.Knows(wanted) {
		return wanted
	}
	return "main"
}

// targetID returns the id in htmx's HX-Target header, which reads "form#signin", without
// the number of what a page may have several of: "form#visitors-form-3".
func targetID(c *gin.Context) string {
	_, id, _ := strings.Cut(c.GetHeader("HX-Target"), "#")
	return strings.TrimRight(strings.TrimRight(id, "0123456789"), "-")
}

// SentForm returns the id of the form that htmx sent, so that a notice can offer to
// send it again; "" for links and for requests without htmx.
func SentForm(c *gin.Context) string {
	form, id, _ := strings.Cut(c.GetHeader("HX-Source"), "#")
	if !wantsFragment(c) || form != "form" {
		return ""
	}
	return id
}

// retarget has htmx put the response into another element than it was going to.
func retarget(c *gin.Context, id string) {
	c.Header("HX-Retarget", "#"+id)
	c.Header("HX-Reswap", "innerHTML")
}

// refresh has htmx load the whole page again.
func refresh(c *gin.Context) {
	c.Header("HX-Refresh", "true")
	c.Status(http.StatusOK)
	c.Writer.WriteHeaderNow()
}
