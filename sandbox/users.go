package sandbox

import (
	"context"
	"errors"
	"net/http"
	"net/mail"
	"regexp"
	"strings"

	"golang.org/x/net/publicsuffix"
)

// readMe is GET /users/me. Callers who may not read their own row still get their
// id.
func (s *Sandbox) readMe(c *call) error {
	if c.who.user == "" {
		return invalidCredentials()
	}
	q, err := parseQuery(c.r.URL.RawQuery)
	if err != nil {
		return err
	}
	me, err := s.readOne(c.r.Context(), s.db, c.who, s.schema.collection("directus_users"), c.who.user, q)
	if isForbidden(err) {
		return c.writeData(map[string]any{"id": c.who.user})
	}
	if err != nil {
		return err
	}
	return c.writeData(me)
}

// updateMe is PATCH /users/me. Like Directus, it stores the change and then
// answers FORBIDDEN if the caller may not read their own row.
func (s *Sandbox) updateMe(c *call) error {
	if c.who.user == "" {
		return invalidCredentials()
	}
	q, err := s.changeItem(c, "directus_users", c.who.user)
	if err != nil {
		return err
	}
	me, err := s.readOne(c.r.Context(), s.db, c.who, s.schema.collection("directus_users"), c.who.user, q)
	if err != nil {
		return err
	}
	return c.writeData(me)
}

func isForbidden(err error) bool {
	var told *problem
	return errors.As(err, &told) && told.status == http.StatusForbidden
}

// hashedPassword returns the payload with a user's password hashed. It takes a
// while, so it is called outside transactions.
func (s *Sandbox) hashedPassword(collection string, payload item) (item, error) {
	password, ok := payload["password"].(string)
	if collection != "directus_users" || !ok {
		return payload, nil
	}
	hash, err := s.hashPassword(password)
	if err != nil {
		return nil, err
	}
	ready := item{}
	for name, value := range payload {
		ready[name] = value
	}
	ready["password"] = hash
	return ready, nil
}

// checkNew validates new items of some collections as Directus does.
func (s *Sandbox) checkNew(ctx context.Context, db querier, collection string, payload item) error {
	switch collection {
	case "directus_users":
		if email, given := payload["email"]; given {
			if err := s.checkEmail(ctx, db, email, ""); err != nil {
				return err
			}
		}
		return s.checkPolicy(ctx, db, payload["password"])
	case "directus_permissions":
		return checkPermission(payload)
	case "directus_settings":
		return checkSettings(payload)
	}
	return nil
}

// checkChange validates changes in the same way.
func (s *Sandbox) checkChange(ctx context.Context, db querier, who caller, collection, key string, payload item) error {
	switch collection {
	case "directus_users":
		if email := payload["email"]; email != nil && email != "" {
			if err := s.checkEmail(ctx, db, email, key); err != nil {
				return err
			}
		}
		if err := s.checkPolicy(ctx, db, payload["password"]); err != nil {
			return err
		}
		if _, given := payload["tfa_secret"]; given {
			return invalidPayload(`You can't change the "tfa_secret" value manually`)
		}
		for _, name := range []string{"provider", "external_identifier"} {
			if _, given := payload[name]; given && !who.admin {
				return invalidPayload(`You can't change the "%s" value manually`, name)
			}
		}
	case "directus_permissions":
		return checkPermission(payload)
	case "directus_settings":
		return checkSettings(payload)
	}
	return nil
}

// checkPolicy requires a new password to match the pattern in the settings, if
// there is one. Unlike Directus, it does not send the password back.
func (s *Sandbox) checkPolicy(ctx context.Context, db querier, password any) error {
	text, ok := password.(string)
	if !ok || text == "" {
		return nil
	}
	settings, err := s.settings(ctx, db)
	if err != nil {
		return err
	}
	pattern, err := policyPattern(settings["auth_password_policy"])
	if err == nil && !pattern.MatchString(text) {
		return failedValidation("password", "regex")
	}
	return err
}

