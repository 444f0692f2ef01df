package app

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// run runs a command with a site folder, and returns what it prints and how it fails.
func run(t *testing.T, dir string, args ...string) (printed, failed string) {
	t.Helper()
	var out strings.Builder
	if err := Run(t.Context(), args, environment("SITE_DIR="+dir), &out); err != nil {
		failed = err.Error()
	}
	return out.String(), failed
}

func write(t *testing.T, dir, name, text string) {
	t.Helper()
	name = filepath.Join(dir, name)
	if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// A folder is written once, starts, and is never written over.
func TestInit(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "site")
	if _, failed := run(t, dir, "check"); !strings.Contains(failed, "hutch init writes a site folder") {
		t.Errorf("without a folder check says %q", failed)
	}
	printed, failed := run(t, dir, "init")
	if failed != "" || !strings.Contains(printed, "Wrote "+filepath.Join(dir, "site.toml")) {
		t.Fatalf("%s %s", printed, failed)
	}
	if printed, failed := run(t, dir, "check"); failed != "" || !strings.Contains(printed, "Nothing is wrong") {
		t.Errorf("a new folder: %s %s", printed, failed)
	}
	if _, failed := run(t, dir, "init"); !strings.Contains(failed, "nothing is written") {
		t.Errorf("a second time: %q", failed)
	}
	for _, name := range []string{"post.html", "blocks/block_hero.html"} {
		if _, failed := run(t, dir, "init", "--template", name); failed != "" {
			t.Error(failed)
		}
		copied := filepath.Join(dir, "templates", name)
		if text := read(t, copied); !strings.HasPrefix(text, "{{- /* hutch: "+name+" ") {
			t.Errorf("%s begins %.60s", name, text)
		}
		write(t, dir, "templates/"+name, "mine")
		if _, failed := run(t, dir, "init", "--template", name); !strings.Contains(failed, "already") || read(t, copied) != "mine" {
			t.Errorf("%s is written over: %q", name, failed)
		}
	}
	for _, name := range []string{"nope.html", "../../main.go", "post.go"} {
		if _, failed := run(t, dir, "init", "--template", name); !strings.Contains(failed, "hutch has no template "+name) {
			t.Errorf("%s: %q", name, failed)
		}
	}
}

// check says all that is wrong, each with its place, and fails.
func TestCheck(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "site")
	write(t, dir, "site.toml", `[[collection]]
name = "events"
path = "/events"
read = "everybody"
list = { template = "events.html" }
item = { template = "event.html" }
[[collection]]
name = "things"
path = "/blog/things"
read = "everybody"
`)
	write(t, dir, "templates/event.html", "<h1>{{.Item.Text \"title\"}}</h1>\n{{.Item.Nope}}")
	write(t, dir, "templates/post.html", "<h1>{{.Page.Heading}}</h1>\n{{.Page.Nope}}")
	write(t, dir, "templates/other.html", "")
	write(t, dir, "templates/pages/index.html", "Home")
	write(t, dir, "templates/pages/search.html", "Search")
	write(t, dir, "templates/pages/pages/a.html", "A")
	write(t, dir, "templates/pages/events/a.html", "A")
	write(t, dir, "templates/pages/right.html", "A")
	printed, failed := run(t, dir, "check")
	for _, want := range []string{
		"site.toml:9: Hutch itself answers below /blog",
		"templates/events.html: site.toml:5 names this template, and there is none",
		"templates/event.html:2: .Item.Nope: there is no .Nope in Item",
		"templates/post.html:2: .Page.Nope: there is no .Nope in Post",
		"templates/other.html: nothing uses this template",
		"templates/pages/index.html: this page is shown at /index",
		"templates/pages/search.html: this page is never shown: Hutch answers at /search itself",
		"templates/pages/pages/a.html: this page is never shown: Hutch answers at /pages/:slug itself",
		"templates/pages/events/a.html: this page is never shown: the collection events is at /events",
	} {
		if !strings.Contains(printed, filepath.Join(dir, want)) {
			t.Errorf("not said: %s", want)
		}
	}
	if strings.Count(printed, "\n") != 10 || !strings.Contains(printed, "Note: the collections in site.toml are not compared with Directus") || !strings.Contains(failed, "9 things are wrong") {
		t.Errorf("%s%s", printed, failed)
	}
	write(t, dir, "site.toml", "[[collection]]\nname = 1\n")
	if printed, _ := run(t, dir, "check"); !strings.Contains(printed, filepath.Join(dir, "site.toml:2: ")) {
		t.Error(printed)
	}
}

// A copy of a template that has changed since is told, with how.
func TestCheckOfCopies(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "site")
	if _, failed := run(t, dir, "init", "--template", "text.html"); failed != "" {
		t.Fatal(failed)
	}
	if printed, failed := run(t, dir, "check"); failed != "" {
		t.Errorf("a copy of now: %s %s", printed, failed)
	}
	_, text, _ := strings.Cut(read(t, filepath.Join(dir, "templates/text.html")), "\n")
	write(t, dir, "templates/text.html", "{{- /* hutch: text.html 0123abcd */ -}}\n"+strings.Replace(text, "<h1>", "<h1 class=\"mine\">", 1))
	printed, failed := run(t, dir, "check")
	for _, want := range []string{"templates/text.html:1: our text.html has changed since this copy was made", "in place of 0123abcd", "\n-  <h1 class=\"mine\">{{.Page.Heading}}</h1>\n+  <h1>{{.Page.Heading}}</h1>\n"} {
		if !strings.Contains(printed, want) {
			t.Errorf("not said: %q in\n%s", want, printed)
		}
	}
	if failed == "" || strings.Contains(printed, "define \"title\"") {
		t.Errorf("%s: lines far from a change are told:\n%s", failed, printed)
	}
}
