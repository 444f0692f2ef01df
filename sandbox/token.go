package sandbox

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"errors"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

// claims is what an access or session JWT says.
type claims struct {
	user    string
	role    string // "" is null
	admin   bool
	app     bool
	session string // only in session mode
}

// signJWT makes a token that lives for ttl from now.
func (s *Sandbox) signJWT(c claims, ttl time.Duration) (string, error) {
	now := s.now()
	fields := jwt.MapClaims{
		"id": c.user, "role": nil, "app_access": c.app, "admin_access": c.admin,
		"iat": now.Unix(), "exp": now.Add(ttl).Unix(), "iss": "directus",
	}
	if c.role != "" {
		fields["role"] = c.role
	}
	if c.session != "" {
		fields["session"] = c.session
	}
	return jwt.NewWithClaims(jwt.SigningMethodHS256, fields).SignedString(s.secret)
}

// isOurJWT says whether a token claims to be one of ours. It proves nothing.
func isOurJWT(token string) bool {
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		return false
	}
	var header, payload struct {
		Issuer string `json:"iss"`
	}
	for part, target := range map[string]any{parts[0]: &header, parts[1]: &payload} {
		raw, err := base64.RawURLEncoding.DecodeString(part)
		if err != nil || json.Unmarshal(raw, target) != nil {
			return false
		}
	}
	return payload.Issuer == "directus"
}

// verifyJWT checks signature and time: TOKEN_EXPIRED or INVALID_TOKEN if they fail.
func (s *Sandbox) verifyJWT(token string) (claims, error) {
	fields := jwt.MapClaims{}
	_, err := jwt.ParseWithClaims(token, fields,
		func(*jwt.Token) (any, error) { return s.secret, nil },
		jwt.WithValidMethods([]string{"HS256"}), jwt.WithIssuer("directus"), jwt.WithTimeFunc(s.now))
	if errors.Is(err, jwt.ErrTokenExpired) {
		return claims{}, tokenExpired()
	}
	if err != nil {
		return claims{}, invalidToken()
	}
	for _, name := range []string{"role", "app_access", "admin_access"} {
		if _, ok := fields[name]; !ok {
			return claims{}, invalidToken()
		}
	}
	var c claims
	c.user, _ = fields["id"].(string)
	c.role, _ = fields["role"].(string)
	c.session, _ = fields["session"].(string)
	return c, nil
}

// randomToken makes 64 characters that nobody can guess.
func randomToken() string {
	const alphabet = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-_"
	random := make([]byte, 64)
	_, _ = rand.Read(random) // never fails
	for i, b := range random {
		random[i] = alphabet[b%64] // 256 is a multiple of 64: no letter is favoured
	}
	return string(random)
}
