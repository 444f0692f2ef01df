package account

import (
	"net/http"
	"net/url"

	"github.com/gin-gonic/gin"

	"hutch/handlers/web"
	"hutch/session"
	"hutch/templates"
)

const (
	// returnParam carries where a visitor wanted to go through sign-in and sign-up.
	returnParam = "redirectedFrom"
	// afterSignIn is where visitors go who wanted nothing in particular.
	afterSignIn = "/profile"
)

// SessionSeen records what became of the session of a request, and answers one that
// has to be sent again.
func (h *Handlers) SessionSeen(c *gin.Context, outcome session.Outcome) {
	h.Log.Session(c, outcome)
	if outcome != session.Retrying || c.Request.Method != http.MethodGet {
		return // a POST goes on without a session: sent again, it would be done twice
	}
	if path := session.ReturnTo(c.Request.URL.RequestURI(), ""); path != "" {
		h.Responder.Respond(c, web.Reload{Path: path})
	}
}

// MembersOnly sends visitors without a session to sign in, and back afterwards, with
// what they have typed.
func (h *Handlers) MembersOnly(c *gin.Context) {
	if signedIn(c) {
		return
	}
	if c.Request.Method == http.MethodPost {
		h.Responder.Respond(c, h.withoutSession(c))
		return
	}
	wanted := afterSignIn
	if c.Request.Method == http.MethodGet {
		wanted = session.ReturnTo(c.Request.URL.RequestURI(), afterSignIn)
	}
	if arrivesFromElsewhere(c.Request) {
		h.Responder.Respond(c, arrival(c))
		return
	}
	h.Responder.Respond(c, web.SeeOther{Path: withReturn("/signin", wanted), Notice: noticeMembersOnly})
}

// SessionRefused answers a member whose token Directus has refused; nil: it has been
// answered. A request that the browser can repeat unchanged is repeated, once, since
// the browser may have a newer cookie by then. If not, the visitor signs in again.
func (h *Handlers) SessionRefused(c *gin.Context) web.Response {
	if h.SessionSeen(c, h.Sessions.Refused(c)); c.IsAborted() {
		return nil
	}
	if c.Request.Method == http.MethodPost {
		return h.withoutSession(c)
	}
	return web.SeeOther{Path: withReturn("/signin", c.Request.URL.RequestURI()), Notice: noticeEnded}
}

// forStrangers returns the response for a member who opens sign-in or sign-up while
// signed in, or nil if the form is to be shown.
func forStrangers(c *gin.Context) web.Response {
	if signedIn(c) {
		return web.SeeOther{Path: returnTo(c)}
	}
	if arrivesFromElsewhere(c.Request) {
		return arrival(c)
	}
	return nil
}

// arrivesFromElsewhere reports whether a visitor followed a link on another site to
// here. The browser has then withheld the session's cookie (SameSite=Strict), so its
// absence says nothing yet. The page that reloads itself comes from here: then
// Sec-Fetch-Site is "same-origin".
func arrivesFromElsewhere(r *http.Request) bool {
	return r.Method == http.MethodGet &&
		r.Header.Get("Sec-Fetch-Site") == "cross-site" &&
		r.Header.Get("Sec-Fetch-Mode") == "navigate" &&
		r.Header.Get("Sec-Fetch-Dest") == "document"
}

// arrival is the page that loads the same address once more.
func arrival(c *gin.Context) web.Response {
	return web.OK(templates.Arrival{URL: session.ReturnTo(c.Request.URL.RequestURI(), afterSignIn)})
}

// returnTo returns where the request wants to go after signing in.
func returnTo(c *gin.Context) string {
	return session.ReturnTo(c.Query(returnParam), afterSignIn)
}

// withReturn adds to path where to go afterwards. If that is so long that the encoded
// address would be refused, it is dropped.
func withReturn(path, wanted string) string {
	if full := path + "?" + (url.Values{returnParam: {wanted}}).Encode(); session.ReturnTo(full, "") != "" {
		return full
	}
	return path
}
