//go:build unix

package realredis

import (
	"strings"
	"testing"

	"github.com/gomodule/redigo/redis"
	"go.uber.org/goleak"
)

func TestAnOutageAndItsEnd(t *testing.T) {
	s := ForTest(t)
	if _, err := s.Do(t.Context(), "SET", "key", "value"); err != nil {
		t.Fatal(err)
	}
	s.Kill()
	s.Kill()
	if _, err := s.Do(t.Context(), "PING"); err == nil {
		t.Error("it answers after its end")
	}
	if err := s.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	if n, err := redis.Int(s.Do(t.Context(), "DBSIZE")); err != nil || n != 0 {
		t.Errorf("after its start it has %d keys, %v", n, err)
	}
}

func TestAPortThatIsTaken(t *testing.T) {
	s := ForTest(t)
	other, err := New(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	other.port = s.port
	if err := other.Start(t.Context()); err == nil || !strings.Contains(err.Error(), "Address already in use") {
		t.Errorf("on a taken port: %v", err)
	}
}

func TestInstallNamesWhatIsMissing(t *testing.T) {
	for _, name := range []string{"PATH", "HOME", "XDG_CACHE_HOME"} { // no apt-get either, as on macOS
		t.Setenv(name, t.TempDir())
	}
	err := Install(t.Context(), nil)
	if err == nil || !strings.Contains(err.Error(), "redis-server (") || !strings.Contains(err.Error(), "brew install redis") {
		t.Errorf("does not say what is missing: %v", err)
	}
}

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }
