package sandbox

import (
	"context"
	"crypto/subtle"
	"database/sql"
	"errors"
	"net/http"
	"sync"
	"time"

	"github.com/alexedwards/argon2id"
	"github.com/pquerna/otp"
	"github.com/pquerna/otp/totp"
)

// signIn is POST /auth/login {email, password, mode?, otp?}.
func (s *Sandbox) signIn(c *call) error {
	body, err := c.object()
	if err != nil {
		return err
	}
	email, err := emailIn(body)
	if err != nil {
		return err
	}
	password, err := textIn(body, "password")
	if err != nil {
		return err
	}
	mode, err := modeIn(body)
	if err != nil {
		return err
	}
	otp, given := body["otp"]
	code, isText := otp.(string)
	if given && !isText {
		return invalidPayload(`"otp" must be a string`)
	}
	ctx := c.r.Context()
	member, err := memberByEmail(ctx, s.db, email)
	if err != nil {
		return err
	}
	if err := s.checkPassword(ctx, member, password); err != nil {
		return err
	}
	if member.tfaSecret != "" && !s.otpFits(code, member.tfaSecret) {
		return invalidOTP()
	}
	s.attempts.succeeded(member.id)

	session := randomToken()
	expires := s.now().Add(s.options.RefreshTTL)
	var admin, app bool
	err = s.inTransaction(ctx, func(tx querier) error {
		if admin, app, err = s.access(ctx, tx, caller{user: member.id, role: member.role}); err != nil {
			return err
		}
		if err := s.forgetExpired(ctx, tx); err != nil {
			return err
		}
		if err := s.addSession(ctx, tx, session, member.id, expires); err != nil {
			return err
		}
		return s.touch(ctx, tx, member.id)
	})
	if err != nil {
		return err
	}
	return s.writeTokens(c, mode, claims{user: member.id, role: member.role, admin: admin, app: app}, session)
}

// checkPassword gives the same error for unknown addresses, wrong passwords and
// inactive accounts. Too many failures suspend the account.
func (s *Sandbox) checkPassword(ctx context.Context, m member, password string) error {
	if m.status == "active" {
		settings, err := s.settings(ctx, s.db)
		if err != nil {
			return err
		}
		limit, limited := settings["auth_login_attempts"].(int64)
		if limited && s.attempts.tooMany(m.id, int(limit)) {
			if _, err := s.db.ExecContext(ctx, `UPDATE directus_users SET status = 'suspended' WHERE id = ?`, m.id); err != nil {
				return err
			}
		}
	}
	if !s.matches(password, m.password) || m.status != "active" {
		return invalidCredentials()
	}
	return nil
}

// refresh is POST /auth/refresh {refresh_token} or {mode: "session"} with the
// cookie.
func (s *Sandbox) refresh(c *call) error {
	mode, old, err := s.tokenToRefresh(c)
	if err != nil {
		return err
	}
	ctx := c.r.Context()
	var next string
	var granted claims
	var inactive bool
	err = s.inTransaction(ctx, func(tx querier) error {
		found, err := s.sessionMember(ctx, tx, old)
		if err != nil {
			return err
		}
		if inactive = found.status != "active"; inactive {
			if found.status == "suspended" {
				return userSuspended()
			}
			return invalidCredentials()
		}
		granted = claims{user: found.user, role: found.role}
		if granted.admin, granted.app, err = s.access(ctx, tx, caller{user: found.user, role: found.role}); err != nil {
			return err
		}
		if mode == "session" {
			next, err = s.succeedSession(ctx, tx, old, found)
		} else {
			next, err = s.rotateSession(ctx, tx, old)
		}
		if err != nil {
			return err
		}
		return s.touch(ctx, tx, found.user)
	})
	if inactive {
		return errors.Join(err, s.endSession(ctx, old))
	}
	if err != nil {
		return err
	}
	return s.writeTokens(c, mode, granted, next)
}

// signOut is POST /auth/logout. It also succeeds for an unknown session.
func (s *Sandbox) signOut(c *call) error {
	_, token, err := s.tokenToRefresh(c)
	if err != nil {
		return err
	}
	if err := s.endSession(c.r.Context(), token); err != nil {
		return err
	}
	if sessionToken(c.r) != "" {
		s.setSessionCookie(c.w, "")
	}
	return c.writeNothing()
}

