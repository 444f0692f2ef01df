package session

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"runtime/debug"
	"strings"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/maypok86/otter/v2"

	"hutch/internal/secret"
)

const (
	// renewTimeout bounds one refresh. It does not run on the visitor's
	// connection: Directus may have committed it when they leave.
	renewTimeout = 5 * time.Second
	// keepRenewal is for late-comers: requests that left the browser with the
	// old cookie before the answer with the new one arrived there.
	keepRenewal = 60 * time.Second
	// keepTrouble spares a Directus in trouble, and visitors the wait. It is
	// shorter than the 10 s in which Directus answers a repeated refresh with
	// the same successor: an answer that was lost on the way can be had again.
	keepTrouble = 3 * time.Second
	// maxRenewals bounds the memory for results.
	maxRenewals = 100_000
)

// Visitor is on whose behalf Directus is asked.
type Visitor struct{ IP, UserAgent, RequestID string }

func visitorOf(c *gin.Context) Visitor {
	return Visitor{IP: c.ClientIP(), UserAgent: c.Request.UserAgent(), RequestID: c.GetHeader("X-Request-Id")}
}

// Renew asks for the successor of a token, on behalf of the visitor. It returns
// [ErrRefused] only if Directus itself has definitively refused the token.
type Renew func(ctx context.Context, token secret.Text, v Visitor) (Grant, error)

// ErrRefused says that a token is dead for good.
var ErrRefused = errors.New("session: the token was refused")

// renewal is the outcome of one refresh, the same for all who asked for it.
type renewal struct {
	session Session
	sealed  string
	err     error
}

func newRenewals() (*otter.Cache[string, renewal], error) {
	return otter.New(&otter.Options[string, renewal]{
		MaximumSize: maxRenewals,
		ExpiryCalculator: otter.ExpiryCreatingFunc(func(e otter.Entry[string, renewal]) time.Duration {
			if e.Value.err != nil && !errors.Is(e.Value.err, ErrRefused) {
				return keepTrouble
			}
			return keepRenewal
		}),
	})
}

// mayRenew leaves a token alone where nobody looks at the answer, or not yet: its
// cookie may never be kept.
func mayRenew(r *http.Request) bool {
	return r.Method != http.MethodHead && !strings.HasPrefix(r.Header.Get("Sec-Purpose"), "prefetch")
}

// renew returns the session with the successor of its token, and whether it was
// this call that asked for it. However many requests come with one token, it is
// refreshed once in this process.
func (k *Manager) renew(ctx context.Context, v Visitor, s Session) (result renewal, asked bool) {
	result, err := k.renewals.Get(context.WithoutCancel(ctx), s.Token.Reveal(), otter.LoaderFunc[string, renewal](
		func(ctx context.Context, _ string) (renewal, error) {
			asked = true
			return k.ask(ctx, v, s), nil
		}))
	if err != nil {
		return renewal{err: err}, asked
	}
	return result, asked
}

// ask does not run on the visitor's connection. A panic is trouble like another.
func (k *Manager) ask(ctx context.Context, v Visitor, s Session) (result renewal) {
	k.running.Add(1)
	defer k.running.Done()
	defer func() {
		if recovered := recover(); recovered != nil {
			result = renewal{err: fmt.Errorf("session: panic: %v", recovered)}
			k.config.Log.Error("panic", "where", "refresh", "panic", recovered, "stack", string(debug.Stack()))
		}
	}()
	ctx, cancel := context.WithTimeout(ctx, renewTimeout)
	defer cancel()
	grant, err := k.config.Renew(ctx, s.Token, v)
	switch {
	case err != nil:
	case grant.MemberID != s.MemberID:
		err = errors.New("session: the successor is another member's")
	case grant.Token.Reveal() == s.Token.Reveal():
		err = errors.New("session: the successor is the token itself")
	}
	if err != nil {
		if !errors.Is(err, ErrRefused) {
			k.config.Log.Warn("session not renewed", "error", err)
		}
		return renewal{err: err}
	}
	next := s.renewed(grant, k.config.Now())
	sealed, err := k.seal(next)
	return renewal{session: next, sealed: sealed, err: err}
}

// askAgain has a refusal forgotten, so that Directus is asked once more.
func (k *Manager) askAgain(token secret.Text) {
	if !k.asksFirst("again", token) {
		return
	}
	k.renewals.ComputeIfPresent(token.Reveal(), func(old renewal) (renewal, otter.ComputeOp) {
		if errors.Is(old.err, ErrRefused) {
			return old, otter.InvalidateOp
		}
		return old, otter.CancelOp
	})
}

// asksFirst reports whether this has not been asked of Directus for a token lately: a
// browser that keeps its cookies could have us ask for ever.
func (k *Manager) asksFirst(what string, token secret.Text) bool {
	_, first := k.asked.SetIfAbsent(what+" "+token.Reveal(), struct{}{})
	return first
}

// detached does something that no visitor waits for. A panic ends here: anywhere
// else it would end the process.
func (k *Manager) detached(do func()) {
	k.running.Go(func() {
		defer func() {
			if recovered := recover(); recovered != nil {
				k.config.Log.Error("panic", "where", "session", "panic", recovered, "stack", string(debug.Stack()))
			}
		}()
		do()
	})
}

// Wait returns when nothing runs any more that no visitor waits for: refreshes
// and endings of sessions. It is for after the server has stopped; then the keeper
// has no goroutine of its own.
func (k *Manager) Wait(ctx context.Context) error {
	ended := make(chan struct{})
	go func() {
		k.running.Wait()
		close(ended)
	}()
	select {
	case <-ended:
		k.renewals.StopAllGoroutines()
		k.ended.StopAllGoroutines()
		k.asked.StopAllGoroutines()
		return nil
	case <-ctx.Done():
		return fmt.Errorf("session: a refresh has not ended: %w", ctx.Err())
	}
}
