package web

import (
	"cmp"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/gin-gonic/gin"

	"hutch/internal/i18n"
	"hutch/session"
)

// SeeOther sends the visitor to another page of this site, by GET (303). That page
// shows the notice, if there is one.
type SeeOther struct {
	Path   string
	Notice Notice
	// WorksWithout means that the page is worth seeing without the cookies that the
	// response sets.
	WorksWithout bool
}

// Write implements [Response].
func (s SeeOther) Write(c *gin.Context, r *Responder) {
	c.Header("Cache-Control", "no-store")
	for _, event := range s.Notice.Events {
		r.log.Event(c, event)
	}
	if s.Notice.Text != "" {
		r.sessions.LeaveNotice(c, string(s.Notice.Text))
	}
	// Paths come from routes or have been checked; this guards against a handler
	// that forgets.
	redirect(c, http.StatusSeeOther, session.ReturnTo(s.Path, "/"))
}

// Reload has the browser send the same request again. Where htmx wanted a part of
// the page, the whole page is loaded: the rest of it is out of date as well.
type Reload struct{ Path string }

// Write implements [Response].
func (l Reload) Write(c *gin.Context, r *Responder) {
	if !wantsFragment(c) {
		SeeOther{Path: l.Path}.Write(c, r)
		return
	}
	c.Header("Cache-Control", "no-store")
	refresh(c)
}

// MovedTo redirects to the new address of a page, which an editor chose.
type MovedTo struct {
	Status int
	Target string
}

// Write implements [Response].
func (m MovedTo) Write(c *gin.Context, r *Responder) {
	// Browsers store a 301 for ever unless told for how long.
	setCacheControl(c.Writer.Header(), signedIn(c), "no-cache")
	redirect(c, m.Status, cmp.Or(r.RedirectTarget(m.Target), "/"))
}

// redirect sends the browser to an address that has just been checked. Nothing
// else does. HX-Location would have to be JSON: out of a bare address htmx reads
// options, so that a comma in a query is enough to change where it goes.
func redirect(c *gin.Context, status int, address string) {
	if isHTMX(c) {
		// fetch would follow a redirect and htmx swap its page into a form.
		c.Header("HX-Redirect", address)
		c.Status(http.StatusOK)
		c.Writer.WriteHeaderNow()
		return
	}
	c.Redirect(status, address)
}

// RedirectTarget returns the address that a redirect of an editor's may lead to: a
// path of this site, or a host that the operator listed; "" if neither.
func (r *Responder) RedirectTarget(typed string) string {
	target, foreign := LinkTarget(typed)
	if !foreign {
		return target
	}
	if parsed, err := url.Parse(target); err == nil && parsed.Host != "" && slices.ContainsFunc(r.config.RedirectHosts, func(host string) bool {
		return strings.EqualFold(host, parsed.Hostname())
	}) {
		return target
	}
	return ""
}

// LinkTarget returns where an editor's link may lead: to a path of this site, to another
// site by http or https, or to an email address or a telephone, which are foreign as well;
// "" if nowhere.
func LinkTarget(typed string) (address string, foreign bool) {
	typed = strings.TrimSpace(typed)
	parsed, err := url.Parse(typed)
	if err == nil {
		if local := session.ReturnTo(parsed.String(), ""); local != "" {
			return local, false
		}
	}
	if err == nil && contact.MatchString(parsed.Scheme+":"+parsed.Opaque) {
		return parsed.String(), true
	}
	if err != nil || parsed.Host == "" || parsed.User != nil || (parsed.Scheme != "https" && parsed.Scheme != "http") {
		return "", false
	}
	return parsed.String(), true
}

// contact is an address that a link opens in a program for mail or calls.
var contact = regexp.MustCompile(`^(mailto:[^\s@/\\<>"]+@[^\s@/\\<>"]+|tel:\+?[0-9][0-9().-]*)$`)

// Notice is what the page after a redirect tells the visitor, once, and what the
// log records of it: a change that went through is always told. The zero value is
// none.
type Notice struct {
	Text   i18n.Message
	Events []Event
}
