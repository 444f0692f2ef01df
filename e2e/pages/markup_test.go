package pages_test

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	"hutch/e2e/harness"
	"hutch/tools/realbrowser"
)

// markup is a folder with the page of every state as it comes from the server, for
// tools that read files.
type markup struct{ folder string }

func newMarkup(t *testing.T) markup { return markup{t.TempDir()} }

func (m markup) write(t *testing.T, b *harness.Browser, s state) {
	if err := os.WriteFile(filepath.Join(m.folder, s.name+".html"), []byte(b.Raw), 0o600); err != nil {
		t.Fatal(err)
	}
}

// isValid has two checkers read all pages: html-validate looks for what browsers and
// screen readers stumble over, the Nu checker holds them against the HTML standard.
func (m markup) isValid(t *testing.T) {
	realbrowser.ForTest(t)
	for name, check := range map[string]func(context.Context, string) ([]realbrowser.Finding, error){
		"html-validate": realbrowser.ValidateHTML,
		"Nu":            realbrowser.CheckNu,
	} {
		found, err := check(t.Context(), m.folder)
		if err != nil {
			t.Fatal(err)
		}
		for _, finding := range found {
			t.Errorf("%s: %s", name, finding)
		}
	}
}
