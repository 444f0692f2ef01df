package content

import (
	"net/url"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"hutch/handlers/fields"
	"hutch/handlers/web"
	"hutch/internal/i18n"
	"hutch/templates"
)

// rule is what editors demand of a text.
type rule struct {
	name   string // email, url, min, max, length
	number int    // of characters, of the last three
}

// rulesOf reads a field's rules, such as "email|max:255". The log names a rule that is not
// known. A text whose name says that it is an email address is one.
func (s *Source) rulesOf(f formField) []rule {
	var rules []rule
	if f.Type == "text" && autocompleteOf(f.Name) == "email" {
		rules = []rule{{name: "email"}}
	}
	for part := range strings.SplitSeq(f.Validation, "|") {
		name, argument, _ := strings.Cut(strings.TrimSpace(part), ":")
		number, err := strconv.Atoi(strings.TrimSpace(argument))
		switch name = strings.ToLower(strings.TrimSpace(name)); {
		case name == "":
		case name == "email", name == "url", slices.Contains([]string{"min", "max", "length"}, name) && err == nil && number >= 0:
			rules = append(rules, rule{name, number})
		default:
			s.Log.WarnOnce("a rule of a form's field is not known and not checked", "rule", part, "field", f.Name)
		}
	}
	return rules
}

// check returns what is wrong with what was typed into a field, and the number that this
// names; "" if nothing is.
func (s *Source) check(f formField, input templates.Field, typed []templates.Typed, file *fields.File) (i18n.Message, int) {
	switch input.Type {
	case "file":
		return file.Check(!input.Optional), 0
	case "checkbox":
		if input.Value == "" && f.Required {
			return msgFormTick, 0
		}
		return "", 0
	case "checkboxes":
		if len(input.Values) == 0 && f.Required {
			return msgFormSome, 0
		}
		for _, value := range input.Values {
			if !offers(input, value) {
				return msgFormSome, 0
			}
		}
		return "", 0
	case "radio", "select":
		chosen := ""
		if len(typed) > 0 {
			chosen = typed[0].Value // also if editors offer it no more
		}
		if chosen == "" && !f.Required || chosen != "" && offers(input, chosen) {
			return "", 0
		}
		return msgFormChoose, 0
	}
	if input.Value == "" {
		if f.Required {
			return msgFormFillIn, 0
		}
		return "", 0
	}
	for _, r := range s.rulesOf(f) {
		if wrong := r.check(input.Value); wrong != "" {
			return wrong, r.number
		}
	}
	return "", 0
}

func offers(input templates.Field, value string) bool {
	return slices.ContainsFunc(input.Options, func(o templates.Option) bool { return o.Value == value })
}

func (r rule) check(text string) i18n.Message {
	length := utf8.RuneCountInString(text)
	switch {
	case r.name == "email" && !web.IsEmail(text):
		return msgFormEmail
	case r.name == "url" && !isURL(text):
		return msgFormURL
	case r.name == "min" && length < r.number:
		return msgFormShort
	case r.name == "max" && length > r.number:
		return msgFormLong
	case r.name == "length" && length != r.number:
		return msgFormLength
	}
	return ""
}

func isURL(text string) bool {
	parsed, err := url.Parse(text)
	return err == nil && (parsed.Scheme == "http" || parsed.Scheme == "https") && parsed.Host != "" && !strings.ContainsFunc(text, unicode.IsSpace)
}
