package pages_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"hutch/e2e/harness"
	"hutch/sandbox"
)

// Each look of docs/theming.md is a first block for the stylesheet, the first of
// them the one that is there; and none has a fault that axe can find.
func TestLooks(t *testing.T) {
	harness.ForAll(t)
	source := axeSource(t)
	for _, name := range looks {
		t.Run(name, func(t *testing.T) {
			b := seeLook(t, name)
			for page, reach := range map[string]func(*harness.Browser){
				"the blog":        harness.At("/blog"),
				"a post":          harness.At("/blog/hay-by-numbers"),
				"a failed form":   harness.SigningUp(harness.Account{Email: "bramble", Password: "a few"}),
				"a page of error": harness.At("/nope"),
			} {
				reach(b)
				run(t, b.Tab, source)
				for _, scheme := range []string{"light", "dark"} {
					b.Tab.ShowOn(t, harness.Screen{Width: 1280, Height: 900, Scheme: scheme})
					for _, v := range axe(t, b.Tab) {
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
func seeLook(t *testing.T, name string) *harness.Browser {
	t.Helper()
	stylesheet, err := os.ReadFile(harness.Path("static", "hutch.css"))
	if err != nil {
		t.Fatal(err)
	}
	before, after, found := strings.Cut(string(stylesheet), readLook(t, looks[0]))
	if !found {
		t.Fatalf("docs/looks/%s.css is not the first block of static/hutch.css", looks[0])
	}
	look, folder := readLook(t, name), harness.CopyOfThePages(t)
	if err := os.WriteFile(filepath.Join(folder, "static", "hutch.css"), []byte(before+look+after), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Chdir(folder) // in development the app reads its files where it is started
	return harness.StartApp(t, harness.StartSandbox(t, sandbox.Options{}), nil).Browser(t, harness.Scripted)
}

// readLook is the block in a file of docs/looks, without what its comment says.
func readLook(t *testing.T, name string) string {
	t.Helper()
	file, err := os.ReadFile(harness.Path("docs", "looks", name+".css"))
	if err != nil {
		t.Fatal(err)
	}
	_, block, found := strings.Cut(string(file), ":root {")
	if !found {
		t.Fatalf("%s.css has no block", name)
	}
	return ":root {" + strings.TrimRight(block, "\n")
}
