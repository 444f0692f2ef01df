package session

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
)

// sealer encrypts and authenticates what a browser keeps for us: AES-256-GCM
// with random nonces, under keys derived from the secrets.
type sealer struct {
	keys []cipher.AEAD // the first one seals, all of them open
}

// newSealer derives one key from each secret, newest first. The purpose keeps
// keys of different uses apart, so that one sealed value never passes for
// another.
func newSealer(secrets []string, purpose string) (sealer, error) {
	if len(secrets) == 0 {
		return sealer{}, errors.New("session: no secret to seal with")
	}
	var s sealer
	for _, secret := range secrets {
		key, err := hkdf.Key(sha256.New, []byte(secret), nil, "hutch "+purpose+" v1", 32)
		if err != nil {
			return sealer{}, fmt.Errorf("session: derive a key: %w", err)
		}
		block, err := aes.NewCipher(key)
		if err != nil {
			return sealer{}, fmt.Errorf("session: %w", err)
		}
		gcm, err := cipher.NewGCMWithRandomNonce(block)
		if err != nil {
			return sealer{}, fmt.Errorf("session: %w", err)
		}
		s.keys = append(s.keys, gcm)
	}
	return s, nil
}

// seal returns value as text that is safe in a cookie.
func (s sealer) seal(value any) (string, error) {
	plain, err := json.Marshal(value)
	if err != nil {
		return "", fmt.Errorf("session: seal: %w", err)
	}
	return base64.RawURLEncoding.EncodeToString(s.keys[0].Seal(nil, nil, plain, nil)), nil
}

// open reads what seal wrote into out, and reports whether it is genuine.
// Anything else (forged, truncated, of a forgotten key) is simply not.
func (s sealer) open(text string, out any) bool {
	sealed, err := base64.RawURLEncoding.Strict().DecodeString(text)
	if err != nil {
		return false
	}
	for _, key := range s.keys {
		if plain, err := key.Open(nil, nil, sealed, nil); err == nil {
			return json.Unmarshal(plain, out) == nil
		}
	}
	return false
}
