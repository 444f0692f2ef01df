package secret

import (
	"fmt"
	"io"
	"log/slog"
)

// Text is a string that does not print itself. The zero value is empty.
type Text struct {
	// A pointer, because fmt calls no methods on unexported fields; it prints an
	// address instead.
	text *string
}

// Of wraps a string.
func Of(text string) Text {
	if text == "" {
		return Text{}
	}
	return Text{&text}
}

// Reveal returns the string.
func (t Text) Reveal() string {
	if t.text == nil {
		return ""
	}
	return *t.text
}

// Empty reports whether the string is empty.
func (t Text) Empty() bool { return t.text == nil }

const hidden = "[secret]"

func (t Text) shown() string {
	if t.Empty() {
		return "[no secret]"
	}
	return hidden
}

// Format implements [fmt.Formatter], for every verb.
func (t Text) Format(s fmt.State, _ rune) { _, _ = io.WriteString(s, t.shown()) }

// LogValue implements [slog.LogValuer].
func (t Text) LogValue() slog.Value { return slog.StringValue(t.shown()) }

// MarshalJSON implements [encoding/json.Marshaler], which slog uses for structs.
func (t Text) MarshalJSON() ([]byte, error) { return []byte(`"` + t.shown() + `"`), nil }
