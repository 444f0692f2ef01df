package i18n

import (
	"cmp"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"regexp"
	"slices"
	"strings"

	"github.com/maypok86/otter/v2"
	"github.com/nicksnyder/go-i18n/v2/i18n"
	"github.com/pelletier/go-toml/v2"
	"golang.org/x/text/language"
)

//go:embed *.toml
var embedded embed.FS

// Message is the id of a message, such as "signin.title": its table and its key
// in the files.
type Message string

// Options configure a [Catalogue].
type Options struct {
	// Files holds one file for each language, such as en.toml; nil: those in the
	// binary. English must be among them.
	Files fs.FS
	// Own are a team's: single messages in place of those in Files, and languages; nil:
	// none.
	Own fs.FS
	// Numbers can be used in every message, such as {{.MinPassword}}.
	Numbers map[string]int
	// Pseudo adds [PseudoTag], a right-to-left language for testing layouts.
	Pseudo bool
	Log    *slog.Logger // reports missing translations; nil: nothing does
}

// Catalogue holds the messages of every language.
type Catalogue struct {
	languages []*Language
	matcher   language.Matcher
	pseudo    *Language                       // nil: none
	chosen    *otter.Cache[string, *Language] // by preference; nil: none can be met
}

// maxChosen bounds how many preferences are remembered: browsers have few, and anybody
// can send others.
const maxChosen = 1000

// New reads the files. English comes first and serves visitors who read none of
// the others.
func New(options Options) (*Catalogue, error) {
	if options.Files == nil {
		options.Files = embedded
	}
	if options.Log == nil {
		options.Log = slog.New(slog.DiscardHandler)
	}
	bundle := i18n.NewBundle(language.English)
	tags, english, err := load(bundle, options.Files)
	if err != nil {
		return nil, fmt.Errorf("i18n: %w", err)
	}
	if options.Own != nil {
		added, err := loadOwn(bundle, options, tags, english)
		if err != nil {
			return nil, err
		}
		tags = inOrder(append(tags, added...))
	}
	c := &Catalogue{matcher: language.NewMatcher(tags)}
	if c.chosen, err = otter.New(&otter.Options[string, *Language]{MaximumSize: maxChosen}); err != nil {
		return nil, fmt.Errorf("i18n: %w", err)
	}
	for _, tag := range tags {
		l, err := newLanguage(bundle, tag, options)
		if err != nil {
			return nil, err
		}
		c.languages = append(c.languages, l)
	}
	if options.Pseudo {
		if c.pseudo, err = newPseudo(bundle, english, options); err != nil {
			return nil, err
		}
		c.languages = append(c.languages, c.pseudo)
	}
	return c, nil
}

// load adds every file to the bundle. It returns their languages, English first,
// and the English messages.
func load(bundle *i18n.Bundle, files fs.FS) (tags []language.Tag, english []*i18n.Message, err error) {
	bundle.RegisterUnmarshalFunc("toml", toml.Unmarshal)
	names, err := fs.Glob(files, "*.toml")
	if err != nil {
		return nil, nil, err
	}
	for _, name := range names {
		file, err := bundle.LoadMessageFileFS(files, name)
		if err != nil {
			return nil, nil, err
		}
		tags = append(tags, file.Tag)
		if file.Tag == language.English {
			english = file.Messages
		}
	}
	if english == nil {
		return nil, nil, errors.New("there is no en.toml")
	}
	return inOrder(tags), english, nil
}

// inOrder returns each language once, English first.
func inOrder(tags []language.Tag) []language.Tag {
	slices.SortFunc(tags, func(a, b language.Tag) int {
		return cmp.Or(isOther(a)-isOther(b), cmp.Compare(a.String(), b.String()))
	})
	return slices.Compact(tags)
}

// isOther is 0 for English, so that it sorts first, and 1 for the others.
func isOther(tag language.Tag) int {
	if tag == language.English {
		return 0
	}
	return 1
}

// Languages returns all languages, English first.
func (c *Catalogue) Languages() []*Language { return c.languages }

// Choose returns the language for the first preference that can be met: a tag, or
// a list of tags as in Accept-Language (RFC 9110, 12.5.4). It skips empty and
// invalid preferences, and returns English if none can be met.
func (c *Catalogue) Choose(preferences ...string) *Language {
	for _, preference := range preferences {
		l, known := c.chosen.GetIfPresent(preference)
		if !known {
			l = c.match(preference)
			if len(preference) <= maxPreference {
				c.chosen.Set(preference, l)
			}
		}
		if l != nil {
			return l
		}
	}
	return c.languages[0]
}

// maxPreference bounds what is remembered of one, in bytes. Those of browsers are
// shorter.
const maxPreference = 256

// match returns the language for a preference, or nil.
func (c *Catalogue) match(preference string) *Language {
	tags, _, err := language.ParseAcceptLanguage(strings.TrimSpace(preference))
	if err != nil || len(tags) == 0 {
		return nil
	}
	if c.pseudo != nil && tags[0].String() == PseudoTag {
		// Only by its exact name: readers of Arabic must not get it.
		return c.pseudo
	}
	if _, found, sure := c.matcher.Match(tags...); sure >= language.High {
		return c.languages[found]
	}
	return nil
}

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
