package session

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/maypok86/otter/v2"

	"hutch/internal/secret"
)

// Signing out beats a refresh that runs at the same time, here or on another
// replica:
//
//   - The session's id is remembered for a while. Meanwhile this process starts no
//     refresh of it, and no response sets its cookie.
//   - Successors issued in the meantime are looked up, and every token found is
//     revoked in Directus.
//   - The browser carries the id to the other replicas. A late response from one of
//     them may set the cookie again, but that cookie signs nobody in.

const (
	// endedLife exceeds the longest time a response can take: the server gives up
	// after one minute, or three for an upload.
	endedLife = 5 * time.Minute
	// maxEndedIDs is how many ended sessions a browser's cookie names.
	maxEndedIDs = 4
	// revokeTimeout bounds how long signing out can take the visitor.
	revokeTimeout = 5 * time.Second
	// storeTimeout is how long Directus may take to store a token that it has told.
	storeTimeout = 8 * time.Second
	// maxEnded bounds the memory used for ids.
	maxEnded = 100_000
)

// Revoke ends a token's session in Directus, on behalf of the visitor. It reports whether
// Directus knew the token.
type Revoke func(ctx context.Context, token secret.Text, v Visitor) (known bool, err error)

// newMemory returns a set whose entries expire after life.
func newMemory(life time.Duration) (*otter.Cache[string, struct{}], error) {
	return otter.New(&otter.Options[string, struct{}]{
		MaximumSize:      maxEnded,
		ExpiryCalculator: otter.ExpiryWriting[string, struct{}](life),
	})
}

// SignOut ends the request's session: in this browser, and with all its tokens in
// Directus. If Directus is unreachable, a token stays valid there until it expires,
// but nobody holds it any more.
func (m *Manager) SignOut(c *gin.Context) {
	incoming, signedIn := m.incoming(c)
	s, renewed := From(c)
	m.End(c)
	if !signedIn {
		return
	}
	if !renewed {
		s = incoming
	}
	m.revokeAll(c, incoming, s)
}

// End drops the session from this browser and from every response still on its way
// there. Revoking the token is left to the caller.
func (m *Manager) End(c *gin.Context) {
	m.clear(c)
	if incoming, had := m.incoming(c); had {
		m.markEnded(c, incoming)
	}
	c.Set(contextKey, nil)
}

// BeforeWrite withdraws a session cookie if the visitor signed out while the response
// was being made.
func (m *Manager) BeforeWrite(c *gin.Context) {
	if id := c.GetString(writtenKey); id != "" && m.hasEnded(id) {
		removeCookie(c, m.name)
	}
}

// markEnded records that a session has ended, in this process and in the browser.
func (m *Manager) markEnded(c *gin.Context, s Session) {
	m.ended.Set(s.ID, struct{}{})
	ids := m.markedEnded(c)
	if !slices.Contains(ids, s.ID) {
		ids = append(ids, s.ID)
	}
	if sealed, err := m.marks[endedCookie].Seal(ids[max(0, len(ids)-maxEndedIDs):]); err == nil {
		m.setMark(c, endedCookie, sealed, int(endedLife/time.Second))
	}
}

func (m *Manager) hasEnded(id string) bool {
	_, has := m.ended.GetIfPresent(id)
	return has
}

// markedEnded returns the ids of the sessions this browser has signed out of.
func (m *Manager) markedEnded(c *gin.Context) []string {
	for _, cookie := range c.Request.CookiesNamed(m.plainName(endedCookie)) {
		var ids []string
		if m.marks[endedCookie].Open(cookie.Value, &ids) {
			return ids
		}
	}
	return nil
}

// isSignedOut reports whether the visitor has signed out of the session that came with
// the request.
func (m *Manager) isSignedOut(c *gin.Context, s Session) bool {
	if slices.Contains(m.markedEnded(c), s.ID) {
		// A late response has set the cookie again.
		m.clear(c)
		if m.asksFirst("end", s.Token) {
			visitor := visitorOf(c)
			ctx := context.WithoutCancel(c.Request.Context())
			m.detached(func() { m.revokeTokens(ctx, visitor, s.Token) })
		}
		return true
	}
	// The sign-out response clears the cookie. If this one did too, it might arrive
	// after the visitor has signed in again.
	return m.hasEnded(s.ID)
}

// revokeAll revokes a session's tokens in Directus: the one in the request, the
// current one, and their successors.
//
// In session mode Directus stores each token as a row of its own and ends only the row
// it is told to end. During a token's grace period everybody who asks for its
// successor gets the same one, which is how this finds a successor just issued to
// another replica. The older token is revoked first, so that it cannot get yet
// another.
func (m *Manager) revokeAll(c *gin.Context, incoming, s Session) {
	ctx := context.WithoutCancel(c.Request.Context())
	visitor := visitorOf(c)
	tokens := []secret.Text{incoming.Token, s.Token}
	for {
		renewal, has := m.renewals.GetIfPresent(s.Token.Reveal())
		if !has || renewal.err != nil {
			break
		}
		s = renewal.session
		tokens = append(tokens, s.Token)
	}
	next, _ := m.renew(ctx, visitor, s)
	if next.err != nil && !errors.Is(next.err, ErrRefused) {
		// Directus may have renewed the token without our seeing the answer.
		next = m.ask(ctx, visitor, s)
	}
	if next.err == nil {
		tokens = append(tokens, next.session.Token)
	}
	unknown := m.revokeTokens(ctx, visitor, tokens...)
	if next.err == nil && slices.Contains(unknown, next.session.Token.Reveal()) {
		m.detached(func() { m.revokeOnceStored(ctx, visitor, next.session.Token) })
	}
}

// revokeOnceStored revokes a successor that Directus has told and not stored yet: it
// does so a moment later, a busy one longer.
func (m *Manager) revokeOnceStored(ctx context.Context, v Visitor, token secret.Text) {
	for pause := storeTimeout / 64; pause < storeTimeout; pause *= 2 {
		time.Sleep(pause)
		if len(m.revokeTokens(ctx, v, token)) == 0 {
			return
		}
	}
}

// revokeTokens returns the tokens that Directus does not know.
func (m *Manager) revokeTokens(ctx context.Context, v Visitor, tokens ...secret.Text) (unknown []string) {
	ctx, cancel := context.WithTimeout(ctx, revokeTimeout)
	defer cancel()
	done := map[string]bool{}
	for _, token := range tokens {
		if done[token.Reveal()] {
			continue
		}
		done[token.Reveal()] = true
		known, err := m.config.Revoke(ctx, token, v)
		if err != nil {
			m.config.Log.Warn("could not revoke a session in Directus", "error", err)
		} else if !known {
			unknown = append(unknown, token.Reveal())
		}
	}
	return unknown
}
