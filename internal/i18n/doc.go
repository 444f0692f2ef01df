// Package words holds every word of the interface, in every language, and says
// it in the one that a visitor reads.
//
//	en.toml, de.toml ─▶ Catalogue ─▶ Choose ─▶ Language ─▶ "Sign in", "23 November 2026"
//
// A new language is a file here, beside en.toml, and a line in languages.go. It
// must have every message that English has: a test says which are missing.
//
// It owns the words, how dates and numbers are written, and which language a
// visitor gets. It never touches a request, a page or what editors wrote.
package i18n
