package faults_test

import (
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"hutch/e2e/harness"
	"hutch/sandbox"
)

// The faults of the guide, and what happens when Directus is in trouble: each
// test fails if one comes back.

func TestDirectusInTrouble(t *testing.T) {
	t.Parallel()
	site := harness.StartApp(t, harness.StartSandbox(t, sandbox.Options{}), nil)
	for name, broken := range harness.Breakages {
		t.Run(name, func(t *testing.T) {
			harness.BothWays(t, func(t *testing.T, how harness.Way) {
				b := site.Browser(t, how)
				who := b.SignUp()
				const words = "can't load this page right now"
				formStatus, formWords := http.StatusServiceUnavailable, "couldn't do this right now"
				if name == "429" {
					formStatus, formWords = http.StatusTooManyRequests, "Wait a moment"
				}

				site.Wire.BreakWith(broken)
				defer site.Wire.Mend()
				for _, path := range []string{"/pages/about", "/blog", "/blog/hay-by-numbers", "/profile"} {
					b.Open(path)
					b.WantStatus(http.StatusServiceUnavailable)
					b.WantText(words)
					if b.Header.Get("Retry-After") == "" || b.Doc.Find(`main a:contains("Try again")`).AttrOr("href", "") != path {
						t.Errorf("%s: no Retry-After, or no link to try again", path)
					}
					b.WantSignedIn(true)
				}

				b.Open("/") // what its frame has of the site is all that it shows
				b.WantStatus(http.StatusOK)
				b.WantText(harness.StaleNote)

				// Forms come back filled.
				stranger := site.Browser(t, how)
				site.Wire.Mend()
				stranger.Open("/signin")
				site.Wire.BreakWith(broken)
				stranger.Submit("#signin", who.Form())
				stranger.WantStatus(formStatus)
				stranger.WantText(formWords)
				if stranger.Value("email") != who.Email {
					t.Errorf("what was typed at sign-in is lost: %q", stranger.Value("email"))
				}
				stranger.Open("/signup")
				stranger.Submit("#signup", harness.NewAccount().Form())
				stranger.WantStatus(formStatus)
				if !strings.HasSuffix(stranger.Value("email"), "@example.com") {
					t.Errorf("what was typed at sign-up is lost: %q", stranger.Value("email"))
				}

				// And nobody has been signed out.
				site.Wire.Mend()
				b.Open("/profile")
				b.WantText(who.Email)
			})
		})
	}
}

// A change that Directus does not confirm leaves the form as it was, and says
// so.
func TestDirectusGoesAwayWhileTheEmailIsChanged(t *testing.T) {
	t.Parallel()
	site := harness.StartApp(t, harness.StartSandbox(t, sandbox.Options{}), nil)
	harness.BothWays(t, func(t *testing.T, how harness.Way) {
		b := site.Browser(t, how)
		who := b.SignUp()
		changed := harness.NewAccount()
		b.Open("/profile/email")
		site.Wire.FailOn("PATCH", http.StatusBadGateway)
		b.Submit("#change-email", map[string]string{"email": changed.Email, "current_password": who.Password})
		site.Wire.Mend()
		b.WantStatus(http.StatusServiceUnavailable)
		b.WantText("couldn't confirm your change", who.Email)
		if b.Value("email") != changed.Email {
			t.Errorf("the new address is lost: %q", b.Value("email"))
		}
		site.Wire.FailOn("POST /auth/login", http.StatusBadGateway)
		b.Submit("#change-email", map[string]string{"email": changed.Email, "current_password": who.Password})
		site.Wire.Mend()
		b.WantStatus(http.StatusServiceUnavailable)
		b.WantText("couldn't do this right now", who.Email)
		b.Open("/profile")
		b.WantText(who.Email)
	})
}

func TestSigningOutWhileDirectusIsDown(t *testing.T) {
	harness.TakesSeconds(t)
	t.Parallel()
	site := harness.StartApp(t, harness.StartSandbox(t, sandbox.Options{}), nil)
	for name, how := range harness.Breakages {
		t.Run(name, func(t *testing.T) {
			b := site.Browser(t, harness.Plain)
			b.SignUp()
			b.Open("/logout")
			site.Wire.BreakWith(how)
			defer site.Wire.Mend()
			b.Submit(`main form[action="/logout"]`, nil)
			b.WantAt("/signin")
			b.WantSignedIn(false)
			if b.SessionCookie() != nil {
				t.Error("the cookie is still there")
			}
		})
	}
}

