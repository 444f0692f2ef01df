package web

import (
	"net/mail"
	"strings"
	"unicode"

	"hutch/templates"
)

// IsEmail reports whether a text can be an email address. Directus decides: it also knows
// the top-level domains.
func IsEmail(text string) bool {
	parsed, err := mail.ParseAddress(text)
	_, domain, _ := strings.Cut(text, "@")
	return err == nil && parsed.Address == text && len(text) <= templates.MaxEmail && strings.Contains(domain, ".") && !strings.ContainsFunc(text, Unseen)
}

// Unseen reports whether a character leaves no mark: a byte order mark, a zero-width
// space, a mark of direction, any other space. What is copied from mails, notes and
// websites brings such along.
func Unseen(r rune) bool {
	return unicode.IsSpace(r) || unicode.IsControl(r) ||
		unicode.In(r, unicode.Cf, unicode.Zs, unicode.Other_Default_Ignorable_Code_Point, unicode.Variation_Selector)
}
