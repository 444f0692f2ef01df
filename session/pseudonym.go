package session

import (
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
)

// Pseudonyms give members names for logs: the same on each replica, and of no use
// to whoever has a log and not the secret.
type Pseudonyms struct{ key []byte }

// NewPseudonyms derives them from the newest secret: with another one, everybody
// has another name.
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

// Of returns 16 hexadecimal digits for the id of a member.
func (p Pseudonyms) Of(memberID string) string {
	mac := hmac.New(sha256.New, p.key)
	mac.Write([]byte(memberID))
	return hex.EncodeToString(mac.Sum(nil)[:8])
}
