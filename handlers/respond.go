package handlers

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"html/template"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/gin-gonic/gin"

	"hutch/internal/directus"
	"hutch/internal/i18n"
	"hutch/session"
	"hutch/templates"
)

// reply is what a handler wants to be answered. Exactly one of its kinds:
// page, kept, seeOther, again, moved, file, asset, document, stylesheet, text.
type reply interface{ reply() }

type (
	// page is a page, or the fragment of it that htmx asked for.
	page struct {
		status int
		page   templates.Page
	}
	// seeOther sends the visitor to another page of this site, by GET, which
	// says the notice; "": none.
	seeOther struct {
		path   string
		notice i18n.Message
	}
	// again has the browser send the same request once more.
	again struct{ path string }
	// file is a stream with the headers that belong to it.
	file struct {
		status int
		header http.Header
		body   io.ReadCloser // nil: none
	}
	// text is for machines.
	text struct {
		status int
		text   string
	}
)

func (page) reply()     {}
func (seeOther) reply() {}
func (again) reply()    {}
func (file) reply()     {}
func (text) reply()     {}

// adapt makes a handler one of Gin's, and errors pages.
func (s *site) adapt(h handler) gin.HandlerFunc {
	return func(c *gin.Context) {
		r, err := h(c)
		if _, done := r.(seeOther); done && err == nil && c.Request.Method == http.MethodPost {
			s.formDone(c)
		}
		if signedIn(c) && directus.TokenRefused(err) {
			// Directus has ended the session; the same page follows signing in.
			if r, err = s.sessionRefused(c, c.Request.URL.RequestURI()), nil; r == nil {
				return
			}
		}
		if errors.Is(err, errNotFound) {
			if to := s.movedTo(c); to != nil {
				r, err = to, nil
			}
		}
		if err != nil {
			r = s.problem(c, err)
		}
		s.respond(c, r)
	}
}

// respond writes the answer. Nothing else does.
func (s *site) respond(c *gin.Context, r reply) {
	s.Sessions.BeforeWrite(c)
	switch r := r.(type) {
	case page:
		s.respondPage(c, r)
	case *kept:
		s.respondKept(c, r)
	case seeOther:
		s.respondSeeOther(c, r)
	case again:
		s.respondAgain(c, r)
	case moved:
		s.respondMoved(c, r)
	case asset:
		s.respondAsset(c, r)
	case document:
		s.respondDocument(c, r)
	case stylesheet:
		s.respondStylesheet(c, r)
	case file:
		for name, values := range r.header {
			c.Writer.Header()[name] = values
		}
		c.Status(r.status)
		c.Writer.WriteHeaderNow()
		if r.body != nil {
			defer r.body.Close()
			if c.Request.Method != http.MethodHead {
				if err := stream(c.Writer, r.body); err != nil {
					// Too late for words. A broken connection tells the
					// browser not to keep the half that it has.
					panic(http.ErrAbortHandler)
				}
			}
		}
	case text:
		c.Header("Cache-Control", "no-store")
		c.Data(r.status, "text/plain; charset=utf-8", []byte(r.text+"\n"))
	default:
		s.respondFailsafe(c, fmt.Errorf("no answer for a reply of type %T", r))
	}
	c.Abort()
}

func (s *site) respondPage(c *gin.Context, r page) {
	r.page = instead(c, r)
	if problem, is := r.page.(templates.Problem); is {
		problem.RequestID = requestID(c.Request)
		r.page = problem
	}
	fragment := s.fragment(c, r)
	frame := s.frame(c)
	frame.Site = s.look(c.Request.Context(), s.Cache.Snapshot())
	if fragment == "" && c.Request.Method == http.MethodGet {
		frame.Notice = s.notice(c)
	}
	html, err := s.Templates.Render(r.page, frame, fragment)
	if err != nil {
		s.respondFailsafe(c, err)
		return
	}
	// What one visitor sees must not be shown to another, nor, after they have
	// signed out, by the Back button; and news is told once.
	_, arrival := r.page.(templates.Arrival) // the same address shows another page next
	h := c.Writer.Header()
	setCacheControl(h, frame.SignedIn || frame.Notice != "" || arrival || c.Request.Method != http.MethodGet, "private, no-cache")
	h["Vary"] = varyOfPages()
	if fragment == "" {
		h["Link"] = s.preload
	}
	encoding, body := s.compressor.encodeFor(c.GetHeader("Accept-Encoding"), html)
	send(c, r.status, htmlType, encoding, body)
}

const htmlType = "text/html; charset=utf-8"

// sendUnlessKnown writes a body of this hash in the best encoding that the browser
// takes; to one that has it already, that it is still the same.
func sendUnlessKnown(c *gin.Context, contentType, hash string, bodies encodings) {
	encoding, body := bodies.choose(c.GetHeader("Accept-Encoding"))
	etag := entityTag(hash, encoding)
	c.Header("ETag", etag)
	if hasRepresentation(c.Request, etag) {
		c.Status(http.StatusNotModified)
		c.Writer.WriteHeaderNow()
		return
	}
	send(c, http.StatusOK, contentType, encoding, body)
}

