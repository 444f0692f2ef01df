package web

import (
	"context"
	"net/http"

	"github.com/gin-gonic/gin"

	"hutch/internal/i18n"
	"hutch/session"
	"hutch/templates"
)

const htmlType = "text/html; charset=utf-8"

// Page is a page for one visitor, or the fragment of it that htmx asked for.
type Page struct {
	Status int
	Page   templates.Page
}

// OK is a page with status 200.
func OK(p templates.Page) Page { return Page{http.StatusOK, p} }

// Invalid is the page of a form that was filled in wrong: 422.
func Invalid(p templates.Page) Page { return Page{http.StatusUnprocessableEntity, p} }

// Write implements [Response].
func (p Page) Write(c *gin.Context, r *Responder) {
	shown := p.orNotice(c)
	if problem, is := shown.(templates.Problem); is && p.Status >= http.StatusInternalServerError {
		problem.RequestID = requestID(c.Request)
		shown = problem
	}
	fragment := r.fragment(c, shown)
	frame := r.Frame(c)
	frame.Member = MemberOf(c)
	var html []byte
	var err error
	if p.isOutage(c, r) {
		html, err = r.renderOutage(c, shown.(templates.Problem), frame)
	} else {
		frame.Site = r.config.SiteInfo(c.Request.Context())
		if fragment == "" && c.Request.Method == http.MethodGet {
			frame.Notice = i18n.Message(r.sessions.TakeNotice(c))
		}
		html, err = r.config.Templates.Render(shown, frame, fragment)
	}
	if err != nil {
		r.failsafe(c, err)
		return
	}
	// What one visitor sees must not be shown to another nor, after signing out, by
	// the Back button; and a notice is shown once.
	_, arrival := shown.(templates.Arrival) // the same address shows another page next
	h := c.Writer.Header()
	setCacheControl(h, frame.SignedIn || frame.Notice != "" || arrival || c.Request.Method != http.MethodGet, "private, no-cache")
	r.setPageHeaders(h, fragment)
	setRobots(h, robotsOf(shown))
	encoding, body := r.compressor.encodeFor(c.GetHeader("Accept-Encoding"), html)
	send(c, p.Status, htmlType, encoding, body)
}

// orNotice returns a notice in place of a form that could not be handled for now,
// if htmx sent it. The form in the visitor's page is better than the one here: it
// still holds the password. So it stays, and the notice offers to send it again.
func (p Page) orNotice(c *gin.Context) templates.Page {
	form, has := p.Page.(interface{ Trouble() i18n.Message })
	if !has || form.Trouble() == "" || !wantsFragment(c) || (p.Status < http.StatusInternalServerError && p.Status != http.StatusTooManyRequests) {
		return p.Page
	}
	return templates.Problem{Heading: "form.problem", Text: form.Trouble(), Stays: true, RetryForm: SentForm(c)}
}

// fragment returns the part of the page that htmx asked for; "" for the whole
// page. A page without that part must not end up inside a form: it replaces the
// main part, or stands above it as a notice, so that nothing typed is lost.
func (r *Responder) fragment(c *gin.Context, p templates.Page) string {
	if !wantsFragment(c) {
		return ""
	}
	if wanted := targetID(c); r.config.Templates.HasFragment(p, wanted) {
		return wanted
	}
	part := "main"
	if problem, is := p.(templates.Problem); is && problem.Stays {
		part = "notices"
	}
	retarget(c, part)
	return part
}

// Frame returns what the layout needs to know of the request. [Responder.Render]'s
// caller adds what the site itself is called and shows.
func (r *Responder) Frame(c *gin.Context) templates.Frame {
	return templates.Frame{
		Address:    r.config.PublicURL,
		Language:   r.Language(c),
		Path:       c.Request.URL.Path,
		Appearance: r.sessions.Appearance(c),
		SignedIn:   signedIn(c),
	}
}

// MemberOf returns who is signed in, for what nobody else is sent.
func MemberOf(c *gin.Context) templates.Member {
	own, _ := session.From(c)
	return templates.Member{Name: own.Name, Email: own.Email, Avatar: own.Avatar}
}

// Language returns the language that the visitor chose, else the member's own, else the one
// the browser prefers.
func (r *Responder) Language(c *gin.Context) *i18n.Language {
	return r.config.Words.Choose(r.sessions.Language(c), c.GetHeader("Accept-Language"))
}

// HasNotice reports whether a notice waits to be shown to the visitor.
func (r *Responder) HasNotice(c *gin.Context) bool { return r.sessions.HasNotice(c) }

// Rendered is a page, or a fragment of one, ready to be sent to any number of
// visitors.
type Rendered struct {
	fragment string // "": a whole page
	robots   string // "": nothing is forbidden
	body     Body
}

// Render renders a page for many visitors. frame must depend on nothing but what
// they have in common.
func (r *Responder) Render(p templates.Page, frame templates.Frame, fragment string) (Rendered, error) {
	if fragment != "" && !r.config.Templates.HasFragment(p, fragment) {
		fragment = "main"
	}
	html, err := r.config.Templates.Render(p, frame, fragment)
	if err != nil {
		return Rendered{}, err
	}
	return Rendered{fragment, robotsOf(p), r.Encode(htmlType, html)}, nil
}

// Size returns how much memory it takes, in bytes.
func (p Rendered) Size() int { return p.body.Size() }

// Write implements [Response].
func (p Rendered) Write(c *gin.Context, r *Responder) {
	if p.fragment != "" && p.fragment != targetID(c) {
		retarget(c, p.fragment) // the page has no part of that name
	}
	h := c.Writer.Header()
	r.setPageHeaders(h, p.fragment)
	setRobots(h, p.robots)
	// Anybody may store it, and revalidates it each time.
	setCacheControl(h, signedIn(c), "public, no-cache")
	p.body.write(c)
}

// setPageHeaders names what a page depends on beside its address, and the
// stylesheet of a whole one.
func (r *Responder) setPageHeaders(h http.Header, fragment string) {
	h["Vary"] = r.ofPages["Vary"]
	if link := r.ofPages["Link"]; link != nil && fragment == "" {
		h["Link"] = link
	}
}

// robotsOf returns what editors forbid search engines to do with a page.
func robotsOf(p templates.Page) string {
	if page, says := p.(interface{ Robots() string }); says {
		return page.Robots()
	}
	return ""
}

// setRobots repeats it for those that read no HTML.
func setRobots(h http.Header, robots string) {
	if robots != "" {
		h.Set("X-Robots-Tag", robots)
	}
}

// pageHeader makes these headers once. A reverse proxy can send browsers for the
// stylesheet before the page is there (RFC 8297); in development, where it is being
// edited, its name may change at any time.
func (c Config) pageHeader() (http.Header, error) {
	header := http.Header{"Vary": {"Accept-Encoding, Cookie, Accept-Language, HX-Request, HX-Request-Type, HX-Target, HX-Source"}}
	if !c.Production {
		return header, nil
	}
	address, err := c.Static.URL("hutch.css")
	header["Link"] = []string{"<" + address + ">; rel=preload; as=style"}
	return header, err
}

// SignUpClosed reports whether it is known that nobody can make an account.
func (r *Responder) SignUpClosed(ctx context.Context) bool {
	return r.config.SiteInfo(ctx).SignUpClosed
}

// SiteName returns what the site is called.
func (r *Responder) SiteName(ctx context.Context) string { return r.config.SiteInfo(ctx).Name }
