package account

import (
	"net/url"

	"github.com/gin-gonic/gin"

	"hutch/handlers/web"
	"hutch/session"
)

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

// previousPage returns the page of this site that the request was sent from. Our
// Referrer-Policy has browsers name it among our own pages; only path and query
// count, whatever the host.
func previousPage(c *gin.Context) string {
	page, err := url.Parse(c.Request.Referer())
	if err != nil {
		return "/"
	}
	if page.Path == "/appearance" {
		return "/" // which is only a form
	}
	return session.ReturnTo(page.RequestURI(), "/")
}
