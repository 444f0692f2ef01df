package account

import (
	"net/url"

	"github.com/gin-gonic/gin"

	"hutch/handlers/web"
	"hutch/session"
)

// CookiesPath checks that the browser keeps what has just been set, and leads on.
const CookiesPath = "/signin/cookies"

// WithCookies has a redirect that sets cookies pass by [CookiesPath] if the browser has
// sent none yet. One that refuses them, or was led here without https, would find an
// empty form instead of the page that it asked for, and its owner would not know why.
func (h *Handlers) WithCookies(c *gin.Context, to web.SeeOther) web.SeeOther {
	if !to.WorksWithout && session.LeavesCookie(c.Writer.Header()) && !h.Sessions.KeepsCookies(c.Request) {
		to.Path = withReturn(CookiesPath, to.Path)
	}
	return to
}

// CheckCookies leads on, or says what is missing. It tells nobody more than that: where
// it leads decides who may go on.
func (h *Handlers) CheckCookies(c *gin.Context) (web.Response, error) {
	switch {
	case h.Sessions.KeepsCookies(c.Request):
		return web.SeeOther{Path: returnTo(c)}, nil
	case arrivesFromElsewhere(c.Request): // most are withheld then
		return arrival(c), nil
	}
	return h.Responder.NoCookies(c, returnTo(c)), nil
}

// ChooseAppearance stores the colours that the visitor chose and returns to the page
// that they are on.
func (h *Handlers) ChooseAppearance(c *gin.Context) (web.Response, error) {
	if err := web.ReadForm(c); err != nil {
		return nil, err
	}
	if !c.Request.PostForm.Has("appearance") {
		return web.SeeOther{Path: previousPage(c)}, nil // nothing was chosen
	}
	chosen := c.Request.PostForm.Get("appearance")
	if own, signedIn := session.From(c); chosen == "" && signedIn && own.Appearance != "" {
		chosen = "auto" // not what the member's profile says
	}
	h.Sessions.SetAppearance(c, chosen)
	return web.SeeOther{Path: previousPage(c)}, nil
}

// ChooseLanguage stores the language that the visitor chose and returns to the page that
// they are on.
func (h *Handlers) ChooseLanguage(c *gin.Context) (web.Response, error) {
	if err := web.ReadForm(c); err != nil {
		return nil, err
	}
	chosen := c.Request.PostForm.Get("language")
	if h.Words.Choose(chosen).Tag != chosen {
		chosen = "" // none that there is
	}
	h.Sessions.SetLanguage(c, chosen)
	return web.SeeOther{Path: previousPage(c)}, nil
}

// previousPage returns the page of this site that the request was sent from. Our
// Referrer-Policy has browsers name it among our own pages; only path and query
// count, whatever the host.
func previousPage(c *gin.Context) string {
	page, err := url.Parse(c.Request.Referer())
	if err != nil {
		return "/"
	}
	if page.Path == "/appearance" || page.Path == "/language" {
		return "/" // which are only forms
	}
	return session.ReturnTo(page.RequestURI(), "/")
}
