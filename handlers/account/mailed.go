package account

import (
	"errors"
	"net/http"
	"slices"
	"strings"

	"github.com/gin-gonic/gin"

	"hutch/handlers/web"
	"hutch/internal/directus"
	"hutch/session"
	"hutch/templates"
)

// A mailed link carries a token in its address. Addresses end up in histories, logs
// and Referer headers, so the token moves into a sealed cookie and the visitor to the
// same page without it. It stays there after it has been used: pressing the button
// twice then says so.

// maxMailedToken is far longer than any of Directus', and far shorter than proxies'
// limits on cookies: anybody can make up a link.
const maxMailedToken = 1024

// keepMailedToken does that if the request carries a token; otherwise it returns nil,
// and the page is shown.
func (h *Handlers) keepMailedToken(c *gin.Context, link mailedLink) (web.Response, error) {
	token, brings := c.GetQuery("token")
	if brings && (len(token) > maxMailedToken || strings.Count(token, ".") != 2) {
		return link.isBroken(), nil
	}
	if brings {
		return web.SeeOther{Path: c.FullPath()}, h.Sessions.Save(c, link.kind, token)
	}
	if h.mailedToken(c, link) == "" {
		return link.isBroken(), nil
	}
	return nil, nil
}

// mailedToken returns the token that this browser holds, or "".
func (h *Handlers) mailedToken(c *gin.Context, link mailedLink) string {
	var token string
	h.Sessions.Load(c, link.kind, &token)
	return token
}

// mailedTo returns the address that the link was mailed to, if it can be one: anybody
// can make up a link.
func (h *Handlers) mailedTo(c *gin.Context, link mailedLink) string {
	email := directus.MailedAddress(h.mailedToken(c, link))
	if checkEmail(email, msgEnterEmail) != "" {
		return ""
	}
	return email
}

// mailedLink describes a kind of link: which cookie keeps its token, and what its page
// says when it does not work, with the way on.
type mailedLink struct {
	kind                  session.Kind
	expired, used, broken templates.Problem
	usedCodes             []directus.Code // how Directus refuses a used token
}

func verifyLink() mailedLink {
	return mailedLink{
		kind:      session.PendingVerify,
		expired:   templates.Problem{Heading: "link.expired", Text: "link.expiredverify", WayURL: "/signup", WayLabel: "nav.signup"},
		used:      templates.Problem{Heading: "link.used", Text: "link.usedverify", WayURL: "/signin", WayLabel: "nav.signin"},
		broken:    templates.Problem{Heading: "link.broken", Text: "link.brokenverify", WayURL: "/signup", WayLabel: "nav.signup"},
		usedCodes: []directus.Code{directus.InvalidPayload},
	}
}

func resetLink() mailedLink {
	return mailedLink{
		kind:      session.PendingReset,
		expired:   templates.Problem{Heading: "link.expired", Text: "link.expiredreset", WayURL: "/password/forgot", WayLabel: "link.new"},
		used:      templates.Problem{Heading: "link.used", Text: "link.usedreset", WayURL: "/password/forgot", WayLabel: "link.new"},
		broken:    templates.Problem{Heading: "link.broken", Text: "link.brokenreset", WayURL: "/password/forgot", WayLabel: "link.new"},
		usedCodes: []directus.Code{directus.Forbidden},
	}
}

func inviteLink() mailedLink {
	return mailedLink{
		kind:      session.PendingInvite,
		expired:   templates.Problem{Heading: "link.expired", Text: "link.expiredinvite"},
		used:      templates.Problem{Heading: "link.used", Text: "link.usedinvite", WayURL: "/signin", WayLabel: "nav.signin"},
		broken:    templates.Problem{Heading: "link.broken", Text: "link.brokeninvite"},
		usedCodes: []directus.Code{directus.InvalidInvite, directus.InvalidPayload},
	}
}

// refusal returns the page for a token that Directus refused; refused is false for
// any other error.
func (l mailedLink) refusal(err error) (p web.Page, refused bool) {
	switch {
	case slices.ContainsFunc(l.usedCodes, func(code directus.Code) bool { return errors.Is(err, code) }):
		return web.Page{Status: http.StatusGone, Page: l.used}, true
	case errors.Is(err, directus.TokenExpired):
		return web.Page{Status: http.StatusGone, Page: l.expired}, true
	case errors.Is(err, directus.InvalidToken), errors.Is(err, directus.Forbidden), errors.Is(err, directus.InvalidPayload):
		return l.isBroken(), true
	}
	return web.Page{}, false
}

func (l mailedLink) isBroken() web.Page {
	return web.Page{Status: http.StatusBadRequest, Page: l.broken}
}

// InviteURL is where an invitation to a site at publicURL leads.
func InviteURL(publicURL string) string { return publicURL + InvitePath }

// MailedURLs are where mails lead on a site at publicURL. Directus must be told
// of them, in USER_REGISTER_URL_ALLOW_LIST, PASSWORD_RESET_URL_ALLOW_LIST and
// USER_INVITE_URL_ALLOW_LIST.
func MailedURLs(publicURL string) []string {
	return []string{publicURL + VerifyPath, publicURL + ResetPath, InviteURL(publicURL)}
}