func TestDirectusEndsASession(t *testing.T) {
	harness.OnEachDirectus(t, func(t *testing.T, up harness.Upstream) {
		site := harness.StartApp(t, up, nil)
		for _, aged := range []bool{false, true} {
			t.Run(fmt.Sprintf("renewal due: %t", aged), func(t *testing.T) {
				up.BothWays(t, func(t *testing.T, how harness.Way) {
					b := site.Browser(t, how)
					who := b.SignUp()
					b.Open("/profile/email")
					var users []struct{ ID string }
					if err := up.Admin.Get(t.Context(), "/users", url.Values{"filter[email][_eq]": {who.Email}}, &users); err != nil || len(users) != 1 {
						t.Fatal(users, err)
					}
					if err := up.Admin.Delete(t.Context(), "/users/"+users[0].ID); err != nil {
						t.Fatal(err)
					}
					if aged {
						site.Pass(15 * time.Hour)
					}
					b.Submit("#change-email", map[string]string{"email": "x@example.com", "current_password": who.Password})
					b.WantAt("/signin?redirectedFrom=%2Fprofile%2Femail")
					b.WantSignedIn(false)
					if b.SessionCookie() != nil {
						t.Error("the cookie of an ended session is still there")
					}
					// What everybody may read is not spoilt by the dead token.
					b.Open("/blog")
					b.WantStatus(http.StatusOK)
				})
			})
		}
	})
}

func TestCookieLastsAsLongAsDirectusSays(t *testing.T) {
	for ttl, maxAge := range map[time.Duration]int{24 * time.Hour: 86400, time.Hour: 3600, 90 * 24 * time.Hour: 30 * 86400} {
		site := harness.StartApp(t, harness.StartSandbox(t, sandbox.Options{SessionTTL: ttl}), nil)
		b := site.Browser(t, harness.Plain)
		b.Open("/signup")
		res := b.Request(http.MethodPost, "/signup", harness.Form(harness.NewAccount()), nil)
		for _, cookie := range res.Cookies() {
			if cookie.Name == "session" && cookie.MaxAge != maxAge {
				t.Errorf("Directus' sessions last %s: Max-Age is %d, want %d", ttl, cookie.MaxAge, maxAge)
			}
		}
		if b.SessionCookie() == nil {
			t.Error("there is no session")
		}
	}
}

func TestSigningInEndsTheEarlierSession(t *testing.T) {
	harness.OnEachDirectus(t, func(t *testing.T, up harness.Upstream) {
		site := harness.StartApp(t, up, nil)
		b := site.Browser(t, harness.Plain)
		b.SignUp()
		earlier := b.SessionCookie()
		other := site.Browser(t, harness.Plain).SignUp()
		b.Request(http.MethodPost, "/signin", harness.Form(other), nil)
		b.Open("/profile")
		b.WantText(other.Email)

		thief := site.Browser(t, harness.Plain)
		thief.SetSession(earlier)
		thief.Open("/profile")
		thief.WantAt("/signin?redirectedFrom=%2Fprofile")
	})
}

func TestArrivingFromAnotherSite(t *testing.T) {
	site := harness.StartApp(t, harness.StartSandbox(t, sandbox.Options{}), nil)
	b := site.Browser(t, harness.Plain)
	link := func(kind, dest string) http.Header {
		return http.Header{"Sec-Fetch-Site": {kind}, "Sec-Fetch-Mode": {"navigate"}, "Sec-Fetch-Dest": {dest}}
	}
	// The browser keeps the Strict cookie back: no session is to be seen.
	b.OpenAs("/profile?tab=a+b", link("cross-site", "document"))
	b.WantStatus(http.StatusOK)
	refresh := b.Doc.Find(`meta[http-equiv="refresh"]`).AttrOr("content", "")
	if refresh != "0; url=/profile?tab=a+b" || b.Doc.Find(`main a[href="/profile?tab=a+b"]`).Length() != 1 {
		t.Errorf("the page does not load itself again: %q", refresh)
	}
	if b.Header.Get("Set-Cookie") != "" {
		t.Error("the arrival sets a cookie")
	}
	// What the page then does comes from here, so that it happens once.
	b.OpenAs("/profile?tab=a+b", link("same-origin", "document"))
	b.WantAt("/signin?redirectedFrom=%2Fprofile%3Ftab%3Da%2Bb")
	for _, path := range []string{"/logout", "/signin"} {
		if b.OpenAs(path, link("cross-site", "document")); b.Doc.Find(`meta[http-equiv="refresh"]`).Length() != 1 {
			t.Errorf("a member who follows a link to %s is taken for signed out", path)
		}
	}
	if b.Header.Get("Cache-Control") != "no-store" {
		t.Error("the arrival may be kept, and shown again in the page's place")
	}
	for _, dest := range []string{"iframe", "image", "empty"} {
		b.Request(http.MethodGet, "/profile", nil, link("cross-site", dest))
		b.WantStatus(http.StatusForbidden)
	}
}

