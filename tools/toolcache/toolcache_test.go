//go:build unix

package toolcache

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"
)

// TestBuild: complete or not at all, even after an interruption.
func TestBuild(t *testing.T) {
	c := Cache(t.TempDir())
	dir := c.Path("thing")
	if err := os.Mkdir(dir+".partial", 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir+".partial", "old"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	failed := errors.New("failed on purpose")
	if err := c.Build(dir, func(string) error { return failed }); !errors.Is(err, failed) || Exists(dir) || Exists(dir+".partial") {
		t.Errorf("a fill that fails: %v, there: %v", err, Exists(dir))
	}
	if err := c.Build(dir, WritePackageJSON); err != nil || !Exists(filepath.Join(dir, "package.json")) || Exists(filepath.Join(dir, "old")) {
		t.Errorf("a fill that succeeds: %v", err)
	}
}

func TestLock(t *testing.T) {
	c := Cache(t.TempDir())
	unlock, err := c.Lock(t.Context(), "x", func() { t.Error("waits for nobody") })
	if err != nil {
		t.Fatal(err)
	}
	waited := 0
	ctx, cancel := context.WithTimeout(t.Context(), 500*time.Millisecond)
	defer cancel()
	if _, err := c.Lock(ctx, "x", func() { waited++ }); !errors.Is(err, context.DeadlineExceeded) || waited != 1 {
		t.Errorf("a second one: %v, said %d times that it waits", err, waited)
	}
	unlock()
	unlock, err = c.Lock(t.Context(), "x", func() { t.Error("waits though it was unlocked") })
	if err != nil {
		t.Fatal(err)
	}
	unlock()
}

func TestOutput(t *testing.T) {
	out, err := Output(t.Context(), "/", nil, "/bin/sh", "-c", "echo yes; echo no >&2")
	if err != nil || string(out) != "yes\n" {
		t.Errorf("%q, %v", out, err)
	}
	if _, err := Output(t.Context(), "/", nil, "/bin/sh", "-c", "echo why >&2; exit 3"); err == nil || !strings.Contains(err.Error(), "why") {
		t.Errorf("a failure does not say why: %v", err)
	}
}

// TestDoneContext: what a killed command started is killed with it.
func TestDoneContext(t *testing.T) {
	note := filepath.Join(t.TempDir(), "alive")
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	began := time.Now()
	err := Run(ctx, "/", nil, "/bin/sh", "-c", "(sleep 1.5; echo >"+note+") & wait")
	if !errors.Is(err, context.DeadlineExceeded) || time.Since(began) > time.Second {
		t.Errorf("%v after %s", err, time.Since(began))
	}
	time.Sleep(time.Until(began.Add(2 * time.Second)))
	if Exists(note) {
		t.Error("its child lived on")
	}
}

func TestProvideNamesWhatIsMissing(t *testing.T) {
	t.Setenv("PATH", t.TempDir()) // no apt-get, as on macOS
	r := NewReport("the tool", nil)
	if err := Provide(t.Context(), r, nil, ""); err != nil {
		t.Errorf("nothing is missing: %v", err)
	}
	err := Provide(t.Context(), r, []Tool{{Command: "saw", Use: "saws wood", Debian: "saw-headless"}}, "brew install saw")
	for _, want := range []string{"the tool", "saw (saws wood)", "apt-get install --no-install-recommends -y saw-headless", "brew install saw"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q is not in: %v", want, err)
		}
	}
}

// If we are killed, the pipe closes and nothing else happens.
func TestAProcessEndsWithUs(t *testing.T) {
	p, err := Begin(Guarded("sleep", "600"))
	if err != nil {
		t.Fatal(err)
	}
	defer p.KillAfter(0)
	_ = p.stdin.Close()
	select {
	case <-p.Exited():
	case <-time.After(20 * time.Second):
		t.Fatal("it lives on")
	}
}

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }
