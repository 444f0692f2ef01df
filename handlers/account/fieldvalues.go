package account

import (
	"encoding/json"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/gin-gonic/gin"

	"hutch/internal/i18n"
	"hutch/templates"
)

// input returns the field of a form, with its value.
func (f profileField) input() templates.Field {
	in := templates.Field{
		Name: f.name, Label: f.label, LabelText: f.labelText, HintText: f.note, Type: "text",
		Value: f.text(), MaxLength: f.maxLength, Optional: !f.required, Autocomplete: f.complete,
	}
	if f.options != nil {
		in.Type, in.Options, in.MaxLength = "select", f.options, 0
		return in
	}
	switch f.kind {
	case "text":
		in.Type = "textarea"
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
		in.Type = f.kind
	case "dateTime", "timestamp":
		in.Type = "datetime-local"
		if f.kind == "timestamp" && f.note == "" {
			in.Hint = "profile.utchint"
		}
	case kindTags:
		if f.note == "" {
			in.Hint = "profile.taghint"
		}
	}
	return in
}

// detail returns the field as text, for one that cannot be changed.
func (f profileField) detail(language *i18n.Language) templates.Detail {
	d := templates.Detail{Label: f.label, LabelText: f.labelText, Value: f.spelledOut(language)}
	if f.kind == "boolean" && d.Value != "" {
		d.Value, d.ValueLabel = "", "profile.no"
		if string(f.value) == "true" || string(f.value) == "1" {
			d.ValueLabel = "profile.yes"
		}
	}
	for _, option := range f.options {
		if option.Value == d.Value {
			d.Value, d.ValueLabel = option.Text, option.Label
			break
		}
	}
	return d
}

// spelledOut returns the value as people read it: a date in their language.
func (f profileField) spelledOut(language *i18n.Language) string {
	switch f.kind {
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
func (f profileField) text() string {
	switch f.kind {
	case kindTags:
		var tags []string
		_ = json.Unmarshal(f.value, &tags) // anything but a list of words is shown as empty
		return strings.Join(tags, ", ")
	case "dateTime", "timestamp":
		return strings.TrimSuffix(first(plain(f.value), len("2006-01-02T15:04")), "Z")
	case "time":
		return first(plain(f.value), len("15:04"))
	case "boolean":
		return strconv.FormatBool(string(f.value) == "true" || string(f.value) == "1")
	}
	return plain(f.value)
}

func first(text string, n int) string { return text[:min(n, len(text))] }

// plain returns a JSON string or number without quotes; null is "".
func plain(value json.RawMessage) string {
	var written string
	if json.Unmarshal(value, &written) == nil {
		return written
	}
	if number := string(value); kindOf(value) == "float" {
		return number
	}
	return ""
}

var thousands = regexp.MustCompile(`^[+-]?[1-9]\d{0,2},\d{3}$`)

// untouched reports whether the field came back as it was shown.
func (f profileField) untouched(typed string) bool {
	return typed == strings.TrimSpace(f.input().Value)
}

// sent reports whether the form had the field. Browsers send an unticked checkbox only
// by the hidden input beside it.
func (f profileField) sent(c *gin.Context) bool {
	form := c.Request.PostForm
	return form.Has(f.name) || f.kind == "boolean" && form.Has(templates.Unticked(f.name))
}

// posted returns what the visitor entered.
func (f profileField) posted(c *gin.Context) string {
	value := strings.ReplaceAll(c.Request.PostForm.Get(f.name), "\r\n", "\n")
	return strings.TrimSpace(value)
}

// parse parses what was entered, and says what is wrong with it. Nothing becomes
// null.
func (f profileField) parse(typed string) (json.RawMessage, i18n.Message) {
	if !utf8.ValidString(typed) || strings.ContainsRune(typed, 0) {
		return nil, msgNotAccepted
	}
	if f.kind == "boolean" {
		return json.RawMessage(strconv.FormatBool(typed == "true")), ""
	}
	if typed == "" {
		if f.required {
			return nil, msgFillIn
		}
		return json.RawMessage("null"), ""
	}
	if f.options != nil && !slices.ContainsFunc(f.options, func(o templates.Option) bool { return o.Value == typed }) {
		return nil, msgChoose
	}
	if f.maxLength > 0 && utf8.RuneCountInString(typed) > f.maxLength {
		return nil, msgTooLong
	}
	switch f.kind {
	case "integer", "bigInteger":
		number, err := strconv.ParseInt(typed, 10, 64)
		if err != nil {
			return nil, msgWholeNumber
		}
		return json.RawMessage(strconv.FormatInt(number, 10)), ""
	case "float", "decimal":
		number, err := strconv.ParseFloat(strings.Replace(typed, ",", ".", 1), 64)
		// A comma may also separate thousands.
		if thousands.MatchString(typed) || err != nil || math.IsInf(number, 0) || math.IsNaN(number) {
			return nil, msgNumber
		}
		return json.RawMessage(strconv.FormatFloat(number, 'f', -1, 64)), ""
	case "date":
		return quoted(msgDate, typed, time.DateOnly)
	case "time":
		return quoted(msgTime, typed, "15:04", time.TimeOnly)
	case "dateTime":
		return quoted(msgMoment, typed, "2006-01-02T15:04", "2006-01-02T15:04:05")
	case "timestamp": // stored and shown in UTC
		return quoted(msgMoment, typed+"Z", "2006-01-02T15:04Z07:00", time.RFC3339)
	case kindTags:
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
