package web

import (
	"net/netip"
	"strconv"
	"strings"
	"sync"

	"github.com/gin-gonic/gin"
)

// ReadForwarded reads in which visitor's name a trusted proxy asks, and leaves nothing
// but that address in the header, as Gin expects it: some gateways write the port as
// well, or quotes. Otherwise all visitors would count as one, and one could use up the
// attempts of all. A header that cannot be read is logged once.
func ReadForwarded(trustedProxies []string, log *Log) gin.HandlerFunc {
	trusted := networks(trustedProxies)
	var once sync.Once
	return func(c *gin.Context) {
		if !contains(trusted, c.RemoteIP()) {
			return
		}
		for _, name := range []string{"X-Forwarded-For", "X-Real-Ip"} {
			address, ok := visitorIn(c.Request.Header[name], trusted)
			if !ok {
				once.Do(func() {
					log.Warn("a trusted proxy sends a header that cannot be read: until it sends plain addresses, its visitors may count as one",
						"header", name, "proxy", c.RemoteIP(), "request", requestID(c.Request))
				})
			}
			if c.Request.Header.Del(name); address != "" {
				c.Request.Header[name] = []string{address}
			}
		}
	}
}

// visitorIn returns the last address that is not a trusted proxy's, or the first of
// all: each proxy adds the address that it was asked from, and what stands before that
// anybody may have written. ok is false if an entry on the way cannot be read; the
// address is the one after it then, if there is one.
func visitorIn(header []string, trusted []netip.Prefix) (address string, ok bool) {
	entries := strings.Split(strings.Join(header, ","), ",")
	for i := len(entries) - 1; i >= 0; i-- {
		entry := strings.Trim(entries[i], " \t\"")
		if entry == "" { // lists may have such entries (RFC 9110, 5.6.1.2)
			continue
		}
		read, ok := addressIn(entry)
		if !ok {
			return address, false
		}
		if address = read.String(); !contains(trusted, address) {
			return address, true
		}
	}
	return address, true
}

// addressIn reads an address without its port, brackets and zone: 198.51.100.7:40001,
// [2001:db8::7]:40001, fe80::7%eth0.
func addressIn(entry string) (netip.Addr, bool) {
	host := entry
	if colon := strings.LastIndexByte(entry, ':'); colon >= 0 && !isAddress(entry) {
		if _, err := strconv.ParseUint(entry[colon+1:], 10, 16); err != nil {
			return netip.Addr{}, false
		}
		host = entry[:colon]
	}
	address, err := netip.ParseAddr(withoutBrackets(host))
	return address.Unmap().WithZone(""), err == nil
}

func isAddress(text string) bool {
	_, err := netip.ParseAddr(withoutBrackets(text))
	return err == nil
}

func withoutBrackets(host string) string {
	if inside, opens := strings.CutPrefix(host, "["); opens {
		if inside, closes := strings.CutSuffix(inside, "]"); closes {
			return inside
		}
	}
	return host
}
