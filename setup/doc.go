// Package setup prepares a real Directus, v10.13 to v12, for Hutch: the role and
// policy "Users" with the rights of members, registration, the collections with
// the rights of visitors, the service account if one is needed or asked for, and
// sample content if asked for; and where a project has the same under names of its
// own, nothing beside it. What collections there are and who reads and
// writes them stands in internal/collections. Setup also prints what belongs into
// Directus' own environment, which it cannot set from outside.
//
//	look ──▶ plan ──▶ print         (dry run)
//	reads    steps ─▶ carry out ──▶ summary, next command
//	only              prints each
//
// It owns the plan and its wording. A step only ever adds what is missing.
// Existing things, above all permissions, stay as they are; if they differ from
// what Hutch needs, the plan says so.
//
// It never touches handlers, sessions or templates, and does not run while
// requests are served.
package setup
