package sandbox

import "slices"

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
		// Directus has no rule for the files of a deleted user, so a user who owns files cannot be deleted.
		{name: "directus_files", key: "id", fields: slices.Concat(
			one("id", kindUUID), []field{{name: "storage", kind: kindText, initial: "local"}},
			text("filename_disk", "filename_download", "title", "type", "folder"),
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
