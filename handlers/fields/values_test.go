package fields

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"hutch/internal/directus"
	"hutch/internal/i18n"
	"hutch/templates"
)

// What is filled in becomes what Directus wants, or a sentence beside the field.
func TestFieldValues(t *testing.T) {
	colours := []templates.Option{{Text: "–"}, {Value: "red"}, {Value: "blue"}}
	for _, test := range []struct {
		field Field
		typed string
		want  string
		wrong i18n.Message
	}{
		{Field{Kind: "string", MaxLength: 5}, "héllo", `"héllo"`, ""},
		{Field{Kind: "string", MaxLength: 5}, "hello!", "", MsgTooLong},
		{Field{Kind: "string"}, "", "null", ""},
		{Field{Kind: "string", Required: true}, "", "", MsgFillIn},
		{Field{Kind: "string"}, "a\x00b", "", MsgNotAccepted},
		{Field{Kind: "string"}, "\xff", "", MsgNotAccepted},
		{Field{Kind: "string"}, `"}],[{"`, `"\"}],[{\""`, ""},
		{Field{Kind: "string", Options: colours}, "blue", `"blue"`, ""},
		{Field{Kind: "string", Options: colours}, "", "null", ""},
		{Field{Kind: "string", Options: colours}, "green", "", MsgChoose},
		{Field{Kind: "boolean"}, "true", "true", ""},
		{Field{Kind: "boolean"}, "", "false", ""},
		{Field{Kind: "boolean", Required: true}, "yes", "false", ""},
		{Field{Kind: "integer"}, "42", "42", ""},
		{Field{Kind: "integer"}, "-7", "-7", ""},
		{Field{Kind: "integer"}, "+7", "7", ""},
		{Field{Kind: "integer"}, "007", "7", ""},
		{Field{Kind: "integer"}, "0", "0", ""},
		{Field{Kind: "integer"}, "-007", "-7", ""},
		{Field{Kind: "integer"}, "4.5", "", MsgWholeNumber},
		{Field{Kind: "integer"}, "1e3", "", MsgWholeNumber},
		{Field{Kind: "integer"}, "99999999999999999999", "", MsgWholeNumber},
		{Field{Kind: "float"}, "4.5", "4.5", ""},
		{Field{Kind: "float"}, "4,5", "4.5", ""},
		{Field{Kind: "float"}, ".5", "0.5", ""},
		{Field{Kind: "float"}, "-.5", "-0.5", ""},
		{Field{Kind: "float"}, "0", "0", ""},
		{Field{Kind: "float"}, "NaN", "", MsgNumber},
		{Field{Kind: "decimal"}, "inf", "", MsgNumber},
		{Field{Kind: "float"}, "1,000,000", "", MsgNumber},
		{Field{Kind: "float"}, "1,000", "", MsgNumber}, // a thousand, or one?
		{Field{Kind: "float"}, "0,125", "0.125", ""},
		{Field{Kind: "date"}, "2026-11-24", `"2026-11-24"`, ""},
		{Field{Kind: "date"}, "2026-02-30", "", MsgDate},
		{Field{Kind: "date"}, "24.11.2026", "", MsgDate},
		{Field{Kind: "time"}, "14:30", `"14:30"`, ""},
		{Field{Kind: "time"}, "25:00", "", MsgTime},
		{Field{Kind: "dateTime"}, "2026-11-24T14:30", `"2026-11-24T14:30"`, ""},
		{Field{Kind: "dateTime"}, "2026-11-24", "", MsgMoment},
		{Field{Kind: "timestamp"}, "2026-11-24T14:30", `"2026-11-24T14:30Z"`, ""},
		{Field{Kind: KindTags}, "hay, , clover,hay", `["hay","clover"]`, ""},
		{Field{Kind: KindTags}, "", "null", ""},
		{Field{Kind: "timestamp", Zone: time.FixedZone("", 3600)}, "2026-11-24T14:30", `"2026-11-24T13:30:00Z"`, ""},
		{Field{Kind: "timestamp", Zone: time.FixedZone("", 3600)}, "2026-11-24", "", MsgMoment},
		{Field{Kind: KindSeveral, Options: colours}, "red\nblue", `["red","blue"]`, ""},
		{Field{Kind: KindSeveral, Options: colours}, "red\ngreen", "", MsgChoose},
		{Field{Kind: KindSeveral, Options: colours, Required: true}, "", "", MsgFillIn},
		{Field{Kind: "integer", Options: []templates.Option{{Value: "7"}}}, "7", "7", ""},
		{Field{Kind: "uuid", Options: []templates.Option{{Value: "a"}}}, "b", "", MsgChoose},
	} {
		value, wrong := test.field.Parse(test.typed)
		if wrong != test.wrong || (wrong == "" && string(value) != test.want) {
			t.Errorf("%s %q: got %s %q, want %s %q", test.field.Kind, test.typed, value, wrong, test.want, test.wrong)
		}
	}
}

