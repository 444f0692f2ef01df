package templates

import (
	"html/template"
	"strings"

	"hutch/internal/i18n"
)

// say returns a message, in which what is said of reaching those who run the site is a
// link, if there is an address. Within a link, a template says it plain.
func (s *Set) say(language *i18n.Language) func(i18n.Message, ...string) (any, error) {
	if s.options.ContactURL == "" {
		return func(m i18n.Message, pairs ...string) (any, error) { return language.Say(m, pairs...) }
	}
	href := template.HTMLEscapeString(s.options.ContactURL)
	return func(m i18n.Message, pairs ...string) (any, error) {
		before, linked, after, err := language.SayWithContact(m, pairs...)
		if linked == "" {
			return before, err
		}
		parts := []string{template.HTMLEscapeString(before), `<a href="`, href, `">`, template.HTMLEscapeString(linked), `</a>`, template.HTMLEscapeString(after)}
		return template.HTML(strings.Join(parts, "")), err // #nosec G203 -- all of it is escaped
	}
}
