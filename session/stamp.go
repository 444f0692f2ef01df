package session

import (
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// stampKeys derives a key from each secret: the first one stamps, all of them count.
func stampKeys(secrets []string) (keys [][]byte, err error) {
	for _, secret := range secrets {
		key, err := hkdf.Key(sha256.New, []byte(secret), nil, "hutch stamp v1", 32)
		if err != nil {
			return nil, fmt.Errorf("session: derive a key: %w", err)
		}
		keys = append(keys, key)
	}
	return keys, nil
}

// Stamp returns the hour as a text that nobody else can write, for a form to bring along.
// All stamps of an hour are the same, so that pages are.
func (m *Manager) Stamp() string {
	return stampOf(m.stamps[0], strconv.FormatInt(m.config.Now().Unix()/3600, 10))
}

// Stamped returns the age of a stamp, to the hour, if it is genuine.
func (m *Manager) Stamped(stamp string) (age time.Duration, genuine bool) {
	hour, _, _ := strings.Cut(stamp, ".")
	made, err := strconv.ParseInt(hour, 10, 64)
	if err != nil {
		return 0, false
	}
	for _, key := range m.stamps {
		if hmac.Equal([]byte(stamp), []byte(stampOf(key, hour))) {
			return m.config.Now().Sub(time.Unix(made*3600, 0)), true
		}
	}
	return 0, false
}

func stampOf(key []byte, hour string) string {
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(hour))
	return hour + "." + base64.RawURLEncoding.EncodeToString(mac.Sum(nil)[:16])
}