// tokenToRefresh returns the mode and the refresh token. In session mode the
// token is inside the cookie's JWT, which must still be valid.
func (s *Sandbox) tokenToRefresh(c *call) (mode, token string, err error) {
	body, err := c.object()
	if err != nil {
		return "", "", err
	}
	mode, _ = body["mode"].(string)
	given, _ := body["refresh_token"].(string)
	if mode == "" && given != "" {
		mode = "json"
	}
	switch mode {
	case "json":
		token = given
	case "session":
		if cookie := sessionToken(c.r); isOurJWT(cookie) {
			claims, err := s.verifyJWT(cookie)
			if err != nil {
				return "", "", err
			}
			token = claims.session
		}
	}
	if token == "" {
		return "", "", invalidPayload("The refresh token is required in either the payload or cookie")
	}
	return mode, token, nil
}

// writeTokens answers a sign-in or a refresh. "expires" is a duration in
// milliseconds.
func (s *Sandbox) writeTokens(c *call, mode string, granted claims, token string) error {
	if mode == "session" {
		granted.session = token
		signed, err := s.signJWT(granted, s.options.SessionTTL)
		if err != nil {
			return err
		}
		s.setSessionCookie(c.w, signed)
		return c.writeData(map[string]any{"expires": s.options.SessionTTL.Milliseconds()})
	}
	signed, err := s.signJWT(granted, s.options.AccessTTL)
	if err != nil {
		return err
	}
	return c.writeData(map[string]any{
		"expires": s.options.AccessTTL.Milliseconds(), "refresh_token": token, "access_token": signed})
}

// setSessionCookie sets the session cookie, or clears it with an empty value.
// Like Directus, it keeps the usual lifetime even then.
func (s *Sandbox) setSessionCookie(w http.ResponseWriter, value string) {
	// #nosec G124 -- Directus' own cookie over HTTP, which reaches the app alone
	http.SetCookie(w, &http.Cookie{Name: sessionCookie, Value: value, Path: "/",
		MaxAge: int(s.options.SessionTTL / time.Second), Expires: s.now().Add(s.options.SessionTTL),
		HttpOnly: true, SameSite: http.SameSiteLaxMode})
}

// member is what sign-in and email need to know about an account. The zero value
// stands for an unknown address.
type member struct {
	id, email, role, status, provider, password, tfaSecret string
}

func memberByEmail(ctx context.Context, db querier, email string) (member, error) {
	return memberWhere(ctx, db, `lower(email) = lower(?)`, email)
}

func memberWhere(ctx context.Context, db querier, condition, value string) (member, error) {
	var m member
	var email, role, status, provider, password, tfa sql.NullString
	err := db.QueryRowContext(ctx, `SELECT id, email, role, status, provider, password, tfa_secret
		FROM directus_users WHERE `+condition, value).Scan(&m.id, &email, &role, &status, &provider, &password, &tfa)
	if errors.Is(err, sql.ErrNoRows) {
		return member{}, nil
	}
	m.email, m.role, m.status = email.String, role.String, status.String
	m.provider, m.password, m.tfaSecret = provider.String, password.String, tfa.String
	return m, err
}

func (s *Sandbox) touch(ctx context.Context, db querier, user string) error {
	_, err := db.ExecContext(ctx, `UPDATE directus_users SET last_access = ? WHERE id = ?`, timestamp(s.now()), user)
	return err
}

// hashPassword returns the argon2id hash to store.
func (s *Sandbox) hashPassword(password string) (string, error) {
	s.hashing <- struct{}{}
	defer func() { <-s.hashing }()
	return argon2id.CreateHash(password, s.options.PasswordCost)
}

// matches checks a password. An empty hash (an unknown address, or an account
// without a password) takes as long and never matches.
func (s *Sandbox) matches(password, hash string) bool {
	s.hashing <- struct{}{}
	defer func() { <-s.hashing }()
	known := hash != ""
	if !known {
		hash = s.decoy
	}
	match, err := argon2id.ComparePasswordAndHash(password, hash)
	return known && match && err == nil
}

// attempts counts failed sign-ins per user until one succeeds. As by default in
// Directus, a restart resets it. The zero value is ready to use.
type attempts struct {
	mu     sync.Mutex
	failed map[string]int
}

// tooMany counts an attempt and reports whether the limit is exceeded. If so, it
// resets the count, because the account is suspended.
func (a *attempts) tooMany(user string, allowed int) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.failed == nil {
		a.failed = make(map[string]int)
	}
	a.failed[user]++
	if a.failed[user] <= allowed {
		return false
	}
	delete(a.failed, user)
	return true
}

