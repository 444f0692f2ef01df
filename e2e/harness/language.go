package harness

import (
	"testing"
)

func WantLanguage(t *testing.T, b *Browser, want string) {
	t.Helper()
	if got := b.Doc.Find("html").AttrOr("lang", ""); got != want {
		t.Errorf("%s is in %q, want %q", b.Path, got, want)
	}
}
