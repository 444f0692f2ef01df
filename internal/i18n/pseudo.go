package i18n

import (
	"fmt"
	"regexp"

	"github.com/nicksnyder/go-i18n/v2/i18n"
	"golang.org/x/text/language"
)

// PseudoTag is a language for testing: English with each word written from right
// to left. The tag is CLDR's pseudo-locale for Arabic script.
const PseudoTag = "ar-XB"

// newPseudo adds the pseudo-language to the bundle. It writes dates and numbers
// as English does, and profiles do not offer it.
func newPseudo(bundle *i18n.Bundle, english []*i18n.Message, options Options) (*Language, error) {
	l, err := newLanguage(bundle, language.English, options)
	if err != nil {
		return nil, err
	}
	if err := bundle.AddMessages(language.MustParse(PseudoTag), reversed(english)...); err != nil {
		return nil, fmt.Errorf("i18n: %w", err)
	}
	l.Tag, l.Direction, l.Name, l.Profile = PseudoTag, "rtl", "", ""
	l.localizer = i18n.NewLocalizer(bundle, PseudoTag)
	return l, nil
}

func reversed(english []*i18n.Message) []*i18n.Message {
	messages := make([]*i18n.Message, len(english))
	for i, m := range english {
		r := &i18n.Message{ID: m.ID, One: reverseWords(m.One), Other: reverseWords(m.Other)}
		if r.One != "" { // Arabic has more plural forms than English
			r.Zero, r.Two, r.Few, r.Many = r.Other, r.Other, r.Other, r.Other
		}
		messages[i] = r
	}
	return messages
}

var wordOrGap = regexp.MustCompile(`\{\{[^}]*\}\}|[\pL\pN'’-]+`)

// reverseWords wraps each word in the Unicode characters that override its
// direction. Gaps stay as they are.
func reverseWords(text string) string {
	const rightToLeft, asBefore = "\u202e", "\u202c"
	return wordOrGap.ReplaceAllStringFunc(text, func(part string) string {
		if part[0] == '{' {
			return part
		}
		return rightToLeft + part + asBefore
	})
}
