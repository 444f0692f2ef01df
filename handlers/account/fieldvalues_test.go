package account

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/gin-gonic/gin"
	"go.uber.org/goleak"

	"hutch/internal/directus"
	"hutch/internal/i18n"
	"hutch/templates"
)

// What is filled in becomes what Directus wants, or a sentence beside the field.
func TestFieldValues(t *testing.T) {
	colours := []templates.Option{{Text: "–"}, {Value: "red"}, {Value: "blue"}}
	for _, test := range []struct {
		field profileField
		typed string
		want  string
		wrong i18n.Message
	}{
		{profileField{kind: "string", maxLength: 5}, "héllo", `"héllo"`, ""},
		{profileField{kind: "string", maxLength: 5}, "hello!", "", msgTooLong},
		{profileField{kind: "string"}, "", "null", ""},
		{profileField{kind: "string", required: true}, "", "", msgFillIn},
		{profileField{kind: "string"}, "a\x00b", "", msgNotAccepted},
		{profileField{kind: "string"}, "\xff", "", msgNotAccepted},
		{profileField{kind: "string"}, `"}],[{"`, `"\"}],[{\""`, ""},
		{profileField{kind: "string", options: colours}, "blue", `"blue"`, ""},
		{profileField{kind: "string", options: colours}, "", "null", ""},
		{profileField{kind: "string", options: colours}, "green", "", msgChoose},
		{profileField{kind: "boolean"}, "true", "true", ""},
		{profileField{kind: "boolean"}, "", "false", ""},
		{profileField{kind: "boolean", required: true}, "yes", "false", ""},
		{profileField{kind: "integer"}, "42", "42", ""},
		{profileField{kind: "integer"}, "-7", "-7", ""},
		{profileField{kind: "integer"}, "+7", "7", ""},
		{profileField{kind: "integer"}, "007", "7", ""},
		{profileField{kind: "integer"}, "0", "0", ""},
		{profileField{kind: "integer"}, "-007", "-7", ""},
		{profileField{kind: "integer"}, "4.5", "", msgWholeNumber},
		{profileField{kind: "integer"}, "1e3", "", msgWholeNumber},
		{profileField{kind: "integer"}, "99999999999999999999", "", msgWholeNumber},
		{profileField{kind: "float"}, "4.5", "4.5", ""},
		{profileField{kind: "float"}, "4,5", "4.5", ""},
		{profileField{kind: "float"}, ".5", "0.5", ""},
		{profileField{kind: "float"}, "-.5", "-0.5", ""},
		{profileField{kind: "float"}, "0", "0", ""},
		{profileField{kind: "float"}, "NaN", "", msgNumber},
		{profileField{kind: "decimal"}, "inf", "", msgNumber},
		{profileField{kind: "float"}, "1,000,000", "", msgNumber},
		{profileField{kind: "float"}, "1,000", "", msgNumber}, // a thousand, or one?
		{profileField{kind: "float"}, "0,125", "0.125", ""},
		{profileField{kind: "date"}, "2026-11-24", `"2026-11-24"`, ""},
		{profileField{kind: "date"}, "2026-02-30", "", msgDate},
		{profileField{kind: "date"}, "24.11.2026", "", msgDate},
		{profileField{kind: "time"}, "14:30", `"14:30"`, ""},
		{profileField{kind: "time"}, "25:00", "", msgTime},
		{profileField{kind: "dateTime"}, "2026-11-24T14:30", `"2026-11-24T14:30"`, ""},
		{profileField{kind: "dateTime"}, "2026-11-24", "", msgMoment},
		{profileField{kind: "timestamp"}, "2026-11-24T14:30", `"2026-11-24T14:30Z"`, ""},
		{profileField{kind: kindTags}, "hay, , clover,hay", `["hay","clover"]`, ""},
		{profileField{kind: kindTags}, "", "null", ""},
	} {
		value, wrong := test.field.parse(test.typed)
		if wrong != test.wrong || (wrong == "" && string(value) != test.want) {
			t.Errorf("%s %q: got %s %q, want %s %q", test.field.kind, test.typed, value, wrong, test.want, test.wrong)
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
		{"timestamp", `"2026-11-24T14:30:00.000Z"`}, {kindTags, `["hay","clover"]`}, {kindTags, `null`},
	} {
		f := profileField{kind: test.kind, value: json.RawMessage(test.value)}
		if !f.untouched(strings.TrimSpace(f.input().Value)) {
			t.Errorf("%s %s counts as changed", test.kind, test.value)
		}
		if _, wrong := f.parse(f.input().Value); wrong != "" {
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
		for _, kind := range []string{"string", "text", "boolean", "integer", "bigInteger", "float", "decimal", "date", "time", "dateTime", "timestamp", kindTags} {
			field := profileField{kind: kind, maxLength: 255}
			if value, wrong := field.parse(typed); wrong == "" && !json.Valid(value) {
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
		for _, kind := range []string{"string", "text", "boolean", "integer", "bigInteger", "float", "decimal", "date", "time", "dateTime", "timestamp", kindTags, "json", ""} {
			field := profileField{kind: kind, value: value, maxLength: maxLength}
			input := field.input()
			field.untouched(typed)
			field.untouched(input.Value)
			if parsed, wrong := field.parse(typed); wrong == "" && !json.Valid(parsed) {
				t.Fatalf("%s %q becomes %s, which is no JSON", kind, typed, parsed)
			}
		}
		_ = kindOfField(directus.Field{Type: typed})
		_ = humanised(typed)
	})
}

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestPostedCode(t *testing.T) {
	for typed, want := range map[string]string{
		"123456": "123456", " 123 456 ": "123456", "123-456": "123456", "123\u2013456": "123456", "123\u2212456": "123456", "123\u00ad456": "123456",
		"123\u00a0456": "123456", "1\u20092\u202f3\u3000456": "123456", "\ufeff123\u200b456\u2060": "123456", "\u200e123456\u202c": "123456", "123456\r\n": "123456", "1\t23456": "123456",
		"１２３４５６": "123456", "𝟏𝟐𝟑𝟒𝟓𝟔": "123456", "①②③④⑤⑥": "123456", "１２３－４５６": "123456", "123\ufe0f456": "123456",
		"ＡＢＣＤＥ－ＦＧ": "ABCDEFG", "": "", " ": "", "12345": "12345", "abc": "abc", "12\xff3456": "12\xff3456",
	} {
		c := &gin.Context{Request: &http.Request{PostForm: url.Values{"code": {typed}}}}
		if got := postedCode(c); got != want {
			t.Errorf("%q is read as %q, want %q", typed, got, want)
		}
	}
}
