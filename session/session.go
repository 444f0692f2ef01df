package session

import (
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"time"

	"github.com/gin-gonic/gin"

	"hutch/internal/secret"
)

// Session is the content of the session cookie. Directus' token in it is both access
// and refresh token, which is why the cookie is sealed.
type Session struct {
	ID         string      `json:"id"`     // random, fixed from sign-in to sign-out
	MemberID   string      `json:"member"` // id in directus_users
	Member                 // what pages need to know of the member
	Token      secret.Text `json:"-"`           // Directus' session token
	ReceivedAt time.Time   `json:"received_at"` // when we got the token, by our clock like all times here
	ExpiresAt  time.Time   `json:"expires_at"`  // when the token expires
	SignedInAt time.Time   `json:"signed_in_at"`
}

// sealedSession is what is sealed: a session with its token, which Session itself does
// not marshal.
type sealedSession struct {
	Session
	Token string `json:"token"`
}

// Member holds what a session caches of the member's row, so that pages need not fetch
// it.
type Member struct {
	Email      string `json:"email"`                // the address used at sign-in, or changed to since
	Language   string `json:"language,omitempty"`   // as in Directus, such as de-DE; empty for the browser's
	Appearance string `json:"appearance,omitempty"` // light or dark; empty for the device's
	Name       string `json:"name,omitempty"`       // empty if they have not said
	Avatar     string `json:"avatar,omitempty"`     // the id of a file; empty for none
}

// Grant is a token as Directus issues it, at sign-in and at each refresh.
type Grant struct {
	Token     secret.Text
	MemberID  string
	ExpiresIn time.Duration
}

// renewed returns the session with its token's successor.
func (s Session) renewed(g Grant, now time.Time) Session {
	s.Token = g.Token
	s.ReceivedAt = now
	s.ExpiresAt = now.Add(g.ExpiresIn)
	return s
}

// refreshAt returns when the token is due for renewal: after half of its life and up
// to a tenth more. The jitter differs per session, so that members who signed in
// together do not all refresh together.
func (s Session) refreshAt() time.Time {
	life := s.ExpiresAt.Sub(s.ReceivedAt)
	random := sha256.Sum256([]byte(s.ID))
	jitter := life / 10 * time.Duration(random[0]) / 256
	return s.ReceivedAt.Add(life/2 + jitter)
}

// endsAt returns when the session ends at the latest. Directus itself would renew it
// forever.
func (s Session) endsAt(maxAge time.Duration) time.Time {
	absolute := s.SignedInAt.Add(maxAge)
	if s.ExpiresAt.Before(absolute) {
		return s.ExpiresAt
	}
	return absolute
}

// clockSlack is how far the clocks of two replicas may differ: the times in a cookie
// come from the replica that wrote it.
const clockSlack = 30 * time.Minute

// isOver reports whether the session is not worth trying any more. Directus judges a
// token's life by its own clock; a cookie that outlives it by this much was not kept
// by a browser.
func (s Session) isOver(now time.Time, maxAge time.Duration) bool {
	return !now.Before(s.SignedInAt.Add(maxAge)) || !now.Before(s.ExpiresAt.Add(clockSlack))
}

// Keys in a request's context.
const (
	contextKey  = "hutch.session"          // the session
	incomingKey = "hutch.session.incoming" // the session as its cookie had it
	writtenKey  = "hutch.session.written"  // id of the session whose cookie the response sets
)

// From returns the session of a request, if there is one. It only says what to show:
// whether the session is still valid, Directus decides.
func From(c *gin.Context) (Session, bool) {
	value, _ := c.Get(contextKey)
	s, ok := value.(Session)
	return s, ok
}

// Outcome is what became of the session that came with a request, for logs and
// metrics. A request has none if it came without a session cookie, or if its session
// is good and not due for renewal.
type Outcome string

const (
	// Renewed: Directus issued a successor of the token for this request.
	Renewed Outcome = "renewed"
	// Joined: like Renewed, but another request had asked for it.
	Joined Outcome = "joined"
	// Trouble: the token could not be renewed now and stays in use.
	Trouble Outcome = "trouble"
	// Retrying: Directus refused the token for the first time. Another response may
	// already have brought the browser a newer one, so it should retry. The request
	// goes on without a session, and the cookie stays.
	Retrying Outcome = "retrying"
	// Refused: Directus refused the same token again. The cookie is cleared.
	Refused Outcome = "refused"
	// Ended: the visitor has signed out of the cookie's session.
	Ended Outcome = "ended"
	// Over: the session has reached the end of its life.
	Over Outcome = "over"
	// Forged: no key opens the cookie.
	Forged Outcome = "forged"
)

// Pseudonyms names members in logs: the same on every replica, and meaningless without
// the secret.
type Pseudonyms struct{ key []byte }

// NewPseudonyms derives the key from the newest secret; rotating it changes every
// pseudonym.
func NewPseudonyms(secrets []string) (Pseudonyms, error) {
	if len(secrets) == 0 {
		return Pseudonyms{}, errors.New("session: no secret to make pseudonyms with")
	}
	key, err := hkdf.Key(sha256.New, []byte(secrets[0]), nil, "hutch pseudonyms v1", 32)
	if err != nil {
		return Pseudonyms{}, fmt.Errorf("session: derive a key: %w", err)
	}
	return Pseudonyms{key}, nil
}

// Of returns 16 hexadecimal digits for a member's id.
func (p Pseudonyms) Of(memberID string) string {
	mac := hmac.New(sha256.New, p.key)
	mac.Write([]byte(memberID))
	return hex.EncodeToString(mac.Sum(nil)[:8])
}
