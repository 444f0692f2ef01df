package sandbox

import (
	"sync"

	"github.com/alexedwards/argon2id"
)

// hashPassword returns the argon2id hash to store.
func (s *Sandbox) hashPassword(password string) (string, error) {
	s.hashing <- struct{}{}
	defer func() { <-s.hashing }()
	return argon2id.CreateHash(password, s.options.PasswordCost)
}

// matches checks a password. An empty hash (an unknown address, or an account
// without a password) takes as long and never matches.
func (s *Sandbox) matches(password, hash string) bool {
	s.hashing <- struct{}{}
	defer func() { <-s.hashing }()
	known := hash != ""
	if !known {
		hash = s.decoy
	}
	match, err := argon2id.ComparePasswordAndHash(password, hash)
	return known && match && err == nil
}

// attempts counts failed sign-ins per user until one succeeds. As by default in
// Directus, a restart resets it. The zero value is ready to use.
type attempts struct {
	mu     sync.Mutex
	failed map[string]int
}

// tooMany counts an attempt and reports whether the limit is exceeded. If so, it
// resets the count, because the account is suspended.
func (a *attempts) tooMany(user string, allowed int) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.failed == nil {
		a.failed = make(map[string]int)
	}
	a.failed[user]++
	if a.failed[user] <= allowed {
		return false
	}
	delete(a.failed, user)
	return true
}

func (a *attempts) succeeded(user string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	delete(a.failed, user)
}
