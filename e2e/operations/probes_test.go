package operations_test

import (
	"net/http"
	"strings"
	"testing"

	"hutch/e2e/harness"
	"hutch/sandbox"
)

// There is nothing at the addresses that scanners try, and a private page is at its
// own address alone, so that no cache takes it for a file.
func TestProbes(t *testing.T) {
	site := harness.StartApp(t, harness.StartSandbox(t, sandbox.Options{}), harness.Fresh())
	b := site.Browser(t, harness.Plain)
	who := b.SignUp()
	b.Open("/")
	for _, path := range []string{
		"/.git/config", "/.git/HEAD", "/.env", "/.env.local", "/.htaccess", "/.svn/entries", "/.DS_Store", "/.well-known/security",
		"/debug/pprof/", "/debug/pprof/heap", "/debug/vars", "/metrics", "/actuator", "/actuator/env", "/server-status", "/phpinfo.php",
		"/wp-login.php", "/wp-admin/", "/admin", "/admin/login", "/graphql", "/api", "/items/posts", "/users/me", "/auth/login",
		"/config.go", "/main.go", "/go.mod", "/Makefile", "/README.md", "/templates/layout.html", "/templates/", "/static/", "/static/../main.go",
		"/static/%2e%2e/main.go", "/static/..%2fmain.go", "/assets/", "/backup.zip", "/dump.sql", "/sandbox.db",
	} {
		for _, visitor := range []*harness.Browser{b, site.Browser(t, harness.Plain)} {
			visitor.Request(http.MethodGet, path, nil, nil)
			if visitor.Status != http.StatusNotFound && visitor.Status != http.StatusBadRequest {
				t.Errorf("%s: %d", path, visitor.Status)
			}
			if strings.Contains(visitor.Raw, "package main") || strings.Contains(visitor.Raw, "<pre>") {
				t.Errorf("%s shows a file or a listing", path)
			}
		}
	}
	for _, path := range []string{"/profile/x.css", "/profile.css", "/profile/email/a.js", "/profile;x.css", "/profile%2fx.css", "/profile/%0a.css", "/profile/..;/a.png"} {
		b.Request(http.MethodGet, path, nil, nil)
		if b.Status != http.StatusNotFound && b.Status != http.StatusBadRequest || strings.Contains(b.Raw, who.Email) {
			t.Errorf("%s: %d, with the member's address: %t", path, b.Status, strings.Contains(b.Raw, who.Email))
		}
		if b.Header.Get("Cache-Control") != "no-store" {
			t.Errorf("%s: Cache-Control %q", path, b.Header.Get("Cache-Control"))
		}
	}
}

func TestMain(m *testing.M) { harness.Main(m) }
