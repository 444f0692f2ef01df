// Package handlers answers requests: HTTP in, HTML out.
//
//	routes.go ─▶ secure.go ─▶ session ─▶ guard.go ─▶ a handler ─▶ respond.go
//	 every URL    log, limits,            members     one subject    the only one
//	              headers                 only        per file       that answers
//
// A handler reads its form, validates it, asks Directus, and returns a reply or
// an error. problem.go turns errors into pages, sentences.go names what forms
// tell their visitors; the words are in the room of that name.
//
// It never speaks HTTP to Directus itself, never sets a cookie, and writes no
// HTML in Go.
package handlers
