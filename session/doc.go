// Package session keeps a visitor signed in: it turns the cookie of a request
// into a [Session] and back.
//
//	cookie ─▶ open (seal.go) ─▶ renew when half the token's life is over ─▶ handler
//	                              one flight per token, its result kept 60 s
//	cookie ◀─ seal ◀──────────────┘
//
// It owns the cookies (nothing else in Hutch calls SetCookie): the session's, its
// sealing, the arithmetic of lifetimes and the refresh; two small ones, for
// the choice of colours and a notice for the next page (plain.go); and for each
// errand of several steps what the browser holds in between, sealed (held.go). It
// also checks
// where a visitor may be sent after signing in. How a token is renewed is handed
// to it as a function.
//
// It never decides what a member may do (Directus does, on every call), and
// knows neither Directus' wire format nor pages.
package session
