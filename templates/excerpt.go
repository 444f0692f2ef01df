package templates

import (
	"strings"
	"unicode/utf8"

	"golang.org/x/net/html"
)

// excerptLength is what search engines show of a description, in characters.
const excerptLength = 155

// betweenBlocks keeps words apart that only an element's end has kept apart.
var betweenBlocks = strings.NewReplacer("</p>", " ", "</li>", " ", "</h1>", " ", "</h2>", " ", "</h3>", " ", "</td>", " ", "</th>", " ", "<br", " <br")

// excerpt is the beginning of source as plain text, cut between words.
func (r richText) excerpt(source string) string {
	text := html.UnescapeString(r.text.Sanitize(betweenBlocks.Replace(source)))
	var excerpt strings.Builder
	for i, word := range strings.Fields(text) {
		if utf8.RuneCountInString(excerpt.String())+utf8.RuneCountInString(word) >= excerptLength {
			return excerpt.String() + " …"
		}
		if i > 0 {
			excerpt.WriteByte(' ')
		}
		excerpt.WriteString(word)
	}
	return excerpt.String()
}
