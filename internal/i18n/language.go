package i18n

import (
	"fmt"
	"maps"
	"time"

	"github.com/go-playground/locales"
	"github.com/nicksnyder/go-i18n/v2/i18n"
	"golang.org/x/text/language"
)

// Language says things in one language.
type Language struct {
	Tag       string // for the lang attribute (BCP 47)
	Direction string // for the dir attribute: ltr or rtl
	Name      string // as its speakers call it; empty: made up
	Profile   string // as Directus calls it in a user's profile, such as de-DE

	localizer *i18n.Localizer
	formats   locales.Translator
	numbers   map[string]string
}

func newLanguage(bundle *i18n.Bundle, tag language.Tag, direction string, formats locales.Translator, numbers map[string]int) *Language {
	l := &Language{
		Tag:       tag.String(),
		Direction: direction,
		localizer: i18n.NewLocalizer(bundle, tag.String()),
		formats:   formats,
		numbers:   map[string]string{},
	}
	for name, n := range numbers {
		l.numbers[name] = l.Number(n)
	}
	return l
}

// Say returns the message, with its gaps filled by pairs of name and value:
// Say("blog.page", "Number", number). A message that there is not is an
// error, so that no page shows an id to anybody.
func (l *Language) Say(m Message, pairs ...string) (string, error) {
	return l.localize(&i18n.LocalizeConfig{MessageID: string(m)}, pairs)
}

// Count is [Language.Say] for a message that says how many, in the gap Count, and
// so differs between one and more.
func (l *Language) Count(m Message, n int, pairs ...string) (string, error) {
	return l.localize(&i18n.LocalizeConfig{MessageID: string(m), PluralCount: n}, append(pairs, "Count", l.Number(n)))
}

func (l *Language) localize(config *i18n.LocalizeConfig, pairs []string) (string, error) {
	gaps := l.numbers
	if len(pairs) > 0 {
		gaps = maps.Clone(l.numbers)
		for i := 0; i+1 < len(pairs); i += 2 {
			gaps[pairs[i]] = pairs[i+1]
		}
	}
	config.TemplateData = gaps
	said, err := l.localizer.Localize(config)
	if err != nil {
		return "", fmt.Errorf("words: %w", err)
	}
	return said, nil
}

// Day writes a date.
func (l *Language) Day(t time.Time) string { return l.formats.FmtDateLong(t) }

// Clock writes a date and the time of day.
func (l *Language) Clock(t time.Time) string {
	return l.formats.FmtDateMedium(t) + ", " + l.formats.FmtTimeShort(t)
}

// Number writes a number, with separators.
func (l *Language) Number(n int) string { return l.formats.FmtNumber(float64(n), 0) }
