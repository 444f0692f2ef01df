// Package sandbox is a server that speaks a part of Directus' REST API over real
// HTTP. Hutch uses it when no Directus is configured, and fast tests run against
// it. Its data is one SQLite file, seeded with the sample journal, pages made of blocks
// and forms if asked for, a role "Users", one member, and the service account that
// keeps members' recovery codes. The collections and their rights stand in
// internal/collections; a file that was made for others is refused.
//
//	request ─▶ guard ─▶ respond ──────────────▶ endpoint ─▶ rules ─▶ filter, read, write ─▶ SQLite
//	           (routes)  body, then identify      │          who may   a query as SQL
//	                     (caller, token,          │          do what
//	                      sessions)               │
//	answer  ◀── writeAnswer or writeError ◀───────┘
//
// It owns its file and nothing else. It listens on loopback only, stores its email
// instead of sending it, calls no one, and knows nothing of Hutch but the declared
// collections and the sample content. It is not meant for real data: use Directus
// for that.
//
// It follows Directus 11.17.4 in statuses, error codes, envelopes, the rotation of
// tokens and the evaluation of permissions. These are the differences:
//
//   - Missing parts answer 404 ROUTE_NOT_FOUND: GraphQL, flows, SSO, and
//     everything that changes the schema.
//   - Unsupported query parameters answer 400 INVALID_QUERY: aggregate, groupBy,
//     alias, export, version. The only dynamic variables are $CURRENT_USER,
//     $CURRENT_ROLE and $NOW, adjusted by minutes at most. Others are plain text when
//     compared with text.
//   - The mode "cookie" is refused. Two simultaneous refreshes in json mode never
//     both succeed; in Directus they may, and one of the tokens is dead.
//   - There are no rate limits, and nothing is slowed down unless StallTime says
//     so; sign-in never is. Without it, known and unknown addresses cost the same
//     work.
//   - An invitation always requires the permission to create users and an allowed
//     address. Directus requires neither when it only has to send one again. An
//     invitation that fails undoes the others of the same request.
//   - Email is plain text. One list of URLs serves all kinds of email.
//   - A two-factor secret of less than ten bytes is not lengthened, so its codes
//     differ. One that is not base32 has no valid code; Directus answers 500.
//   - Permissions with a "validation" are refused, since they would not be
//     enforced. There are no system permissions besides the stored ones. Related
//     items are created along with a new item, and not changed along with one.
//   - Of Directus' own collections, only the fields of users are described by
//     "meta". A type stays as declared: on SQLite, Directus calls "uuid" and
//     "decimal" "string" and "float", and recognises "csv" and booleans only by a
//     "special". A default value applies to new items only.
//   - A moment that cannot be parsed answers 400 INVALID_PAYLOAD also for the type
//     "timestamp". The time zone is always UTC.
//   - Files arrive as multipart/form-data only, and their bytes are never replaced.
//     Only size, width and height are read from them: no EXIF, so a photo may lie
//     on its side, and no titles.
//   - Images are written as JPEG and PNG only: there is no pure Go encoder for webp
//     and avif, so asking for them answers 400 INVALID_QUERY, and format=auto keeps
//     the format of the file. A transformed webp becomes PNG; avif and tiff stay as
//     they are. The parameters key, transforms and focal_point_x/y are refused; a
//     file's own focal point counts. Sizes may differ by a pixel.
//   - The size of a sample image is null until its bytes are first requested.
//   - A rejected password is never sent back, as Directus does in "invalid".
package sandbox
