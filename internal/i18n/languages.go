package i18n

import (
	"github.com/go-playground/locales"
	"github.com/go-playground/locales/de"
	"github.com/go-playground/locales/en_GB"
	"golang.org/x/text/language"
)

// written is a language that people have written the words of.
type written struct {
	tag     language.Tag
	name    string // as its speakers call it
	profile string // as Directus calls it in a user's profile
	file    string
	formats locales.Translator // dates and numbers, by the Unicode CLDR
}

// languages are those that a visitor can get; the first one serves everybody
// else.
func languages() []written {
	return []written{
		{language.English, "English", "en-US", "en.toml", en_GB.New()},
		{language.German, "Deutsch", "de-DE", "de.toml", de.New()},
	}
}
