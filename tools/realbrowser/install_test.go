//go:build unix

package realbrowser

import (
	"encoding/json"
	"os"
	"strings"
	"testing"
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
