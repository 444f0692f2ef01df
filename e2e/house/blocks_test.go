package house_test

import (
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"testing"

	"hutch/e2e/harness"
	"hutch/sandbox"
)

// Whatever part htmx says that it wants, it gets one, or the whole: parts of
// templates that are no parts of pages included.
func TestEveryNameOfAPart(t *testing.T) {
	site := harness.StartApp(t, harness.StartSandbox(t, sandbox.Options{}), harness.Fresh())
	stranger, member := site.Browser(t, harness.Plain), site.Browser(t, harness.Plain)
	member.SignUp()
	member.Open("/")
	files, err := filepath.Glob("templates/*.html")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	names := map[string]bool{}
	for _, file := range files {
		source, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, found := range regexp.MustCompile(`\{\{-? ?(?:define|block) "([^"]+)"`).FindAllStringSubmatch(string(source), -1) {
			names[found[1]] = true
		}
		names[filepath.Base(file)] = true
	}
	for name := range names {
		header := http.Header{"Hx-Request": {"true"}, "Hx-Request-Type": {"partial"}, "Hx-Target": {"div#" + name}}
		for _, path := range []string{"/", "/blog", "/blog?q=hay", "/blog/hay-by-numbers", "/blog/authors/1", "/pages/about", harness.GatedPath, "/signin", "/nope", "/profile", "/profile/data"} {
			for _, b := range []*harness.Browser{stranger, member} {
				if b.Request(http.MethodGet, path, nil, header); b.Status >= http.StatusInternalServerError || b.Raw == "" && b.Header.Get("HX-Redirect") == "" {
					t.Errorf("%s for %q: %d, %d bytes", path, name, b.Status, len(b.Raw))
				}
			}
		}
	}
}
