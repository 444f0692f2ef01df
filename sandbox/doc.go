// Package sandbox is a server that speaks a slice of Directus' REST API over
// real HTTP. It is what Hutch talks to when no Directus is configured, and what
// fast tests run against. Its data is one SQLite file, seeded with the sample
// journal, a role "Users", one member, and the service account that keeps the
// members' recovery codes.
//
//	request ─▶ guard ─▶ respond ──────────────▶ endpoint ─▶ rules ─▶ filter, read, write ─▶ SQLite
//	           (routes)  body, then identify      │          who may   a query as SQL
//	                     (caller, token,          │          do what
//	                      sessions)               │
//	answer  ◀── writeAnswer or writeError ◀───────┘
//
// It owns its file and nothing else. It listens on loopback only, keeps its mails
// instead of sending them, calls nobody, and knows nothing of Hutch but the sample
// content and the recovery codes. It is no place for real data: use Directus for
// that.
//
// It follows Directus 11.17.4 in statuses, error codes, envelopes, the rotation
// of tokens and the evaluation of permissions. These are the differences:
//
//   - Parts that are missing answer 404 ROUTE_NOT_FOUND: folders, relations to be
//     read, GraphQL, flows, SSO, changing or removing a field. Of collections and
//     relations only what tests need can be added, by names of letters, digits
//     and "_".
//   - Query parameters it has not got answer 400 INVALID_QUERY: aggregate,
//     groupBy, deep, alias, export, version. Of the dynamic variables it knows
//     $CURRENT_USER, $CURRENT_ROLE and $NOW without adjustment. Others are plain
//     text where they are compared with text.
//   - The mode "cookie" is refused. Two refreshes in json mode at once never
//     both succeed; with Directus they may, and one of the tokens is dead.
//   - There are no rate limits, and nothing is slowed down unless StallTime says
//     so; signing in never is. Without it, known and unknown addresses take the
//     same work.
//   - An invitation always asks for the permission to create users and for an
//     allowed address. Directus asks for neither where it only has to send one
//     again. One that cannot be made undoes the others of the same request.
//   - Mails are plain text. One list of URLs is for all of them.
//   - A second factor's secret of less than ten bytes is not lengthened, so
//     codes for such a one differ. One that is not base32 has no right code,
//     where Directus answers 500.
//   - Permissions with a "validation" are refused, since they would not be
//     enforced. There are no system permissions besides the stored ones, and
//     no related items are written along with an item.
//   - Fields of Directus' own collections are described by "meta" for users only.
//     A type stays as it was given: on SQLite, Directus calls "uuid" and "decimal"
//     "string" and "float", and it knows "csv" and booleans only with a "special".
//     A default value counts for new items only.
//   - A moment that cannot be read answers 400 INVALID_PAYLOAD also for the type
//     "timestamp". There is one place on earth, in UTC.
//   - Files come as multipart/form-data only, and their bytes are never replaced.
//     Nothing is read from them but size, width and height: neither EXIF, so that
//     a photo may stand on its side, nor titles.
//   - Pictures are written as JPEG and PNG only: there is no pure Go encoder for
//     webp and avif, so asking for them answers 400 INVALID_QUERY, and
//     format=auto keeps the file's own. A transformed webp becomes PNG; avif and
//     tiff stay as they are. The parameters key, transforms and focal_point_x/y
//     are refused; a file's own focal point counts. Sizes may differ by a pixel.
//   - The size of a sample picture is null until its bytes are first asked for.
//   - A rejected password is never sent back, as Directus does in "invalid".
package sandbox
