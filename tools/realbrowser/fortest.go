package realbrowser

import (
	"os"
	"testing"
)

// ForTest makes sure that a test has the tools. If they are not installed it skips the
// test, or with HUTCH_REQUIRE_ALL=1 installs them first.
func ForTest(t testing.TB) {
	t.Helper()
	if os.Getenv("HUTCH_REQUIRE_ALL") == "1" {
		if err := Install(t.Context(), os.Stderr); err != nil {
			t.Fatal(err)
		}
		return
	}
	if !Installed() {
		t.Skip("needs Chromium, Java and the tools from npm: " + howToInstall)
	}
}
