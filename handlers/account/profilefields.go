package account

import (
	"bytes"
	"cmp"
	"encoding/json"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/gin-gonic/gin"

	"hutch/internal/directus"
	"hutch/internal/i18n"
	"hutch/templates"
)

// profileField is one field of the member's row, with an input or text that suits its
// type.
type profileField struct {
	name       string
	label      i18n.Message
	labelText  string // an editor's, instead of label
	note       string
	kind       string // Directus' type, or one of the kinds below
	value      json.RawMessage
	options    []templates.Option
	maxLength  int
	required   bool
	changeable bool
	complete   string // https://html.spec.whatwg.org/#autofill
}

// kindTags is a list of words in a JSON field.
const kindTags = "tags"

// profileFields returns the fields that the member may read: Directus' standard
// fields, then the project's own.
func (h *Handlers) profileFields(c *gin.Context, a profileData) []profileField {
	fields := slices.Concat(h.standardFields(a.member), h.customFields(c, a))
	fields = slices.DeleteFunc(fields, func(f profileField) bool { return f.value == nil })
	for i, f := range fields {
		fields[i].changeable = f.changeable && a.mayChange(f.name)
	}
	return fields
}

// standardFields are Directus' own. Their lengths are those of its columns.
func (h *Handlers) standardFields(m directus.User) []profileField {
	fields := []profileField{
		{name: "first_name", label: "profile.firstname", kind: "string", maxLength: 50, complete: "given-name"},
		{name: "last_name", label: "profile.lastname", kind: "string", maxLength: 50, complete: "family-name"},
		{name: "title", label: "profile.jobtitle", kind: "string", maxLength: 50, complete: "organization-title"},
		{name: "location", label: "profile.location", kind: "string", maxLength: 255, complete: "off"},
		{name: "description", label: "profile.aboutme", kind: "text", maxLength: 5000},
		{name: "language", label: "profile.language", kind: "string", options: h.languageOptions(m.Language)},
		{name: "appearance", label: "profile.appearance", kind: "string", options: []templates.Option{
			{Value: "", Label: "appearance.auto"}, {Value: "light", Label: "appearance.light"}, {Value: "dark", Label: "appearance.dark"},
		}},
	}
	for i, f := range fields {
		fields[i].value = m.Row[f.name]
		fields[i].changeable = true
		if f.name == "appearance" && m.Appearance == "auto" {
			fields[i].value = json.RawMessage(`""`) // says the same
		}
	}
	return fields
}

// languageOptions returns the languages of this site, and the member's own if it is
// another.
func (h *Handlers) languageOptions(current string) []templates.Option {
	options := []templates.Option{{Value: "", Label: "profile.browserlanguage"}}
	for _, language := range h.Words.Languages() {
		if language.Profile == "" {
			continue
		}
		options = append(options, templates.Option{Value: language.Profile, Text: language.Name})
	}
	return withCurrent(options, current)
}

// withCurrent adds the present value if it is none of the options: saving a form must
// not change a field that nobody touched.
func withCurrent(options []templates.Option, current string) []templates.Option {
	if current == "" || slices.ContainsFunc(options, func(o templates.Option) bool { return o.Value == current }) {
		return options
	}
	return append(options, templates.Option{Value: current, Text: current})
}

// customFields returns the project's own fields. If Directus does not describe them,
// their values have to.
func (h *Handlers) customFields(c *gin.Context, a profileData) []profileField {
	var fields []profileField
	if a.fields == nil {
		for _, name := range sortedNames(a.member.Row) {
			if f := (profileField{name: name, labelText: humanised(name), kind: kindOf(a.member.Row[name])}); f.kind != "" && !slices.Contains(systemFields, name) {
				f.value, f.changeable = a.member.Row[name], true
				fields = append(fields, f)
			}
		}
		return fields
	}
	described := slices.Clone(a.fields)
	slices.SortStableFunc(described, func(a, b directus.Field) int { return cmp.Compare(a.Meta.Sort, b.Meta.Sort) })
	for _, d := range described {
		if !isOwnField(d) {
			continue
		}
		kind := kindOfField(d)
		f := profileField{
			name: d.Name, labelText: h.nameOf(c, d), note: string(d.Meta.Note), kind: kind,
			value: a.member.Row[d.Name], required: bool(d.Meta.Required), changeable: !bool(d.Meta.ReadOnly),
		}
		if kind == "string" {
			f.maxLength = cmp.Or(int(d.Schema.MaxLength), 255)
		}
		if kind == "string" || kind == "text" { // a list of tags has no choices
			f.options = choiceOptions(d.Choices(), plain(f.value), f.required)
		}
		fields = append(fields, f)
	}
	return fields
}

// isOwnField reports whether a field is one of the project's own that an input or
// text suits.
func isOwnField(f directus.Field) bool {
	return !bool(f.Meta.System) && !bool(f.Meta.Hidden) && !slices.Contains(systemFields, f.Name) && kindOfField(f) != ""
}

// choiceOptions returns the choices of a field, and an empty one if the field is
// empty or may be.
func choiceOptions(choices []directus.Choice, current string, required bool) []templates.Option {
	if len(choices) == 0 {
		return nil
	}
	var options []templates.Option
	if current == "" || !required {
		options = append(options, templates.Option{Text: "–"})
	}
	for _, choice := range choices {
		options = append(options, templates.Option{Value: choice.Value, Text: choice.Text})
	}
	return withCurrent(options, current)
}

// systemFields are those of directus_users that Directus creates, v10 to v12. Apart
// from the standard fields above, members cannot manage them here.
var systemFields = []string{
	"id", "first_name", "last_name", "email", "password", "location", "title", "description", "tags", "avatar",
	"language", "tfa_secret", "status", "role", "token", "last_access", "last_page", "provider",
	"external_identifier", "auth_data", "email_notifications", "appearance", "theme_dark", "theme_light",
	"theme_light_overrides", "theme_dark_overrides", "text_direction", "policies",
}

func sortedNames(row map[string]json.RawMessage) []string {
	var names []string
	for name := range row {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// kindOf guesses a type from a value; "": no input suits it.
func kindOf(value json.RawMessage) string {
	switch {
	case bytes.HasPrefix(value, []byte(`"`)):
		return "string"
	case string(value) == "true", string(value) == "false":
		return "boolean"
	case json.Unmarshal(value, new(float64)) == nil && string(value) != "null":
		return "float"
	}
	return ""
}

// kindOfField returns the type of a field that an input or text suits; "": none does.
func kindOfField(f directus.Field) string {
	switch f.Type {
	case "string", "text", "boolean", "integer", "bigInteger", "float", "decimal", "date", "time", "dateTime", "timestamp":
		if f.Schema.ForeignTable == "" {
			return f.Type
		}
	case "csv":
		return kindTags
	case "json":
		if f.Meta.Interface == "tags" {
			return kindTags
		}
	}
	return ""
}

// nameOf returns what editors call a field, in the visitor's language if they have
// translated it.
func (h *Handlers) nameOf(c *gin.Context, f directus.Field) string {
	names := f.Names()
	wanted := h.Responder.Language(c)
	for _, tag := range []string{wanted.Profile, wanted.Tag} {
		if name := names[tag]; name != "" {
			return name
		}
	}
	return humanised(f.Name)
}

// humanised turns a field's name ("favourite_colour") into words.
func humanised(name string) string {
	spaced := strings.TrimSpace(strings.NewReplacer("_", " ", "-", " ").Replace(name))
	first, size := utf8.DecodeRuneInString(spaced)
	return strings.ToUpper(string(first)) + spaced[size:]
}
