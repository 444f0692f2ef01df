package sandbox

import (
	"context"
	"crypto/rand"
	"database/sql"
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

// A session is one row: its token, whose it is and until when. In json mode a
// refresh replaces the token in the row. In session mode it adds a second row
// and lets the first live on for the grace, pointing to its successor, so that
// late and repeated refreshes get the same answer:
//
//	old {expires: now + 10 s, next_token: new} ──▶ new {expires: now + 24 h}

// addSession starts a session.
func (s *Sandbox) addSession(ctx context.Context, db querier, token, user string, expires time.Time) error {
	_, err := db.ExecContext(ctx, `INSERT INTO sessions (token, user, expires) VALUES (?, ?, ?)`, token, user, expires.UnixMilli())
	return err
}

// checkSession refuses a session that has ended or whose user is not active.
func (s *Sandbox) checkSession(ctx context.Context, token, user string) error {
	var one int
	err := s.db.QueryRowContext(ctx, `SELECT 1 FROM sessions s JOIN directus_users u ON u.id = s.user
		WHERE s.token = ? AND s.user = ? AND s.expires >= ? AND u.status = 'active'`,
		token, user, s.now().UnixMilli()).Scan(&one)
	if errors.Is(err, sql.ErrNoRows) {
		return invalidCredentials()
	}
	return err
}

// sessionRow is a session with what a refresh needs to know about its user.
type sessionRow struct {
	user, role, status, next string
}

func (s *Sandbox) sessionMember(ctx context.Context, db querier, token string) (sessionRow, error) {
	var row sessionRow
	var role, status, next sql.NullString
	err := db.QueryRowContext(ctx, `SELECT s.user, u.role, u.status, s.next_token
		FROM sessions s JOIN directus_users u ON u.id = s.user WHERE s.token = ? AND s.expires >= ?`,
		token, s.now().UnixMilli()).Scan(&row.user, &role, &status, &next)
	if errors.Is(err, sql.ErrNoRows) {
		return sessionRow{}, invalidCredentials()
	}
	row.role, row.status, row.next = role.String, status.String, next.String
	return row, err
}

// rotateSession replaces the token immediately, as in json mode.
func (s *Sandbox) rotateSession(ctx context.Context, db querier, old string) (string, error) {
	next := randomToken()
	_, err := db.ExecContext(ctx, `UPDATE sessions SET token = ?, expires = ? WHERE token = ?`,
		next, s.now().Add(s.options.RefreshTTL).UnixMilli(), old)
	return next, err
}

// succeedSession returns the session's successor, as in session mode. It creates
// one only if there is none yet.
func (s *Sandbox) succeedSession(ctx context.Context, db querier, old string, row sessionRow) (string, error) {
	now := s.now()
	expires := now.Add(s.options.SessionTTL)
	if row.next != "" {
		_, err := db.ExecContext(ctx, `UPDATE sessions SET expires = ? WHERE token = ?`, expires.UnixMilli(), row.next)
		return row.next, err
	}
	next := randomToken()
	if _, err := db.ExecContext(ctx, `UPDATE sessions SET next_token = ?, expires = ? WHERE token = ?`,
		next, now.Add(s.options.RefreshGrace).UnixMilli(), old); err != nil {
		return "", err
	}
	return next, s.addSession(ctx, db, next, row.user, expires)
}

// endSession removes one session.
func (s *Sandbox) endSession(ctx context.Context, token string) error {
	_, err := s.db.ExecContext(ctx, `DELETE FROM sessions WHERE token = ?`, token)
	return err
}

// endSessions removes a user's sessions, except one if it is given.
func (s *Sandbox) endSessions(ctx context.Context, db querier, user, except string) error {
	_, err := db.ExecContext(ctx, `DELETE FROM sessions WHERE user = ? AND token <> ?`, user, except)
	return err
}

func (s *Sandbox) forgetExpired(ctx context.Context, db querier) error {
	_, err := db.ExecContext(ctx, `DELETE FROM sessions WHERE expires < ?`, s.now().UnixMilli())
	return err
}
