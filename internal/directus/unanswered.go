package directus

import (
	"crypto/sha256"
	"maps"
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
	since map[hashed]time.Time // of the first time
}

// hashed stands for a token, which is nothing to keep.
type hashed [sha256.Size]byte

func (u *unanswered) has(token string) bool {
	u.mu.Lock()
	defer u.mu.Unlock()
	since, has := u.since[sha256.Sum256([]byte(token))]
	return has && time.Since(since) < renewalGrace
}

// note keeps what has become of a renewal, and forgets those that it is too late
// for. It reports whether this one is unanswered.
func (u *unanswered) note(token string, failure Failure) bool {
	u.mu.Lock()
	defer u.mu.Unlock()
	maps.DeleteFunc(u.since, func(_ hashed, since time.Time) bool { return time.Since(since) >= renewalGrace })
	key := hashed(sha256.Sum256([]byte(token)))
	switch failure {
	case NoFailure, Refused:
		delete(u.since, key)
		return false
	case Limited, Spared, Busy: // it was not asked for
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
