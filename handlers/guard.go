package handlers

import (
	"net/http"
	"net/url"

	"github.com/gin-gonic/gin"

	"hutch/session"
	"hutch/templates"
)

const (
	// returnParam carries where a visitor wanted to go through sign-in and
	// sign-up.
	returnParam = "redirectedFrom"
	// afterSignIn is where visitors go who wanted nothing in particular.
	afterSignIn = "/profile"
)

// membersOnly sends visitors without a session to sign in, and back afterwards, with
// what they have typed.
func (s *site) membersOnly(c *gin.Context) {
	if _, signedIn := session.From(c); signedIn {
		return
	}
	if c.Request.Method == http.MethodPost {
		s.respond(c, s.withoutSession(c))
		return
	}
	wanted := afterSignIn
	if c.Request.Method == http.MethodGet {
		wanted = session.ReturnTo(c.Request.URL.RequestURI(), afterSignIn)
	}
	if arrivesFromElsewhere(c.Request) {
		s.respond(c, arrival(c))
		return
	}
	s.respond(c, seeOther{withReturn("/signin", wanted), noticeMembersOnly})
}

// arrivesFromElsewhere reports whether a visitor has followed a link on another
// site to here. The browser has then kept the session's cookie back
// (SameSite=Strict), so its absence says nothing yet. The page that loads
// itself once more comes from here: then Sec-Fetch-Site is "same-origin".
func arrivesFromElsewhere(r *http.Request) bool {
	return r.Method == http.MethodGet &&
		r.Header.Get("Sec-Fetch-Site") == "cross-site" &&
		r.Header.Get("Sec-Fetch-Mode") == "navigate" &&
		r.Header.Get("Sec-Fetch-Dest") == "document"
}

// forStrangers is the answer to whoever opens sign-in or sign-up and is signed
// in, or may be; nil: they are to see the form.
func forStrangers(c *gin.Context) reply {
	if _, signedIn := session.From(c); signedIn {
		return seeOther{path: returnTo(c)}
	}
	if arrivesFromElsewhere(c.Request) {
		return arrival(c)
	}
	return nil
}

// arrival is the page that loads the same address once more.
func arrival(c *gin.Context) reply {
	return page{http.StatusOK, templates.Arrival{URL: session.ReturnTo(c.Request.URL.RequestURI(), afterSignIn)}}
}

// returnTo is where the request wants to go after signing in.
func returnTo(c *gin.Context) string {
	return session.ReturnTo(c.Query(returnParam), afterSignIn)
}

// withReturn adds where to go afterwards to path. A wish so long that the
// address would be refused once it is encoded is dropped, not the sign-in.
func withReturn(path, wanted string) string {
	if full := path + "?" + (url.Values{returnParam: {wanted}}).Encode(); session.ReturnTo(full, "") != "" {
		return full
	}
	return path
}

// sessionRefused answers where Directus has refused the session's token. What the
// browser can send again as it was, it is to send again, once, since it may have a
// newer cookie by then. If it has not, the visitor signs in again.
func (s *site) sessionRefused(c *gin.Context, wanted string) reply {
	if s.sessionSeen(c, s.Sessions.Refused(c)); c.IsAborted() {
		return nil // it has answered
	}
	if c.Request.Method == http.MethodPost {
		return s.withoutSession(c)
	}
	return seeOther{withReturn("/signin", wanted), noticeEnded}
}
