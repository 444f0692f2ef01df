package sandbox

import (
	"context"
	"regexp"
	"strings"
)

// settings returns all settings.
func (s *Sandbox) settings(ctx context.Context, db querier) (item, error) {
	return s.readOne(ctx, db, caller{admin: true}, s.schema.collection("directus_settings"), "1", query{fields: []string{"*"}})
}

// checkSettings refuses a password policy that Go cannot evaluate: its patterns
// have no lookaheads.
func checkSettings(payload item) error {
	if _, err := policyPattern(payload["auth_password_policy"]); err != nil {
		return invalidPayload(`The sandbox can't follow the pattern in "auth_password_policy"`)
	}
	return nil
}

// policyPattern parses a pattern, which may be enclosed in slashes. An empty one
// matches everything.
func policyPattern(policy any) (*regexp.Regexp, error) {
	text, _ := policy.(string)
	if len(text) > 1 && strings.HasPrefix(text, "/") && strings.HasSuffix(text, "/") {
		text = text[1 : len(text)-1]
	}
	return regexp.Compile(text)
}

// serverInfo is GET /server/info. Only signed-in callers learn the version.
func (s *Sandbox) serverInfo(c *call) error {
	settings, err := s.settings(c.r.Context(), s.db)
	if err != nil {
		return err
	}
	project := map[string]any{}
	for _, name := range []string{"project_name", "project_descriptor", "project_logo", "project_color",
		"default_appearance", "default_language", "public_registration", "public_registration_verify_email"} {
		project[name] = settings[name]
	}
	info := map[string]any{"project": project}
	if c.who.user != "" {
		info["version"] = Version
		info["queryLimit"] = map[string]any{"default": defaultLimit, "max": -1}
		info["rateLimit"] = false
		info["rateLimitGlobal"] = false
		info["websocket"] = false
	}
	return c.writeData(info)
}

// checkPermission refuses permission rows that would not be enforced here.
func checkPermission(payload item) error {
	if validation, given := payload["validation"].(map[string]any); given && len(validation) > 0 {
		return invalidPayload(`"validation" is not part of the sandbox`)
	}
	for _, name := range []string{"permissions", "presets"} {
		switch payload[name].(type) {
		case nil, map[string]any:
		default:
			return invalidPayload(`"%s" has to be an object`, name)
		}
	}
	fields, isList := payload["fields"].([]any)
	if payload["fields"] != nil && !isList {
		return invalidPayload(`"fields" has to be a list of names`)
	}
	for _, name := range fields {
		if _, ok := name.(string); !ok {
			return invalidPayload(`"fields" has to be a list of names`)
		}
	}
	return nil
}
