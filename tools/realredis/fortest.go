package realredis

import (
	"os"
	"testing"
)

// ForTest starts a Redis for one test. If Redis is not installed it skips the test,
// or with HUTCH_REQUIRE_ALL=1 installs it first.
func ForTest(t testing.TB) *Server {
	t.Helper()
	if testing.Short() {
		t.Skip("needs Redis: not with -short")
	}
	if !Installed() {
		if os.Getenv("HUTCH_REQUIRE_ALL") != "1" {
			t.Skip("needs Redis: " + howToInstall)
		}
		if err := Install(t.Context(), os.Stderr); err != nil {
			t.Fatal(err)
		}
	}
	s, err := New(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("Redis said:\n%s", s.Output())
		}
		s.Kill()
	})
	if err := s.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	return s
}
