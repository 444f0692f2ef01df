package sandbox

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"errors"
	"strconv"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

// claims is the content of an access or session JWT.
type claims struct {
	user    string
	role    string // "" is null
	admin   bool
	app     bool
	session string // only in session mode
}

// signJWT creates a token that expires after ttl.
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

// isOurJWT reports whether a token claims to be issued by the sandbox. It does
// not verify it.
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

// verifyJWT parses an access or session JWT. The error is TOKEN_EXPIRED or
// INVALID_TOKEN.
func (s *Sandbox) verifyJWT(token string) (claims, error) {
	fields, err := s.verify(token)
	if err != nil {
		return claims{}, err
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

// verify checks the signature and expiry of any token that the sandbox signed.
func (s *Sandbox) verify(token string) (jwt.MapClaims, error) {
	fields := jwt.MapClaims{}
	_, err := jwt.ParseWithClaims(token, fields,
		func(*jwt.Token) (any, error) { return s.secret, nil },
		jwt.WithValidMethods([]string{"HS256"}), jwt.WithIssuer("directus"), jwt.WithTimeFunc(s.now))
	if errors.Is(err, jwt.ErrTokenExpired) {
		return nil, tokenExpired()
	}
	if err != nil {
		return nil, invalidToken()
	}
	return fields, nil
}

// ticket is the JWT in the link of an email: its recipient and purpose. It does
// not sign anyone in.
type ticket struct {
	email string
	scope string // "password-reset", "pending-registration" or "invite"
	hash  string // of the stored password, so that a new one makes the ticket void
}

func (s *Sandbox) signTicket(t ticket, ttl time.Duration) (string, error) {
	now := s.now()
	fields := jwt.MapClaims{"email": t.email, "scope": t.scope, "iat": now.Unix(), "exp": now.Add(ttl).Unix(), "iss": "directus"}
	if t.hash != "" {
		fields["hash"] = t.hash
	}
	return jwt.NewWithClaims(jwt.SigningMethodHS256, fields).SignedString(s.secret)
}

// verifyTicket checks a ticket for one purpose. The error is FORBIDDEN if it was
// issued for another.
func (s *Sandbox) verifyTicket(token, scope string) (ticket, error) {
	fields, err := s.verify(token)
	if err != nil {
		return ticket{}, err
	}
	var t ticket
	t.email, _ = fields["email"].(string)
	t.scope, _ = fields["scope"].(string)
	t.hash, _ = fields["hash"].(string)
	if t.scope != scope {
		return ticket{}, forbidden()
	}
	return t, nil
}

// passwordMark is the short hash of a stored password hash in a ticket, 32 bits
// wide like Directus' own.
func passwordMark(stored string) string {
	if stored == "" {
		stored = "null" // as Directus writes a password that is not there
	}
	var mark int32
	for _, r := range stored {
		mark = 31*mark + r
	}
	return strconv.FormatInt(max(int64(mark), -int64(mark)), 16)
}

// randomToken returns 64 random characters.
func randomToken() string {
	const alphabet = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-_"
	random := make([]byte, 64)
	_, _ = rand.Read(random) // never fails
	for i, b := range random {
		random[i] = alphabet[b%64] // 256 is a multiple of 64: no letter is favoured
	}
	return string(random)
}