// A form that is sent back untouched changes nothing.
func TestUntouchedFieldsAreTheSame(t *testing.T) {
	for _, test := range []struct{ kind, value string }{
		{"string", `"hay"`}, {"string", `null`}, {"string", `""`}, {"text", `"a\nb"`},
		{"boolean", `true`}, {"boolean", `false`}, {"boolean", `null`}, {"boolean", `1`},
		{"integer", `42`}, {"bigInteger", `"9007199254740993"`}, {"integer", `null`},
		{"float", `4.5`}, {"decimal", `"4.50000"`}, {"float", `1e21`},
		{"date", `"2026-11-24"`}, {"time", `"14:30:00"`}, {"dateTime", `"2026-11-24T14:30:00"`},
		{"timestamp", `"2026-11-24T14:30:00.000Z"`}, {KindTags, `["hay","clover"]`}, {KindTags, `null`},
	} {
		f := Field{Kind: test.kind, Value: json.RawMessage(test.value)}
		if !f.Untouched(strings.TrimSpace(f.Input().Value)) {
			t.Errorf("%s %s counts as changed", test.kind, test.value)
		}
		if _, wrong := f.Parse(f.Input().Value); wrong != "" {
			t.Errorf("%s %s cannot be sent back as it was shown: %s", test.kind, test.value, wrong)
		}
	}
}

func FuzzFieldValues(f *testing.F) {
	for _, typed := range []string{"", "0", "-", "+0", "00", ".", ",", "1e400", "2026-11-24T14:30", "a, b"} {
		f.Add(typed)
	}
	// Found by fuzzing.
	f.Add("\xf0\xb600")
	f.Add("10000000000000000")
	f.Add("1")
	f.Add("\"\"")
	f.Add("\"")
	f.Add("+0000")
	f.Add("\xe6")
	f.Add("&&&&&&&")
	f.Fuzz(func(t *testing.T, typed string) {
		for _, kind := range []string{"string", "text", "boolean", "integer", "bigInteger", "float", "decimal", "date", "time", "dateTime", "timestamp", KindTags} {
			field := Field{Kind: kind, MaxLength: 255}
			if value, wrong := field.Parse(typed); wrong == "" && !json.Valid(value) {
				t.Fatalf("%s %q becomes %s, which is no JSON", kind, typed, value)
			}
		}
	})
}

// FuzzFieldsOfDirectus shows and takes fields whose values Directus sends in any
// shape.
func FuzzFieldsOfDirectus(f *testing.F) {
	for _, value := range []string{`"x"`, `1`, `null`, `true`, `{}`, `["a","b"]`, `[1]`, `"2026-11-27T09:00:00"`, `1e999`, `"\ud800"`, ``} {
		f.Add([]byte(value), "typed", 255)
	}
	// Found by fuzzing.
	f.Add([]byte("'"), "A", int(437))
	f.Add([]byte("\xa8"), "0", int(319))
	f.Add([]byte("100"), "0", int(228))
	f.Add([]byte("-"), "\xef ", int(301))
	f.Add([]byte("A"), "0\xff0", int(242))
	f.Add([]byte("\\"), "0", int(255))
	f.Add([]byte("0"), "\x1f\x1f", int(315))
	f.Add([]byte("t"), "0", int(166))
	f.Fuzz(func(t *testing.T, value []byte, typed string, maxLength int) {
		for _, kind := range []string{"string", "text", "boolean", "integer", "bigInteger", "float", "decimal", "date", "time", "dateTime", "timestamp", KindTags, "json", ""} {
			field := Field{Kind: kind, Value: value, MaxLength: maxLength}
			input := field.Input()
			field.Untouched(typed)
			field.Untouched(input.Value)
			if parsed, wrong := field.Parse(typed); wrong == "" && !json.Valid(parsed) {
				t.Fatalf("%s %q becomes %s, which is no JSON", kind, typed, parsed)
			}
		}
		_ = KindOfField(directus.Field{Type: typed})
		_ = Humanised(typed)
	})
}

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }
