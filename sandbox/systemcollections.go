package sandbox

import (
	"context"
	"regexp"
	"slices"
	"strings"
)

// systemCollections are those that Directus brings itself.
func systemCollections() []*collection {
	text := func(names ...string) []field {
		fields := make([]field, len(names))
		for i, name := range names {
			fields[i] = field{name: name, kind: kindText, length: 255}
		}
		return fields
	}
	must := func(names ...string) []field {
		fields := text(names...)
		for i := range fields {
			fields[i].required = true
		}
		return fields
	}
	one := func(name string, k kind) []field { return []field{{name: name, kind: k}} }
	to := func(name, related string) []field {
		return []field{{name: name, kind: kindUUID, related: related}}
	}
	filled := func(name string, k kind, special string) []field {
		return []field{{name: name, kind: k, special: special}}
	}
	return []*collection{
		described(&collection{name: "directus_users", key: "id", fields: slices.Concat(
			one("id", kindUUID), text("first_name", "last_name", "email"),
			[]field{{name: "password", kind: kindHash, concealed: true}},
			text("location", "title"), one("description", kindLongText), one("tags", kindJSON),
			[]field{{name: "avatar", kind: kindUUID, related: "directus_files", unchecked: true}},
			text("language"),
			[]field{{name: "tfa_secret", kind: kindText, concealed: true}},
			[]field{{name: "status", kind: kindText, initial: "active", required: true}},
			to("role", "directus_roles"),
			[]field{{name: "token", kind: kindText, concealed: true}},
			one("last_access", kindTimestamp), text("last_page"),
			[]field{{name: "provider", kind: kindText, initial: "default", required: true}},
			text("external_identifier"), one("auth_data", kindJSON),
			[]field{{name: "email_notifications", kind: kindBoolean, initial: true}},
			text("appearance", "theme_dark", "theme_light"),
			one("theme_light_overrides", kindJSON), one("theme_dark_overrides", kindJSON),
			[]field{{name: "text_direction", kind: kindText, initial: "auto", required: true}})}),
		{name: "directus_folders", key: "id", fields: slices.Concat(
			one("id", kindUUID), must("name"), to("parent", "directus_folders"))},
		// Directus has no rule for the files of a deleted user, so a user who owns files cannot be deleted.
		{name: "directus_files", key: "id", fields: slices.Concat(
			one("id", kindUUID), []field{{name: "storage", kind: kindText, initial: "local"}},
			text("filename_disk", "filename_download", "title", "type"), to("folder", "directus_folders"),
			[]field{{name: "uploaded_by", kind: kindUUID, related: "directus_users", whenGone: "NO ACTION", special: "user-created"}},
			filled("created_on", kindTimestamp, "date-created"),
			[]field{{name: "modified_by", kind: kindUUID, related: "directus_users", whenGone: "NO ACTION", special: "user-updated"}},
			filled("modified_on", kindTimestamp, "date-created,date-updated"),
			text("charset"), one("filesize", kindInteger), one("width", kindInteger),
			one("height", kindInteger), one("duration", kindInteger),
			text("embed"), one("description", kindLongText), text("location"),
			one("tags", kindJSON), one("metadata", kindJSON),
			one("focal_point_x", kindInteger), one("focal_point_y", kindInteger),
			text("tus_id"), one("tus_data", kindJSON), one("uploaded_on", kindTimestamp))},
		{name: "directus_roles", key: "id", fields: slices.Concat(
			one("id", kindUUID), must("name"), text("icon", "description"))},
		{name: "directus_policies", key: "id", fields: slices.Concat(
			one("id", kindUUID), must("name"), text("icon", "description"),
			[]field{
				{name: "enforce_tfa", kind: kindBoolean, initial: false},
				{name: "admin_access", kind: kindBoolean, initial: false},
				{name: "app_access", kind: kindBoolean, initial: false},
			})},
		{name: "directus_access", key: "id", fields: slices.Concat(
			one("id", kindUUID),
			[]field{
				{name: "role", kind: kindUUID, related: "directus_roles", whenGone: "CASCADE"},
				{name: "user", kind: kindUUID, related: "directus_users", whenGone: "CASCADE"},
				{name: "policy", kind: kindUUID, related: "directus_policies", whenGone: "CASCADE", required: true},
			},
			one("sort", kindInteger))},
		{name: "directus_permissions", key: "id", fields: slices.Concat(
			one("id", kindInteger), must("collection", "action"),
			one("permissions", kindJSON), one("validation", kindJSON),
			one("presets", kindJSON), one("fields", kindJSON),
			[]field{{name: "policy", kind: kindUUID, related: "directus_policies", whenGone: "CASCADE", required: true}})},
		{name: "directus_settings", key: "id", singleton: true, fields: slices.Concat(
			one("id", kindInteger),
			text("project_name", "project_descriptor", "project_url"),
			to("project_logo", "directus_files"),
			[]field{
				{name: "project_color", kind: kindText, initial: "#6644FF"},
				{name: "default_language", kind: kindText, initial: "en-US"},
				{name: "default_appearance", kind: kindText, initial: "auto"},
				{name: "auth_login_attempts", kind: kindInteger, initial: 25},
				{name: "auth_password_policy", kind: kindText},
				{name: "public_registration", kind: kindBoolean, initial: false},
				{name: "public_registration_verify_email", kind: kindBoolean, initial: true},
			},
			to("public_registration_role", "directus_roles"))},
	}
}

