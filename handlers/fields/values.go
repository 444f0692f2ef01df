package fields

import (
	"encoding/json"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"net/url"

	"hutch/internal/i18n"
	"hutch/templates"
)

// Input returns the field of a form, with its value.
func (f Field) Input() templates.Field {
	in := templates.Field{
		Name: f.Name, Label: f.Label, LabelText: f.LabelText, HintText: f.Note, Type: "text",
		Value: f.text(), MaxLength: f.MaxLength, Optional: !f.Required, Autocomplete: f.Complete,
	}
	switch {
	case f.Kind == KindSeveral:
		in.Type, in.Options, in.Value, in.Values = "checkboxes", f.Options, "", f.list()
		return in
	case f.Options != nil:
		in.Type, in.Options, in.MaxLength, in.Searchable, in.Search = "select", f.Options, 0, f.Narrowed, f.Search
		return in
	}
	switch f.Kind {
	case KindFile:
		in.Type, in.Value, in.Accept = "file", "", AcceptedFiles
		if f.Pictures {
			in.Accept = "image/jpeg,image/png,image/webp"
		}
	case "text":
		in.Type = "textarea"
		if f.Note == "" {
			in.Hint = f.Markup
		}
	case "boolean":
		in.Type = "checkbox"
		if in.Value != "true" {
			in.Value = ""
		}
	case "integer", "bigInteger":
		in.InputMode = "numeric"
	case "float", "decimal":
		in.InputMode = "decimal"
	case "date", "time":
		in.Type = f.Kind
	case "dateTime", "timestamp":
		in.Type = "datetime-local"
		if f.Kind == "timestamp" && f.Note == "" && f.Zone == nil {
			in.Hint = "profile.utchint"
		}
	case KindTags:
		if f.Note == "" {
			in.Hint = "profile.taghint"
		}
	}
	return in
}

// Detail returns the field as text, for one that cannot be changed.
func (f Field) Detail(language *i18n.Language) templates.Detail {
	d := templates.Detail{Label: f.Label, LabelText: f.LabelText, Value: f.spelledOut(language)}
	if f.Kind == "boolean" && d.Value != "" {
		d.Value, d.ValueLabel = "", "profile.no"
		if string(f.Value) == "true" || string(f.Value) == "1" {
			d.ValueLabel = "profile.yes"
		}
	}
	for _, option := range f.Options {
		if option.Value == d.Value {
			d.Value, d.ValueLabel = option.Text, option.Label
			break
		}
	}
	return d
}

// spelledOut returns the value as people read it: a date in their language.
func (f Field) spelledOut(language *i18n.Language) string {
	switch f.Kind {
	case "date":
		if day, err := time.Parse(time.DateOnly, f.text()); err == nil {
			return language.Day(day)
		}
	case "dateTime", "timestamp":
		if moment, err := time.Parse("2006-01-02T15:04", f.text()); err == nil {
			return language.Clock(moment)
		}
	}
	return f.text()
}

// text returns the value as an input holds it.
func (f Field) text() string {
	switch f.Kind {
	case KindTags, KindSeveral:
		return strings.Join(f.list(), ", ")
	case "timestamp":
		if moment, err := time.Parse(time.RFC3339, Plain(f.Value)); err == nil && f.Zone != nil {
			return moment.In(f.Zone).Format("2006-01-02T15:04")
		}
		return strings.TrimSuffix(first(Plain(f.Value), len("2006-01-02T15:04")), "Z")
	case "dateTime":
		return strings.TrimSuffix(first(Plain(f.Value), len("2006-01-02T15:04")), "Z")
	case "time":
		return first(Plain(f.Value), len("15:04"))
	case "boolean":
		return strconv.FormatBool(string(f.Value) == "true" || string(f.Value) == "1")
	}
	return Plain(f.Value)
}

// list returns the words that the value is a list of; anything else is shown as empty.
func (f Field) list() []string {
	var words []string
	_ = json.Unmarshal(f.Value, &words)
	return words
}

func first(text string, n int) string { return text[:min(n, len(text))] }

// Plain returns a JSON string or number without quotes; null is "".
func Plain(value json.RawMessage) string {
	var written string
	if json.Unmarshal(value, &written) == nil {
		return written
	}
	if number := string(value); KindOf(value) == "float" {
		return number
	}
	return ""
}

var thousands = regexp.MustCompile(`^[+-]?[1-9]\d{0,2},\d{3}$`)

