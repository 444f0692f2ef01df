package main

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"hutch/sandbox"
)

// Editors, or whoever writes as they do, cannot send visitors anywhere.
func TestRedirectsLeadNowhereElse(t *testing.T) {
	up := startSandbox(t, sandbox.Options{})
	site := startApp(t, up, fresh("REDIRECT_HOSTS", "friends.example, Other.Example"))
	refused := []string{
		"https://evil.test/", "http://evil.test", "//evil.test", "///evil.test", "////evil.test", `/\evil.test`, `\\evil.test`, `\/evil.test`, `/\/evil.test`,
		"/\t/evil.test", "\t//evil.test", "/\n/evil.test", "/\r\nSet-Cookie: x=1", "/x\r\nLocation: https://evil.test", " //evil.test", "\u00a0//evil.test", "https:evil.test", "https:/evil.test", "https:///evil.test",
		"javascript:alert(1)", "JavaScript:alert(1)", "java\tscript:alert(1)", "data:text/html,x", "vbscript:x", "file:///etc/passwd", "blob:https://evil.test/x", "ftp://friends.example/", "mailto:x@friends.example",
		"https://friends.example@evil.test/", "https://evil.test#friends.example", "https://evil.test?friends.example", "https://evil.test/friends.example", "https://friends.example.evil.test/", "https://evilfriends.example/", "https://x.friends.example/",
		`https://evil.test\friends.example`, `https://friends.example\.evil.test`, "https://friends.example%2eevil.test/", "https://friends.example%00.evil.test/", "https://friends.example:x@evil.test", "https://user@friends.example/",
		"/./evil", "/../x", "/%2e%2e/x", "/x//y", "/%2F/evil.test", "/%5cevil.test", "/%09/evil.test", "", " ", "#x", "?x", "blog", "./blog", "evil.test", "http://", "https://[::1", "/%zz",
		"/from-%d", "/from-%d?again", "/from-%d#again",
	}
	allowed := map[string]string{
		"/pages/about": "/pages/about", "/blog?page=2": "/blog?page=2", "/pages/about#kept": "/pages/about#kept", " /pages/about ": "/pages/about", "/blog/authors/1": "/blog/authors/1",
		"https://friends.example/x?y=z#w": "https://friends.example/x?y=z#w", "HTTPS://FRIENDS.EXAMPLE/x": "https://FRIENDS.EXAMPLE/x", "http://other.example": "http://other.example", "https://friends.example:8443/": "https://friends.example:8443/",
	}
	n := 0
	add := func(to string, code any) (from string) {
		n++
		from = fmt.Sprintf("/from-%d", n)
		if strings.Contains(to, "from-%d") {
			to = fmt.Sprintf(to, n)
		}
		if err := up.admin.Post(t.Context(), "/items/redirects", map[string]any{"url_from": from, "url_to": to, "response_code": code}, nil); err != nil {
			t.Fatal(err)
		}
		return from
	}
	wantNowhere, wantTo := map[string]string{}, map[string]string{}
	for _, to := range refused {
		wantNowhere[add(to, 301)] = to
	}
	for to, want := range allowed {
		wantTo[add(to, 301)] = want
	}
	codes := map[string]int{}
	for code, want := range map[any]int{301: 301, 302: 302, 307: 307, 308: 308, nil: 302, 0: 302, 200: 302, 303: 302, 404: 302, 500: 302, -1: 302} {
		codes[add("/pages/about", code)] = want
	}
	add("/pages/conduct", 301)
	for _, existing := range []string{"/", "/blog", "/blog/hay-by-numbers", "/pages/about", "/signin", "/profile", "/logout", "/healthz", "/robots.txt", "/sitemap.xml", "/blog/rss.xml", "/blog?page=2", "/blog/authors/1", gatedPath} {
		if err := up.admin.Post(t.Context(), "/items/redirects", map[string]any{"url_from": existing, "url_to": "/pages/conduct", "response_code": 301}, nil); err != nil {
			t.Fatal(err)
		}
	}

	stranger, member := site.browser(t, plain), site.browser(t, plain)
	member.signUp()
	member.open("/")
	partial := http.Header{"Hx-Request": {"true"}, "Hx-Request-Type": {"partial"}, "Hx-Target": {"main#main"}, "Hx-Source": {"a"}}
	for _, b := range []*browser{stranger, member} {
		for from, to := range wantNowhere {
			for _, header := range []http.Header{nil, partial} {
				for _, method := range []string{http.MethodGet, http.MethodHead} {
					b.request(method, from, nil, header)
					if b.status != http.StatusNotFound || b.header.Get("Location") != "" || b.header.Get("HX-Redirect") != "" || b.header.Get("Set-Cookie") != "" {
						t.Errorf("%s to %q: %d, %v", method, to, b.status, b.header)
					}
				}
			}
		}
		for from, to := range wantTo {
			for _, method := range []string{http.MethodGet, http.MethodHead} {
				b.request(method, from+"?utm=x", nil, nil)
				if b.status != http.StatusMovedPermanently || b.header.Get("Location") != to {
					t.Errorf("%s %s: %d to %q, want %q", method, from, b.status, b.header.Get("Location"), to)
				}
				b.mustBeKeptHonestly(from)
			}
			b.request(http.MethodGet, from, nil, partial)
			if b.status != http.StatusOK || b.header.Get("HX-Redirect") != to || b.header.Get("Location") != "" || b.raw != "" {
				t.Errorf("htmx at %s: %d to %q, want %q", from, b.status, b.header.Get("HX-Redirect"), to)
			}
		}
		for from, code := range codes {
			if b.request(http.MethodGet, from, nil, nil); b.status != code {
				t.Errorf("%s: %d, want %d", from, b.status, code)
			}
			if b.request(http.MethodPost, from, form(newAccount()), nil); b.status/100 == 3 {
				t.Errorf("POST %s: %d", from, b.status)
			}
		}
		for _, path := range []string{"/", "/blog", "/blog/hay-by-numbers", "/pages/about", "/signin", "/logout", "/healthz", "/robots.txt", "/sitemap.xml", "/blog/rss.xml", "/blog?page=2", "/blog/authors/1", gatedPath} {
			if b.request(http.MethodGet, path, nil, nil); b.header.Get("Location") == "/pages/conduct" || b.status == http.StatusMovedPermanently {
				t.Errorf("a redirect stands before %s", path)
			}
		}
	}
	if kept := member.header.Get("Cache-Control"); kept != "no-store" {
		t.Errorf("a member's page: %q", kept)
	}
}

// A redirect that also renews a session sets a cookie, and nobody else may keep it.
func TestRedirectsOfMembersAreTheirOwn(t *testing.T) {
	site := startApp(t, startSandbox(t, sandbox.Options{}), fresh())
	b := site.browser(t, plain)
	b.signUp()
	site.pass(20 * time.Hour) // renewal is due
	b.request(http.MethodGet, "/journal", nil, nil)
	if b.status != http.StatusMovedPermanently || b.header.Get("Set-Cookie") == "" {
		t.Fatalf("%d %v", b.status, b.header)
	}
	b.mustBeKeptHonestly("/journal")
}