func TestProtectedRoutesAndHTMX(t *testing.T) {
	site := harness.StartApp(t, harness.StartSandbox(t, sandbox.Options{}), nil)
	b := site.Browser(t, harness.HTMX)
	htmx := http.Header{"Hx-Request": {"true"}, "Hx-Request-Type": {"partial"}, "Hx-Target": {"section#account"}}
	// A form leads to its page, which leads on to signing in.
	for path, wanted := range map[string]string{"/profile?a=b": "/signin?redirectedFrom=%2Fprofile%3Fa%3Db", "/profile/email": "/profile/email"} {
		method := http.MethodGet
		if path == "/profile/email" {
			method = http.MethodPost
		}
		b.Request(method, path, url.Values{}, htmx)
		if b.Status != http.StatusOK || b.Header.Get("HX-Redirect") != wanted || b.Raw != "" {
			t.Errorf("%s %s by htmx: %d, HX-Redirect %q, body %q", method, path, b.Status, b.Header.Get("HX-Redirect"), b.Raw)
		}
	}
	open := map[string]bool{"/": true, "/pages/about": true, "/blog": true, "/blog/hay-by-numbers": true, "/signup": true, "/signin": true, "/logout": true, "/healthz": true, "/readyz": true}
	for path := range open {
		b.Request(http.MethodGet, path, nil, nil)
		if b.Status != http.StatusOK {
			t.Errorf("%s: %d, want it open", path, b.Status)
		}
	}
}

// Directus is told one address for each visitor: the one that Hutch determined,
// whatever the visitor says in a header.
func TestDirectusLearnsTheVisitorsAddress(t *testing.T) {
	for proxies, want := range map[string]string{
		"":          "127.0.0.1",   // the peer; nobody else is believed
		"127.0.0.1": "203.0.113.7", // what the trusted proxy added last
	} {
		site := harness.StartApp(t, harness.StartSandbox(t, sandbox.Options{}), map[string]string{"TRUSTED_PROXIES": proxies})
		var mu sync.Mutex
		var seen []string
		site.Wire.Rewrite(func(_ http.ResponseWriter, r *http.Request) bool {
			mu.Lock()
			defer mu.Unlock()
			if strings.HasPrefix(r.URL.Path, "/items/") || r.URL.Path == "/server/info" && r.UserAgent() == "" {
				if r.Header.Get("X-Forwarded-For")+r.UserAgent() != "" {
					t.Errorf("content is asked for on behalf of one visitor: %v", r.Header)
				}
				return false // for all of them
			}
			seen = append(seen, strings.Join(r.Header.Values("X-Forwarded-For"), "|")+" "+r.UserAgent())
			return false
		})
		b := site.Browser(t, harness.Plain)
		header := http.Header{"X-Forwarded-For": {"6.6.6.6, 203.0.113.7"}, "X-Real-Ip": {"6.6.6.6"}, "User-Agent": {"a browser"}}
		b.Request(http.MethodGet, "/blog", nil, header)
		b.Request(http.MethodPost, "/signup", harness.Form(harness.NewAccount()), header)
		b.Request(http.MethodGet, "/profile", nil, header)
		if len(seen) < 4 {
			t.Errorf("only %d calls to Directus", len(seen))
		}
		for _, got := range seen {
			if got != want+" a browser" {
				t.Errorf("with TRUSTED_PROXIES=%s Directus learns %q, want %q", proxies, got, want+" a browser")
			}
		}
	}
}

