package session

import (
	"crypto/sha256"
	"crypto/subtle"
	"net/http"
	"time"

	"github.com/gin-gonic/gin"

	"hutch/internal/secret"
)

// A token that Directus refuses need not be the last one that the browser has:
// requests that left it together carry the same cookie, and the answer to one of
// them may have brought the successor long since. So the first refusal has the
// browser ask again, with whatever cookie it has by then. It brings a mark along
// that names the refused token; only if that same token is refused again, the
// session is over.

// healLife is how long the mark lasts: from one answer to the request that the
// browser makes of it at once.
const healLife = 5 * time.Second

// Refused is for a call with the session's token that Directus has refused. The
// request has no session from then on. The outcome is [Healing] or [Refused].
func (k *Manager) Refused(c *gin.Context) Outcome {
	s, ok := From(c)
	if !ok {
		return Refused
	}
	return k.refused(c, s)
}

func (k *Manager) refused(c *gin.Context, s Session) Outcome {
	c.Set(contextKey, nil)
	if k.isMarkedRefused(c, s.Token) {
		k.clear(c)
		k.setMark(c, healCookie, "", 0)
		return Refused
	}
	hash := sha256.Sum256([]byte(s.Token.Reveal()))
	if sealed, err := k.marks[healCookie].Seal(hash[:]); err == nil {
		k.setMark(c, healCookie, sealed, int(healLife/time.Second))
	}
	return Retrying
}

// isMarkedRefused reports whether the browser was asked to come again because of
// this token.
func (k *Manager) isMarkedRefused(c *gin.Context, token secret.Text) bool {
	hash := sha256.Sum256([]byte(token.Reveal()))
	for _, cookie := range c.Request.CookiesNamed(k.plainName(healCookie)) {
		var marked []byte
		if k.marks[healCookie].Open(cookie.Value, &marked) && subtle.ConstantTimeCompare(marked, hash[:]) == 1 {
			return true
		}
	}
	return false
}

// The marks that a browser carries to whichever replica it asks next. There is no
// time in them, since the replicas' clocks differ: a browser that keeps one for
// too long does so to its own session alone.
const (
	healCookie  = "heal"  // hash of the token that was refused
	endedCookie = "ended" // ids of the sessions that were signed out of here
)

func (k *Manager) setMark(c *gin.Context, name, value string, maxAge int) {
	k.setPlain(c, name, value, maxAge, http.SameSiteStrictMode)
}
