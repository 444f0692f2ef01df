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
