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
	stylesheet, err := os.ReadFile("static/hutch.css")
	if err != nil {
		t.Fatal(err)
	}
	burrow := readLook(t, "burrow")
	before, after, found := strings.Cut(string(stylesheet), burrow)
	if !found {
		t.Fatal("docs/looks/burrow.css is not the first block of static/hutch.css")
	}
	for _, name := range []string{"harbour", "press"} {
		t.Run(name, func(t *testing.T) {
			look := readLook(t, name)
			folder := copyOfThePages(t)
			if err := os.WriteFile(filepath.Join(folder, "static", "hutch.css"), []byte(before+look+after), 0o600); err != nil {
				t.Fatal(err)
			}
			t.Chdir(folder) // in development the app reads its files where it is started
			up := startSandbox(t, sandbox.Options{})
			b := startApp(t, up, nil).browser(t, scripted)
			postsAre(richPost)(t, up, b.app)
			for page, reach := range map[string]func(*browser){
				"the blog":        at("/blog"),
				"a post":          at("/blog/rich"),
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