// In production the cookie goes over HTTPS only and is this host's alone.
func TestProduction(t *testing.T) {
	site := harness.StartApp(t, harness.StartSandbox(t, sandbox.Options{}), map[string]string{
		"APP_ENV": "production", "PUBLIC_URL": "https://www.example.com", "SESSION_SECRET": strings.Repeat("s", 32),
	})
	b := site.Browser(t, harness.Plain)
	// The proxy in front has changed the host: Origin is that of PUBLIC_URL.
	b.Request(http.MethodPost, "/signup", harness.Form(harness.NewAccount()), http.Header{"Sec-Fetch-Site": nil, "Origin": {"https://www.example.com"}})
	b.WantStatus(http.StatusSeeOther)
	session := false
	for _, set := range b.Header.Values("Set-Cookie") {
		session = session || strings.HasPrefix(set, "__Host-session=")
		if !strings.HasPrefix(set, "__Host-") || !strings.Contains(set, "; Secure") {
			t.Error("a cookie of production is not one of HTTPS alone")
		}
	}
	if !session {
		t.Error("there is no session")
	}
	if !strings.HasPrefix(b.Header.Get("Strict-Transport-Security"), "max-age=63072000") {
		t.Errorf("Strict-Transport-Security: %q", b.Header.Get("Strict-Transport-Security"))
	}
	for _, path := range []string{"/blog", "/signin"} {
		b.Open(path)
		stylesheet := b.Doc.Find("link[rel=stylesheet]").AttrOr("href", "")
		if link := b.Header.Get("Link"); link != "<"+stylesheet+">; rel=preload; as=style" {
			t.Errorf("%s: Link is %q, and the stylesheet %q", path, link, stylesheet)
		}
	}
}

// Content that is not there, or not harmless.
func TestOddContent(t *testing.T) {
	site := harness.StartApp(t, harness.StartSandbox(t, sandbox.Options{}), nil)
	b := site.Browser(t, harness.Plain)
	serve := func(data string) {
		site.Wire.BreakWith(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			_, _ = fmt.Fprintf(w, `{"data":%s}`, data)
		})
	}
	defer site.Wire.Mend()

	serve(`[{"slug":"a","title":"Bare","publish_date":null,"author":null,"image":null,"content":null},
		{"slug":"b","title":"Odd","publish_date":"2026-01-01","author":{"name":null},"image":{"id":"x","description":null},"content":"<p>x</p>"},
		{"slug":"c","title":"Some day","publish_date":"soon","author":null,"image":null,"content":"<p>x</p>"}]`)
	b.Open("/blog")
	b.WantStatus(http.StatusOK)
	b.WantText("Bare", "Odd")
	if strings.Contains(b.Text(), "Some day") {
		t.Error("a post is shown of which nobody can tell whether it is published")
	}
	serve(`[{"slug":"a","title":"Bare","publish_date":null,"author":null,"image":null,"content":null}]`)
	b.Open("/blog/a")
	b.WantStatus(http.StatusOK)
	if b.Doc.Find("main img").Length() != 0 || b.Doc.Find("main time").Length() != 0 {
		t.Error("a post without image and date shows one")
	}
	serve(`[]`)
	b.Open("/blog")
	b.WantText("No posts yet.")

	serve(`[{"slug":"evil","title":"<b>odd</b> title","content":"<p onclick=alert(1)>kept</p><script>alert(1)</script><img src=x onerror=alert(1)><a href='javascript:alert(1)'>a</a><iframe src='https://evil.test'></iframe><style>*{}</style><form action='https://evil.test'><input name=password></form><table><tr><td>cell</td></tr></table>"}]`)
	b.Open("/pages/evil")
	b.WantText("kept", "cell", "odd title", "Open on evil.test")
	for _, bad := range []string{"alert(1)", "onclick", "onerror", `action="https://evil.test`, `src="https://evil.test`, "<iframe", "<b>", "javascript:"} {
		if strings.Contains(b.Raw, bad) {
			t.Errorf("the page holds %q", bad)
		}
	}
	if b.Doc.Find("main form, main script, main style").Length() != 0 {
		t.Error("the page holds what editors may not write")
	}

	site.Wire.BreakWith(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusForbidden)
		_, _ = io.WriteString(w, `{"errors":[{"message":"no","extensions":{"code":"FORBIDDEN"}}]}`)
	})
	b.Open("/") // a Directus that nobody has prepared
	b.WantStatus(http.StatusOK)
	b.Open("/blog")
	b.WantStatus(http.StatusOK)
	b.Open("/pages/about")
	b.WantStatus(http.StatusNotFound)
	if !strings.Contains(site.Log.String(), "go run . setup") {
		t.Error("the log does not tell the operator what to do")
	}
}

