package web

import (
	"bytes"
	"fmt"
	"html/template"
	"net/http"
	"slices"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/maypok86/otter/v2"

	"hutch/internal/i18n"
	"hutch/templates"
)

// prepared is a page made at start, for when rendering fails or there is no time
// for it.
type prepared struct {
	page   []byte
	notice []byte // for htmx, above what the visitor sees
	retry  []byte // the notice with a button that sends the form again
}

// Placeholders in a prepared page, for the request id, the id of the form and the
// address of the request.
const (
	requestPlace = "the-name-of-the-request"
	formPlace    = "the-id-of-the-form"
	retryPlace   = "/the-address-of-the-request"
)

// preparePages renders them in each language. None can hold what was typed; without
// htmx, browsers keep it.
func (r *Responder) preparePages() (err error) {
	reload := []i18n.Message{"problem.reload"}
	if r.broken, err = r.prepare(templates.Problem{Heading: "problem.broken", Text: "problem.brokentext", Notes: reload}); err != nil {
		return err
	}
	r.busy, err = r.prepare(templates.Problem{Heading: "problem.busy", Text: "problem.busytext", Notes: reload})
	return err
}

func (r *Responder) prepare(p templates.Problem) (map[string]prepared, error) {
	all := map[string]prepared{}
	p.RequestID = requestPlace
	retry := p
	retry.Stays, retry.RetryForm = true, formPlace
	for _, language := range r.config.Words.Languages() {
		frame := templates.Frame{Language: language, Site: templates.Site{Name: r.config.SiteName}}
		page, err := r.config.Templates.RenderSafely(p, frame, "")
		if err != nil {
			return nil, err
		}
		notice, err := r.config.Templates.RenderSafely(p, frame, "notices")
		if err != nil {
			return nil, err
		}
		retryNotice, err := r.config.Templates.RenderSafely(retry, frame, "notices")
		if err != nil {
			return nil, err
		}
		all[language.Tag] = prepared{page, notice, retryNotice}
	}
	return all, nil
}

// failsafe answers when nothing else could.
func (r *Responder) failsafe(c *gin.Context, err error) {
	r.sessions.BeforeWrite(c)
	r.log.Error("the page could not be made", append(r.log.Who(c), "route", c.FullPath(), "error", err)...)
	if !c.Writer.Written() {
		r.sendPrepared(c, http.StatusInternalServerError, r.broken)
	}
}

func (r *Responder) sendPrepared(c *gin.Context, status int, what map[string]prepared) {
	c.Header("Cache-Control", "no-store")
	chosen := what[r.Language(c).Tag]
	html := chosen.page
	form := SentForm(c)
	if wantsFragment(c) {
		retarget(c, "notices")
		html = chosen.notice
	}
	if form != "" {
		html = chosen.retry
	}
	send(c, status, htmlType, "", fill(fill(html, requestPlace, requestID(c.Request)), formPlace, form))
}

// fill puts text in the place that a prepared page has for it.
func fill(html []byte, place, text string) []byte {
	return bytes.ReplaceAll(html, []byte(place), []byte(template.HTMLEscapeString(text)))
}

// outageLife is how long the page of an outage is sent as it was made: what is around
// the problem may change. maxOutages is more than there are languages and colours.
const (
	outageLife = time.Second
	maxOutages = 100
)

func newOutages() (*otter.Cache[string, []byte], error) {
	return otter.New(&otter.Options[string, []byte]{MaximumSize: maxOutages, ExpiryCalculator: otter.ExpiryWriting[string, []byte](outageLife)})
}

// isOutage reports whether a response says that a page cannot be shown for now, and
// nothing that depends on the visitor.
func (p Page) isOutage(c *gin.Context, r *Responder) bool {
	problem, is := p.Page.(templates.Problem)
	plain := problem.WayURL == "" && problem.Again == nil && len(problem.Notes) == 0 && problem.RetryURL != ""
	forNow := []int{http.StatusServiceUnavailable, http.StatusGatewayTimeout, http.StatusTooManyRequests}
	return is && plain && slices.Contains(forNow, p.Status) && c.Request.Method == http.MethodGet && !wantsFragment(c) && !r.HasNotice(c)
}

// renderOutage renders the page of an outage: while Directus is down, everybody gets
// it, and a rude visitor gets nothing else, so that it is made once in a while.
func (r *Responder) renderOutage(c *gin.Context, p templates.Problem, frame templates.Frame) ([]byte, error) {
	key := fmt.Sprint(frame.Language.Tag, " ", frame.Appearance, " ", frame.SignedIn, " ", p.Heading, " ", p.Text)
	html, has := r.outages.GetIfPresent(key)
	if !has {
		shown := p
		shown.RetryURL, frame.Path, frame.Member = retryPlace, "", templates.Member{}
		if p.RequestID != "" {
			shown.RequestID = requestPlace
		}
		frame.Site = r.config.SiteInfo(c.Request.Context())
		var err error
		if html, err = r.config.Templates.Render(shown, frame, ""); err != nil {
			return nil, err
		}
		r.outages.Set(key, html)
	}
	return fill(fill(html, requestPlace, p.RequestID), retryPlace, p.RetryURL), nil
}
