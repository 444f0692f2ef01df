package session

import (
	"crypto/sha256"
	"crypto/subtle"
	"net/http"
	"time"

	"github.com/gin-gonic/gin"

	"hutch/internal/secret"
)

// A token that Directus refuses need not be the newest one the browser has: requests
// sent together carry the same cookie, and the response to one of them may already
// have brought the successor. So the first refusal makes the browser retry once with
// whatever cookie it has by then. A mark names the refused token; the session ends
// only if that same token is refused again.

// retryLife is how long the mark lasts: from the response to the immediate retry.
const retryLife = 5 * time.Second

// Refused handles a call with the session's token that Directus refused. The request
// has no session from then on. The outcome is [Retrying] or [Refused].
func (m *Manager) Refused(c *gin.Context) Outcome {
	s, ok := From(c)
	if !ok {
		return Refused
	}
	return m.retryOnce(c, s)
}

func (m *Manager) retryOnce(c *gin.Context, s Session) Outcome {
	c.Set(contextKey, nil)
	if m.isMarkedRefused(c, s.Token) {
		m.clear(c)
		m.setMark(c, retryCookie, "", 0)
		return Refused
	}
	hash := sha256.Sum256([]byte(s.Token.Reveal()))
	if sealed, err := m.marks[retryCookie].Seal(hash[:]); err == nil {
		m.setMark(c, retryCookie, sealed, int(retryLife/time.Second))
	}
	return Retrying
}

// isMarkedRefused reports whether the browser has already been asked to retry because
// of this token.
func (m *Manager) isMarkedRefused(c *gin.Context, token secret.Text) bool {
	hash := sha256.Sum256([]byte(token.Reveal()))
	for _, cookie := range c.Request.CookiesNamed(m.plainName(retryCookie)) {
		var marked []byte
		if m.marks[retryCookie].Open(cookie.Value, &marked) && subtle.ConstantTimeCompare(marked, hash[:]) == 1 {
			return true
		}
	}
	return false
}

// The marks that a browser carries to whichever replica it reaches next. They hold no
// time, because the replicas' clocks differ; a browser that keeps one for too long
// harms only its own session.
const (
	retryCookie = "retry" // hash of the token that was refused
	endedCookie = "ended" // ids of the sessions that were signed out of here
)

func (m *Manager) setMark(c *gin.Context, name, value string, maxAge int) {
	m.setPlain(c, name, value, maxAge, http.SameSiteStrictMode)
}
