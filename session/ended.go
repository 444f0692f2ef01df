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

// Signing out wins over a refresh that runs at the same time, here or in another
// replica:
//
//   - The id of the session is remembered for a while. No refresh of it begins
//     here, and no answer sets its cookie.
//   - What has become of its token meanwhile is found out, and every token that is
//     found ends at Directus.
//   - The browser carries the id to the other replicas. The late answer of one of
//     them may set the cookie again, and signs nobody in.

const (
	// endedLife is longer than an answer can be on its way: the server gives it up
	// after a minute, that to an upload after three.
	endedLife = 5 * time.Minute
	// keepEnded is how many of its ended sessions a browser carries along.
	keepEnded = 4
	// revokeTimeout bounds what the visitor who signs out waits for.
	revokeTimeout = 5 * time.Second
	// maxEnded bounds the memory for ids.
	maxEnded = 100_000
)

// Revoke ends the session of a token at Directus, on behalf of the visitor.
type Revoke func(ctx context.Context, token secret.Text, v Visitor) error

// newMemory remembers names for a while.
func newMemory(life time.Duration) (*otter.Cache[string, struct{}], error) {
	return otter.New(&otter.Options[string, struct{}]{
		MaximumSize:      maxEnded,
		ExpiryCalculator: otter.ExpiryWriting[string, struct{}](life),
	})
}

// SignOut ends the session of a request: in this browser, and every token of it
// at Directus. If Directus cannot be reached, a token is good there until it
// expires; nobody has it any more.
func (k *Manager) SignOut(c *gin.Context) {
	came, signedIn := k.came(c)
	s, renewed := From(c)
	k.End(c)
	if !signedIn {
		return
	}
	if !renewed {
		s = came
	}
	k.revokeAll(c, came, s)
}

// End forgets the session in this browser, and in every answer that is still on
// its way there. Its token is left to the caller.
func (k *Manager) End(c *gin.Context) {
	k.clear(c)
	if came, had := k.came(c); had {
		k.bury(c, came)
	}
	c.Set(contextKey, nil)
}

// Settle is for the moment in which an answer is written: the visitor may have
// signed out while it was made.
func (k *Manager) BeforeWrite(c *gin.Context) {
	if id := c.GetString(writtenKey); id != "" && k.isBuried(id) {
		takeBack(c, k.name)
	}
}

// bury remembers that a session has ended, here and in the browser.
func (k *Manager) bury(c *gin.Context, s Session) {
	k.ended.Set(s.ID, struct{}{})
	ids := k.markedEnded(c)
	if !slices.Contains(ids, s.ID) {
		ids = append(ids, s.ID)
	}
	if sealed, err := k.marks[endedCookie].Seal(ids[max(0, len(ids)-keepEnded):]); err == nil {
		k.setMark(c, endedCookie, sealed, int(endedLife/time.Second))
	}
}

func (k *Manager) isBuried(id string) bool {
	_, is := k.ended.GetIfPresent(id)
	return is
}

// markedEnded are the ids of the sessions that this browser has signed out of.
func (k *Manager) markedEnded(c *gin.Context) []string {
	for _, cookie := range c.Request.CookiesNamed(k.plainName(endedCookie)) {
		var ids []string
		if k.marks[endedCookie].Open(cookie.Value, &ids) {
			return ids
		}
	}
	return nil
}

// hasEnded reports whether the visitor has signed out of the session that came
// with the request.
func (k *Manager) hasEnded(c *gin.Context, s Session) bool {
	if slices.Contains(k.markedEnded(c), s.ID) {
		// A late answer has set the cookie again.
		k.clear(c)
		if k.asksFirst("end", s.Token) {
			visitor := visitorOf(c)
			ctx := context.WithoutCancel(c.Request.Context())
			k.detached(func() { k.revokeTokens(ctx, visitor, s.Token) })
		}
		return true
	}
	// The answer that signs out clears the cookie. If this one did as well, it
	// could do so after the visitor has signed in anew.
	return k.isBuried(s.ID)
}

// revokeAll ends the tokens of a session at Directus: the one that came with the
// request, the one that it has now, and their successors.
//
// In session mode Directus keeps each as a row of its own, and ends the one row
// that it is told to end. While a token is in its grace, asking for its successor
// gives the same one to everybody: this is how one is found that another replica
// has been given just now. The older token ends first, so that it cannot get
// another.
func (k *Manager) revokeAll(c *gin.Context, came, s Session) {
	ctx := context.WithoutCancel(c.Request.Context())
	visitor := visitorOf(c)
	tokens := []secret.Text{came.Token, s.Token}
	for {
		known, is := k.renewals.GetIfPresent(s.Token.Reveal())
		if !is || known.err != nil {
			break
		}
		s = known.session
		tokens = append(tokens, s.Token)
	}
	next, _ := k.renew(ctx, visitor, s)
	if next.err != nil && !errors.Is(next.err, ErrRefused) {
		// Directus may have done it all the same.
		next = k.ask(ctx, visitor, s)
	}
	if next.err == nil {
		tokens = append(tokens, next.session.Token)
	}
	k.revokeTokens(ctx, visitor, tokens...)
}

func (k *Manager) revokeTokens(ctx context.Context, v Visitor, tokens ...secret.Text) {
	ctx, cancel := context.WithTimeout(ctx, revokeTimeout)
	defer cancel()
	done := map[string]bool{}
	for _, token := range tokens {
		if done[token.Reveal()] {
			continue
		}
		done[token.Reveal()] = true
		if err := k.config.Revoke(ctx, token, v); err != nil {
			k.config.Log.Warn("a session could not be ended at directus", "error", err)
		}
	}
}