// send writes a body, in an encoding or, where that is "", as it is.
func send(c *gin.Context, status int, contentType, encoding string, body []byte) {
	h := c.Writer.Header()
	if encoding != "" {
		h.Set("Content-Encoding", encoding)
	}
	h.Set("Content-Length", strconv.Itoa(len(body)))
	c.Data(status, contentType, body)
}

// preload names the stylesheet in a header, so that a proxy in front can send
// browsers for it before the page is there (RFC 8297). Where it is being edited, its
// name is not to be relied on.
func (c Config) stylesheetLink() ([]string, error) {
	if !c.Production {
		return nil, nil
	}
	address, err := c.Static.URL("hutch.css")
	return []string{"<" + address + ">; rel=preload; as=style"}, err
}

// varyOfPages names what a page depends on beside its address.
func varyOfPages() []string {
	return []string{"Accept-Encoding, Cookie, Accept-Language, HX-Request, HX-Request-Type, HX-Target, HX-Source, HX-History-Restore-Request"}
}

// setCacheControl says who may keep an answer. One that is for one visitor, or
// that sets a cookie, nobody may.
func setCacheControl(h http.Header, personal bool, otherwise string) {
	if personal || session.SetsCookie(h) {
		otherwise = "no-store"
	}
	h.Set("Cache-Control", otherwise)
}

// instead is the page that answers htmx when a form could not be handled for now.
// The form in the visitor's page is better than the one here: it still holds the
// password. So it stays, with a notice that offers to send it once more.
func instead(c *gin.Context, r page) templates.Page {
	form, has := r.page.(interface{ Trouble() i18n.Message })
	if !has || !wantsFragment(c) || (r.status < http.StatusInternalServerError && r.status != http.StatusTooManyRequests) {
		return r.page
	}
	return templates.Problem{Heading: "form.problem", Text: form.Trouble(), Stays: true, RetryForm: sentForm(c)}
}

// notice is what the page before has left to be said, if it is something that
// this site says.
func (s *site) notice(c *gin.Context) i18n.Message {
	left := i18n.Message(s.Sessions.TakeNotice(c))
	if !slices.Contains(notices(), left) {
		return ""
	}
	return left
}

// fragment is the part of the page that htmx asked for; "" where the whole page
// is wanted. What has no such part must not end up inside of a form: it takes
// the place of what the visitor sees, or stands above it as a notice, so that
// nothing typed is lost.
func (s *site) fragment(c *gin.Context, r page) string {
	if !wantsFragment(c) {
		return ""
	}
	if wanted := targetID(c); s.Templates.HasFragment(r.page, wanted) {
		return wanted
	}
	part := "main"
	if problem, is := r.page.(templates.Problem); is && problem.Stays {
		part = "notices"
	}
	retarget(c, part)
	return part
}

// retarget has htmx put the answer into another element than it was going to.
func retarget(c *gin.Context, id string) {
	c.Header("HX-Retarget", "#"+id)
	c.Header("HX-Reswap", "innerHTML")
}

// frame is what the layout needs to know of the request.
func (s *site) frame(c *gin.Context) templates.Frame {
	_, signedIn := session.From(c)
	return templates.Frame{
		Address:    s.PublicURL,
		Language:   s.language(c),
		Path:       c.Request.URL.Path,
		Appearance: s.Sessions.Appearance(c),
		SignedIn:   signedIn,
	}
}

// language is the member's own, else what the browser asks for.
func (s *site) language(c *gin.Context) *i18n.Language {
	own, _ := session.From(c)
	return s.Words.Choose(own.Language, c.GetHeader("Accept-Language"))
}

func (s *site) respondSeeOther(c *gin.Context, r seeOther) {
	c.Header("Cache-Control", "no-store")
	for _, happened := range eventsOf(r.notice) {
		s.event(c, happened)
	}
	if r.notice != "" {
		s.Sessions.LeaveNotice(c, string(r.notice))
	}
	// The paths come from routes or have been checked; this holds against a
	// handler that forgets.
	lead(c, http.StatusSeeOther, session.ReturnTo(r.path, "/"))
}

// lead sends the browser to an address, which has just been checked. Nothing
// else does. HX-Location would have to be JSON: out of a bare address, htmx reads
// options, so that a comma in a query is enough to change where it goes.
func lead(c *gin.Context, status int, address string) {
	if isHTMX(c) {
		// A redirect would be followed by fetch and its page swapped into a form.
		c.Header("HX-Redirect", address)
		c.Status(http.StatusOK)
		c.Writer.WriteHeaderNow()
		return
	}
	c.Redirect(status, address)
}

