// Package fields makes form fields of the fields of a Directus collection, and values of
// what members enter in them: for the profile (account) and for items that members write
// (members).
//
//	GET /fields/:collection ─┐
//	GET /permissions/me ─────┴─▶ Permissions ─▶ Field ─▶ templates.Field ─▶ Field.Parse ─▶ JSON
//	Directus' 400 ─▶ NotAccepted ─▶ Say: beside the field that it is about
//
// Both are read with the member's own token (permissions.go) and known for one session.
// Nothing here decides what a member may do: Directus does, on every call. Nothing that
// Directus says is ever shown.
package fields
