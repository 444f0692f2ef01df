package realbrowser

import (
	"os"
	"testing"
)

// ForTest lets a test go on that needs the tools. Where they are not installed
// it skips the test, or with HUTCH_REQUIRE_ALL=1 installs them first.
func ForTest(t testing.TB) {
	t.Helper()
	if testing.Short() {
		t.Skip("needs Chromium and other tools: not with -short")
	}
	if Installed() {
		return
	}
	if os.Getenv("HUTCH_REQUIRE_ALL") != "1" {
		t.Skip("needs Chromium, Java, Lighthouse and others: " + howToInstall)
	}
	if err := Install(t.Context(), os.Stderr); err != nil {
		t.Fatal(err)
	}
}