// respondAgain has a whole page loaded anew where htmx wanted a part of it: what
// stands around that part is out of date as well.
func (s *site) respondAgain(c *gin.Context, r again) {
	if !wantsFragment(c) {
		s.respondSeeOther(c, seeOther{path: r.path})
		return
	}
	c.Header("Cache-Control", "no-store")
	c.Header("HX-Refresh", "true")
	c.Status(http.StatusOK)
	c.Writer.WriteHeaderNow()
}

// prepared is a page made at start, for when making one fails or there is no time
// for it.
type prepared struct {
	page   []byte
	notice []byte // for htmx, above what the visitor sees
	again  []byte // likewise, with a button that sends the form once more
}

// What stands in a prepared page where the name of the request goes, and the id of
// the form.
const (
	requestPlace = "the-name-of-the-request"
	formPlace    = "the-id-of-the-form"
)

// preparePages makes them in each language. None can hold what was typed; browsers
// can, where there is no htmx.
func (s *site) preparePages() (err error) {
	reload := []i18n.Message{"problem.reload"}
	if s.broken, err = s.prepare(templates.Problem{Heading: "problem.broken", Text: "problem.brokentext", Notes: reload}); err != nil {
		return err
	}
	s.busy, err = s.prepare(templates.Problem{Heading: "problem.busy", Text: "problem.busytext", Notes: reload})
	return err
}

func (s *site) prepare(p templates.Problem) (map[string]prepared, error) {
	all := map[string]prepared{}
	p.RequestID = requestPlace
	again := p
	again.Stays, again.RetryForm = true, formPlace
	for _, language := range s.Words.Languages() {
		frame := templates.Frame{Language: language, Site: templates.Site{Name: cmp.Or(s.SiteName, defaultName)}}
		page, err := s.Templates.Render(p, frame, "")
		if err != nil {
			return nil, err
		}
		notice, err := s.Templates.Render(p, frame, "notices")
		if err != nil {
			return nil, err
		}
		noticeAgain, err := s.Templates.Render(again, frame, "notices")
		if err != nil {
			return nil, err
		}
		all[language.Tag] = prepared{page, notice, noticeAgain}
	}
	return all, nil
}

func (s *site) respondFailsafe(c *gin.Context, err error) {
	s.Sessions.BeforeWrite(c)
	s.Log.Error("the page could not be made", append(s.who(c), "route", c.FullPath(), "error", err)...)
	if !c.Writer.Written() {
		s.respondPrepared(c, http.StatusInternalServerError, s.broken)
	}
}

func (s *site) respondPrepared(c *gin.Context, status int, what map[string]prepared) {
	c.Header("Cache-Control", "no-store")
	chosen := what[s.language(c).Tag]
	html := chosen.page
	form := sentForm(c)
	if wantsFragment(c) {
		retarget(c, "notices")
		html = chosen.notice
	}
	if form != "" {
		html = chosen.again
	}
	html = bytes.ReplaceAll(html, []byte(requestPlace), []byte(template.HTMLEscapeString(requestID(c.Request))))
	html = bytes.ReplaceAll(html, []byte(formPlace), []byte(template.HTMLEscapeString(form)))
	c.Data(status, htmlType, html)
}

// isHTMX reports whether htmx made the request, of whatever kind. Where it
// restores a page from the browser's history, it says nothing but that.
func isHTMX(c *gin.Context) bool { return c.GetHeader("HX-Request") == "true" || isRestore(c) }

func isRestore(c *gin.Context) bool { return c.GetHeader("HX-History-Restore-Request") == "true" }

// wantsFragment reports whether htmx will put the answer into a part of the
// page: not when it replaces the body, nor when it restores a page from the
// browser's history.
func wantsFragment(c *gin.Context) bool {
	return isHTMX(c) && c.GetHeader("HX-Request-Type") == "partial" && !isRestore(c)
}

// targetID is the id in htmx's HX-Target header, which reads "form#signin".
func targetID(c *gin.Context) string {
	_, id, _ := strings.Cut(c.GetHeader("HX-Target"), "#")
	return id
}

// sentForm is the id of the form that htmx sends, so that a notice can offer to
// send it again; "" for links and for requests without htmx.
func sentForm(c *gin.Context) string {
	form, id, _ := strings.Cut(c.GetHeader("HX-Source"), "#")
	if !wantsFragment(c) || form != "form" {
		return ""
	}
	return id
}

func (s *site) respondMoved(c *gin.Context, r moved) {
	// Browsers keep a 301 for ever, where nobody says for how long.
	setCacheControl(c.Writer.Header(), signedIn(c), "no-cache")
	lead(c, r.status, cmp.Or(s.redirectTarget(r.target), "/"))
}

func retryAfter(c *gin.Context, seconds int) { c.Header("Retry-After", strconv.Itoa(seconds)) }
