package realdirectus

import (
	"os"
	"strings"
	"testing"
)

// TestVersions returns the versions to test with: HUTCH_DIRECTUS_VERSIONS, a
// comma-separated list, or the newest one known to work.
func TestVersions() []string {
	var versions []string
	for v := range strings.SplitSeq(os.Getenv("HUTCH_DIRECTUS_VERSIONS"), ",") {
		if v = strings.TrimSpace(v); v != "" {
			versions = append(versions, v)
		}
	}
	if versions == nil {
		return []string{"12.4.0"}
	}
	return versions
}

// NeedForTest makes sure that a test has a version of Directus. With -short it skips
// the test. If the version is not installed it skips the test too, or with
// HUTCH_REQUIRE_ALL=1 installs it first.
func NeedForTest(t testing.TB, version string) {
	t.Helper()
	if testing.Short() {
		t.Skipf("needs Directus %s: not with -short", version)
	}
	if !Installed(version) {
		if os.Getenv("HUTCH_REQUIRE_ALL") != "1" {
			t.Skipf("needs Directus %[1]s: go run ./tools/realdirectus/cmd/directus install %[1]s", version)
		}
		if err := Install(t.Context(), version, os.Stderr); err != nil {
			t.Fatal(err)
		}
	}
}

// ForTest runs a Directus of its own for a test and stops it after.
func ForTest(t testing.TB, version string, env map[string]string) *Server {
	t.Helper()
	NeedForTest(t, version)
	s, err := Start(t.Context(), version, Options{Env: env})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("Directus %s said:\n%s", version, s.Output())
		}
		if err := s.Stop(); err != nil {
			t.Error(err)
		}
	})
	return s
}
