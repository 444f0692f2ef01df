package harness

import (
	"os"
	"path/filepath"
	"testing"

	"hutch/internal/sitefolder"
)

// SiteFolder is a site folder on the disk, for a site that reads it again.
type SiteFolder struct {
	sitefolder.Folder
	t *testing.T
}

// NewSiteFolder makes a folder of these files.
func NewSiteFolder(t *testing.T, files map[string]string) SiteFolder {
	t.Helper()
	f := SiteFolder{sitefolder.Folder(t.TempDir()), t}
	for name, content := range files {
		f.Write(name, content)
	}
	return f
}

// Write puts a file in place, as a deployment does: a site that reads it meanwhile sees the
// whole one or the one before.
func (f SiteFolder) Write(name, content string) {
	f.t.Helper()
	path := filepath.Join(string(f.Folder), name)
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		f.t.Fatal(err)
	}
	partial := filepath.Join(string(f.Folder), ".partial")
	if err := os.WriteFile(partial, []byte(content), 0o600); err != nil {
		f.t.Fatal(err)
	}
	if err := os.Rename(partial, path); err != nil {
		f.t.Fatal(err)
	}
}
