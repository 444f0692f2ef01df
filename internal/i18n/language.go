package i18n

import (
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/nicksnyder/go-i18n/v2/i18n"
	"golang.org/x/text/language"
)

// Language is one language of the interface.
type Language struct {
	Tag       string // for the lang attribute (BCP 47)
	Direction string // for the dir attribute: ltr or rtl
	Name      string // as its speakers call it; empty: not offered to anybody
	Profile   string // its code in a Directus user's profile, such as de-DE

	localizer *i18n.Localizer
	numbers   map[string]string
	missing   sync.Map // messages whose absence has been logged
	log       *slog.Logger

	date, time string // layouts, see [time.Layout]
	months     []string
	thousands  string // the separator
}

// newLanguage reads what a language says about itself: the table [language] of
// its file.
func newLanguage(bundle *i18n.Bundle, tag language.Tag, options Options) (*Language, error) {
	l := &Language{Tag: tag.String(), localizer: i18n.NewLocalizer(bundle, tag.String()), log: options.Log}
	var months string
	for message, into := range map[Message]*string{
		"language.name":      &l.Name,
		"language.profile":   &l.Profile,
		"language.direction": &l.Direction,
		"language.date":      &l.date,
		"language.time":      &l.time,
		"language.months":    &months,
		"language.thousands": &l.thousands,
	} {
		var err error
		if *into, err = l.Say(message); err != nil {
			return nil, err
		}
	}
	if l.months = strings.Fields(months); len(l.months) != 12 {
		return nil, fmt.Errorf("i18n: %s: language.months has %d months", tag, len(l.months))
	}
	l.setNumbers(options.Numbers)
	return l, nil
}

func (l *Language) setNumbers(numbers map[string]int) {
	l.numbers = map[string]string{}
	for name, n := range numbers {
		l.numbers[name] = l.Number(n)
	}
	l.numbers["Contact"], l.numbers["End"] = contactBegins, contactEnds
}

// What stands between the gaps Contact and End leads to those who run the site. Nothing
// that is typed or read has these characters.
const contactBegins, contactEnds = "\x02", "\x03"

// Say returns a message. Pairs of name and value fill its gaps:
// Say("blog.page", "Number", number). A message that this language lacks is said
// in English; one that English lacks is an error.
func (l *Language) Say(m Message, pairs ...string) (string, error) {
	before, linked, after, err := l.SayWithContact(m, pairs...)
	return before + linked + after, err
}

// SayWithContact is [Language.Say] in three parts, the second of which leads to those who
// run the site. Most messages have only the first.
func (l *Language) SayWithContact(m Message, pairs ...string) (before, linked, after string, err error) {
	said, err := l.localize(&i18n.LocalizeConfig{MessageID: string(m)}, pairs)
	before, rest, _ := strings.Cut(said, contactBegins)
	linked, after, _ = strings.Cut(rest, contactEnds)
	return before, linked, after, err
}

// Count is [Language.Say] for a message with a plural: n chooses its form, and
// fills the gap Count.
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
	if missing := new(i18n.MessageNotFoundErr); said != "" && errors.As(err, &missing) {
		if _, known := l.missing.LoadOrStore(config.MessageID, true); !known {
			l.log.Warn("a message is not translated and is shown in English", "language", l.Tag, "message", config.MessageID)
		}
		return said, nil
	}
	if err != nil {
		return "", fmt.Errorf("i18n: %w", err)
	}
	return said, nil
}

// Day writes a date.
func (l *Language) Day(t time.Time) string {
	return strings.Replace(t.Format(l.date), t.Month().String(), l.months[t.Month()-1], 1)
}

// Clock writes a date and a time of day.
func (l *Language) Clock(t time.Time) string { return l.Day(t) + ", " + t.Format(l.time) }

// Number writes a number with thousands separators.
func (l *Language) Number(n int) string {
	digits := strconv.Itoa(n)
	for i := len(digits) - 3; i > 0 && digits[i-1] != '-'; i -= 3 {
		digits = digits[:i] + l.thousands + digits[i:]
	}
	return digits
}
