package account

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/gin-gonic/gin"
	"golang.org/x/text/unicode/norm"

	"hutch/handlers/fields"
	"hutch/handlers/web"
	"hutch/internal/i18n"
	"hutch/internal/passwords"
	"hutch/templates"
)

// maxPassword bounds the work of hashing, in characters.
const maxPassword = 1000

// Bounds are the numbers that messages name.
func Bounds() map[string]int {
	return map[string]int{"MinPassword": templates.MinPassword, "MaxPassword": maxPassword, "MaxPicture": maxPicture, "MaxPixels": maxPixels}
}

// checkEmail returns what is wrong with an address, or "".
func checkEmail(email string, whenEmpty i18n.Message) i18n.Message {
	if email == "" {
		return whenEmpty
	}
	if !web.IsEmail(email) {
		return fields.MsgEmailShape
	}
	return ""
}

// checkPassword returns what is wrong with a password that is re-entered, or "". It
// is never trimmed or changed.
func checkPassword(password string, whenEmpty i18n.Message) i18n.Message {
	switch {
	case password == "":
		return whenEmpty
	case !utf8.ValidString(password):
		// JSON would send Directus another password than was typed.
		return msgPasswordText
	case utf8.RuneCountInString(password) > maxPassword:
		return msgPasswordLong
	}
	return ""
}

// checkNewPassword returns what is wrong with a new password, or "". What is known of
// the visitor, and the name of the site, are the first guesses of others.
func (h *Handlers) checkNewPassword(c *gin.Context, password string, known ...string) i18n.Message {
	if wrong := checkPassword(password, msgChoosePassword); wrong != "" {
		return wrong
	}
	if utf8.RuneCountInString(password) < templates.MinPassword {
		return msgPasswordShort
	}
	if passwords.Guessable(password, append(known, h.Responder.SiteName(c.Request.Context()))) {
		return msgPasswordCommon
	}
	return ""
}

// maxCode is far longer than any code.
const maxCode = 64

// checkCode returns what is wrong with the form of a code; Directus knows whether it
// is correct.
func checkCode(code string) i18n.Message {
	if code == "" {
		return msgEnterCode
	}
	if len(code) > maxCode || !utf8.ValidString(code) {
		return msgWrongCode
	}
	return ""
}

// What is copied from mails, notes and websites brings along what nobody sees.

// postedEmail returns the address of the form without the spaces and invisible
// characters around it. Inside it they make another address: checkEmail refuses them.
func postedEmail(c *gin.Context) string {
	return strings.TrimFunc(c.Request.PostForm.Get("email"), web.Unseen)
}

// postedCode returns the code of the form without the spaces and dashes that people
// put between its characters, and in the characters that codes are made of.
func postedCode(c *gin.Context) string {
	typed := c.Request.PostForm.Get("code")
	if !utf8.ValidString(typed) {
		return typed // which no code is
	}
	return strings.Map(func(r rune) rune {
		if web.Unseen(r) || unicode.Is(unicode.Pd, r) || r == '\u2212' { // minus
			return -1
		}
		return r
	}, norm.NFKC.String(typed))
}
