// Package secret has a type for what must not be printed: tokens, passwords, keys.
//
// A text of this type goes into requests and seals by name, with [Text.Reveal],
// and into nothing else: fmt, slog and encoding/json show that it is there and not
// what it is, also inside of a struct. It knows nothing of what it keeps.
package secret

import (
	"fmt"
	"io"
	"log/slog"
)

// Text is a text that does not show itself. The zero value is empty.
type Text struct {
	// A pointer, since fmt asks no method of a field that is not exported: there it
	// shows an address.
	text *string
}

// Of keeps a text.
func Of(text string) Text {
	if text == "" {
		return Text{}
	}
	return Text{&text}
}

// Reveal returns the text.
func (t Text) Reveal() string {
	if t.text == nil {
		return ""
	}
	return *t.text
}

// Empty reports whether there is none.
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

// MarshalJSON implements [encoding/json.Marshaler]: slog writes structs by it.
func (t Text) MarshalJSON() ([]byte, error) { return []byte(`"` + t.shown() + `"`), nil }
