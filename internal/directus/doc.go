// Package directus is a typed client for Directus' REST API, v10.13 to v12.
//
// It owns everything about the wire: paths, the data envelope, error codes, session
// tokens. Every call is made on behalf of one visitor, whose address and user agent
// it carries, with exactly the token that its parameters name. A method without a
// token parameter never sends one, because Directus refuses even public endpoints
// to a dead token.
//
//	do ─▶ send ────────▶ try ──────────▶ newRequest
//	decodes  repeats it     once, if the     builds it
//	the data where that     breaker allows
//	         is safe        and a slot is free
//
// Each kind of call has a pool of its own (pool.go) with connections, a breaker
// (breaker.go) and a retry budget (retry.go), so that trouble with one kind does not
// affect the others. A file holds its slot until it is in memory or, if it is large,
// has begun to stream (assets.go), so that slow visitors block nobody.
//
// An error is either an [*Error] (Directus refused, in its own format) or wraps
// [ErrUnavailable] (the outcome is unknown). No error ever holds text from upstream,
// because Directus repeats refused passwords in its messages.
//
// The package never touches the visitor's cookies, handlers or templates.
package directus
