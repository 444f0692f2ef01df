package handlers

import (
	"errors"
	"net/http"
	"slices"
	"strings"

	"github.com/gin-gonic/gin"

	"hutch/internal/directus"
	"hutch/session"
	"hutch/templates"
)

// A mailed link brings a token in its address. Addresses are kept by histories,
// logs and Referer headers, so the token goes on in a sealed cookie, and the
// visitor to the same page without it. It stays there when it has done its work:
// whoever presses twice is told that it has.

// maxMailedToken is far longer than any of Directus', and far shorter than what
// proxies take of a browser's cookies: everybody can make up a link.
const maxMailedToken = 1024

// keepMailedToken does that, if the request brings a token; otherwise it gives
// nil, and the page is to be shown.
func (s *site) keepMailedToken(c *gin.Context, link mailedLink) (reply, error) {
	token, brings := c.GetQuery("token")
	if brings && (len(token) > maxMailedToken || strings.Count(token, ".") != 2) {
		return link.isBroken(), nil
	}
	if brings {
		return seeOther{path: c.FullPath()}, s.Sessions.Save(c, link.held, token)
	}
	if s.mailedToken(c, link) == "" {
		return link.isBroken(), nil
	}
	return nil, nil
}

// mailedToken is the token that this browser holds, or "".
func (s *site) mailedToken(c *gin.Context, link mailedLink) string {
	var token string
	s.Sessions.Load(c, link.held, &token)
	return token
}

// mailedLink is what a link is for: where its token is held, and what its page
// says when it does not work, with the way on.
type mailedLink struct {
	held                  session.Kind
	expired, used, broken templates.Problem
	usedCodes             []directus.Code // Directus' answers to a token that was used
}

func verifyLink() mailedLink {
	return mailedLink{
		held:      session.PendingVerify,
		expired:   templates.Problem{Heading: "link.expired", Text: "link.expiredverify", WayURL: "/signup", WayLabel: "nav.signup"},
		used:      templates.Problem{Heading: "link.used", Text: "link.usedverify", WayURL: "/signin", WayLabel: "nav.signin"},
		broken:    templates.Problem{Heading: "link.broken", Text: "link.brokenverify", WayURL: "/signup", WayLabel: "nav.signup"},
		usedCodes: []directus.Code{directus.InvalidPayload},
	}
}

func resetLink() mailedLink {
	return mailedLink{
		held:      session.PendingReset,
		expired:   templates.Problem{Heading: "link.expired", Text: "link.expiredreset", WayURL: "/password/forgot", WayLabel: "link.new"},
		used:      templates.Problem{Heading: "link.used", Text: "link.usedreset", WayURL: "/password/forgot", WayLabel: "link.new"},
		broken:    templates.Problem{Heading: "link.broken", Text: "link.brokenreset", WayURL: "/password/forgot", WayLabel: "link.new"},
		usedCodes: []directus.Code{directus.Forbidden},
	}
}

func inviteLink() mailedLink {
	return mailedLink{
		held:      session.PendingInvite,
		expired:   templates.Problem{Heading: "link.expired", Text: "link.expiredinvite"},
		used:      templates.Problem{Heading: "link.used", Text: "link.usedinvite", WayURL: "/signin", WayLabel: "nav.signin"},
		broken:    templates.Problem{Heading: "link.broken", Text: "link.brokeninvite"},
		usedCodes: []directus.Code{directus.InvalidInvite, directus.InvalidPayload},
	}
}

// refusal is the page for a token that Directus has refused; refused is false for
// any other error.
func (l mailedLink) refusal(err error) (p page, refused bool) {
	switch {
	case slices.ContainsFunc(l.usedCodes, func(code directus.Code) bool { return errors.Is(err, code) }):
		return page{http.StatusGone, l.used}, true
	case errors.Is(err, directus.TokenExpired):
		return page{http.StatusGone, l.expired}, true
	case errors.Is(err, directus.InvalidToken), errors.Is(err, directus.Forbidden), errors.Is(err, directus.InvalidPayload):
		return l.isBroken(), true
	}
	return page{}, false
}

func (l mailedLink) isBroken() page { return page{http.StatusBadRequest, l.broken} }

// InviteURL is where an invitation to a site at publicURL leads.
func InviteURL(publicURL string) string { return publicURL + invitePath }

// MailedURLs are where mails lead on a site at publicURL. Directus must be told
// of them, in USER_REGISTER_URL_ALLOW_LIST, PASSWORD_RESET_URL_ALLOW_LIST and
// USER_INVITE_URL_ALLOW_LIST.
func MailedURLs(publicURL string) []string {
	return []string{publicURL + verifyPath, publicURL + resetPath, InviteURL(publicURL)}
}
