package web

import (
	"strings"
	"testing"
)

// An address is what mail can be sent to, and what people can see and type.
func TestEmail(t *testing.T) {
	longest := strings.Repeat("a", 64) + "@" + strings.Repeat("b.", 93) + "com"
	for text, is := range map[string]bool{
		"ada@example.com": true, "ada+hutch@mail.example.com": true, "zoë@example.com": true, longest: true,
		"": false, "ada": false, "ada@": false, "@example.com": false, "ada@localhost": false, "Ada <ada@example.com>": false,
		"ada@example.com, bob@example.com": false, "ada @example.com": false, "ada@example.com ": false, "a" + longest: false,
		"ada\u200b@example.com": false, "\ufeffada@example.com": false, "ada@exam\u00adple.com": false, "\u202eada@example.com": false, "ada\x00@example.com": false,
	} {
		if IsEmail(text) != is {
			t.Errorf("%q of %d bytes is an address: %t, want %t", text, len(text), !is, is)
		}
	}
	if len(longest) != 254 {
		t.Errorf("the longest has %d bytes", len(longest))
	}
}
