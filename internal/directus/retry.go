package directus

import (
	"context"
	"crypto/sha256"
	"errors"
	"io"
	"maps"
	"math/rand/v2"
	"net"
	"net/http"
	"sync"
	"syscall"
	"time"
)

const (
	maxRetries  = 2
	minPause    = 50 * time.Millisecond
	maxPause    = 400 * time.Millisecond
	retryShare  = 0.1 // share of calls that may be retries, over time
	retrySpared = 10  // retries saved up in quiet times
)

// mayRetry reports whether the call can safely be repeated after this error:
// nothing was done, or doing it twice makes no difference. A timeout is never
// waited for twice.
func (k call) mayRetry(err error) bool {
	var dial *net.OpError
	if errors.As(err, &dial) && dial.Op == "dial" && !dial.Timeout() {
		return true // nothing was sent
	}
	// A GET that redirects is a link that works once.
	if k.method != http.MethodGet || k.redirect {
		return false
	}
	var refusal *Error
	var t *trouble
	status := 0
	switch {
	case errors.As(err, &refusal):
		status = refusal.Status
	case errors.As(err, &t) && t.failure == Cut:
		return errors.Is(err, io.EOF) || errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.EPIPE)
	case errors.As(err, &t):
		status = t.status
	}
	return status == http.StatusBadGateway || status == http.StatusServiceUnavailable || status == http.StatusGatewayTimeout
}

// pause waits before the next attempt, for a random time, and at least as long as
// Directus asked for. It reports whether there is time left.
func pause(ctx context.Context, asked time.Duration) bool {
	wait := max(asked, minPause+rand.N(maxPause-minPause)) // #nosec G404 -- no secret
	if deadline, has := ctx.Deadline(); has && time.Until(deadline) <= wait {
		return false
	}
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// retryBudget keeps retries from making an outage worse: each call earns a fraction
// of one.
type retryBudget struct {
	mu   sync.Mutex
	left float64
}

func (b *retryBudget) earn() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.left = min(b.left+retryShare, retrySpared)
}

func (b *retryBudget) spend() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.left < 1 {
		return false
	}
	b.left--
	return true
}

const (
	// renewalGrace is how long Directus answers a repeated renewal with the same
	// successor: its default SESSION_REFRESH_GRACE_PERIOD.
	renewalGrace = 10 * time.Second
	// maxUnanswered bounds the memory for them.
	maxUnanswered = 10_000
)

// unanswered holds the tokens whose renewal was sent but never answered. Directus
// may have made the successor, and a member who does not get it within the grace
// period is signed out. So these renewals are repeated even while other calls are
// failed at once.
type unanswered struct {
	mu    sync.Mutex
	since map[hashed]time.Time // the first attempt
}

// hashed identifies a token without storing it.
type hashed [sha256.Size]byte

func (u *unanswered) has(token string) bool {
	u.mu.Lock()
	defer u.mu.Unlock()
	since, has := u.since[sha256.Sum256([]byte(token))]
	return has && time.Since(since) < renewalGrace
}

// note records the result of a renewal and drops expired ones. It reports whether
// this one is unanswered.
func (u *unanswered) note(token string, failure Failure) bool {
	u.mu.Lock()
	defer u.mu.Unlock()
	maps.DeleteFunc(u.since, func(_ hashed, since time.Time) bool { return time.Since(since) >= renewalGrace })
	key := hashed(sha256.Sum256([]byte(token)))
	switch failure {
	case NoFailure, Refused:
		delete(u.since, key)
		return false
	case Limited, Spared, Busy: // it was never sent
		return false
	case Broken, TimedOut, Cut, Foreign, Odd, Left:
	}
	if u.since == nil {
		u.since = map[hashed]time.Time{}
	}
	if _, has := u.since[key]; !has && len(u.since) < maxUnanswered {
		u.since[key] = time.Now()
	}
	return true
}