// Untouched reports whether the field came back as it was shown.
func (f Field) Untouched(typed string) bool {
	if f.Kind == KindSeveral {
		return typed == strings.Join(f.list(), "\n")
	}
	return typed == strings.TrimSpace(f.Input().Value)
}

// Fill puts what was entered back into the input.
func (f Field) Fill(in *templates.Field, typed string) {
	in.Value = typed
	if f.Kind == KindSeveral {
		in.Value, in.Values = "", lines(typed)
	}
}

func lines(typed string) []string {
	return strings.FieldsFunc(typed, func(r rune) bool { return r == '\n' })
}

// Sent reports whether the form had the field. Browsers send an unticked checkbox only
// by the hidden input beside it.
func (f Field) Sent(form url.Values) bool {
	return form.Has(f.Name) || (f.Kind == "boolean" || f.Kind == KindSeveral) && form.Has(templates.Unticked(f.Name))
}

// Posted returns what the visitor entered; of several values, each on a line.
func (f Field) Posted(form url.Values) string {
	if f.Kind == KindSeveral {
		return strings.Join(lines(strings.Join(form[f.Name], "\n")), "\n")
	}
	value := strings.ReplaceAll(form.Get(f.Name), "\r\n", "\n")
	return strings.TrimSpace(value)
}

// Parse parses what was entered, and says what is wrong with it. Nothing becomes
// null.
func (f Field) Parse(typed string) (json.RawMessage, i18n.Message) {
	if !utf8.ValidString(typed) || strings.ContainsRune(typed, 0) {
		return nil, MsgNotAccepted
	}
	if f.Kind == "boolean" {
		return json.RawMessage(strconv.FormatBool(typed == "true")), ""
	}
	if typed == "" {
		if f.Required {
			return nil, MsgFillIn
		}
		return json.RawMessage("null"), ""
	}
	if f.Kind == KindSeveral {
		for _, chosen := range lines(typed) {
			if !slices.ContainsFunc(f.Options, func(o templates.Option) bool { return o.Value == chosen }) {
				return nil, MsgChoose
			}
		}
		return encoded(lines(typed)), ""
	}
	if f.Options != nil && !slices.ContainsFunc(f.Options, func(o templates.Option) bool { return o.Value == typed }) {
		return nil, MsgChoose
	}
	if f.MaxLength > 0 && utf8.RuneCountInString(typed) > f.MaxLength {
		return nil, MsgTooLong
	}
	switch f.Kind {
	case "integer", "bigInteger":
		number, err := strconv.ParseInt(typed, 10, 64)
		if err != nil {
			return nil, MsgWholeNumber
		}
		return json.RawMessage(strconv.FormatInt(number, 10)), ""
	case "float", "decimal":
		number, err := strconv.ParseFloat(strings.Replace(typed, ",", ".", 1), 64)
		// A comma may also separate thousands.
		if thousands.MatchString(typed) || err != nil || math.IsInf(number, 0) || math.IsNaN(number) {
			return nil, MsgNumber
		}
		return json.RawMessage(strconv.FormatFloat(number, 'f', -1, 64)), ""
	case "date":
		return quoted(MsgDate, typed, time.DateOnly)
	case "time":
		return quoted(MsgTime, typed, "15:04", time.TimeOnly)
	case "dateTime":
		return quoted(MsgMoment, typed, "2006-01-02T15:04", "2006-01-02T15:04:05")
	case "timestamp": // stored in UTC
		if f.Zone != nil {
			moment, err := time.ParseInLocation("2006-01-02T15:04", first(typed, len("2006-01-02T15:04")), f.Zone)
			if err != nil {
				return nil, MsgMoment
			}
			return encoded(moment.UTC().Format(time.RFC3339)), ""
		}
		return quoted(MsgMoment, typed+"Z", "2006-01-02T15:04Z07:00", time.RFC3339)
	case KindTags:
		var tags []string
		for tag := range strings.SplitSeq(typed, ",") {
			if tag = strings.TrimSpace(tag); tag != "" && !slices.Contains(tags, tag) {
				tags = append(tags, tag)
			}
		}
		return encoded(tags), ""
	}
	return encoded(typed), ""
}

// quoted returns a date or time if it has one of these layouts.
func quoted(wrong i18n.Message, typed string, layouts ...string) (json.RawMessage, i18n.Message) {
	for _, layout := range layouts {
		if _, err := time.Parse(layout, typed); err == nil {
			return encoded(typed), ""
		}
	}
	return nil, wrong
}

func encoded[T string | []string](value T) json.RawMessage {
	raw, _ := json.Marshal(value) // strings cannot fail
	return raw
}
