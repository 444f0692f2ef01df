package templates

import (
	"cmp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Member is who is signed in, as their account's pages show them.
type Member struct {
	Name   string // may be empty
	Email  string
	Avatar string // the id of a file; empty for none
}

// Initials stand for a picture: of the first and the last name, else of the address.
func (m Member) Initials() string { return initials(cmp.Or(strings.TrimSpace(m.Name), m.Email)) }

// Initials stand for a picture.
func (a Author) Initials() string { return initials(a.Name) }

// initials returns the first letters of the first and the last word.
func initials(name string) string {
	words := strings.Fields(name)
	if len(words) > 2 {
		words = []string{words[0], words[len(words)-1]}
	}
	initials := ""
	for _, word := range words {
		if first, size := utf8.DecodeRuneInString(word); size > 0 {
			initials += string(unicode.ToUpper(first))
		}
	}
	return initials
}
