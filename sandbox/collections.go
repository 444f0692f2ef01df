package sandbox

import "slices"

// kind is a field's type, by Directus' own names.
type kind string

const (
	kindText       kind = "string"
	kindLongText   kind = "text"
	kindHash       kind = "hash"
	kindUUID       kind = "uuid"
	kindInteger    kind = "integer"
	kindBigInteger kind = "bigInteger"
	kindFloat      kind = "float"
	kindDecimal    kind = "decimal"
	kindBoolean    kind = "boolean"
	kindDate       kind = "date"      // "2026-10-03"
	kindTime       kind = "time"      // "10:00", kept as it is sent
	kindDateTime   kind = "dateTime"  // "2026-10-03T10:00:00", nowhere in particular
	kindTimestamp  kind = "timestamp" // "2026-10-03T10:00:00.000Z"
	kindJSON       kind = "json"
	kindCSV        kind = "csv" // stored as "a,b", shown as a list
)

func (k kind) isText() bool { return k == kindText || k == kindLongText }

func (k kind) isNumber() bool {
	return k == kindInteger || k == kindBigInteger || k == kindFloat || k == kindDecimal
}

// field is a column of a collection.
type field struct {
	name      string
	kind      kind
	related   string // the collection this field points to
	whenGone  string // what becomes of it when that item is deleted; "SET NULL" if empty
	unchecked bool   // it may point to an item that does not exist
	concealed bool   // never shown: "**********" instead
	required  bool   // never null: new items must bring it or have the initial value
	unique    bool   // no two items have the same; the key needs no saying
	initial   any    // value of new items that bring none
	special   string // what Directus fills in by itself: "user-created" and its kin

	length int            // of text, as Directus tells it; SQLite takes more
	meta   map[string]any // how Directus' app shows it; nil if nobody said
}

// collection is a table that the API shows.
type collection struct {
	name      string
	key       string // name of the primary key field
	singleton bool
	fields    []field
	aliases   []field // fields without a column, which only GET /fields shows
}

func (c *collection) field(name string) (field, bool) {
	i := slices.IndexFunc(c.fields, func(f field) bool { return f.name == name })
	if i < 0 {
		return field{}, false
	}
	return c.fields[i], true
}

// allCollections is the project's schema: tables are made from it, and no
// request reaches a table or column that is not in it or was added to it since.
func allCollections() []*collection {
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
	status := []field{{name: "status", kind: kindText, length: 255, initial: "published"}}
	return []*collection{
		{name: "global", key: "id", singleton: true, fields: slices.Concat(
			one("id", kindInteger), text("title"), one("description", kindLongText),
			to("logo", "directus_files"), text("color"), to("favicon", "directus_files"))},
		{name: "navigation", key: "id", fields: slices.Concat(
			one("id", kindInteger), text("label", "url"), one("sort", kindInteger))},
		{name: "pages", key: "slug", fields: slices.Concat(
			must("slug"), status, text("title"), one("content", kindLongText))},
		{name: "authors", key: "id", fields: slices.Concat(
			one("id", kindInteger), text("name"),
			[]field{{name: "slug", kind: kindText, length: 255, unique: true}},
			one("bio", kindLongText), to("image", "directus_files"))},
		{name: "posts", key: "slug", fields: slices.Concat(
			must("slug"), status, text("title"), one("teaser", kindLongText), one("content", kindLongText),
			[]field{{name: "members_only", kind: kindBoolean, initial: false}},
			one("publish_date", kindDate),
			[]field{{name: "author", kind: kindInteger, related: "authors"}},
			to("image", "directus_files"))},
		{name: "redirects", key: "id", fields: slices.Concat(
			one("id", kindInteger),
			[]field{{name: "url_from", kind: kindText, length: 255, unique: true}},
			text("url_to"),
			[]field{{name: "response_code", kind: kindInteger, initial: 301}})},
		{name: "hutch_recovery_codes", key: "id", fields: slices.Concat(
			one("id", kindUUID),
			[]field{{name: "member", kind: kindUUID, related: "directus_users", whenGone: "CASCADE"}},
			text("hash"), one("sealed", kindLongText))},

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
		// Directus gives files no rule for a user who goes: whoever has files left cannot be deleted.
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
