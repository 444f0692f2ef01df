package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"hutch/sandbox"
)

// Each look of docs/theming.md is a first block for the stylesheet, the first of
// them the one that is there; and none has a fault that axe can find.
func TestLooks(t *testing.T) {
	source := axeSource(t)
	for _, name := range looks {
		t.Run(name, func(t *testing.T) {
			b := seeLook(t, name)
			for page, reach := range map[string]func(*browser){
				"the blog":        at("/blog"),
				"a post":          at("/blog/hay-by-numbers"),
				"a failed form":   signingUp(account{"bramble", "a few"}),
				"a page of error": at("/nope"),
			} {
				reach(b)
				b.tab.run(t, source)
				for _, scheme := range []string{"light", "dark"} {
					b.tab.showOn(t, screen{1280, 900, scheme})
					for _, v := range b.tab.axe(t) {
						t.Errorf("%s, %s: %s: %s at %s", page, scheme, v.Rule, v.Help, strings.Join(v.Where, ", "))
					}
				}
			}
		})
	}
}

var looks = []string{"burrow", "harbour", "press"}

// seeLook lets a visitor see the site with another first block in its
// stylesheet, for the rest of the test.
func seeLook(t *testing.T, name string) *browser {
	t.Helper()
	stylesheet, err := os.ReadFile("static/hutch.css")
	if err != nil {
		t.Fatal(err)
	}
	before, after, found := strings.Cut(string(stylesheet), readLook(t, looks[0]))
	if !found {
		t.Fatalf("docs/looks/%s.css is not the first block of static/hutch.css", looks[0])
	}
	look, folder := readLook(t, name), copyOfThePages(t)
	if err := os.WriteFile(filepath.Join(folder, "static", "hutch.css"), []byte(before+look+after), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Chdir(folder) // in development the app reads its files where it is started
	return startApp(t, startSandbox(t, sandbox.Options{}), nil).browser(t, scripted)
}

// readLook is the block in a file of docs/looks, without what its comment says.
func readLook(t *testing.T, name string) string {
	t.Helper()
	file, err := os.ReadFile(filepath.Join("docs", "looks", name+".css"))
	if err != nil {
		t.Fatal(err)
	}
	_, block, found := strings.Cut(string(file), ":root {")
	if !found {
		t.Fatalf("%s.css has no block", name)
	}
	return ":root {" + strings.TrimRight(block, "\n")
}

// copyOfThePages is a folder with the templates and static files, to be changed.
func copyOfThePages(t *testing.T) string {
	t.Helper()
	folder := t.TempDir()
	for _, name := range []string{"templates", "static"} {
		if err := os.CopyFS(filepath.Join(folder, name), os.DirFS(name)); err != nil {
			t.Fatal(err)
		}
	}
	return folder
}
