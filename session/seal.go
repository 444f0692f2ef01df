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

// Sealer encrypts and authenticates values stored in the browser: AES-256-GCM with
// random nonces, under keys derived from the secrets.
type Sealer struct {
	keys []cipher.AEAD // the first one seals, all of them open
}

// NewSealer derives one key from each secret, newest first; each secret must be as
// hard to guess as a key. Different purposes get different keys, so that a value
// sealed for one cannot be used for another.
func NewSealer(secrets []string, purpose string) (Sealer, error) {
	if len(secrets) == 0 {
		return Sealer{}, errors.New("session: no secret to seal with")
	}
	var s Sealer
	for _, secret := range secrets {
		key, err := hkdf.Key(sha256.New, []byte(secret), nil, "hutch "+purpose+" v1", 32)
		if err != nil {
			return Sealer{}, fmt.Errorf("session: derive a key: %w", err)
		}
		block, err := aes.NewCipher(key)
		if err != nil {
			return Sealer{}, fmt.Errorf("session: %w", err)
		}
		gcm, err := cipher.NewGCMWithRandomNonce(block)
		if err != nil {
			return Sealer{}, fmt.Errorf("session: %w", err)
		}
		s.keys = append(s.keys, gcm)
	}
	return s, nil
}

// Seal returns value as cookie-safe text.
func (s Sealer) Seal(value any) (string, error) {
	plain, err := json.Marshal(value)
	if err != nil {
		return "", fmt.Errorf("session: seal: %w", err)
	}
	return s.sealBytes(plain), nil
}

// Open reads what Seal wrote into out and reports whether it is genuine. Anything
// forged, truncated or sealed with a retired key is not.
func (s Sealer) Open(text string, out any) bool {
	plain, genuine := s.openBytes(text)
	return genuine && json.Unmarshal(plain, out) == nil
}

func (s Sealer) sealBytes(plain []byte) string {
	return base64.RawURLEncoding.EncodeToString(s.keys[0].Seal(nil, nil, plain, nil)) // #nosec G407 -- this AEAD makes its own random nonce, and takes none
}

func (s Sealer) openBytes(text string) (plain []byte, genuine bool) {
	sealed, err := base64.RawURLEncoding.Strict().DecodeString(text)
	if err != nil {
		return nil, false
	}
	for _, key := range s.keys {
		if plain, err := key.Open(nil, nil, sealed, nil); err == nil {
			return plain, true
		}
	}
	return nil, false
}
