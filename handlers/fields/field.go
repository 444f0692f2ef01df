package fields

import (
	"bytes"
	"cmp"
	"encoding/json"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"hutch/internal/directus"
	"hutch/internal/i18n"
	"hutch/templates"
)

// Field is one field of an item, with an input or text that suits its type.
type Field struct {
	Name       string
	Label      i18n.Message
	LabelText  string // an editor's, instead of Label
	Note       string
	Kind       string // Directus' type, or one of the kinds below
	Value      json.RawMessage
	Options    []templates.Option
	MaxLength  int
	Required   bool
	Changeable bool
	Complete   string // https://html.spec.whatwg.org/#autofill
	// Zone is where the times are of that have none; nil: UTC, which the form says.
	Zone     *time.Location
	Markup   i18n.Message // says which markup the text may have; empty: none
	Narrowed bool         // the options are but some, and the form has a search for others
	Search   string       // what was searched for
	Pictures bool         // of a file: pictures alone
}

// Kinds beside Directus' types.
const (
	KindTags    = "tags"    // a list of words in a JSON field
	KindSeveral = "several" // a list of values out of the options, in a JSON field
	KindFile    = "file"
)

// New returns the field that Directus describes, with a value of it, as people who read
// this language see it.
func New(d directus.Field, value json.RawMessage, language *i18n.Language) Field {
	f := Field{
		Name: d.Name, LabelText: nameOf(d, language), Note: string(d.Meta.Note), Kind: KindOfField(d),
		Value: value, Required: bool(d.Meta.Required), Changeable: !bool(d.Meta.ReadOnly),
	}
	if f.Kind == "string" {
		f.MaxLength = cmp.Or(int(d.Schema.MaxLength), 255)
	}
	switch f.Kind {
	case "string", "text", "integer", "bigInteger", "float", "decimal": // a list of tags has no choices
		f.Options = choiceOptions(d.Choices(), Plain(f.Value), f.Required)
	case KindSeveral:
		f.Options = choiceOptions(d.Choices(), "", true)[1:]
		for _, chosen := range f.list() {
			f.Options = WithCurrent(f.Options, chosen)
		}
	}
	switch d.Meta.Interface {
	case "input-rich-text-md", "markdown":
		f.Markup = "entry.markdown"
	case "input-rich-text-html", "wysiwyg":
		f.Markup = "entry.simplehtml"
	}
	return f
}

// WithCurrent adds the present value if it is none of the options: saving a form must
// not change a field that nobody touched.
func WithCurrent(options []templates.Option, current string) []templates.Option {
	if current == "" || slices.ContainsFunc(options, func(o templates.Option) bool { return o.Value == current }) {
		return options
	}
	return append(options, templates.Option{Value: current, Text: current})
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
	return WithCurrent(options, current)
}

// KindOf guesses a type from a value; "": no input suits it.
func KindOf(value json.RawMessage) string {
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

// KindOfField returns the type of a field that an input or text suits; "": none does.
func KindOfField(f directus.Field) string {
	switch f.Type {
	case "string", "text", "boolean", "integer", "bigInteger", "float", "decimal", "date", "time", "dateTime", "timestamp":
		if f.Schema.ForeignTable == "" {
			return f.Type
		}
	case "csv", "json":
		switch {
		case strings.HasPrefix(f.Meta.Interface, "select-multiple") && len(f.Choices()) > 0:
			return KindSeveral
		case f.Type == "csv", f.Meta.Interface == "tags":
			return KindTags
		}
	}
	return ""
}

// nameOf returns what editors call a field, in this language if they have
// translated it.
func nameOf(f directus.Field, wanted *i18n.Language) string {
	names := f.Names()
	for _, tag := range []string{wanted.Profile, wanted.Tag} {
		if name := names[tag]; name != "" {
			return name
		}
	}
	return Humanised(f.Name)
}

// Humanised turns a field's name ("favourite_colour") into words.
func Humanised(name string) string {
	spaced := strings.TrimSpace(strings.NewReplacer("_", " ", "-", " ").Replace(name))
	first, size := utf8.DecodeRuneInString(spaced)
	return strings.ToUpper(string(first)) + spaced[size:]
}
