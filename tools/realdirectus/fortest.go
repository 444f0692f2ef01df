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

// ForTest starts a Directus for one test. If the version is not installed it skips
// the test, or with HUTCH_REQUIRE_ALL=1 installs it first.
func ForTest(t testing.TB, version string, env map[string]string) *Server {
	t.Helper()
	if !Installed(version) {
		if os.Getenv("HUTCH_REQUIRE_ALL") != "1" {
			t.Skipf("needs Directus %[1]s: go run ./tools/realdirectus/cmd/directus install %[1]s", version)
		}
		if err := Install(t.Context(), version, os.Stderr); err != nil {
			t.Fatal(err)
		}
	}
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
