package harness

import (
	"os"
	"testing"
)

// All reports whether this is make test-all, which looks at more versions of
// Directus, in more ways, and longer.
func All() bool { return os.Getenv("HUTCH_ALL") == "1" }

// ForAll is the first line of a test that takes minutes. What it shows in full,
// another test shows in short.
func ForAll(t *testing.T) {
	t.Helper()
	if !All() {
		t.Skip("takes minutes: make test-all")
	}
}
