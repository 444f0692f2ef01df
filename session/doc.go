// Package session keeps a visitor signed in: it turns the cookie of a request
// into a [Session] and back.
//
//	cookie ─▶ open (seal.go) ─▶ renew when half the token's life is over ─▶ handler
//	                              one flight per token, its result kept 60 s
//	cookie ◀─ seal ◀──────────────┘
//
// A token that is refused is asked about once more before its cookie is cleared
// (heal.go), and signing out wins over a refresh that runs at the same time
// (ended.go). What became of a session is told as an [Outcome].
//
// It owns the cookies (nothing else in Hutch calls SetCookie): the session's, its
// sealing, the arithmetic of lifetimes and the refresh; two sealed marks, of a
// token that was refused and of sessions that have ended; a sealed one that lasts,
// of the accounts that a browser has signed in to (known.go); two small ones, for
// the choice of colours and, sealed, a notice for the next page (plain.go); and for each
// errand of several steps what the browser holds in between, sealed (held.go). It
// also checks where a visitor may be sent after signing in. How a token is renewed
// and ended is handed to it as functions.
//
// It never decides what a member may do (Directus does, on every call), and
// knows neither Directus' wire format nor pages.
package session
