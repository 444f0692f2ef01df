package account

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/gin-gonic/gin"
	"golang.org/x/text/unicode/norm"
)

// What is copied from mails, notes and websites brings along what nobody sees.

// postedEmail returns the address of the form without the spaces and invisible
// characters around it. Inside it they make another address: checkEmail refuses them.
func postedEmail(c *gin.Context) string {
	return strings.TrimFunc(c.Request.PostForm.Get("email"), unseen)
}

// postedCode returns the code of the form without the spaces and dashes that people
// put between its characters, and in the characters that codes are made of.
func postedCode(c *gin.Context) string {
	typed := c.Request.PostForm.Get("code")
	if !utf8.ValidString(typed) {
		return typed // which no code is
	}
	return strings.Map(func(r rune) rune {
		if unseen(r) || unicode.Is(unicode.Pd, r) || r == '\u2212' { // minus
			return -1
		}
		return r
	}, norm.NFKC.String(typed))
}

// unseen reports whether a character leaves no mark: a byte order mark, a zero-width
// space, a mark of direction, any other space.
func unseen(r rune) bool {
	return unicode.IsSpace(r) || unicode.IsControl(r) ||
		unicode.In(r, unicode.Cf, unicode.Zs, unicode.Other_Default_Ignorable_Code_Point, unicode.Variation_Selector)
}
