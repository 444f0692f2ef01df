package sandbox

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"database/sql"
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strings"
)

// access is what a caller may do with a collection, as GET /permissions/me
// reports it.
type access struct {
	Access  string         `json:"access"` // "none", "partial": some items, "full"
	Fields  []string       `json:"fields,omitempty"`
	Presets map[string]any `json:"presets,omitempty"`
}

// myAccess is GET /permissions/me: collection ─▶ action ─▶ access. Collections
// without any permission are left out.
func (s *Sandbox) myAccess(c *call) error {
	if c.who.user == "" && c.who.role == "" {
		return forbidden()
	}
	actions := []string{"create", "read", "update", "delete", "share"}
	told := map[string]map[string]*access{}
	add := func(collection string) map[string]*access {
		if told[collection] == nil {
			told[collection] = map[string]*access{}
			for _, action := range actions {
				told[collection][action] = &access{Access: "none"}
			}
		}
		return told[collection]
	}
	if c.who.admin {
		for _, name := range append(s.schema.names(), "directus_collections", "directus_fields", "directus_relations") {
			for _, a := range add(name) {
				*a = access{Access: "full", Fields: []string{"*"}}
			}
		}
		return c.writeData(told)
	}
	names, err := s.permittedCollections(c.r.Context(), c.who)
	if err != nil {
		return err
	}
	for _, name := range names {
		add(name)
	}
	for collection, byAction := range told {
		for action, a := range byAction {
			rules, err := s.rulesFor(c.r.Context(), s.db, c.who, action, collection)
			if err != nil {
				return err
			}
			a.add(rules)
		}
	}
	return c.writeData(told)
}

// permittedCollections lists the collections that the caller has permissions on.
func (s *Sandbox) permittedCollections(ctx context.Context, who caller) ([]string, error) {
	where, args := policiesOf(who)
	// #nosec G202 -- where is one of two constants
	rows, err := s.db.QueryContext(ctx, `SELECT DISTINCT collection FROM directus_permissions
		WHERE policy IN (SELECT a.policy FROM directus_access a WHERE `+where+`)`, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var names []string
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			return nil, err
		}
		names = append(names, name)
	}
	return names, rows.Err()
}

// add adds the rules for one action. A rule for some items only makes the access
// partial, whatever the other rules allow.
func (a *access) add(rules []rule) {
	for _, r := range rules {
		if a.Access == "none" {
			a.Access = "full"
		}
		if filter, _ := r.filter.(map[string]any); len(filter) > 0 {
			a.Access = "partial"
		}
		for _, name := range r.fields {
			if !slices.Contains(a.Fields, name) {
				a.Fields = append(a.Fields, name)
			}
		}
		if slices.Contains(a.Fields, "*") {
			a.Fields = []string{"*"}
		}
		for name, value := range r.presets {
			if a.Presets == nil {
				a.Presets = map[string]any{}
			}
			a.Presets[name] = value
		}
	}
}

// rule is a permission of a caller: the items and fields that it allows.
type rule struct {
	fields  []string // "*" is all
	filter  any      // nil or empty: every item
	presets map[string]any
}

// rulesFor returns the caller's rules for an action on a collection. Without any,
// the action is forbidden. An administrator has one that allows everything.
func (s *Sandbox) rulesFor(ctx context.Context, db querier, who caller, action, collection string) ([]rule, error) {
	if who.admin {
		return []rule{{fields: []string{"*"}}}, nil
	}
	where, args := policiesOf(who)
	rows, err := db.QueryContext(ctx, `SELECT fields, permissions, presets FROM directus_permissions
		WHERE collection = ? AND action = ? AND policy IN (SELECT a.policy FROM directus_access a WHERE `+where+`)
		ORDER BY id`, append([]any{collection, action}, args...)...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var rules []rule
	for rows.Next() {
		var r rule
		var fields, filter, presets *string
		if err := rows.Scan(&fields, &filter, &presets); err != nil {
			return nil, err
		}
		err := errors.Join(decode(fields, &r.fields), decode(filter, &r.filter), decode(presets, &r.presets))
		if err != nil {
			return nil, err
		}
		rules = append(rules, r)
	}
	return rules, rows.Err()
}

// decode parses a JSON column that may be NULL.
func decode(column *string, target any) error {
	if column == nil {
		return nil
	}
	return json.Unmarshal([]byte(*column), target)
}

func (r rule) allows(field string) bool {
	return slices.Contains(r.fields, "*") || slices.Contains(r.fields, field)
}

// anyAllows reports whether a field is allowed on at least some items.
func anyAllows(rules []rule, field string) bool {
	return slices.ContainsFunc(rules, func(r rule) bool { return r.allows(field) })
}

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
