package web

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/gin-gonic/gin"

	"hutch/internal/directus"
	"hutch/internal/i18n"
	"hutch/session"
	"hutch/templates"
)

// Errors that a handler may return, beside those of Directus.
var (
	ErrNotFound    = errors.New("there is no such page")
	ErrNoUser      = errors.New("directus has no such user")
	ErrWrongMethod = errors.New("the method is not allowed here")
	ErrBadRequest  = errors.New("the request cannot be read")
	ErrClosed      = errors.New("registration is closed")
	ErrNotAllowed  = errors.New("the member may not do this")
	ErrOwnUnknown  = errors.New("whose an item is cannot be told")
	ErrOverloaded  = errors.New("there is no room for the request")
	// ErrPageUnknown means that nobody can say now whether there is a page.
	ErrPageUnknown = errors.New("whether there is such a page is not known")
	errNoForm      = errors.New("the body is not sent as a form")
	errCrossOrigin = errors.New("the request comes from another site")
	errInsecure    = errors.New("the page was opened without https")
	errUploading   = errors.New("the member's other uploads are under way")
	errPanic       = errors.New("a handler panicked")
)

// MsgTooMany is said of any limit, ours or Directus'.
const MsgTooMany i18n.Message = "error.toomany"

// Problem returns the page for an error: the status for machines, the text for
// people, the rest for the log.
func (r *Responder) Problem(c *gin.Context, err error) Page {
	status, told := describe(err)
	if c.Request.Method == http.MethodPost && TooManyForDirectus(err) {
		status, told = http.StatusTooManyRequests, templates.Problem{Heading: "problem.toomany", Text: MsgTooMany}
	}
	if errors.Is(err, errInsecure) {
		told = r.insecure(c.Request.URL.Path)
	}
	temporary := status >= http.StatusInternalServerError || status == http.StatusTooManyRequests
	if told.Stays = SentForm(c) != "" && (temporary || refusesWhatWasSent(status, err)); told.Stays && temporary {
		told.RetryForm = SentForm(c)
	}
	if temporary {
		keepInPage(c, &told)
	}
	var tooMuch *TooMuch
	switch {
	case hasLeft(c) && errors.Is(err, context.Canceled): // which says nothing but that
	case errors.As(err, &tooMuch):
		RetryAfter(c, tooMuch.After)
		told.RetryURL = session.ReturnTo(c.Request.URL.RequestURI(), "")
	case errors.Is(err, ErrOverloaded), errors.Is(err, errUploading):
		RetryAfter(c, 5*time.Second)
	case status == http.StatusServiceUnavailable, status == http.StatusGatewayTimeout, status == http.StatusTooManyRequests:
		r.log.DirectusTrouble(c, err)
		if c.Request.Method == http.MethodGet {
			again := c.Request.URL.RequestURI()
			if errors.Is(err, ErrPageUnknown) {
				again = c.Request.URL.EscapedPath() // a query is for a page
			}
			told.RetryURL = session.ReturnTo(again, "")
		} else if status == http.StatusGatewayTimeout {
			told.Text = "problem.lateunsure"
		}
	case status >= http.StatusInternalServerError:
		r.log.Error("a request failed", "route", c.FullPath(), "error", err)
	}
	return Page{status, told}
}

// FormTrouble returns the status and the message for a form that trouble with Directus
// kept from being handled, and logs it. late is the message if it took too long.
func (l *Log) FormTrouble(c *gin.Context, err error, message, late i18n.Message) (int, i18n.Message) {
	l.DirectusTrouble(c, err)
	switch {
	case TooManyForDirectus(err):
		return http.StatusTooManyRequests, MsgTooMany
	case errors.Is(err, directus.ErrTimeout):
		return http.StatusGatewayTimeout, late
	}
	return http.StatusServiceUnavailable, message
}

// NoCookies is the page for a browser that has not kept a cookie that it was just sent.
// retry is where it was to lead. Browsers send Sec-Fetch-Site over https, and refuse our
// cookies without it.
func (r *Responder) NoCookies(c *gin.Context, retry string) Page {
	if r.config.Production && c.GetHeader("Sec-Fetch-Site") == "" {
		return Page{http.StatusForbidden, r.insecure("/signin")}
	}
	return Page{http.StatusForbidden, templates.Problem{
		Heading: "problem.nocookies", Text: "problem.nocookiestext", WayURL: retry, WayLabel: "form.retry",
	}}
}

