package web

import (
	"net/http"
	"strings"

	"github.com/gin-gonic/gin"
)

// sameOrigin tells requests of our own pages from others' by what browsers say of
// them (Sec-Fetch-Site, else Origin).
func (c Config) sameOrigin() (*http.CrossOriginProtection, error) {
	protection := http.NewCrossOriginProtection()
	if c.PublicURL == "" {
		return protection, nil
	}
	// A reverse proxy may have changed the Host that Origin is compared with.
	return protection, protection.AddTrustedOrigin(c.PublicURL)
}

// RefuseCrossOrigin refuses what another site's page sent to change something.
// Together with the cookie's SameSite=Strict it replaces tokens in forms.
func (r *Responder) RefuseCrossOrigin(c *gin.Context) {
	if r.isInsecure(c.Request) {
		r.log.Event(c, EventCrossOrigin)
		r.Respond(c, r.Problem(c, errInsecure))
		return
	}
	if r.origins.Check(c.Request) != nil || r.hidesItsOrigin(c.Request) || r.isUnencrypted(c.Request) {
		r.log.Event(c, EventCrossOrigin)
		r.Respond(c, r.Problem(c, errCrossOrigin))
	}
}

// isInsecure reports whether a form was sent from our own page opened without https,
// where no cookie of ours is kept and others can read what is typed.
func (r *Responder) isInsecure(req *http.Request) bool {
	host, secure := strings.CutPrefix(r.config.PublicURL, "https://")
	origin := req.Header.Get("Origin")
	return secure && req.Method == http.MethodPost && (strings.EqualFold(origin, "http://"+host) || strings.EqualFold(origin, "http://"+req.Host))
}

// hidesItsOrigin reports whether a request that changes something carries a
// visitor's cookie and does not say which site it was sent from. Every browser that
// honours SameSite=Strict says so. The standard library lets such a request pass,
// for programs; they have no cookie of ours.
func (r *Responder) hidesItsOrigin(req *http.Request) bool {
	return changes(req) && req.Header.Get("Sec-Fetch-Site") == "" && req.Header.Get("Origin") == "" && r.sessions.Carries(req)
}

// isUnencrypted reports whether a request that changes something comes from a page
// that was served without TLS, although the site has it: whoever sits on the network
// can write such a page. The standard library compares hosts alone, for servers that
// cannot know their own scheme.
func (r *Responder) isUnencrypted(req *http.Request) bool {
	scheme, _, _ := strings.Cut(req.Header.Get("Origin"), ":")
	return changes(req) && strings.EqualFold(scheme, "http") && strings.HasPrefix(r.config.PublicURL, "https:")
}

// changes reports whether a request may change something.
func changes(req *http.Request) bool {
	return req.Method != http.MethodGet && req.Method != http.MethodHead && req.Method != http.MethodOptions
}

// RefuseEmbedding refuses to be anything but a page of its own to other sites (a
// resource isolation policy): they may link to our pages, but neither frame them nor
// load them as images, scripts or data. A sibling domain, or another port of this
// host, is another site here, though browsers send it our strict cookies.
func (r *Responder) RefuseEmbedding(c *gin.Context) {
	if c.GetHeader("Sec-Fetch-Mode") == "navigate" && c.GetHeader("Sec-Fetch-Dest") == "document" {
		return
	}
	changing := *c.Request
	changing.Method = http.MethodPost // a GET, held to the rule for a POST
	if r.origins.Check(&changing) != nil {
		r.log.Event(c, EventCrossOrigin)
		r.Respond(c, Text{http.StatusForbidden, http.StatusText(http.StatusForbidden)}) // no place for a page
	}
}
