package i18n

import (
	"fmt"
	"regexp"

	"github.com/BurntSushi/toml"
	"github.com/nicksnyder/go-i18n/v2/i18n"
)

// PseudoTag names the made-up language: CLDR's own pseudo-locale for Arabic
// script.
const PseudoTag = "ar-XB"

// pseudoMessages are the English ones, each of their words turned around, so
// that they can still be read, backwards.
func pseudoMessages() ([]*i18n.Message, error) {
	english, err := files.ReadFile("en.toml")
	if err != nil {
		return nil, fmt.Errorf("words: %w", err)
	}
	file, err := i18n.ParseMessageFileBytes(english, "en.toml", map[string]i18n.UnmarshalFunc{"toml": toml.Unmarshal})
	if err != nil {
		return nil, fmt.Errorf("words: %w", err)
	}
	for _, m := range file.Messages {
		m.One, m.Other = turnAround(m.One), turnAround(m.Other)
		if m.One != "" { // Arabic has more forms than English
			m.Zero, m.Two, m.Few, m.Many = m.Other, m.Other, m.Other, m.Other
		}
	}
	return file.Messages, nil
}

var wordOrGap = regexp.MustCompile(`\{\{[^}]*\}\}|[\pL\pN'’-]+`)

// turnAround puts each word between the Unicode signs that make a reader's
// device write it from right to left. Gaps stay what they are.
func turnAround(text string) string {
	const rightToLeft, asBefore = "\u202e", "\u202c"
	return wordOrGap.ReplaceAllStringFunc(text, func(part string) string {
		if part[0] == '{' {
			return part
		}
		return rightToLeft + part + asBefore
	})
}
