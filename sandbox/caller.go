package sandbox

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"database/sql"
	"errors"
	"net/http"
	"strings"
)

const sessionCookie = "directus_session_token"

// caller is the sender of a request. The zero value is an anonymous visitor.
type caller struct {
	user    string // id, or ""
	role    string // id, or ""
	session string // the session's token, in session mode
	admin   bool
	app     bool
}

// identify finds out who is calling. It runs before every route, so a bad token
// fails on public routes, too.
func (s *Sandbox) identify(c *call) error {
	token, fromCookie, err := extractToken(c.r)
	if err != nil || token == "" {
		return err
	}
	c.who, err = s.callerOf(c.r.Context(), token)
	var told *problem
	if fromCookie && errors.As(err, &told) && (told.code == "INVALID_CREDENTIALS" || told.code == "INVALID_TOKEN") {
		s.setSessionCookie(c.w, "")
	}
	return err
}

// extractToken returns the token from the query, the Authorization header or the
// session cookie. The cookie counts only if there is no other.
func extractToken(r *http.Request) (token string, fromCookie bool, err error) {
	token = r.URL.Query().Get("access_token")
	parts := strings.Split(r.Header.Get("Authorization"), " ")
	if len(parts) == 2 && strings.EqualFold(parts[0], "bearer") {
		if token != "" {
			return "", false, invalidPayload("The request uses more than one method for including an access token")
		}
		token = parts[1]
	}
	if token != "" {
		return token, false, nil
	}
	token = sessionToken(r)
	return token, token != "", nil
}

func sessionToken(r *http.Request) string {
	cookie, err := r.Cookie(sessionCookie)
	if err != nil {
		return ""
	}
	return cookie.Value
}

// callerOf accepts three kinds of token: the sandbox' own JWT, the
// administrator's static token, and a user's static token.
func (s *Sandbox) callerOf(ctx context.Context, token string) (caller, error) {
	var who caller
	switch {
	case isOurJWT(token):
		claims, err := s.verifyJWT(token)
		if err != nil {
			return caller{}, err
		}
		if claims.session != "" {
			if err := s.checkSession(ctx, claims.session, claims.user); err != nil {
				return caller{}, err
			}
		}
		who = caller{user: claims.user, role: claims.role, session: claims.session}
	case s.isAdminToken(token):
		who.admin, who.app = true, true
		err := s.db.QueryRowContext(ctx, `SELECT u.id, u.role FROM directus_users u
			JOIN directus_access a ON a.role = u.role JOIN directus_policies p ON p.id = a.policy
			WHERE p.admin_access ORDER BY u.email IS NOT NULL, u.id LIMIT 1`).Scan(&who.user, &who.role)
		if errors.Is(err, sql.ErrNoRows) { // removed by a test
			err = nil
		}
		return who, err
	default:
		var role sql.NullString
		err := s.db.QueryRowContext(ctx, `SELECT id, role FROM directus_users WHERE token = ? AND status = 'active'`, token).Scan(&who.user, &role)
		if errors.Is(err, sql.ErrNoRows) {
			return caller{}, invalidCredentials()
		}
		if err != nil {
			return caller{}, err
		}
		who.role = role.String
	}
	var err error
	who.admin, who.app, err = s.access(ctx, s.db, who)
	return who, err
}

// isAdminToken compares in constant time.
func (s *Sandbox) isAdminToken(token string) bool {
	if s.options.AdminToken == "" {
		return false
	}
	given, wanted := sha256.Sum256([]byte(token)), sha256.Sum256([]byte(s.options.AdminToken))
	return subtle.ConstantTimeCompare(given[:], wanted[:]) == 1
}

// access reports whether the caller's policies give administrator access, and
// whether they give access to Directus' own app.
func (s *Sandbox) access(ctx context.Context, db querier, who caller) (admin, app bool, err error) {
	where, args := policiesOf(who)
	err = db.QueryRowContext(ctx, `SELECT coalesce(max(p.admin_access), 0), coalesce(max(p.admin_access OR p.app_access), 0)
		FROM directus_access a JOIN directus_policies p ON p.id = a.policy WHERE `+where, args...).Scan(&admin, &app)
	return admin, app, err
}

// policiesOf selects the rows of directus_access (as "a") that apply to the
// caller. A caller with a role does not have the public policy.
func policiesOf(who caller) (where string, args []any) {
	where, args = `(a.role IS NULL AND a.user IS NULL)`, nil
	if who.role != "" {
		where, args = `a.role = ?`, []any{who.role}
	}
	if who.user != "" {
		where, args = `(a.user = ? OR `+where+`)`, append([]any{who.user}, args...)
	}
	return where, args
}
