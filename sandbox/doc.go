// Package sandbox is a server that speaks a slice of Directus' REST API over
// real HTTP. It is what Hutch talks to when no Directus is configured, and what
// fast tests run against. Its data is one SQLite file, seeded with the sample
// journal, a role "Users" and one member.
//
//	request ─▶ guard ─▶ respond ──────────────▶ endpoint ─▶ rules ─▶ filter, read, write ─▶ SQLite
//	           (routes)  body, then identify      │          who may   a query as SQL
//	                     (caller, token,          │          do what
//	                      sessions)               │
//	answer  ◀── writeAnswer or writeError ◀───────┘
//
// It owns its file and nothing else. It listens on loopback only, sends no
// mail, calls nobody, and knows nothing of Hutch but the sample content. It is
// no place for real data: use Directus for that.
//
// It follows Directus 11.17.4 in statuses, error codes, envelopes, the rotation
// of tokens and the evaluation of permissions. These are the differences:
//
//   - Parts that are missing answer 404 ROUTE_NOT_FOUND: collections, fields,
//     relations, uploads, GraphQL, flows, password reset, invitations, SSO,
//     setting up a second factor (one that a user has is asked for).
//   - Query parameters it has not got answer 400 INVALID_QUERY: aggregate,
//     groupBy, deep, alias, export, version. Of the dynamic variables it knows
//     $CURRENT_USER, $CURRENT_ROLE and $NOW without adjustment.
//   - The mode "cookie" is refused. Two refreshes in json mode at once never
//     both succeed; with Directus they may, and one of the tokens is dead.
//   - Sign-in and registration are not slowed down to a fixed time, only by the
//     same hashing for known and unknown addresses. There are no rate limits.
//   - With e-mail verification on, members register as "unverified" and stay
//     so until an administrator makes them active.
//   - Permissions with a "validation" are refused, since they would not be
//     enforced. There are no system permissions besides the stored ones, and
//     no related items are written along with an item.
//   - Pictures are written as JPEG and PNG only: there is no pure Go encoder for
//     webp and avif, so asking for them answers 400 INVALID_QUERY, and
//     format=auto keeps the file's own. The parameters key, transforms and
//     focal_point_x/y are refused. Sizes may differ by a pixel.
//   - A file's size is null until its bytes are first asked for.
//   - A rejected password is never sent back, as Directus does in "invalid".
package sandbox
