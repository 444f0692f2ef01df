// Package session keeps a visitor signed in: it turns the cookie of a request into
// a [Session] and back.
//
//	cookie ─▶ open (seal.go) ─▶ renew once half the token's life is over ─▶ handler
//	                              one refresh per token, its result kept for 60 s
//	cookie ◀─ seal ◀──────────────┘
//
// When Directus refuses a token, the browser retries once before its cookie is
// cleared (retryonce.go). Signing out beats a refresh that runs at the same time
// (ended.go). What became of a session is reported as an [Outcome].
//
// The package owns every cookie; nothing else in Hutch calls SetCookie:
//
//   - the session: sealing, lifetimes and refreshes (manager.go, seal.go, renew.go)
//   - the pending state of a flow between two steps, sealed (pending.go)
//   - the device cookie: accounts this browser has signed in to (trusteddevice.go)
//   - two sealed marks: a refused token, and ended sessions (retryonce.go)
//   - the choice of colours and, sealed, a notice for the next page (plain.go)
//
// It also checks where a visitor may be sent after signing in (returnto.go). How
// a token is renewed and revoked is passed in as functions.
//
// It never decides what a member may do: Directus does, on every call. It knows
// neither Directus' wire format nor any page.
package session
