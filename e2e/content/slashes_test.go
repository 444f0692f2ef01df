package content_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/gin-gonic/gin"

	"hutch/e2e/harness"
	"hutch/sandbox"
)

// People and editors end an address with a slash: they are led to the one without.
func TestASlashAtTheEndMakesNoDifference(t *testing.T) {
	up := harness.StartSandbox(t, sandbox.Options{})
	site := harness.StartApp(t, up, harness.Fresh())
	b := site.Browser(t, harness.Plain)
	for _, r := range site.Handler.(*gin.Engine).Routes() {
		if !strings.HasSuffix(r.Path, "/") || r.Path == "/" {
			continue
		}
		path := strings.NewReplacer(":slug", "hay-by-numbers", ":id", "5f0e1b52-2a0c-4c5e-9d1f-0b8a6f4e1a01", ":file", "2a5f47.css").Replace(r.Path)
		without := strings.TrimSuffix(path, "/")
		var form url.Values
		if r.Method == http.MethodPost {
			form = url.Values{"email": {"nobody@example.com"}}
		}
		for _, query := range []string{"", "?q=frost+checklist&page=2", "?token=a.b.c", "?redirectedFrom=%2Fprofile%2F", "?x=//evil.test", "?"} {
			b.Request(r.Method, path+query, form, nil)
			want := without + strings.TrimSuffix(query, "?")
			if b.Status != http.StatusPermanentRedirect || b.Header.Get("Location") != want || b.Header.Get("Set-Cookie") != "" {
				t.Errorf("%s %s: %d to %q, want %q", r.Method, path+query, b.Status, b.Header.Get("Location"), want)
			}
			mustBeKeptHonestly(b, path)
		}
	}
	for path, want := range map[string]string{
		"/blog/": "/blog", "/pages/about/": "/pages/about", "/signin/": "/signin", "/blog/authors/1/": "/blog/authors/1", "/blog/rss.xml/": "/blog/rss.xml", "/sitemap.xml/": "/sitemap.xml",
		"/profile/": "/profile", "/blog/%C3%BCber%20uns/": "/blog/%C3%BCber%20uns", "/blog/a,b/": "/blog/a,b", "/blog/journal/": "/blog/journal",
		// A redirect of an editor's makes no difference between the two either.
		"/journal/": "/blog", "/journal": "/blog", "/blog//": "/blog", "/blog/authors//": "/blog/authors",
	} {
		for _, method := range []string{http.MethodGet, http.MethodHead} {
			if b.Request(method, path, nil, nil); b.Header.Get("Location") != want {
				t.Errorf("%s %s: %d to %q, want %q", method, path, b.Status, b.Header.Get("Location"), want)
			}
		}
		b.Request(http.MethodGet, path, nil, http.Header{"Hx-Request": {"true"}, "Hx-Request-Type": {"full"}})
		if b.Header.Get("HX-Redirect") != want {
			t.Errorf("htmx at %s: %d to %q, want %q", path, b.Status, b.Header.Get("HX-Redirect"), want)
		}
	}

	// It leads nowhere else.
	for _, path := range []string{
		"//evil.test/", "//evil.test/blog/", `/\evil.test/`, "/%5Cevil.test/", "/%2Fevil.test/", "//blog/", "/blog/%2F/", "/blog/%5Cevil.test/", `/pages/\evil.test/`,
		"/pages/%2Fevil.test/", "/pages/%5C%5Cevil.test/", "/pages/%09/", "/pages/../", "/pages/%2e%2e/", "/pages/./", "/pages/.%2e/", "/nope/", "/pages/",
		"/pages/" + strings.Repeat("a", 3000) + "/",
	} {
		b.Request(http.MethodGet, path, nil, nil)
		if to := b.Header.Get("Location"); b.Status != http.StatusNotFound && b.Status != http.StatusBadRequest || to != "" {
			t.Errorf("%q: %d to %q", path, b.Status, to)
		}
	}
	// A form that was sent to such an address arrives, with what was typed.
	who := harness.NewAccount()
	res, err := http.PostForm(site.URL+"/signup/", harness.Form(who))
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	if up.User(t, who)["email"] != who.Email {
		t.Error("nobody has signed up")
	}
}

// What an editor redirects comes first, and goes round in no circle.
func TestEditorsRedirectsAndSlashes(t *testing.T) {
	up := harness.StartSandbox(t, sandbox.Options{})
	site := harness.StartApp(t, up, nil)
	for from, to := range map[string]string{
		"/blog/": "/pages/about", "/blog": "/pages/conduct", // before no page, and before its address with a slash
		"/pages/gone/": "/pages/about", "/shop": "/blog/", "/circle": "/circle/", "/round/": "/round", "/old/": "/pages/about", "/old": "/pages/conduct",
	} {
		if err := up.Admin.Post(t.Context(), "/items/redirects", map[string]any{"url_from": from, "url_to": to, "response_code": 301}, nil); err != nil {
			t.Fatal(err)
		}
	}
	if err := up.Admin.Post(t.Context(), "/items/navigation", map[string]any{"label": "News", "url": "/blog/", "sort": 9}, nil); err != nil {
		t.Fatal(err)
	}
	b := site.Browser(t, harness.Plain)
	for path, want := range map[string]string{
		"/blog/": "301 /pages/about", "/blog": "200 ", "/pages/gone": "301 /pages/about", "/pages/gone/": "301 /pages/about", "/pages/about/": "308 /pages/about",
		"/shop": "301 /blog/", "/shop/": "301 /blog/", "/old/": "301 /pages/about", "/old": "301 /pages/conduct",
		"/circle": "301 /circle/", "/circle/": "404 ", "/round/": "301 /round", "/round": "404 ",
	} {
		res := b.Request(http.MethodGet, path, nil, nil)
		if got := res.Status[:4] + res.Header.Get("Location"); got != want {
			t.Errorf("%s: %s, want %s", path, got, want)
		}
	}
	// Without them, the address itself still says enough.
	site.Wire.BreakWith(harness.Breakages["503"])
	other := harness.StartApp(t, up, nil)
	other.Wire.BreakWith(harness.Breakages["503"])
	b = other.Browser(t, harness.Plain)
	b.Request(http.MethodGet, "/signin/?redirectedFrom=/profile", nil, nil)
	if b.Status != http.StatusPermanentRedirect || b.Header.Get("Location") != "/signin?redirectedFrom=/profile" {
		t.Errorf("in an outage: %d to %q", b.Status, b.Header.Get("Location"))
	}
}
