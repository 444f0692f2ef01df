// Package directus is the typed client of Directus' REST API, v10.13 to v12.
//
// It owns everything that is known about the wire: paths, the data envelope,
// error codes, what a session token is. Every call is made on behalf of one
// visitor, whose address and user agent it carries, and with exactly the token
// that its parameters name: a method without a token parameter never sends one,
// because Directus refuses even public endpoints to a dead token.
//
//	do ─▶ send ─────────▶ try ─────────▶ newRequest
//	decodes  tries again     once, when the   builds it
//	the data where that is   breaker and the
//	         safe            lane let it
//
// Each kind of calls has a lane of its own (lane.go), with connections, a breaker
// (breaker.go) and a budget of retries (retry.go), so that trouble with one kind
// leaves the others alone. A file has its turn until it is in memory or, if it is
// large, has begun (assetbody.go), so that slow visitors keep none from others.
//
// An error is either an [*Error] (Directus said no, in its own format) or wraps
// [ErrUnavailable] (nobody can say). No error ever holds text from upstream,
// since Directus repeats a refused password in its messages.
//
// It never touches cookies of the visitor's browser, handlers or templates.
package directus
