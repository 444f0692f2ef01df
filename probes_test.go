package main

import (
	"net/http"
	"strings"
	"testing"

	"hutch/sandbox"
)

// There is nothing at the addresses that scanners try, and a private page is at its
// own address alone, so that no cache takes it for a file.
func TestProbes(t *testing.T) {
	site := startApp(t, startSandbox(t, sandbox.Options{}), fresh())
	b := site.browser(t, plain)
	who := b.signUp()
	b.open("/")
	for _, path := range []string{
		"/.git/config", "/.git/HEAD", "/.env", "/.env.local", "/.htaccess", "/.svn/entries", "/.DS_Store", "/.well-known/security",
		"/debug/pprof/", "/debug/pprof/heap", "/debug/vars", "/metrics", "/actuator", "/actuator/env", "/server-status", "/phpinfo.php",
		"/wp-login.php", "/wp-admin/", "/admin", "/admin/login", "/graphql", "/api", "/items/posts", "/users/me", "/auth/login",
		"/config.go", "/main.go", "/go.mod", "/Makefile", "/README.md", "/templates/layout.html", "/templates/", "/static/", "/static/../main.go",
		"/static/%2e%2e/main.go", "/static/..%2fmain.go", "/assets/", "/backup.zip", "/dump.sql", "/sandbox.db",
	} {
		for _, visitor := range []*browser{b, site.browser(t, plain)} {
			visitor.request(http.MethodGet, path, nil, nil)
			if visitor.status != http.StatusNotFound && visitor.status != http.StatusBadRequest {
				t.Errorf("%s: %d", path, visitor.status)
			}
			if strings.Contains(visitor.raw, "package main") || strings.Contains(visitor.raw, "<pre>") {
				t.Errorf("%s shows a file or a listing", path)
			}
		}
	}
	for _, path := range []string{"/profile/x.css", "/profile.css", "/profile/email/a.js", "/profile;x.css", "/profile%2fx.css", "/profile/%0a.css", "/profile/..;/a.png"} {
		b.request(http.MethodGet, path, nil, nil)
		if b.status != http.StatusNotFound && b.status != http.StatusBadRequest || strings.Contains(b.raw, who.email) {
			t.Errorf("%s: %d, with the member's address: %t", path, b.status, strings.Contains(b.raw, who.email))
		}
		if b.header.Get("Cache-Control") != "no-store" {
			t.Errorf("%s: Cache-Control %q", path, b.header.Get("Cache-Control"))
		}
	}
}
