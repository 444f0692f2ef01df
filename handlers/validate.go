package handlers

import (
	"net/mail"
	"strings"
	"unicode/utf8"

	"hutch/templates"
	"hutch/words"
)

// maxEmail is the longest address that mail can be sent to (RFC 5321, 4.5.3.1).
const maxEmail = 254

// maxPassword bounds the work of hashing, in characters.
const maxPassword = 1000

// Bounds are the numbers that messages name.
func Bounds() map[string]int {
	return map[string]int{"MinPassword": templates.MinPassword, "MaxPassword": maxPassword}
}

// checkEmail returns what is wrong with an address, or "". Directus has the
// last word: it also knows which top-level domains there are.
func checkEmail(email string, whenEmpty words.Message) words.Message {
	if email == "" {
		return whenEmpty
	}
	parsed, err := mail.ParseAddress(email)
	_, domain, _ := strings.Cut(email, "@")
	if err != nil || parsed.Address != email || len(email) > maxEmail || !strings.Contains(domain, ".") {
		return sayEmailShape
	}
	return ""
}

// checkPassword returns what is wrong with a password that is to be proven, or
// "". It is never trimmed or changed.
func checkPassword(password string, whenEmpty words.Message) words.Message {
	switch {
	case password == "":
		return whenEmpty
	case !utf8.ValidString(password):
		// JSON would carry another password to Directus than was typed.
		return sayPasswordText
	case utf8.RuneCountInString(password) > maxPassword:
		return sayPasswordLong
	}
	return ""
}

// checkNewPassword returns what is wrong with a password that is chosen, or "".
func checkNewPassword(password string) words.Message {
	if wrong := checkPassword(password, sayChoosePassword); wrong != "" {
		return wrong
	}
	if utf8.RuneCountInString(password) < templates.MinPassword {
		return sayPasswordShort
	}
	return ""
}
