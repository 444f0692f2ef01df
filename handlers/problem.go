package handlers

import (
	"errors"
	"net/http"

	"github.com/gin-gonic/gin"

	"hutch/internal/directus"
	"hutch/internal/i18n"
	"hutch/internal/limits"
	"hutch/session"
	"hutch/templates"
)

// Errors of our own that a handler may return.
var (
	errNotFound    = errors.New("there is no such page")
	errNoUser      = errors.New("directus has no such user")
	errWrongMethod = errors.New("the method is not allowed here")
	errCrossOrigin = errors.New("the request comes from another site")
	errBadRequest  = errors.New("the request cannot be read")
	errClosed      = errors.New("registration is closed")
	errOverloaded  = errors.New("there is no room for the request")
	errPanic       = errors.New("a handler panicked")
)

// problem is the page for an error: the status for machines, the words for
// people, the rest for the log.
func (s *site) problem(c *gin.Context, err error) reply {
	status, told := describe(err)
	if c.Request.Method == http.MethodPost && tooManyForDirectus(err) {
		status, told = http.StatusTooManyRequests, templates.Problem{Heading: "problem.toomany", Text: sayTooMany}
	}
	passes := status >= http.StatusInternalServerError || status == http.StatusTooManyRequests
	if told.Stays = sentForm(c) != "" && (passes || refusesWhatWasSent(status, err)); told.Stays && passes {
		told.RetryForm = sentForm(c)
	}
	if passes {
		keepInPage(c, &told)
	}
	switch {
	case errors.Is(err, errOverloaded):
		retryAfter(c, 5)
	case status == http.StatusServiceUnavailable, status == http.StatusGatewayTimeout, status == http.StatusTooManyRequests:
		s.waitForDirectus(c, err)
		if c.Request.Method == http.MethodGet {
			told.RetryURL = session.ReturnTo(c.Request.URL.RequestURI(), "")
		} else if status == http.StatusGatewayTimeout {
			told.Text = "problem.lateunsure"
		}
	case status >= http.StatusInternalServerError:
		s.Log.Error("a request failed", "route", c.FullPath(), "error", err)
	}
	return page{status, told}
}

// refusesWhatWasSent reports whether the form may still do, sent in another way:
// it stays on the visitor's page then, where htmx has left it.
func refusesWhatWasSent(status int, err error) bool {
	return status == http.StatusRequestEntityTooLarge || errors.Is(err, errBadRequest) || errors.Is(err, errCrossOrigin)
}

// waitForDirectus has the answer say when to come back, and the log why.
func (s *site) waitForDirectus(c *gin.Context, err error) {
	retryAfter(c, max(5, int(directus.RetryAfter(err).Seconds())))
	if hasLeft(c) {
		return
	}
	attrs := append(s.who(c), "route", c.FullPath(), "failure", directus.FailureOf(err), "error", err)
	if errors.Is(err, directus.ResourceRestricted) {
		s.Log.Error("directus is locked: it wants a licence", attrs...)
		return
	}
	s.Log.Warn("directus is in trouble", attrs...)
}

// hasLeft reports whether the visitor has gone on before the answer: what failed
// then says nothing about Directus, and is read by nobody.
func hasLeft(c *gin.Context) bool { return c.Request.Context().Err() != nil }

func describe(err error) (int, templates.Problem) {
	var tooLarge *http.MaxBytesError
	switch {
	case errors.Is(err, errNotFound):
		return http.StatusNotFound, templates.Problem{
			Heading: "problem.notfound", Text: "problem.notfoundtext", WayURL: "/blog", WayLabel: "problem.search",
		}
	case errors.Is(err, errNoUser):
		return http.StatusNotFound, templates.Problem{Heading: "problem.nouser", Text: "problem.nousertext"}
	case errors.Is(err, errClosed):
		return http.StatusForbidden, templates.Problem{Heading: "problem.closed", Text: "problem.closedtext"}
	case errors.Is(err, errWrongMethod):
		return http.StatusMethodNotAllowed, templates.Problem{Heading: "problem.method", Text: "problem.methodtext"}
	case errors.Is(err, errCrossOrigin):
		return http.StatusForbidden, templates.Problem{Heading: "problem.elsewhere", Text: "problem.elsewheretext"}
	case errors.As(err, &tooLarge):
		return http.StatusRequestEntityTooLarge, templates.Problem{Heading: "problem.toolarge", Text: "problem.toolargetext"}
	case errors.Is(err, errBadRequest):
		return http.StatusBadRequest, templates.Problem{Heading: "problem.unreadable", Text: "problem.unreadabletext"}
	case errors.Is(err, errOverloaded):
		return http.StatusServiceUnavailable, templates.Problem{Heading: "problem.busy", Text: "problem.busytext"}
	case errors.Is(err, directus.ErrTimeout):
		return http.StatusGatewayTimeout, templates.Problem{Heading: "problem.late", Text: "problem.latetext"}
	case errors.Is(err, directus.ResourceRestricted):
		// A Directus 12 over the limits of its licence keeps back all that it holds.
		return http.StatusServiceUnavailable, templates.Problem{Heading: "problem.locked", Text: "problem.lockedtext"}
	case errors.Is(err, directus.ErrUnavailable):
		return http.StatusServiceUnavailable, templates.Problem{Heading: "problem.unavailable", Text: "problem.unavailabletext"}
	}
	return http.StatusInternalServerError, templates.Problem{Heading: "problem.broken", Text: "problem.brokentext"}
}

// formTrouble is for a form that could not be handled because Directus is in
// trouble: the form says so, with the sentence, and the status is what the answer
// gets. The form comes back, or stays, so that what was typed is not lost. Any
// other error is given back.
func (s *site) formTrouble(c *gin.Context, form *templates.Form, err error, sentence i18n.Message) (status int, other error) {
	var refused *limits.Refused
	if errors.As(err, &refused) {
		return s.tooMany(c, form, refused), nil
	}
	if !errors.Is(err, directus.ErrUnavailable) {
		return 0, err
	}
	status = http.StatusServiceUnavailable
	late := errors.Is(err, directus.ErrTimeout)
	if late {
		status = http.StatusGatewayTimeout
	}
	switch {
	case errors.Is(err, errNothingDone):
		sentence = sayFormUnavailable
	case late && sentence == sayFormUnavailable:
		sentence = sayFormLate // whether it could be done, nobody knows
	}
	if tooManyForDirectus(err) {
		status, sentence = http.StatusTooManyRequests, sayTooMany
	}
	s.waitForDirectus(c, err)
	form.Problem = sentence
	return status, nil
}

// tooManyForDirectus reports whether Directus finds that a visitor asks too often:
// it counts what they send by their own address.
func tooManyForDirectus(err error) bool {
	var refusal *directus.Error
	return errors.As(err, &refusal) && refusal.Status == http.StatusTooManyRequests
}

// isForbidden reports whether Directus has refused for want of a permission.
func isForbidden(err error) bool { return errors.Is(err, directus.Forbidden) }

// changeRefused reports whether the member may not make a change: for want of a
// permission, or of a licence that allows one. The log says so too.
func (s *site) changeRefused(c *gin.Context, err error) bool {
	refused := isForbidden(err) || errors.Is(err, directus.ResourceRestricted)
	if refused {
		s.event(c, eventRefusedByDirectus)
	}
	return refused
}

func (s *site) noRoute(*gin.Context) (reply, error)  { return nil, errNotFound }
func (s *site) noMethod(*gin.Context) (reply, error) { return nil, errWrongMethod }
