package sandbox

import "slices"

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