// checkEmail requires a valid address that no other user has.
func (s *Sandbox) checkEmail(ctx context.Context, db querier, email any, except string) error {
	text, ok := email.(string)
	if !ok || !isEmail(text) {
		return failedValidation("email", "email")
	}
	var taken bool
	err := db.QueryRowContext(ctx, `SELECT count(*) FROM directus_users WHERE lower(email) = lower(?) AND id <> ?`, text, except).Scan(&taken)
	if err == nil && taken {
		return notUnique("directus_users", "email", "["+strings.ToLower(text)+"]")
	}
	return err
}

// checkAdministrators refuses a change of a user, or a deletion (without a
// payload), that would leave no administrator.
func checkAdministrators(ctx context.Context, db querier, collection string, payload item) error {
	_, newRole := payload["role"]
	status, newStatus := payload["status"]
	if collection != "directus_users" || payload != nil && !newRole && (!newStatus || status == "active") {
		return nil
	}
	var left bool
	err := db.QueryRowContext(ctx, `SELECT count(*) > 0 FROM directus_users u JOIN directus_access a ON a.user = u.id OR a.role = u.role
		JOIN directus_policies p ON p.id = a.policy WHERE p.admin_access AND u.status = 'active'`).Scan(&left)
	if err == nil && !left {
		return unprocessable("Cannot remove the last admin user from the system")
	}
	return err
}

// endSessionsAfter signs a user out after a change of email, password or status.
// The caller's own session stays if it is in session mode.
func (s *Sandbox) endSessionsAfter(ctx context.Context, db querier, who caller, collection, key string, payload item) error {
	if collection != "directus_users" {
		return nil
	}
	if status, given := payload["status"]; given && status != "active" {
		return s.endSessions(ctx, db, key, "")
	}
	_, newEmail := payload["email"]
	_, newPassword := payload["password"]
	if newEmail || newPassword {
		return s.endSessions(ctx, db, key, who.session)
	}
	return nil
}

// emailIn returns the field "email" of a body.
func emailIn(body map[string]any) (string, error) {
	email, err := textIn(body, "email")
	if err != nil {
		return "", err
	}
	if !isEmail(email) {
		return "", invalidPayload(`"email" must be a valid email`)
	}
	return email, nil
}

// textIn returns a required text field of a body.
func textIn(body map[string]any, name string) (string, error) {
	value, given := body[name]
	if !given {
		return "", invalidPayload(`"%s" is required`, name)
	}
	text, ok := value.(string)
	if !ok {
		return "", invalidPayload(`"%s" must be a string`, name)
	}
	if text == "" {
		return "", invalidPayload(`"%s" is not allowed to be empty`, name)
	}
	return text, nil
}

// modeIn returns the mode in which a sign-in wants its tokens.
func modeIn(body map[string]any) (string, error) {
	mode, given := body["mode"]
	switch {
	case !given:
		return "json", nil
	case mode == "json", mode == "session":
		return mode.(string), nil
	case mode == "cookie":
		return "", invalidPayload(`"mode" cookie is not part of the sandbox`)
	}
	return "", invalidPayload(`"mode" must be one of [cookie, json, session]`)
}

// isEmail is close to what Directus accepts: a plain address with an existing
// top-level domain.
func isEmail(text string) bool {
	address, err := mail.ParseAddress(text)
	if err != nil || address.Address != text || len(text) > 254 {
		return false
	}
	local, domain, _ := strings.Cut(text, "@")
	if len(local) > 64 || strings.ContainsAny(local, `"`) {
		return false
	}
	if !regexp.MustCompile(`^([a-zA-Z0-9]([a-zA-Z0-9-]*[a-zA-Z0-9])?\.)+[a-zA-Z]{2,63}$`).MatchString(domain) {
		return false
	}
	// A suffix without a dot that is not ICANN's does not exist.
	suffix, icann := publicsuffix.PublicSuffix(strings.ToLower(domain))
	return icann || strings.Contains(suffix, ".")
}
