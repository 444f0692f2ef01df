package directus

import (
	"context"
	"errors"
	"io"
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
