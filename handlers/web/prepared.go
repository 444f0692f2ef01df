package web

import (
	"bytes"
	"html/template"
	"net/http"

	"github.com/gin-gonic/gin"

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

// Placeholders in a prepared page, for the request id and the id of the form.
const (
	requestPlace = "the-name-of-the-request"
	formPlace    = "the-id-of-the-form"
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
		page, err := r.config.Templates.Render(p, frame, "")
		if err != nil {
			return nil, err
		}
		notice, err := r.config.Templates.Render(p, frame, "notices")
		if err != nil {
			return nil, err
		}
		retryNotice, err := r.config.Templates.Render(retry, frame, "notices")
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
	html = bytes.ReplaceAll(html, []byte(requestPlace), []byte(template.HTMLEscapeString(requestID(c.Request))))
	html = bytes.ReplaceAll(html, []byte(formPlace), []byte(template.HTMLEscapeString(form)))
	send(c, status, htmlType, "", html)
}
