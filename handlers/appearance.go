package handlers

import (
	"net/url"

	"github.com/gin-gonic/gin"

	"hutch/session"
)

// chooseAppearance keeps the colours that the visitor wants, and leads back to
// the page that they are on.
func (s *site) chooseAppearance(c *gin.Context) (reply, error) {
	if err := readForm(c); err != nil {
		return nil, err
	}
	s.Sessions.SetAppearance(c, c.Request.PostForm.Get("appearance"))
	return seeOther{path: cameFrom(c)}, nil
}

// cameFrom is the page of this site that the request was sent from. Our
// Referrer-Policy has browsers say so among our own pages; only path and query
// count, whatever host is named.
func cameFrom(c *gin.Context) string {
	page, err := url.Parse(c.Request.Referer())
	if err != nil {
		return "/"
	}
	if page.Path == "/appearance" {
		return "/" // a page about how that address was asked for
	}
	return session.ReturnTo(page.RequestURI(), "/")
}
