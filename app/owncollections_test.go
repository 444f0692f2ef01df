package app

import (
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// Setup reads the site folder, and what its templates read below relations.
func TestCollectionsForSetup(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(dir, filepath.FromSlash(name)), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Mkdir(filepath.Join(dir, "templates"), 0o700); err != nil {
		t.Fatal(err)
	}
	write("templates/event.html", `{{define "main"}}{{.Item.Text "title"}}{{.Item.Text "venue.name"}}{{range .Item.Items "speakers"}}{{.Text "people_id.name"}}{{end}}{{end}}`)
	fieldsOf := func(item string) []string {
		t.Helper()
		write("site.toml", "[[collection]]\nname = \"events\"\npath = \"/events\"\nread = \"everybody\"\nitem = { "+item+" }\n")
		own, err := ownCollections(environment("SITE_DIR=" + dir))
		if err != nil {
			t.Fatal(err)
		}
		slices.Sort(own[0].Item.Fields)
		return own[0].Item.Fields
	}
	for item, want := range map[string]string{
		``:                          "*",
		`template = "event.html"`:   "* speakers.people_id.name venue.name",
		`fields = ["*", "image.*"]`: "* image.*",
		`template = "event.html", fields = ["*"]`:              "* speakers.people_id.name venue.name",
		`template = "event.html", fields = ["title", "venue"]`: "title venue", // which says what may be read
	} {
		if got := strings.Join(fieldsOf(item), " "); got != want {
			t.Errorf("with %s, setup is told of %s, want %s", item, got, want)
		}
	}
	setup := func(env string) string {
		return Run(t.Context(), []string{"setup"}, environment("DIRECTUS_URL=http://127.0.0.1:1", env), io.Discard).Error()
	}
	write("site.toml", "[[collection]]\nname = \"events\"\n")
	if got := setup("SITE_DIR=" + dir); !strings.Contains(got, "site.toml:1: a collection needs a path") {
		t.Errorf("what is wrong with the folder is told as %q", got)
	}
	if got := setup("SITE_DIR=" + filepath.Join(dir, "none")); !strings.Contains(got, "there is no such folder") {
		t.Errorf("a folder that is not there is told as %q", got)
	}
}
