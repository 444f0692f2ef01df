package content_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/gin-gonic/gin"

	"hutch/e2e/harness"
	"hutch/sandbox"
)

// Nobody with an editor's rights can redirect visitors to any address they like.
func TestRedirectsLeadNowhereElse(t *testing.T) {
	up := harness.StartSandbox(t, sandbox.Options{})
	site := harness.StartApp(t, up, harness.Fresh("REDIRECT_HOSTS", "friends.example, Other.Example"))
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
		"/pages/about": "/pages/about", "/blog?q=hay": "/blog?q=hay", "/pages/about#kept": "/pages/about#kept", " /pages/about ": "/pages/about", "/blog/authors/1": "/blog/authors/1",
		"https://friends.example/x?y=z#w": "https://friends.example/x?y=z#w", "HTTPS://FRIENDS.EXAMPLE/x": "https://FRIENDS.EXAMPLE/x", "http://other.example": "http://other.example", "https://friends.example:8443/": "https://friends.example:8443/",
	}
	n := 0
	add := func(to string, code any) (from string) {
		n++
		from = fmt.Sprintf("/from-%d", n)
		if strings.Contains(to, "from-%d") {
			to = fmt.Sprintf(to, n)
		}
		if err := up.Admin.Post(t.Context(), "/items/redirects", map[string]any{"url_from": from, "url_to": to, "response_code": code}, nil); err != nil {
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
	for _, existing := range []string{"/", "/blog", "/blog/hay-by-numbers", "/pages/about", "/signin", "/profile", "/logout", "/healthz", "/robots.txt", "/sitemap.xml", "/blog/rss.xml", "/blog?q=hay", "/blog/authors/1", harness.GatedPath} {
		if err := up.Admin.Post(t.Context(), "/items/redirects", map[string]any{"url_from": existing, "url_to": "/pages/conduct", "response_code": 301}, nil); err != nil {
			t.Fatal(err)
		}
	}

	stranger, member := site.Browser(t, harness.Plain), site.Browser(t, harness.Plain)
	member.SignUp()
	member.Open("/")
	partial := http.Header{"Hx-Request": {"true"}, "Hx-Request-Type": {"partial"}, "Hx-Target": {"main#main"}, "Hx-Source": {"a"}}
	for _, b := range []*harness.Browser{stranger, member} {
		for from, to := range wantNowhere {
			for _, header := range []http.Header{nil, partial} {
				for _, method := range []string{http.MethodGet, http.MethodHead} {
					b.Request(method, from, nil, header)
					if b.Status != http.StatusNotFound || b.Header.Get("Location") != "" || b.Header.Get("HX-Redirect") != "" || b.Header.Get("Set-Cookie") != "" {
						t.Errorf("%s to %q: %d, %v", method, to, b.Status, b.Header)
					}
				}
			}
		}
		for from, to := range wantTo {
			for _, method := range []string{http.MethodGet, http.MethodHead} {
				b.Request(method, from+"?utm=x", nil, nil)
				if b.Status != http.StatusMovedPermanently || b.Header.Get("Location") != to {
					t.Errorf("%s %s: %d to %q, want %q", method, from, b.Status, b.Header.Get("Location"), to)
				}
				mustBeKeptHonestly(b, from)
			}
			b.Request(http.MethodGet, from, nil, partial)
			if b.Status != http.StatusOK || b.Header.Get("HX-Redirect") != to || b.Header.Get("Location") != "" || b.Raw != "" {
				t.Errorf("htmx at %s: %d to %q, want %q", from, b.Status, b.Header.Get("HX-Redirect"), to)
			}
		}
		for from, code := range codes {
			if b.Request(http.MethodGet, from, nil, nil); b.Status != code {
				t.Errorf("%s: %d, want %d", from, b.Status, code)
			}
			if b.Request(http.MethodPost, from, harness.Form(harness.NewAccount()), nil); b.Status/100 == 3 {
				t.Errorf("POST %s: %d", from, b.Status)
			}
		}
		for _, path := range []string{"/", "/blog", "/blog/hay-by-numbers", "/pages/about", "/signin", "/logout", "/healthz", "/robots.txt", "/sitemap.xml", "/blog/rss.xml", "/blog?q=hay", "/blog/authors/1", harness.GatedPath} {
			if b.Request(http.MethodGet, path, nil, nil); b.Header.Get("Location") == "/pages/conduct" || b.Status == http.StatusMovedPermanently {
				t.Errorf("a redirect stands before %s", path)
			}
		}
	}
	if kept := member.Header.Get("Cache-Control"); kept != "no-store" {
		t.Errorf("a member's page: %q", kept)
	}
}

// A redirect that also renews a session sets a cookie, and nobody else may keep it.
func TestRedirectsOfMembersAreTheirOwn(t *testing.T) {
	site := harness.StartApp(t, harness.StartSandbox(t, sandbox.Options{}), harness.Fresh())
	b := site.Browser(t, harness.Plain)
	b.SignUp()
	site.Pass(20 * time.Hour) // renewal is due
	b.Request(http.MethodGet, "/journal", nil, nil)
	if b.Status != http.StatusMovedPermanently || b.Header.Get("Set-Cookie") == "" {
		t.Fatalf("%d %v", b.Status, b.Header)
	}
	mustBeKeptHonestly(b, "/journal")
}

// While nobody knows where a page is now, nobody says that it is gone.
func TestNoPageIsGoneWhileRedirectsCannotBeRead(t *testing.T) {
	harness.TakesSeconds(t)
	up := harness.StartSandbox(t, sandbox.Options{})
	for what, how := range harness.Breakages {
		site := harness.StartApp(t, up, harness.Fresh("HOOK_SECRET", harness.HookSecret))
		b := site.Browser(t, harness.Plain)
		site.Wire.BreakWith(how)
		for _, path := range []string{"/journal", "/journal?utm=x", "/journal/", "/no/such/page", "/blogg", "/favicon.png"} {
			for _, method := range []string{http.MethodGet, http.MethodHead} {
				b.Request(method, path, nil, nil)
				if b.Status != http.StatusServiceUnavailable || b.Header.Get("Retry-After") == "" {
					t.Errorf("%s: %s %s: %d %v", what, method, path, b.Status, b.Header)
				}
			}
		}
		if b.Request(http.MethodPost, "/journal", harness.Form(harness.NewAccount()), nil); b.Status != http.StatusNotFound {
			t.Errorf("%s: POST, which is never redirected: %d", what, b.Status)
		}
		site.Wire.Mend()
		b.Request(http.MethodGet, "/journal", nil, nil)
		b.WantStatus(http.StatusMovedPermanently)
		b.Request(http.MethodGet, "/no/such/page", nil, nil)
		b.WantStatus(http.StatusNotFound)

		// Once they have been read, an outage does not matter.
		site.Wire.BreakWith(how)
		site.Hook(t, `{"collection":"redirects"}`)
		b.Request(http.MethodGet, "/journal", nil, nil)
		b.WantStatus(http.StatusMovedPermanently)
		b.Request(http.MethodGet, "/no/such/page", nil, nil)
		b.WantStatus(http.StatusNotFound)
	}
}

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

// A page that has moved is where editors say.
func TestRedirects(t *testing.T) {
	harness.OnDirectusOfItsOwn(t, func(t *testing.T, up harness.Upstream) {
		for _, r := range []map[string]any{
			{"url_from": "/old/page", "url_to": "/pages/about", "response_code": 301},
			{"url_from": "/away", "url_to": "https://friends.example/x", "response_code": 302},
			{"url_from": "/stranger", "url_to": "https://evil.example/", "response_code": 302},
			{"url_from": "/blog", "url_to": "/pages/about", "response_code": 301},
			{"url_from": "/blog/gone", "url_to": "/blog/hay-by-numbers", "response_code": 308},
		} {
			if err := up.Admin.Post(t.Context(), "/items/redirects", r, nil); err != nil {
				t.Fatal(err)
			}
		}
		b := harness.StartApp(t, up, map[string]string{"REDIRECT_HOSTS": "friends.example"}).Browser(t, harness.Plain)
		for from, want := range map[string]string{
			"/journal": "301 /blog", "/old/page": "301 /pages/about", "/old/page?utm=1": "301 /pages/about",
			"/away": "302 https://friends.example/x", "/blog/gone": "308 /blog/hay-by-numbers",
			"/stranger": "404 ", "/blog": "200 ", "/nowhere": "404 ",
		} {
			answer := b.Request(http.MethodGet, from, nil, nil)
			if got := answer.Status[:3] + " " + answer.Header.Get("Location"); got != want {
				t.Errorf("%s: %s, want %s", from, got, want)
			}
		}
	})
}
