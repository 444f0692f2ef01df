package session

import (
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
)

// Pseudonyms names members in logs: the same on every replica, and meaningless without
// the secret.
type Pseudonyms struct{ key []byte }

// NewPseudonyms derives the key from the newest secret; rotating it changes every
// pseudonym.
func NewPseudonyms(secrets []string) (Pseudonyms, error) {
	if len(secrets) == 0 {
		return Pseudonyms{}, errors.New("session: no secret to make pseudonyms with")
	}
	key, err := hkdf.Key(sha256.New, []byte(secrets[0]), nil, "hutch pseudonyms v1", 32)
	if err != nil {
		return Pseudonyms{}, fmt.Errorf("session: derive a key: %w", err)
	}
	return Pseudonyms{key}, nil
}

// Of returns 16 hexadecimal digits for a member's id.
func (p Pseudonyms) Of(memberID string) string {
	mac := hmac.New(sha256.New, p.key)
	mac.Write([]byte(memberID))
	return hex.EncodeToString(mac.Sum(nil)[:8])
}
