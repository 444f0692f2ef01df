package i18n

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/nicksnyder/go-i18n/v2/i18n"
	"github.com/pelletier/go-toml/v2"
	"golang.org/x/text/language"

	"hutch/internal/sitefolder"
)

// loadOwn adds a team's own files to the bundle: a few messages in place of ours, or a
// language. It returns their languages. Errors: all faults, joined.
func loadOwn(bundle *i18n.Bundle, options Options, tags []language.Tag, english []*i18n.Message) ([]language.Tag, error) {
	ours := map[string]*i18n.Message{}
	for _, m := range english {
		ours[m.ID] = m
	}
	entries, err := fs.ReadDir(options.Own, ".")
	if err != nil {
		return nil, fmt.Errorf("i18n: %w", err)
	}
	var added []language.Tag
	var faults []error
	for _, entry := range entries {
		own := ownFile{name: "i18n/" + entry.Name()}
		stem, isTOML := strings.CutSuffix(entry.Name(), ".toml")
		tag, err := language.Parse(stem)
		if !isTOML || err != nil || tag.String() != stem {
			own.fault("", "a file of words is called by its language, such as en.toml or pt-BR.toml")
		} else if source, err := fs.ReadFile(options.Own, entry.Name()); err != nil {
			own.fault("", "it cannot be read")
		} else {
			own.source = string(source)
			own.check(ours, options.Numbers, slices.Contains(tags, tag))
		}
		if len(own.faults) == 0 {
			if err := bundle.AddMessages(tag, own.messages...); err != nil {
				own.fault("", "how this language counts is not known") // it has no rule for plurals
			}
			if tag == language.English {
				replace(english, own.messages) // which other languages are made of
			}
			added = append(added, tag)
		}
		slices.SortStableFunc(own.faults, func(a, b sitefolder.Fault) int { return cmp.Compare(a.Line, b.Line) })
		for _, fault := range own.faults {
			faults = append(faults, fault)
		}
	}
	return added, errors.Join(faults...)
}

func replace(messages, by []*i18n.Message) {
	for _, m := range by {
		messages[slices.IndexFunc(messages, func(o *i18n.Message) bool { return o.ID == m.ID })] = m
	}
}

// ownFile is a file of a team's own.
type ownFile struct {
	name     string
	source   string
	messages []*i18n.Message
	faults   []sitefolder.Fault
}

func (f *ownFile) fault(id, format string, values ...any) {
	f.faults = append(f.faults, sitefolder.Fault{File: f.name, Line: f.lineOf(id), Text: fmt.Sprintf(format, values...)})
}

// check reads the messages. known says that they are for one of our languages.
func (f *ownFile) check(ours map[string]*i18n.Message, numbers map[string]int, known bool) {
	var err error
	var broken *toml.DecodeError
	f.messages, err = i18n.ParseMessageBytes([]byte(f.source), toml.Unmarshal)
	switch {
	case errors.As(err, &broken):
		line, _ := broken.Position()
		f.faults = append(f.faults, sitefolder.Fault{File: f.name, Line: line, Text: strings.TrimPrefix(broken.Error(), "toml: ")})
		return
	case err != nil:
		f.fault("", "a message is a text, or has one = and other = for numbers")
		return
	}
	given := map[string]string{}
	for _, m := range f.messages {
		given[m.ID] = m.Other
		if our, has := ours[m.ID]; !has {
			f.fault(m.ID, "there is no message %s", m.ID)
		} else if wrong := wrongMessage(m, our, numbers); wrong != "" {
			f.fault(m.ID, "%s %s", m.ID, wrong)
		}
		complete(m)
	}
	if direction, given := given["language.direction"]; given && direction != "ltr" && direction != "rtl" {
		f.fault("language.direction", `direction is "ltr" or "rtl", not %q`, direction)
	}
	if months, given := given["language.months"]; given && len(strings.Fields(months)) != 12 {
		f.fault("language.months", "months has the names of 12 months")
	}
	if !known && (given["language.name"] == "" || given["language.profile"] == "" || given["language.direction"] == "") {
		f.fault("language.name", "a new language needs name, profile and direction below [language], as ours have them")
	}
}

var (
	anyGap = regexp.MustCompile(`\{\{[^}]*\}\}`)
	gap    = regexp.MustCompile(`^\{\{\.(\w+)\}\}$`)
)

// wrongMessage says what is wrong with a message that replaces our, or translates it.
func wrongMessage(m, our *i18n.Message, numbers map[string]int) string {
	has := map[string]bool{}
	for _, placeholder := range anyGap.FindAllString(our.One+our.Other, -1) {
		has[placeholder] = true
	}
	for number := range numbers {
		has["{{."+number+"}}"] = true
	}
	if m.LeftDelim+m.RightDelim != "" {
		return "may not have delimiters of its own"
	}
	if m.Other == "" {
		return "has no text; one for numbers needs other ="
	}
	for _, text := range forms(m) {
		for _, placeholder := range anyGap.FindAllString(*text, -1) {
			if !gap.MatchString(placeholder) || !has[placeholder] {
				return fmt.Sprintf("has no placeholder %s; it has: %s", placeholder, cmp.Or(strings.Join(slices.Sorted(maps.Keys(has)), " "), "none"))
			}
		}
		rest := anyGap.ReplaceAllString(*text, "")
		if strings.Contains(rest, "{{") || strings.ContainsAny(rest, contactBegins+contactEnds) {
			return "has {{ without }}"
		}
		if begin, end := strings.Index(*text, "{{.Contact}}"), strings.Index(*text, "{{.End}}"); begin >= 0 != (end >= 0) || begin > end {
			return "needs both {{.Contact}} and {{.End}}, or none of them"
		}
	}
	return ""
}

func forms(m *i18n.Message) []*string {
	return []*string{&m.Zero, &m.One, &m.Two, &m.Few, &m.Many, &m.Other}
}

// complete has a message say what it can of every number: French and Arabic have forms that
// one with the forms of English lacks.
func complete(m *i18n.Message) {
	for _, form := range forms(m) {
		*form = cmp.Or(*form, m.Other)
	}
}

var (
	tableLine = regexp.MustCompile(`^\s*\[\s*([\w.-]+)\s*\]`)
	keyLine   = regexp.MustCompile(`^\s*"?([\w.-]+)"?\s*=`)
)

// lineOf returns the line of a message, that of its table if it is written in another way,
// or 0.
func (f *ownFile) lineOf(id string) int {
	holds := func(name string) bool { return name == id || strings.HasPrefix(id, name+".") }
	at, table := 0, ""
	for i, line := range strings.Split(f.source, "\n") {
		if header := tableLine.FindStringSubmatch(line); header != nil {
			if table = header[1] + "."; holds(header[1]) {
				at = i + 1
			}
		} else if key := keyLine.FindStringSubmatch(line); key != nil && holds(table+key[1]) {
			return i + 1
		}
	}
	return at
}
