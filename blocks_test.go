package main

import (
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"testing"

	"hutch/sandbox"
)

// Whatever part htmx says that it wants, it gets one, or the whole: parts of
// templates that are no parts of pages included.
func TestEveryNameOfAPart(t *testing.T) {
	site := startApp(t, startSandbox(t, sandbox.Options{}), fresh())
	stranger, member := site.browser(t, plain), site.browser(t, plain)
	member.signUp()
	member.open("/")
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
		for _, path := range []string{"/", "/blog", "/blog?q=hay", "/blog/hay-by-numbers", "/blog/authors/1", "/pages/about", gatedPath, "/signin", "/nope", "/profile", "/profile/data"} {
			for _, b := range []*browser{stranger, member} {
				if b.request(http.MethodGet, path, nil, header); b.status >= http.StatusInternalServerError || b.raw == "" && b.header.Get("HX-Redirect") == "" {
					t.Errorf("%s for %q: %d, %d bytes", path, name, b.status, len(b.raw))
				}
			}
		}
	}
}
