package handlers

import (
	"net/http"

	"github.com/gin-gonic/gin"
)

// sameOrigin tells what our own pages sent from what others did, by what
// browsers say of it (Sec-Fetch-Site, else Origin).
func (c Config) sameOrigin() (*http.CrossOriginProtection, error) {
	protection := http.NewCrossOriginProtection()
	if c.PublicURL == "" {
		return protection, nil
	}
	// A proxy in front may have changed the Host that Origin is held against.
	return protection, protection.AddTrustedOrigin(c.PublicURL)
}

// refuseCrossOrigin refuses what another site's page sent to change something.
// Together with the cookie's SameSite=Strict it takes the place of tokens in
// forms.
func (s *site) refuseCrossOrigin(c *gin.Context) {
	if s.origins.Check(c.Request) != nil || s.saysNotFromWhere(c.Request) {
		s.event(c, eventCrossOrigin)
		s.respond(c, s.problem(c, errCrossOrigin))
	}
}

// saysNotFromWhere reports whether a request that changes something brings a
// visitor's cookie and does not say which site it was sent from. Each browser
// that keeps SameSite=Strict says so. The standard library lets such a request
// pass, for programs; they have no cookie of ours.
func (s *site) saysNotFromWhere(r *http.Request) bool {
	switch r.Method {
	case http.MethodGet, http.MethodHead, http.MethodOptions:
		return false
	}
	return r.Header.Get("Sec-Fetch-Site") == "" && r.Header.Get("Origin") == "" && s.Sessions.Carries(r)
}

// refuseEmbedding refuses to be anything but a page of its own to other sites (a
// resource isolation policy): they may link to our pages, and neither show them
// within theirs nor load them as images, scripts or data. A sibling domain, or
// another port of this host, is another site here, though browsers send it our
// strict cookies.
func (s *site) refuseEmbedding(c *gin.Context) {
	if c.GetHeader("Sec-Fetch-Mode") == "navigate" && c.GetHeader("Sec-Fetch-Dest") == "document" {
		return
	}
	asked := *c.Request
	asked.Method = http.MethodPost // reading, held to the rule for changing
	if s.origins.Check(&asked) != nil {
		s.event(c, eventCrossOrigin)
		s.respond(c, text{http.StatusForbidden, http.StatusText(http.StatusForbidden)}) // no place for a page
	}
}
