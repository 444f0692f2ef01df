package realbrowser

import (
	"os"
	"testing"
)

// ForTest makes sure that a test has the tools. With -short it skips the test. If
// they are not installed it skips the test too, or with HUTCH_REQUIRE_ALL=1 installs
// them first.
func ForTest(t testing.TB) {
	t.Helper()
	if testing.Short() {
		t.Skip("needs Chromium and other tools: not with -short")
	}
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
