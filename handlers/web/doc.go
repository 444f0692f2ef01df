// Package web is the ground floor of the handlers: what pages and forms of every
// kind have in common.
//
//	routes.go ─▶ Marker ─▶ request id ─▶ log ─▶ panics ─▶ headers ─▶ body ─▶ room ─▶ origin
//	              row                                                              │
//	browser ◀── Response.Write ◀── Responder.Respond ◀── content, account ◀────────┘
//	                                    ▲    error          (a handler)
//	                                    └── Responder.Problem
//
// A handler returns a [Response], which writes itself, or an error, which
// [Responder.Problem] turns into a page. Redirects are written by one function
// (redirect.go), htmx' headers in two files (htmx.go, redirect.go).
//
// It owns responses, problem pages, forms as they are sent, fragments, notices,
// the log with its security events, response headers, the origin check and the
// limit on simultaneous requests.
//
// It never asks Directus for anything, never decides what a visitor may see, and
// knows no address of the site.
package web