// insecure leads from a page that was opened without https to the one with it.
func (r *Responder) insecure(path string) templates.Problem {
	return templates.Problem{
		Heading: "problem.insecure", Text: "problem.insecuretext",
		WayURL: r.config.PublicURL + session.ReturnTo(path, "/"), WayLabel: "problem.secure",
	}
}

// BriefProblem is for a place in a page where no page can be shown, such as an
// image.
func (r *Responder) BriefProblem(c *gin.Context, err error) Text {
	status := r.Problem(c, err).Status
	if TooManyForDirectus(err) {
		status = http.StatusTooManyRequests
	}
	return Text{status, http.StatusText(status)}
}

// refusesWhatWasSent reports whether the form may be right if sent in another way:
// then it stays on the visitor's page, where htmx left it.
func refusesWhatWasSent(status int, err error) bool {
	return status == http.StatusRequestEntityTooLarge || errors.Is(err, ErrBadRequest) || errors.Is(err, errNoForm) || errors.Is(err, errCrossOrigin)
}

func describe(err error) (int, templates.Problem) {
	var tooLarge *http.MaxBytesError
	var tooMuch *TooMuch
	switch {
	case errors.As(err, &tooMuch):
		return http.StatusTooManyRequests, templates.Problem{Heading: "problem.toomuch", Text: "problem.toomuchtext"}
	case errors.Is(err, ErrNotFound):
		return http.StatusNotFound, templates.Problem{Heading: "problem.notfound", Text: "problem.notfoundtext", Lost: true}
	case errors.Is(err, ErrNoUser):
		return http.StatusNotFound, templates.Problem{Heading: "problem.nouser", Text: "problem.nousertext"}
	case errors.Is(err, ErrNotAllowed):
		return http.StatusForbidden, templates.Problem{Heading: "problem.notallowed", Text: "problem.notallowedtext"}
	case errors.Is(err, ErrOwnUnknown):
		return http.StatusForbidden, templates.Problem{Heading: "problem.notallowed", Text: "problem.ownunknowntext"}
	case errors.Is(err, ErrClosed):
		return http.StatusForbidden, templates.Problem{Heading: "problem.closed", Text: "problem.closedtext"}
	case errors.Is(err, ErrWrongMethod):
		return http.StatusMethodNotAllowed, templates.Problem{Heading: "problem.method", Text: "problem.methodtext"}
	case errors.Is(err, errCrossOrigin):
		return http.StatusForbidden, templates.Problem{Heading: "problem.elsewhere", Text: "problem.elsewheretext"}
	case errors.Is(err, errInsecure):
		return http.StatusForbidden, templates.Problem{}
	case errors.As(err, &tooLarge):
		return http.StatusRequestEntityTooLarge, templates.Problem{Heading: "problem.toolarge", Text: "problem.toolargetext"}
	case errors.Is(err, ErrBadRequest):
		return http.StatusBadRequest, templates.Problem{Heading: "problem.unreadable", Text: "problem.unreadabletext"}
	case errors.Is(err, errNoForm):
		return http.StatusUnsupportedMediaType, templates.Problem{Heading: "problem.unreadable", Text: "problem.unreadabletext"}
	case errors.Is(err, errUploading):
		return http.StatusTooManyRequests, templates.Problem{Heading: "problem.toomany", Text: "problem.uploading"}
	case errors.Is(err, ErrOverloaded):
		return http.StatusServiceUnavailable, templates.Problem{Heading: "problem.busy", Text: "problem.busytext"}
	case errors.Is(err, directus.ErrTimeout), errors.Is(err, context.DeadlineExceeded): // of one question, or of all that a page asks
		return http.StatusGatewayTimeout, templates.Problem{Heading: "problem.late", Text: "problem.latetext"}
	case errors.Is(err, directus.ResourceRestricted):
		// A Directus 12 over the limits of its licence withholds all its content.
		return http.StatusServiceUnavailable, templates.Problem{Heading: "problem.locked", Text: "problem.lockedtext"}
	case errors.Is(err, directus.ErrUnavailable):
		return http.StatusServiceUnavailable, templates.Problem{Heading: "problem.unavailable", Text: "problem.unavailabletext"}
	}
	return http.StatusInternalServerError, templates.Problem{Heading: "problem.broken", Text: "problem.brokentext"}
}

// TooManyForDirectus reports whether Directus limited the visitor's requests, which
// it counts by their own address.
func TooManyForDirectus(err error) bool {
	var refusal *directus.Error
	return errors.As(err, &refusal) && refusal.Status == http.StatusTooManyRequests
}
