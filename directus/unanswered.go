package directus

import (
	"sync"
	"time"
)

const (
	// renewalGrace is how long Directus answers a repeated renewal with the same
	// successor: its default SESSION_REFRESH_GRACE_PERIOD.
	renewalGrace = 10 * time.Second
	// maxUnanswered bounds the memory for them.
	maxUnanswered = 10_000
)

// unanswered are the tokens whose renewal was sent, and whose answer never came.
// Directus may have made the successor: whoever does not hear of it within the
// grace is signed out. So these are asked for again even while other calls are
// given up.
type unanswered struct {
	mu    sync.Mutex
	since map[string]time.Time // of the first time
}

func (u *unanswered) has(token string) bool {
	u.mu.Lock()
	defer u.mu.Unlock()
	since, has := u.since[token]
	return has && time.Since(since) < renewalGrace
}

// note keeps what has become of a renewal.
func (u *unanswered) note(token string, failure Failure) {
	u.mu.Lock()
	defer u.mu.Unlock()
	switch failure {
	case NoFailure, Refused:
		delete(u.since, token)
		return
	case Limited, Spared, Busy: // it was not asked for
		return
	case Broken, TimedOut, Cut, Foreign, Odd, Left:
	}
	if _, has := u.since[token]; has {
		return
	}
	if len(u.since) >= maxUnanswered {
		for other, since := range u.since {
			if time.Since(since) >= renewalGrace {
				delete(u.since, other)
			}
		}
	}
	if u.since == nil {
		u.since = map[string]time.Time{}
	}
	if len(u.since) < maxUnanswered {
		u.since[token] = time.Now()
	}
}
