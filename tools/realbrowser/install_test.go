//go:build unix

package realbrowser

import (
	"encoding/json"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"hutch/tools/toolcache"
)

func TestInstalledVersions(t *testing.T) {
	ForTest(t)
	c, err := openInstalled()
	if err != nil {
		t.Fatal(err)
	}
	for _, pinned := range packages() {
		name, version, _ := strings.Cut(pinned, "@")
		text, err := os.ReadFile(c.module(name, "package.json"))
		if err != nil {
			t.Fatal(err)
		}
		var found struct{ Version string }
		if err := json.Unmarshal(text, &found); err != nil || found.Version != version {
			t.Errorf("%s is %s, want %s (%v)", name, found.Version, version, err)
		}
	}
}

// TestInstallNamesWhatIsMissing runs without any tools and without apt-get.
func TestInstallNamesWhatIsMissing(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	t.Setenv("HOME", t.TempDir())
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	if Installed() {
		t.Fatal("installed, without Java")
	}
	err := Install(t.Context(), nil)
	if err == nil {
		t.Fatal("installed from nothing")
	}
	wants := []string{"npm (", "java (", "default-jre-headless"}
	if _, err := Chromium(); err != nil { // macOS has it off PATH
		wants = append(wants, "chromium-headless-shell (")
	}
	if runtime.GOOS == "linux" {
		wants = append(wants, "firefox-esr (", "WebKitWebDriver (", "webkit2gtk-driver xvfb")
	}
	for _, want := range wants {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q is not in: %v", want, err)
		}
	}
	for _, needs := range []func() error{
		func() error { _, err := AxeSource(); return err },
		func() error { _, err := ValidateHTML(t.Context(), "."); return err },
		func() error { _, err := CheckNu(t.Context(), "."); return err },
		func() error { _, err := ValidateXML(t.Context(), "", ""); return err },
		func() error { _, err := Lighthouse(t.Context(), "http://127.0.0.1", nil); return err },
	} {
		if err := needs(); err == nil || !strings.Contains(err.Error(), howToInstall) {
			t.Errorf("does not say how to install: %v", err)
		}
	}
}

// TestHeadlessShellBesideAWholeChromium: it is installed and used wherever apt-get has
// it; elsewhere the whole Chromium is, and apt-get is not asked again.
func TestHeadlessShellBesideAWholeChromium(t *testing.T) {
	for _, packaged := range []bool{true, false} {
		bin := t.TempDir()
		t.Setenv("PATH", bin)
		t.Setenv("HOME", t.TempDir())
		t.Setenv("XDG_CACHE_HOME", t.TempDir())
		script(t, bin, "chromium", "")
		install := "exit 100"
		if packaged {
			install = `case "$*" in *install*chromium-headless-shell*) printf '#!/bin/sh\n' > ` + bin + `/chromium-headless-shell; /bin/chmod 755 ` + bin + `/chromium-headless-shell;; esac`
		}
		asked := filepath.Join(bin, "asked")
		script(t, bin, "apt-get", "echo >> "+asked+"\n"+install)
		c, err := openCache()
		if err != nil {
			t.Fatal(err)
		}
		var said strings.Builder
		for range 2 {
			if err := c.preferHeadlessShell(t.Context(), toolcache.NewReport("browser tools", &said)); err != nil {
				t.Fatal(err)
			}
		}
		want, calls := "chromium", 0
		if os.Geteuid() == 0 {
			calls = 1 // update fails
			if packaged {
				want, calls = headlessShell, 2 // update, install
			}
		}
		if got, err := Chromium(); err != nil || filepath.Base(got) != want {
			t.Errorf("packaged %t: uses %s, %v, want %s", packaged, got, err, want)
		}
		log, _ := os.ReadFile(asked)
		if n := strings.Count(string(log), "\n"); n != calls {
			t.Errorf("packaged %t: %d calls of apt-get, want %d:\n%s", packaged, n, calls, &said)
		}
		if told := strings.Contains(said.String(), "instead"); told != (calls == 1) {
			t.Errorf("packaged %t: it says\n%s", packaged, &said)
		}
	}
}

func script(t *testing.T, dir, name, body string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, name), []byte("#!/bin/sh\n"+body+"\n"), 0o755); err != nil { //nolint:gosec // to be run
		t.Fatal(err)
	}
}

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }
