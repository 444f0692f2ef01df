package account

import (
	"bytes"
	"encoding/xml"
	"fmt"

	"github.com/gin-gonic/gin"

	"hutch/handlers/web"
)

// Picture answers with the member's picture, or with their initials, for the header: most
// pages are cached and the same for all members, so that none of them can say whose it is.
func (h *Handlers) Picture(c *gin.Context) (web.Response, error) {
	m := web.MemberOf(c)
	if m.Avatar != "" {
		return web.SeeOther{Path: "/profile/avatar/" + m.Avatar + "?size=160"}, nil
	}
	var initials bytes.Buffer
	if err := xml.EscapeText(&initials, []byte(m.Initials())); err != nil {
		return nil, fmt.Errorf("account: %w", err)
	}
	// In a page it is an image, which knows neither its colours nor its fonts.
	drawn := fmt.Appendf(nil, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 40 40"><rect width="40" height="40" fill="#5b6b60"/>`+
		`<text x="20" y="20" dy=".36em" text-anchor="middle" fill="#fff" font-family="system-ui, sans-serif" font-size="17" font-weight="600">%s</text></svg>`, initials.Bytes())
	return web.Document{CacheControl: "no-store", Body: web.Plain("image/svg+xml", drawn)}, nil
}
