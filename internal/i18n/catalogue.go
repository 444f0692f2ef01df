package i18n

import (
	"embed"
	"fmt"
	"strings"

	"github.com/BurntSushi/toml"
	"github.com/nicksnyder/go-i18n/v2/i18n"
	"golang.org/x/text/language"
)

//go:embed *.toml
var files embed.FS

// Message is the id of something that the site says, such as "signin.title".
type Message string

// Options say how a [Catalogue] is made.
type Options struct {
	// Numbers can stand in every message, written as its language writes them:
	// {{.MinPassword}}.
	Numbers map[string]int
	// Pseudo adds a made-up language that is written from right to left, for
	// whoever asks for [PseudoTag]: it shows what a layout forgets.
	Pseudo bool
}

// Catalogue has every language.
type Catalogue struct {
	languages []*Language
	matcher   language.Matcher
	pseudo    *Language // nil: none
}

// New reads the files.
func New(options Options) (*Catalogue, error) {
	bundle := i18n.NewBundle(language.English)
	bundle.RegisterUnmarshalFunc("toml", toml.Unmarshal)
	c := &Catalogue{}
	var tags []language.Tag
	for _, w := range languages() {
		if _, err := bundle.LoadMessageFileFS(files, w.file); err != nil {
			return nil, fmt.Errorf("words: %w", err)
		}
		tags = append(tags, w.tag)
		l := newLanguage(bundle, w.tag, "ltr", w.formats, options.Numbers)
		l.Name, l.Profile = w.name, w.profile
		c.languages = append(c.languages, l)
	}
	c.matcher = language.NewMatcher(tags)
	if options.Pseudo {
		messages, err := pseudoMessages()
		if err != nil {
			return nil, err
		}
		tag := language.MustParse(PseudoTag)
		if err := bundle.AddMessages(tag, messages...); err != nil {
			return nil, fmt.Errorf("words: %w", err)
		}
		english := c.languages[0]
		c.pseudo = newLanguage(bundle, tag, "rtl", english.formats, options.Numbers)
		c.languages = append(c.languages, c.pseudo)
	}
	return c, nil
}

// Languages are all that there are, the default first.
func (c *Catalogue) Languages() []*Language { return c.languages }

// Choose returns the language of the first wish that can be met: a tag, or a
// list of them as in Accept-Language (RFC 9110, 12.5.4). Empty and unreadable
// wishes are passed over; the default serves whoever has no other.
func (c *Catalogue) Choose(wishes ...string) *Language {
	for _, wish := range wishes {
		tags, _, err := language.ParseAcceptLanguage(strings.TrimSpace(wish))
		if err != nil || len(tags) == 0 {
			continue
		}
		if c.pseudo != nil && tags[0].String() == PseudoTag {
			// Only for whoever names it: no reader of Arabic shall get it.
			return c.pseudo
		}
		if _, found, sure := c.matcher.Match(tags...); sure >= language.High {
			return c.languages[found]
		}
	}
	return c.languages[0]
}
