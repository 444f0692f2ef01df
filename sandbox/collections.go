package sandbox

import "slices"

// kind is a field's type, by Directus' own names.
type kind string

const (
	kindText      kind = "string"
	kindUUID      kind = "uuid"
	kindInteger   kind = "integer"
	kindBoolean   kind = "boolean"
	kindDate      kind = "date"      // "2026-10-03"
	kindTimestamp kind = "timestamp" // "2026-10-03T10:00:00.000Z"
	kindJSON      kind = "json"
)

// field is a column of a collection.
type field struct {
	name      string
	kind      kind
	related   string // the collection this field points to
	unchecked bool   // it may point to an item that does not exist
	concealed bool   // never shown: "**********" instead
	required  bool   // new items must bring it
	initial   any    // value of new items that bring none
}

// collection is a table that the API shows.
type collection struct {
	name      string
	key       string // name of the primary key field
	singleton bool
	fields    []field
}

func (c *collection) field(name string) (field, bool) {
	i := slices.IndexFunc(c.fields, func(f field) bool { return f.name == name })
	if i < 0 {
		return field{}, false
	}
	return c.fields[i], true
}

// allCollections is the project's schema: tables are made from it, and no
// request reaches a table or column that is not in it.
func allCollections() []*collection {
	text := func(names ...string) []field {
		fields := make([]field, len(names))
		for i, name := range names {
			fields[i] = field{name: name, kind: kindText}
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
	return []*collection{
		{name: "global", key: "id", singleton: true, fields: slices.Concat(
			one("id", kindInteger), text("title", "description"))},
		{name: "pages", key: "slug", fields: slices.Concat(must("slug"), text("title", "content"))},
		{name: "authors", key: "id", fields: slices.Concat(one("id", kindInteger), text("name"))},
		{name: "posts", key: "slug", fields: slices.Concat(
			must("slug"), text("title", "content"), one("publish_date", kindDate),
			[]field{{name: "author", kind: kindInteger, related: "authors"}},
			to("image", "directus_files"))},

		{name: "directus_users", key: "id", fields: slices.Concat(
			one("id", kindUUID), text("first_name", "last_name", "email"),
			[]field{{name: "password", kind: kindText, concealed: true}},
			text("location", "title", "description"), one("tags", kindJSON),
			[]field{{name: "avatar", kind: kindUUID, related: "directus_files", unchecked: true}},
			text("language"),
			[]field{{name: "tfa_secret", kind: kindText, concealed: true}},
			[]field{{name: "status", kind: kindText, initial: "active"}},
			to("role", "directus_roles"),
			[]field{{name: "token", kind: kindText, concealed: true}},
			one("last_access", kindTimestamp), text("last_page"),
			[]field{{name: "provider", kind: kindText, initial: "default"}},
			text("external_identifier"), one("auth_data", kindJSON),
			[]field{{name: "email_notifications", kind: kindBoolean, initial: true}},
			text("appearance", "theme_dark", "theme_light"),
			one("theme_light_overrides", kindJSON), one("theme_dark_overrides", kindJSON),
			[]field{{name: "text_direction", kind: kindText, initial: "auto"}})},
		{name: "directus_files", key: "id", fields: slices.Concat(
			one("id", kindUUID), []field{{name: "storage", kind: kindText, initial: "local"}},
			text("filename_disk", "filename_download", "title", "type", "folder"),
			to("uploaded_by", "directus_users"), one("created_on", kindTimestamp),
			to("modified_by", "directus_users"), one("modified_on", kindTimestamp),
			text("charset"), one("filesize", kindInteger), one("width", kindInteger),
			one("height", kindInteger), one("duration", kindInteger),
			text("embed", "description", "location"), one("tags", kindJSON), one("metadata", kindJSON),
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
			one("id", kindUUID), to("role", "directus_roles"), to("user", "directus_users"),
			[]field{{name: "policy", kind: kindUUID, related: "directus_policies", required: true}},
			one("sort", kindInteger))},
		{name: "directus_permissions", key: "id", fields: slices.Concat(
			one("id", kindInteger), must("collection", "action"),
			one("permissions", kindJSON), one("validation", kindJSON),
			one("presets", kindJSON), one("fields", kindJSON),
			[]field{{name: "policy", kind: kindUUID, related: "directus_policies", required: true}})},
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