// lengths are the maximum lengths of users' texts that differ from 255.
func lengths() map[string]int {
	return map[string]int{"first_name": 50, "last_name": 50, "email": 128, "title": 50, "status": 16, "provider": 128}
}

// described adds how Directus' app shows the fields of users, and the fields that
// are not columns. They are in the order of the app's form.
func described(users *collection) *collection {
	type object = map[string]any
	icon := func(name string) object { return object{"iconRight": name} }
	divider := func(icon, title string) object { return object{"icon": icon, "title": title} }
	choices := func(prefix string, values ...any) object {
		list := make([]any, len(values))
		for i, value := range values {
			word, _ := value.(string)
			if list[i] = (object{"text": "$t:" + prefix + word, "value": value}); value == nil {
				list[i] = object{"text": "$t:default_sync_with_project", "value": nil}
			}
		}
		return object{"choices": list}
	}
	for i, d := range []struct {
		name, shownBy string
		special       []any
		options       object
	}{
		{"first_name", "input", nil, icon("account_circle")},
		{"last_name", "input", nil, icon("account_circle")},
		{"email", "input", nil, icon("email")},
		{"password", "input-hash", []any{"hash", "conceal"}, object{"iconRight": "lock", "masked": true}},
		{"avatar", "file", nil, nil},
		{"location", "input", nil, icon("place")},
		{"title", "input", nil, icon("work")},
		{"description", "input-multiline", nil, nil},
		{"tags", "tags", []any{"cast-json"}, icon("local_offer")},
		{"preferences_divider", "presentation-divider", []any{"alias", "no-data"}, divider("face", "$t:fields.directus_users.user_preferences")},
		{"language", "system-language", nil, object{"includeProjectDefault": true}},
		{"text_direction", "select-dropdown", nil, choices("text_direction_", "auto", "ltr", "rtl")},
		{"tfa_secret", "system-mfa-setup", []any{"conceal"}, nil},
		{"email_notifications", "boolean", []any{"cast-boolean"}, nil},
		{"theming_divider", "presentation-divider", []any{"alias", "no-data"}, divider("palette", "$t:theme")},
		{"appearance", "select-dropdown", nil, choices("appearance_", nil, "auto", "light", "dark")},
		{"theme_light", "system-theme", nil, object{"appearance": "light", "includeNull": true}},
		{"theme_light_overrides", "system-theme-overrides", []any{"cast-json"}, object{"appearance": "light"}},
		{"theme_dark", "system-theme", nil, object{"appearance": "dark", "includeNull": true}},
		{"theme_dark_overrides", "system-theme-overrides", []any{"cast-json"}, object{"appearance": "dark"}},
		{"admin_divider", "presentation-divider", []any{"alias", "no-data"}, divider("verified_user", "$t:fields.directus_users.admin_options")},
		{"status", "select-dropdown", nil, choices("fields.directus_users.status_", "draft", "invited", "unverified", "active", "suspended", "archived")},
		{"role", "select-dropdown-m2o", []any{"m2o"}, object{"template": "{{ name }}"}},
		{"policies", "list-m2m", []any{"m2m"}, object{"layout": "list"}},
		{"token", "system-token", []any{"conceal"}, nil},
		{"id", "input", []any{"uuid"}, icon("vpn_key")},
		{"last_page", "", nil, nil},
		{"last_access", "", nil, nil},
		{"provider", "select-dropdown", nil, object{"choices": []any{}}},
		{"external_identifier", "input", nil, icon("account_circle")},
		{"auth_data", "", nil, nil},
	} {
		meta := object{"system": true, "sort": i + 1, "readonly": d.name == "last_access", "hidden": d.name == "auth_data",
			"interface": textOrNull(d.shownBy), "special": nil, "options": nil}
		if d.special != nil {
			meta["special"] = d.special
		}
		if d.options != nil {
			meta["options"] = d.options
		}
		column := slices.IndexFunc(users.fields, func(f field) bool { return f.name == d.name })
		if column < 0 {
			users.aliases = append(users.aliases, field{name: d.name, kind: "alias", meta: meta})
			continue
		}
		f := &users.fields[column]
		f.meta = meta
		if f.kind == kindText || f.kind == kindHash {
			f.length = 255
		}
		if length, other := lengths()[d.name]; other {
			f.length = length
		}
	}
	return users
}

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

// systemSchema is GET /graphql/system as far as it is asked for which changes there are for
// the caller.
func (s *Sandbox) systemSchema(c *call) error {
	if !strings.Contains(c.r.URL.Query().Get("query"), `__type(name: "Mutation")`) {
		return invalidPayload("this query is not part of the sandbox")
	}
	rules, err := s.rulesFor(c.r.Context(), s.db, c.who, "create", "directus_users")
	if err != nil {
		return err
	}
	changes := []map[string]any{{"name": "auth_login"}, {"name": "users_register"}}
	if len(rules) > 0 {
		changes = append(changes, map[string]any{"name": "create_users_item"})
	}
	return c.writeData(map[string]any{"__type": map[string]any{"fields": changes}})
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
