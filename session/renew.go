package session

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
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
	// renewTimeout bounds one refresh. A refresh does not run on the visitor's
	// connection: Directus may already have committed it when they leave.
	renewTimeout = 5 * time.Second
	// keepRenewal covers late requests: they left the browser with the old cookie
	// before the response with the new one arrived.
	keepRenewal = 60 * time.Second
	// keepTrouble spares an ailing Directus further calls, and visitors the wait. It
	// is shorter than the 10 s during which Directus answers a repeated refresh with
	// the same successor, so an answer lost on the way can still be fetched.
	keepTrouble = 3 * time.Second
	// maxRenewals bounds the memory used for results.
	maxRenewals = 100_000
)

// Visitor identifies the visitor on whose behalf Directus is called.
type Visitor struct{ IP, UserAgent, RequestID string }

func visitorOf(c *gin.Context) Visitor {
	return Visitor{IP: c.ClientIP(), UserAgent: c.Request.UserAgent(), RequestID: c.GetHeader("X-Request-Id")}
}

// Renew asks for a token's successor, on behalf of the visitor. It returns
// [ErrRefused] only if Directus itself has definitively refused the token.
type Renew func(ctx context.Context, token secret.Text, v Visitor) (Grant, error)

// ErrRefused means that a token is permanently invalid.
var ErrRefused = errors.New("session: the token was refused")

// renewal is the result of one refresh, shared by everyone who asked for it.
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

// mayRenew excludes requests whose response may never be seen, because the browser may
// then never store the new cookie.
func mayRenew(r *http.Request) bool {
	return r.Method != http.MethodHead && !strings.HasPrefix(r.Header.Get("Sec-Purpose"), "prefetch")
}

// renew returns the session with its token's successor, and whether this call asked
// for it. However many requests come with one token, this process refreshes it once.
func (m *Manager) renew(ctx context.Context, v Visitor, s Session) (result renewal, asked bool) {
	result, err := m.renewals.Get(context.WithoutCancel(ctx), s.Token.Reveal(), otter.LoaderFunc[string, renewal](
		func(ctx context.Context, _ string) (renewal, error) {
			asked = true
			return m.ask(ctx, v, s), nil
		}))
	if err != nil {
		return renewal{err: err}, asked
	}
	return result, asked
}

// ask refreshes the token, independently of the visitor's connection. A panic counts
// as temporary trouble.
func (m *Manager) ask(ctx context.Context, v Visitor, s Session) (result renewal) {
	m.running.Add(1)
	defer m.running.Done()
	defer func() {
		if recovered := recover(); recovered != nil {
			result = renewal{err: fmt.Errorf("session: panic: %v", recovered)}
			m.config.Log.Error("panic", "where", "refresh", "panic", recovered, "stack", string(debug.Stack()))
		}
	}()
	ctx, cancel := context.WithTimeout(ctx, renewTimeout)
	defer cancel()
	grant, err := m.config.Renew(ctx, s.Token, v)
	switch {
	case err != nil:
	case grant.MemberID != s.MemberID:
		err = errors.New("session: the successor belongs to another member")
	case grant.Token.Reveal() == s.Token.Reveal():
		err = errors.New("session: the successor is the same token")
	}
	if err != nil {
		if !errors.Is(err, ErrRefused) {
			m.config.Log.Warn("session not renewed", "error", err)
		}
		return renewal{err: err}
	}
	next := s.renewed(grant, m.config.Now())
	sealed, err := m.seal(next)
	return renewal{session: next, sealed: sealed, err: err}
}

// askAgain forgets a refusal, so that Directus is asked once more.
func (m *Manager) askAgain(token secret.Text) {
	if !m.asksFirst("again", token) {
		return
	}
	m.renewals.ComputeIfPresent(token.Reveal(), func(old renewal) (renewal, otter.ComputeOp) {
		if errors.Is(old.err, ErrRefused) {
			return old, otter.InvalidateOp
		}
		return old, otter.CancelOp
	})
}

// asksFirst reports whether Directus has not been asked this about a token lately.
// Without it, a browser that replays its cookies could make us ask forever.
func (m *Manager) asksFirst(what string, token secret.Text) bool {
	_, first := m.asked.SetIfAbsent(what+" "+token.Reveal(), struct{}{})
	return first
}

// detached runs something that no visitor waits for. It recovers from panics, which
// would otherwise end the process.
func (m *Manager) detached(do func()) {
	m.running.Go(func() {
		defer func() {
			if recovered := recover(); recovered != nil {
				m.config.Log.Error("panic", "where", "session", "panic", recovered, "stack", string(debug.Stack()))
			}
		}()
		do()
	})
}

// Wait returns when no detached work (refreshes, revocations) is running any more.
// Call it after the server has stopped; afterwards the manager has no goroutines.
func (m *Manager) Wait(ctx context.Context) error {
	ended := make(chan struct{})
	go func() {
		m.running.Wait()
		close(ended)
	}()
	select {
	case <-ended:
		m.renewals.StopAllGoroutines()
		m.ended.StopAllGoroutines()
		m.asked.StopAllGoroutines()
		return nil
	case <-ctx.Done():
		return fmt.Errorf("session: detached work is still running: %w", ctx.Err())
	}
}

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
