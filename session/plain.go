package session

import (
	"net/http"

	"github.com/gin-gonic/gin"
)

// Beside the session, a browser keeps two things for us that are no secret and
// belong to nobody's session. They are for this host alone: unlike a session,
// they are not worth sharing between hosts.

// Appearance is the colour scheme to show: light, dark, or "" for what the
// device prefers. What this browser has chosen counts before what the member has
// set in their profile.
func (k *Manager) Appearance(c *gin.Context) string {
	chosen := k.plain(c, "appearance")
	if chosen == "" {
		own, _ := From(c)
		chosen = own.Appearance
	}
	if chosen == "light" || chosen == "dark" {
		return chosen
	}
	return ""
}

// SetAppearance keeps this browser's choice (light, dark or auto) for a year;
// anything else forgets it.
func (k *Manager) SetAppearance(c *gin.Context, value string) {
	if value != "light" && value != "dark" && value != "auto" {
		value = ""
	}
	// Lax, so that the page of a link from elsewhere has the right colours too.
	k.setPlain(c, "appearance", value, 365*24*60*60, http.SameSiteLaxMode)
}

// LeaveNotice keeps the id of a notice for the next page, which says it. It
// lasts a minute: news that comes later is none.
func (k *Manager) LeaveNotice(c *gin.Context, id string) {
	k.setPlain(c, "notice", id, 60, http.SameSiteStrictMode)
}

// HasNotice reports whether a notice was left.
func (k *Manager) HasNotice(c *gin.Context) bool { return k.plain(c, "notice") != "" }

// TakeNotice returns the notice that was left, once, or "". The browser may have
// made it up.
func (k *Manager) TakeNotice(c *gin.Context) string {
	id := k.plain(c, "notice")
	if id != "" {
		k.setPlain(c, "notice", "", 0, http.SameSiteStrictMode)
	}
	return id
}

// SetsCookie reports whether an answer with these headers is one visitor's: it
// sets a cookie.
func SetsCookie(h http.Header) bool { return h.Get("Set-Cookie") != "" }

func (k *Manager) plain(c *gin.Context, name string) string {
	value, err := c.Cookie(k.plainName(name))
	if err != nil {
		return ""
	}
	return value
}

// setPlain keeps value for so many seconds; an empty one is forgotten.
func (k *Manager) setPlain(c *gin.Context, name, value string, maxAge int, sameSite http.SameSite) {
	if value == "" {
		maxAge = -1
	}
	http.SetCookie(c.Writer, &http.Cookie{ // #nosec G124 -- Secure wherever the site has HTTPS; SameSite is strict or lax
		Name:     k.plainName(name),
		Value:    value,
		Path:     "/",
		MaxAge:   maxAge,
		Secure:   k.config.Secure,
		HttpOnly: true,
		SameSite: sameSite,
	})
}

func (k *Manager) plainName(name string) string {
	if k.config.Secure {
		return "__Host-" + name
	}
	return name
}