func (a *attempts) succeeded(user string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	delete(a.failed, user)
}

// generate creates a two-factor secret and returns it to the member; only enable
// stores it. Storing and removing it are changes by the caller, who needs the
// permission to update "tfa_secret".

// otpFits checks a code against a user's secret. Only the code of the current 30
// seconds is valid.
func (s *Sandbox) otpFits(code, secret string) bool {
	current, err := totp.GenerateCodeCustom(secret, s.now(), totp.ValidateOpts{Period: 30, Digits: otp.DigitsSix})
	return err == nil && subtle.ConstantTimeCompare([]byte(code), []byte(current)) == 1
}

// generateTFA is POST /users/me/tfa/generate {password}.
func (s *Sandbox) generateTFA(c *call) error {
	m, body, err := s.callerWith(c)
	if err != nil {
		return err
	}
	if m.provider == "default" {
		password, _ := body["password"].(string)
		if password == "" {
			return invalidPayload(`"password" is required`)
		}
		if !s.matches(password, m.password) {
			return invalidCredentials()
		}
	}
	if m.tfaSecret != "" {
		return invalidPayload("TFA Secret is already set for this user")
	}
	if m.email == "" {
		return invalidPayload("User must have a valid email to enable TFA")
	}
	settings, err := s.settings(c.r.Context(), s.db)
	if err != nil {
		return err
	}
	issuer := asText(settings["project_name"])
	if issuer == "" {
		issuer = "Directus"
	}
	key, err := totp.Generate(totp.GenerateOpts{Issuer: issuer, AccountName: m.email, SecretSize: 10})
	if err != nil {
		return err
	}
	return c.writeData(map[string]any{"secret": key.Secret(), "otpauth_url": key.URL()})
}

// enableTFA is POST /users/me/tfa/enable {secret, otp}.
func (s *Sandbox) enableTFA(c *call) error {
	m, body, err := s.callerWith(c)
	if err != nil {
		return err
	}
	secret, _ := body["secret"].(string)
	if secret == "" {
		return invalidPayload(`"secret" is required`)
	}
	code, err := codeIn(body)
	if err != nil {
		return err
	}
	if m.tfaSecret != "" {
		return invalidPayload("TFA Secret is already set for this user")
	}
	if !s.otpFits(code, secret) {
		return invalidPayload(`"otp" is invalid`)
	}
	return s.setTFA(c, m.id, secret)
}

// disableTFA is POST /users/me/tfa/disable {otp}.
func (s *Sandbox) disableTFA(c *call) error {
	m, body, err := s.callerWith(c)
	if err != nil {
		return err
	}
	code, err := codeIn(body)
	if err != nil {
		return err
	}
	if m.tfaSecret == "" {
		return invalidPayload(`User "%s" doesn't have TFA enabled`, m.id)
	}
	if !s.otpFits(code, m.tfaSecret) {
		return invalidPayload(`"otp" is invalid`)
	}
	return s.setTFA(c, m.id, nil)
}

// disableTFAOf is POST /users/:id/tfa/disable, with which an administrator helps
// somebody who has lost their codes.
func (s *Sandbox) disableTFAOf(c *call) error {
	if c.who.user == "" {
		return invalidCredentials()
	}
	if !c.who.admin {
		return forbidden()
	}
	return s.setTFA(c, c.r.PathValue("key"), nil)
}

// callerWith returns the caller's account and the body.
func (s *Sandbox) callerWith(c *call) (member, map[string]any, error) {
	if c.who.user == "" {
		return member{}, nil, invalidCredentials()
	}
	body, err := c.object()
	if err != nil {
		return member{}, nil, err
	}
	m, err := memberWhere(c.r.Context(), s.db, `id = ?`, c.who.user)
	return m, body, err
}

// codeIn returns the code in a body. One that is not text is never valid.
func codeIn(body map[string]any) (string, error) {
	if code := body["otp"]; code == nil || code == "" {
		return "", invalidPayload(`"otp" is required`)
	}
	code, _ := body["otp"].(string)
	return code, nil
}

func (s *Sandbox) setTFA(c *call, user string, secret any) error {
	err := s.inTransaction(c.r.Context(), func(tx querier) error {
		users, allowed := s.schema.collection("directus_users"), func() error { return nil }
		return s.update(c.r.Context(), tx, c.who, users, user, item{"tfa_secret": secret}, allowed)
	})
	if err != nil {
		return err
	}
	return c.writeNothing()
}
