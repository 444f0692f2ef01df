// Package handlers answers requests: HTTP in, HTML out.
//
//	routes.go ─▶ secure.go ─▶ session ─▶ guard.go ─▶ a handler ─▶ respond.go
//	 every URL    log, limits,            members     one subject    the only one
//	              headers                 only        per file       that answers
//
// A handler reads its form, validates it, asks Directus, and returns a reply or
// an error. problem.go turns errors into pages, sentences.go holds every
// sentence that a visitor may be told.
//
// It never speaks HTTP to Directus itself, never sets a cookie, and writes no
// HTML in Go.
package handlers
