package session

import (
	"net/http"
	"slices"
	"strings"

	"github.com/gin-gonic/gin"
)

// Besides the session, a browser stores three values for us that are neither secret nor
// tied to a session. They apply to this host only: unlike a session, they are not
// worth sharing across hosts.

const appearanceCookie, languageCookie = "appearance", "language"

// Appearance returns the colour scheme to show: light, dark, or "" for the device's
// preference. This browser's choice takes precedence over the member's profile.
func (m *Manager) Appearance(c *gin.Context) string {
	chosen := m.plain(c, appearanceCookie)
	if chosen == "" {
		own, _ := From(c)
		chosen = own.Appearance
	}
	if chosen == "light" || chosen == "dark" {
		return chosen
	}
	return ""
}

// SetAppearance stores this browser's choice (light, dark or auto) for a year; any
// other value clears it.
func (m *Manager) SetAppearance(c *gin.Context, value string) {
	if value != "light" && value != "dark" && value != "auto" {
		value = ""
	}
	// Lax, so that a page opened from a link elsewhere has the right colours too.
	m.setPlain(c, appearanceCookie, value, 365*24*60*60, http.SameSiteLaxMode)
}

// Language returns the tag of the language that this browser's visitor chose, else that of
// the member's profile; "" for what the browser asks for.
func (m *Manager) Language(c *gin.Context) string {
	if chosen := m.plain(c, languageCookie); chosen != "" {
		return chosen
	}
	own, _ := From(c)
	return own.Language
}

// SetLanguage stores this browser's choice for a year; "" clears it.
func (m *Manager) SetLanguage(c *gin.Context, tag string) {
	m.setPlain(c, languageCookie, tag, 365*24*60*60, http.SameSiteLaxMode)
}

// noticeCookie is sealed, so that a page can only show notices that this site has
// left.
const noticeCookie = "notice"

// LeaveNotice stores the id of a notice for the next page to show. It expires after a
// minute, when it would no longer be news.
func (m *Manager) LeaveNotice(c *gin.Context, id string) {
	if sealed, err := m.marks[noticeCookie].Seal(id); err == nil {
		m.setPlain(c, noticeCookie, sealed, 60, http.SameSiteStrictMode)
	}
}

// HasNotice reports whether a notice is waiting.
func (m *Manager) HasNotice(c *gin.Context) bool { return m.plain(c, noticeCookie) != "" }

// TakeNotice returns the waiting notice and clears it, or returns "".
func (m *Manager) TakeNotice(c *gin.Context) string {
	sealed := m.plain(c, noticeCookie)
	if sealed == "" {
		return ""
	}
	m.setPlain(c, noticeCookie, "", 0, http.SameSiteStrictMode)
	var id string
	m.marks[noticeCookie].Open(sealed, &id)
	return id
}

// SetsCookie reports whether a response with these headers sets a cookie, and so
// belongs to one visitor.
func SetsCookie(h http.Header) bool { return h.Get("Set-Cookie") != "" }

// LeavesCookie reports whether a response with these headers sets a cookie that the
// browser is to send from now on, rather than to forget.
func LeavesCookie(h http.Header) bool {
	return slices.ContainsFunc(h.Values("Set-Cookie"), func(line string) bool { return !strings.Contains(line, "; Max-Age=0") })
}

func (m *Manager) plain(c *gin.Context, name string) string {
	value, err := c.Cookie(m.plainName(name))
	if err != nil {
		return ""
	}
	return value
}

// setPlain stores value for maxAge seconds; an empty one deletes the cookie.
func (m *Manager) setPlain(c *gin.Context, name, value string, maxAge int, sameSite http.SameSite) {
	if value == "" {
		maxAge = -1
	}
	removeCookie(c, m.plainName(name))     // a request may set it twice; only the last counts
	http.SetCookie(c.Writer, &http.Cookie{ // #nosec G124 -- Secure wherever the site has HTTPS; SameSite is strict or lax
		Name:     m.plainName(name),
		Value:    value,
		Path:     "/",
		MaxAge:   maxAge,
		Secure:   m.config.Secure,
		HttpOnly: true,
		SameSite: sameSite,
	})
}

func (m *Manager) plainName(name string) string {
	if m.config.Secure {
		return "__Host-" + name
	}
	return name
}
