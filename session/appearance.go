package session

import (
	"net/http"

	"github.com/gin-gonic/gin"
)

// Appearance is the colour scheme that this browser has chosen: light, dark, or
// "" for what the device prefers.
func (k *Keeper) Appearance(c *gin.Context) string {
	value, _ := c.Cookie(k.appearanceCookie())
	return knownAppearance(value)
}

// SetAppearance keeps the choice in this browser for a year; anything but light
// or dark forgets it. It is no secret, and belongs to nobody's session.
func (k *Keeper) SetAppearance(c *gin.Context, value string) {
	cookie := http.Cookie{
		Name:     k.appearanceCookie(),
		Value:    knownAppearance(value),
		Path:     "/",
		MaxAge:   365 * 24 * 60 * 60,
		Secure:   k.config.Secure,
		HttpOnly: true,
		SameSite: http.SameSiteLaxMode, // the page of a link from elsewhere has the right colours too
	}
	if cookie.Value == "" {
		cookie.MaxAge = -1
	}
	http.SetCookie(c.Writer, &cookie)
}

// appearanceCookie is for this host alone: unlike a session, a choice of colours
// is not worth sharing between hosts.
func (k *Keeper) appearanceCookie() string {
	if k.config.Secure {
		return "__Host-appearance"
	}
	return "appearance"
}

func knownAppearance(value string) string {
	if value == "light" || value == "dark" {
		return value
	}
	return ""
}
