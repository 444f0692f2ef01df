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
func (k *Keeper) Appearance(c *gin.Context) string {
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
func (k *Keeper) SetAppearance(c *gin.Context, value string) {
	if value != "light" && value != "dark" && value != "auto" {
		value = ""
	}
	// Lax, so that the page of a link from elsewhere has the right colours too.
	k.setPlain(c, "appearance", value, 365*24*60*60, http.SameSiteLaxMode)
}

// noticeCookie is sealed, so that a page says nothing that this site has not left
// to be said.
const noticeCookie = "notice"

// LeaveNotice keeps the id of a notice for the next page, which shows it. It lasts
// a minute: later it would not be news.
func (k *Keeper) LeaveNotice(c *gin.Context, id string) {
	if sealed, err := k.marks[noticeCookie].Seal(id); err == nil {
		k.setPlain(c, noticeCookie, sealed, 60, http.SameSiteStrictMode)
	}
}

// HasNotice reports whether a notice was left.
func (k *Keeper) HasNotice(c *gin.Context) bool { return k.plain(c, noticeCookie) != "" }

// TakeNotice returns the notice that was left, once, or "".
func (k *Keeper) TakeNotice(c *gin.Context) string {
	sealed := k.plain(c, noticeCookie)
	if sealed == "" {
		return ""
	}
	k.setPlain(c, noticeCookie, "", 0, http.SameSiteStrictMode)
	var id string
	k.marks[noticeCookie].Open(sealed, &id)
	return id
}

// SetsCookie reports whether an answer with these headers is one visitor's: it
// sets a cookie.
func SetsCookie(h http.Header) bool { return h.Get("Set-Cookie") != "" }

func (k *Keeper) plain(c *gin.Context, name string) string {
	value, err := c.Cookie(k.plainName(name))
	if err != nil {
		return ""
	}
	return value
}

// setPlain keeps value for so many seconds; an empty one is forgotten.
func (k *Keeper) setPlain(c *gin.Context, name, value string, maxAge int, sameSite http.SameSite) {
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

func (k *Keeper) plainName(name string) string {
	if k.config.Secure {
		return "__Host-" + name
	}
	return name
}
