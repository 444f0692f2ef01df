package session

import (
	"crypto/sha256"
	"time"

	"github.com/gin-gonic/gin"

	"hutch/internal/secret"
)

// Session is what the cookie holds. Directus' token in it is at once access and
// refresh token, which is why the cookie is sealed.
type Session struct {
	ID         string      `json:"id"`     // random, fixed from sign-in to sign-out
	MemberID   string      `json:"member"` // the directus_users row
	Member                 // what pages need to know of the member
	Token      secret.Text `json:"-"`           // Directus' session token
	ReceivedAt time.Time   `json:"received_at"` // when the token came; by our clock, like all times here
	ExpiresAt  time.Time   `json:"expires_at"`  // when the token ends
	SignedInAt time.Time   `json:"signed_in_at"`
}

// sealedSession is what the cookie holds, with the token that a session does not
// show.
type sealedSession struct {
	Session
	Token string `json:"token"`
}

// Member is what a session remembers of the member's row, so that no page has to
// ask for it.
type Member struct {
	Email      string `json:"email"`                // the address the member signed in with, or changed to since
	Language   string `json:"language,omitempty"`   // as Directus has it, such as de-DE; empty: the browser's
	Appearance string `json:"appearance,omitempty"` // light or dark; empty: the device's
}

// Grant is a token as Directus gives it out, at sign-in and at each refresh.
type Grant struct {
	Token     secret.Text
	MemberID  string
	ExpiresIn time.Duration
}

// renewed is the session with the successor of its token.
func (s Session) renewed(g Grant, now time.Time) Session {
	s.Token = g.Token
	s.ReceivedAt = now
	s.ExpiresAt = now.Add(g.ExpiresIn)
	return s
}

// refreshAt is when half of the token's life is over, and up to a tenth more,
// different for each session, so that those who signed in together do not all
// refresh together.
func (s Session) refreshAt() time.Time {
	life := s.ExpiresAt.Sub(s.ReceivedAt)
	random := sha256.Sum256([]byte(s.ID))
	jitter := life / 10 * time.Duration(random[0]) / 256
	return s.ReceivedAt.Add(life/2 + jitter)
}

// endsAt is when the session is over whatever happens: Directus would renew it
// for ever.
func (s Session) endsAt(maxAge time.Duration) time.Time {
	absolute := s.SignedInAt.Add(maxAge)
	if s.ExpiresAt.Before(absolute) {
		return s.ExpiresAt
	}
	return absolute
}

// clockSlack is how far the clocks of two replicas may be apart: the times in a
// cookie are by that of the replica that wrote it.
const clockSlack = 30 * time.Minute

// isOver reports whether the session need not be tried any more. The life of the
// token is Directus' to judge, by its own clock; a cookie that outlives it by far
// was not kept by a browser.
func (s Session) isOver(now time.Time, maxAge time.Duration) bool {
	return !now.Before(s.SignedInAt.Add(maxAge)) || !now.Before(s.ExpiresAt.Add(clockSlack))
}

// What a request's context holds.
const (
	contextKey = "hutch.session"         // the session
	cameKey    = "hutch.session.came"    // as its cookie had it
	writtenKey = "hutch.session.written" // id of the one whose cookie the answer sets
)

// From returns the session of a request, if there is one. That only says what
// to show: whether it still holds, Directus says.
func From(c *gin.Context) (Session, bool) {
	value, _ := c.Get(contextKey)
	s, ok := value.(Session)
	return s, ok
}