func TestUserNotFound(t *testing.T) {
	site := harness.StartApp(t, harness.StartSandbox(t, sandbox.Options{}), nil)
	b := site.Browser(t, harness.Plain)
	b.SignUp()
	site.Wire.BreakWith(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusForbidden)
		_, _ = io.WriteString(w, `{"errors":[{"message":"no","extensions":{"code":"FORBIDDEN"}}]}`)
	})
	defer site.Wire.Mend()
	b.Open("/profile")
	b.WantStatus(http.StatusNotFound)
	b.WantText("Account not found")
}

// The service token shows one row: that of the member whose own token Directus has
// just answered with their id. It may have been asked for at the same time.
func TestServiceTokenReadsOnlyTheMembersOwnRow(t *testing.T) {
	const service = "the-service-token-0123456789-0123456789"
	up := harness.StartSandbox(t, sandbox.Options{})
	site := harness.StartApp(t, up, map[string]string{"DIRECTUS_SERVICE_TOKEN": service})
	b := site.Browser(t, harness.Plain)
	who := b.SignUp()

	site.Wire.Forget()
	b.Open("/profile")
	if site.Wire.CountToken(service) != 0 {
		t.Error("the service token was used although the member can read their row")
	}

	var own struct {
		ID string `json:"id"`
	}
	if err := up.Admin.Get(t.Context(), "/users", url.Values{"filter[email][_eq]": {who.Email}, "fields": {"id"}}, &[]any{&own}); err != nil {
		t.Fatal(err)
	}
	ownID := own.ID
	// From here on, Directus answers members with their id alone.
	const row = `{"id":"11111111-1111-4111-8111-111111111111","email":"ada@example.com","first_name":"Ada"}`
	site.Wire.Rewrite(func(w http.ResponseWriter, r *http.Request) bool {
		byService := r.Header.Get("Authorization") == "Bearer "+service
		switch {
		case r.URL.Path == "/users/me" && !byService:
			harness.WriteJSON(w, `{"id":"11111111-1111-4111-8111-111111111111"}`)
		case byService && r.Method == http.MethodGet && r.URL.Path == "/users/11111111-1111-4111-8111-111111111111" &&
			r.URL.Query().Get("fields") == "id,email,first_name,last_name,title,location,description,language,appearance,avatar,provider,tfa_secret":
			harness.WriteJSON(w, row)
		case byService && r.Method == http.MethodGet && r.URL.Path == "/users/"+ownID:
			return false // asked for ahead: the member of the sealed session. It is not used, as Directus names another
		case byService:
			t.Errorf("the service token was used for %s %s", r.Method, r.URL)
			return false
		default:
			return false
		}
		return true
	})
	defer site.Wire.Mend()
	b.Open("/profile?id=22222222-2222-4222-8222-222222222222")
	b.WantText("ada@example.com")
	if b.Value("first_name") != "Ada" {
		t.Errorf("the profile has the first name %q", b.Value("first_name"))
	}
	b.Open("/profile/email?id=22222222-2222-4222-8222-222222222222")
	b.Submit("#change-email", map[string]string{"email": "new@example.com", "current_password": who.Password})
	b.WantError("current_password", "The current password is incorrect.") // ada's is not known here
	if site.Wire.CountToken(service) == 0 {
		t.Error("the service token was not used at all")
	}

	// A service token that Directus refuses is the operator's fault and ends
	// nobody's session.
	site.Wire.Rewrite(func(w http.ResponseWriter, r *http.Request) bool {
		switch {
		case r.Header.Get("Authorization") == "Bearer "+service:
			w.Header().Set("Content-Type", "application/json")
			w.WriteHeader(http.StatusUnauthorized)
			_, _ = io.WriteString(w, `{"errors":[{"message":"no","extensions":{"code":"INVALID_CREDENTIALS"}}]}`)
		case r.URL.Path == "/users/me":
			harness.WriteJSON(w, `{"id":"11111111-1111-4111-8111-111111111111"}`)
		default:
			return false
		}
		return true
	})
	b.Open("/profile")
	b.WantStatus(http.StatusOK)
	b.WantText("ada@example.com") // the address that the row had when it could be read
	b.WantSignedIn(true)
	if !strings.Contains(site.Log.String(), "DIRECTUS_SERVICE_TOKEN cannot read") {
		t.Error("the log does not say that the service token is refused")
	}
}
