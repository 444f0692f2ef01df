package web

import (
	"crypto/rand"
	"net/http"
	"net/netip"
	"strings"

	"github.com/gin-gonic/gin"
)

// requestIDHeader identifies a request in our log, in the proxy's and in Directus'.
const requestIDHeader = "X-Request-Id"

// NameRequests gives each request an id that visitors can quote when they contact the
// operator. A trusted proxy's is kept; anybody else's could be the id of another
// request. From here on the request's own header has it.
func NameRequests(trustedProxies []string) gin.HandlerFunc {
	trusted := networks(trustedProxies)
	return func(c *gin.Context) {
		id := c.GetHeader(requestIDHeader)
		if !couldBeRequestID(id) || !contains(trusted, c.RemoteIP()) {
			id = rand.Text()
		}
		c.Request.Header[requestIDHeader] = []string{id}
		c.Writer.Header()[requestIDHeader] = []string{id}
	}
}

// couldBeRequestID rejects text that would be a message of its own in a log or page.
func couldBeRequestID(id string) bool {
	return len(id) >= 8 && len(id) <= 128 && strings.IndexFunc(id, func(r rune) bool {
		return !strings.ContainsRune("-_.:=+/@", r) && (r < '0' || r > '9') && (r < 'A' || r > 'Z') && (r < 'a' || r > 'z')
	}) < 0
}

// networks parses addresses and networks, which the configuration has checked.
func networks(listed []string) []netip.Prefix {
	var all []netip.Prefix
	for _, one := range listed {
		if network, err := netip.ParsePrefix(one); err == nil {
			all = append(all, network)
		} else if address, err := netip.ParseAddr(one); err == nil {
			all = append(all, netip.PrefixFrom(address, address.BitLen()))
		}
	}
	return all
}

func contains(all []netip.Prefix, ip string) bool {
	address, err := netip.ParseAddr(ip)
	if err != nil {
		return false
	}
	for _, network := range all {
		if network.Contains(address.Unmap()) {
			return true
		}
	}
	return false
}

func requestID(r *http.Request) string { return r.Header.Get(requestIDHeader) }
