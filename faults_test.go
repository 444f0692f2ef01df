package main

import (
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"hutch/sandbox"
)

// The faults of the guide, and what happens when Directus is in trouble: each
// test fails if one comes back.

func TestDirectusInTrouble(t *testing.T) {
	site := startApp(t, startSandbox(t, sandbox.Options{}), nil)
	for name, broken := range breakages {
		t.Run(name, func(t *testing.T) {
			bothWays(t, func(t *testing.T, how way) {
				b := site.browser(t, how)
				who := b.signUp()
				const words = "not answering"
				formStatus, formWords := http.StatusServiceUnavailable, words
				if name == "429" {
					formStatus, formWords = http.StatusTooManyRequests, "wait a moment"
				}

				site.wire.breakWith(broken)
				defer site.wire.mend()
				for _, path := range []string{"/pages/about", "/blog", "/blog/hay-by-numbers", "/profile"} {
					b.open(path)
					b.wantStatus(http.StatusServiceUnavailable)
					b.wantText(words)
					if b.header.Get("Retry-After") == "" || b.doc.Find(`main a:contains("Try again")`).AttrOr("href", "") != path {
						t.Errorf("%s: no Retry-After, or no link to try again", path)
					}
					b.wantSignedIn(true)
				}

				b.open("/") // what its frame has of the site is all that it shows
				b.wantStatus(http.StatusOK)
				b.wantText(staleNote)

				// Forms come back filled.
				stranger := site.browser(t, how)
				site.wire.mend()
				stranger.open("/signin")
				site.wire.breakWith(broken)
				stranger.submit("#signin", who.form())
				stranger.wantStatus(formStatus)
				stranger.wantText(formWords)
				if stranger.value("email") != who.email {
					t.Errorf("what was typed at sign-in is lost: %q", stranger.value("email"))
				}
				stranger.open("/signup")
				stranger.submit("#signup", newAccount().form())
				stranger.wantStatus(formStatus)
				if !strings.HasSuffix(stranger.value("email"), "@example.com") {
					t.Errorf("what was typed at sign-up is lost: %q", stranger.value("email"))
				}

				// And nobody has been signed out.
				site.wire.mend()
				b.open("/profile")
				b.wantText(who.email)
			})
		})
	}
}

// A change that Directus does not confirm leaves the form as it was, and says
// so.
func TestDirectusGoesAwayWhileTheEmailIsChanged(t *testing.T) {
	site := startApp(t, startSandbox(t, sandbox.Options{}), nil)
	bothWays(t, func(t *testing.T, how way) {
		b := site.browser(t, how)
		who := b.signUp()
		changed := newAccount()
		b.open("/profile/email")
		site.wire.failOn("PATCH", http.StatusBadGateway)
		b.submit("#change-email", map[string]string{"email": changed.email, "current_password": who.password})
		site.wire.mend()
		b.wantStatus(http.StatusServiceUnavailable)
		b.wantText("did not confirm", who.email)
		if b.value("email") != changed.email {
			t.Errorf("the new address is lost: %q", b.value("email"))
		}
		site.wire.failOn("POST /auth/login", http.StatusBadGateway)
		b.submit("#change-email", map[string]string{"email": changed.email, "current_password": who.password})
		site.wire.mend()
		b.wantStatus(http.StatusServiceUnavailable)
		b.wantText("not answering", who.email)
		b.open("/profile")
		b.wantText(who.email)
	})
}

func TestSigningOutWhileDirectusIsDown(t *testing.T) {
	site := startApp(t, startSandbox(t, sandbox.Options{}), nil)
	for name, how := range breakages {
		t.Run(name, func(t *testing.T) {
			b := site.browser(t, plain)
			b.signUp()
			b.open("/logout")
			site.wire.breakWith(how)
			defer site.wire.mend()
			b.submit(`main form[action="/logout"]`, nil)
			b.wantAt("/signin")
			b.wantSignedIn(false)
			if b.sessionCookie() != nil {
				t.Error("the cookie is still there")
			}
		})
	}
}

// Sixty requests that arrive together when the token wants renewal: the guide
// signs most of them out.
func TestParallelRequestsAtRenewal(t *testing.T) {
	onEachDirectus(t, func(t *testing.T, up upstream) {
		site := startApp(t, up, nil)
		b := site.browser(t, plain)
		who := b.signUp()
		site.pass(15 * time.Hour)

		site.wire.forget()
		var group sync.WaitGroup
		cookies := make([]string, 60)
		for i := range cookies {
			group.Go(func() {
				req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, site.url+"/profile", nil)
				if err != nil {
					t.Error(err)
					return
				}
				req.AddCookie(b.sessionCookie())
				res, err := http.DefaultTransport.RoundTrip(req)
				if err != nil {
					t.Error(err)
					return
				}
				defer res.Body.Close()
				body, err := io.ReadAll(res.Body)
				if err != nil || res.StatusCode != http.StatusOK || !strings.Contains(string(body), who.email) {
					t.Errorf("request %d: %d, %v", i, res.StatusCode, err)
				}
				for _, cookie := range res.Cookies() {
					cookies[i] += cookie.Value
				}
			})
		}
		group.Wait()
		if n := site.wire.count("POST /auth/refresh"); n != 1 {
			t.Errorf("the token was refreshed %d times, want once", n)
		}
		for _, cookie := range cookies {
			if cookie == "" || cookie != cookies[0] {
				t.Fatal("the answers do not all carry the same new cookie")
			}
		}
		b.open("/profile")
		b.wantText(who.email)
	})
}

func TestRenewalInTrouble(t *testing.T) {
	site := startApp(t, startSandbox(t, sandbox.Options{}), nil)
	ways := maps.Clone(breakages)
	ways["hangs"] = func(http.ResponseWriter, *http.Request) { time.Sleep(6 * time.Second) } // longer than a renewal may take
	for name, how := range ways {
		t.Run(name, func(t *testing.T) {
			b := site.browser(t, plain)
			who := b.signUp()
			site.pass(15 * time.Hour)
			before := b.sessionCookie().Value
			site.wire.breakOn("POST /auth/refresh", how)
			defer site.wire.mend()
			b.open("/profile")
			b.wantStatus(http.StatusOK)
			b.wantText(who.email)
			if after := b.sessionCookie(); after == nil || after.Value != before {
				t.Error("trouble at the renewal has touched the cookie")
			}
		})
	}
}

func TestDirectusEndsASession(t *testing.T) {
	onEachDirectus(t, func(t *testing.T, up upstream) {
		site := startApp(t, up, nil)
		for _, aged := range []bool{false, true} {
			t.Run(fmt.Sprintf("renewal due: %t", aged), func(t *testing.T) {
				bothWays(t, func(t *testing.T, how way) {
					b := site.browser(t, how)
					who := b.signUp()
					b.open("/profile/email")
					var users []struct{ ID string }
					if err := up.admin.Get(t.Context(), "/users", url.Values{"filter[email][_eq]": {who.email}}, &users); err != nil || len(users) != 1 {
						t.Fatal(users, err)
					}
					if err := up.admin.Delete(t.Context(), "/users/"+users[0].ID); err != nil {
						t.Fatal(err)
					}
					if aged {
						site.pass(15 * time.Hour)
					}
					b.submit("#change-email", map[string]string{"email": "x@example.com", "current_password": who.password})
					b.wantAt("/signin?redirectedFrom=%2Fprofile%2Femail")
					b.wantSignedIn(false)
					if b.sessionCookie() != nil {
						t.Error("the cookie of an ended session is still there")
					}
					// What everybody may read is not spoilt by the dead token.
					b.open("/blog")
					b.wantStatus(http.StatusOK)
				})
			})
		}
	})
}

func TestCookieLastsAsLongAsDirectusSays(t *testing.T) {
	for ttl, maxAge := range map[time.Duration]int{24 * time.Hour: 86400, time.Hour: 3600, 90 * 24 * time.Hour: 30 * 86400} {
		site := startApp(t, startSandbox(t, sandbox.Options{SessionTTL: ttl}), nil)
		b := site.browser(t, plain)
		b.open("/signup")
		res := b.request(http.MethodPost, "/signup", form(newAccount()), nil)
		for _, cookie := range res.Cookies() {
			if cookie.Name == "session" && cookie.MaxAge != maxAge {
				t.Errorf("Directus' sessions last %s: Max-Age is %d, want %d", ttl, cookie.MaxAge, maxAge)
			}
		}
		if b.sessionCookie() == nil {
			t.Error("there is no session")
		}
	}
}

func TestSigningInEndsTheEarlierSession(t *testing.T) {
	onEachDirectus(t, func(t *testing.T, up upstream) {
		site := startApp(t, up, nil)
		b := site.browser(t, plain)
		b.signUp()
		earlier := b.sessionCookie()
		other := site.browser(t, plain).signUp()
		b.request(http.MethodPost, "/signin", form(other), nil)
		b.open("/profile")
		b.wantText(other.email)

		thief := site.browser(t, plain)
		thief.setSession(earlier)
		thief.open("/profile")
		thief.wantAt("/signin?redirectedFrom=%2Fprofile")
	})
}

func TestArrivingFromAnotherSite(t *testing.T) {
	site := startApp(t, startSandbox(t, sandbox.Options{}), nil)
	b := site.browser(t, plain)
	link := func(kind, dest string) http.Header {
		return http.Header{"Sec-Fetch-Site": {kind}, "Sec-Fetch-Mode": {"navigate"}, "Sec-Fetch-Dest": {dest}}
	}
	// The browser keeps the Strict cookie back: no session is to be seen.
	b.openAs("/profile?tab=a+b", link("cross-site", "document"))
	b.wantStatus(http.StatusOK)
	refresh := b.doc.Find(`meta[http-equiv="refresh"]`).AttrOr("content", "")
	if refresh != "0; url=/profile?tab=a+b" || b.doc.Find(`main a[href="/profile?tab=a+b"]`).Length() != 1 {
		t.Errorf("the page does not load itself again: %q", refresh)
	}
	if b.header.Get("Set-Cookie") != "" {
		t.Error("the arrival sets a cookie")
	}
	// What the page then does comes from here, so that it happens once.
	b.openAs("/profile?tab=a+b", link("same-origin", "document"))
	b.wantAt("/signin?redirectedFrom=%2Fprofile%3Ftab%3Da%2Bb")
	if b.openAs("/signin", link("cross-site", "document")); b.doc.Find(`meta[http-equiv="refresh"]`).Length() != 1 {
		t.Error("a member who follows a link to /signin is taken for signed out")
	}
	if b.header.Get("Cache-Control") != "no-store" {
		t.Error("the arrival may be kept, and shown again in the page's place")
	}
	for _, dest := range []string{"iframe", "image", "empty"} {
		b.request(http.MethodGet, "/profile", nil, link("cross-site", dest))
		b.wantStatus(http.StatusForbidden)
	}
}

func TestProtectedRoutesAndHTMX(t *testing.T) {
	site := startApp(t, startSandbox(t, sandbox.Options{}), nil)
	b := site.browser(t, htmx)
	htmx := http.Header{"Hx-Request": {"true"}, "Hx-Request-Type": {"partial"}, "Hx-Target": {"section#account"}}
	// A form leads to its page, which leads on to signing in.
	for path, wanted := range map[string]string{"/profile?a=b": "/signin?redirectedFrom=%2Fprofile%3Fa%3Db", "/profile/email": "/profile/email"} {
		method := http.MethodGet
		if path == "/profile/email" {
			method = http.MethodPost
		}
		b.request(method, path, url.Values{}, htmx)
		if b.status != http.StatusOK || b.header.Get("HX-Redirect") != wanted || b.raw != "" {
			t.Errorf("%s %s by htmx: %d, HX-Redirect %q, body %q", method, path, b.status, b.header.Get("HX-Redirect"), b.raw)
		}
	}
	open := map[string]bool{"/": true, "/pages/about": true, "/blog": true, "/blog/hay-by-numbers": true, "/signup": true, "/signin": true, "/logout": true, "/healthz": true, "/readyz": true}
	for path := range open {
		b.request(http.MethodGet, path, nil, nil)
		if b.status != http.StatusOK {
			t.Errorf("%s: %d, want it open", path, b.status)
		}
	}
}

func TestFragmentsAndPages(t *testing.T) {
	site := startApp(t, startSandbox(t, sandbox.Options{}), nil)
	b := site.browser(t, htmx)
	get := func(header http.Header) string {
		b.request(http.MethodGet, "/signin", nil, header)
		return b.raw
	}
	page := get(nil)
	fragment := get(http.Header{"Hx-Request": {"true"}, "Hx-Request-Type": {"partial"}, "Hx-Target": {"form#signin"}})
	if strings.Contains(fragment, "<html") || !strings.Contains(fragment, `<form id="signin"`) {
		t.Errorf("the fragment: %s", fragment)
	}
	if _, form, _ := strings.Cut(fragment, "</title>"); !strings.Contains(page, strings.TrimSpace(form)) {
		t.Error("the fragment is not part of the page")
	}
	for _, vary := range []string{"Cookie", "HX-Request", "HX-Request-Type", "HX-Target"} {
		if !strings.Contains(strings.Join(b.header.Values("Vary"), ", "), vary) {
			t.Errorf("Vary does not name %s", vary)
		}
	}
	for name, header := range map[string]http.Header{
		"history":  {"Hx-Request": {"true"}, "Hx-Request-Type": {"partial"}, "Hx-History-Restore-Request": {"true"}, "Hx-Target": {"form#signin"}},
		"boosted":  {"Hx-Request": {"true"}, "Hx-Request-Type": {"full"}, "Hx-Boosted": {"true"}, "Hx-Target": {"body"}},
		"a target": {"Hx-Target": {"form#signin"}},
	} {
		if get(header) != page {
			t.Errorf("%s: not the whole page", name)
		}
	}
	for _, odd := range []string{"form#layout", "form#title", "form#no-such-block", "form", "", "form#field"} {
		answer := get(http.Header{"Hx-Request": {"true"}, "Hx-Request-Type": {"partial"}, "Hx-Target": {odd}})
		if strings.Contains(answer, "<html") || b.header.Get("HX-Retarget") != "#main" {
			t.Errorf("HX-Target %q: retarget %q, %s", odd, b.header.Get("HX-Retarget"), answer)
		}
	}
}

func TestCrossOriginRequestsAreRefused(t *testing.T) {
	site := startApp(t, startSandbox(t, sandbox.Options{}), fresh()) // what is around the refusal is known
	b := site.browser(t, plain)
	who := b.signUp()
	for _, header := range []http.Header{
		{"Sec-Fetch-Site": {"cross-site"}},
		{"Sec-Fetch-Site": {"same-site"}},
		{"Sec-Fetch-Site": nil, "Origin": {"https://evil.test"}},
		{"Sec-Fetch-Site": nil, "Origin": {"null"}},
	} {
		for _, path := range []string{"/logout", "/signin", "/signup", "/profile/email", "/nope"} {
			site.wire.forget()
			b.request(http.MethodPost, path, form(who), header)
			if b.status != http.StatusForbidden || site.wire.count("") != 0 {
				t.Errorf("POST %s with %v: %d, %d calls to Directus", path, header, b.status, site.wire.count(""))
			}
		}
	}
	b.open("/profile")
	b.wantText(who.email)
}

// Directus is told one address for each visitor: the one that Hutch determined,
// whatever the visitor says in a header.
func TestDirectusLearnsTheVisitorsAddress(t *testing.T) {
	for proxies, want := range map[string]string{
		"":          "127.0.0.1",   // the peer; nobody else is believed
		"127.0.0.1": "203.0.113.7", // what the trusted proxy added last
	} {
		site := startApp(t, startSandbox(t, sandbox.Options{}), map[string]string{"TRUSTED_PROXIES": proxies})
		var mu sync.Mutex
		var seen []string
		site.wire.rewrite(func(_ http.ResponseWriter, r *http.Request) bool {
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
		b := site.browser(t, plain)
		header := http.Header{"X-Forwarded-For": {"6.6.6.6, 203.0.113.7"}, "X-Real-Ip": {"6.6.6.6"}, "User-Agent": {"a browser"}}
		b.request(http.MethodGet, "/blog", nil, header)
		b.request(http.MethodPost, "/signup", form(newAccount()), header)
		b.request(http.MethodGet, "/profile", nil, header)
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

func TestBounds(t *testing.T) {
	site := startApp(t, startSandbox(t, sandbox.Options{}), nil)
	b := site.browser(t, plain)
	b.request(http.MethodPost, "/signin", url.Values{"email": {strings.Repeat("x", 70<<10)}}, nil)
	b.load()
	b.wantStatus(http.StatusRequestEntityTooLarge)
	b.wantText("larger than this form takes")
	for _, method := range []string{http.MethodPut, http.MethodDelete, http.MethodPatch, "TRACE"} {
		b.request(method, "/profile", nil, nil)
		b.load()
		b.wantStatus(http.StatusMethodNotAllowed)
	}
	b.request(http.MethodPost, "/signin", url.Values{}, http.Header{"Content-Type": {"multipart/form-data; boundary=x"}})
	b.load()
	b.wantStatus(http.StatusUnprocessableEntity)
}

// In production the cookie goes over HTTPS only and is this host's alone.
func TestProduction(t *testing.T) {
	site := startApp(t, startSandbox(t, sandbox.Options{}), map[string]string{
		"APP_ENV": "production", "PUBLIC_URL": "https://www.example.com", "SESSION_SECRET": strings.Repeat("s", 32),
	})
	b := site.browser(t, plain)
	// The proxy in front has changed the host: Origin is that of PUBLIC_URL.
	b.request(http.MethodPost, "/signup", form(newAccount()), http.Header{"Sec-Fetch-Site": nil, "Origin": {"https://www.example.com"}})
	b.wantStatus(http.StatusSeeOther)
	session := false
	for _, set := range b.header.Values("Set-Cookie") {
		session = session || strings.HasPrefix(set, "__Host-session=")
		if !strings.HasPrefix(set, "__Host-") || !strings.Contains(set, "; Secure") {
			t.Error("a cookie of production is not one of HTTPS alone")
		}
	}
	if !session {
		t.Error("there is no session")
	}
	if !strings.HasPrefix(b.header.Get("Strict-Transport-Security"), "max-age=63072000") {
		t.Errorf("Strict-Transport-Security: %q", b.header.Get("Strict-Transport-Security"))
	}
	for _, path := range []string{"/blog", "/signin"} {
		b.open(path)
		stylesheet := b.doc.Find("link[rel=stylesheet]").AttrOr("href", "")
		if link := b.header.Get("Link"); link != "<"+stylesheet+">; rel=preload; as=style" {
			t.Errorf("%s: Link is %q, and the stylesheet %q", path, link, stylesheet)
		}
	}
}

// Every input of every page says what it is for, so that password managers, phones
// and screen readers can help.
func TestFieldsAreDescribed(t *testing.T) {
	const proof, code = "current-password", "one-time-code numeric"
	want := map[string]string{ // autocomplete and inputmode
		"/blog q":       "off",
		"/signin email": "username email", "/signin password": "current-password",
		"/signin/code code": code, "/signin/recovery code": "off",
		"/signup email": "username email", "/signup password": "new-password",
		"/password/forgot email": "username email", "/password/reset password": "new-password",
		"/invite password":     "new-password",
		"/profile/email email": "email email", "/profile/email current_password": proof, "/profile/email code": code,
		"/profile/password password": "new-password", "/profile/password current_password": proof, "/profile/password code": code,
		"/profile/two-factor current_password": proof, "/profile/two-factor code": code,
		"/profile/delete email": "off email", "/profile/delete current_password": proof, "/profile/delete code": code,
		"/profile first_name": "given-name", "/profile last_name": "family-name", "/profile title": "organization-title",
		"/profile location": "off", "/profile description": "", "/profile language": "", "/profile appearance": "", "/profile picture": "",
		// The project's own.
		"/profile pronouns": "", "/profile burrow": "", "/profile name_of_whoever_looks_after_your_rabbits_while_you_are_away": "",
		"/profile about_your_rabbits": "", "/profile rabbits": "numeric", "/profile hay_per_day": "decimal", "/profile keeper_since": "",
		"/profile feeding_time": "", "/profile next_visit": "", "/profile newsletter": "", "/profile interests": "",
	}
	found := map[string]bool{}
	everyState(t, plain, func(t *testing.T, b *browser, _ state) {
		path, _, _ := strings.Cut(b.path, "?")
		for _, input := range b.doc.Find("main input:not([type=hidden]), main select, main textarea").EachIter() {
			name := path + " " + input.AttrOr("name", "")
			found[name] = true
			got := strings.TrimSpace(input.AttrOr("autocomplete", "") + " " + input.AttrOr("inputmode", ""))
			if purpose, listed := want[name]; !listed || got != purpose {
				t.Errorf("%s: autocomplete and inputmode %q, want %q (listed: %t)", name, got, purpose, listed)
			}
			if b.doc.Find(`label[for="`+input.AttrOr("id", "?")+`"]`).Length() != 1 {
				t.Errorf("%s has no label", name)
			}
		}
	})
	for name := range want {
		if !found[name] {
			t.Errorf("%s was not found", name)
		}
	}
}

// Content that is not there, or not harmless.
func TestOddContent(t *testing.T) {
	site := startApp(t, startSandbox(t, sandbox.Options{}), nil)
	b := site.browser(t, plain)
	serve := func(data string) {
		site.wire.breakWith(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			_, _ = fmt.Fprintf(w, `{"data":%s}`, data)
		})
	}
	defer site.wire.mend()

	serve(`[{"slug":"a","title":"Bare","publish_date":null,"author":null,"image":null,"content":null},
		{"slug":"b","title":"Odd","publish_date":"2026-01-01","author":{"name":null},"image":{"id":"x","description":null},"content":"<p>x</p>"},
		{"slug":"c","title":"Some day","publish_date":"soon","author":null,"image":null,"content":"<p>x</p>"}]`)
	b.open("/blog")
	b.wantStatus(http.StatusOK)
	b.wantText("Bare", "Odd")
	if strings.Contains(b.text(), "Some day") {
		t.Error("a post is shown of which nobody can tell whether it is published")
	}
	b.open("/blog/a")
	b.wantStatus(http.StatusOK)
	if b.doc.Find("main img").Length() != 0 || b.doc.Find("main time").Length() != 0 {
		t.Error("a post without image and date shows one")
	}
	serve(`[]`)
	b.open("/blog")
	b.wantText("There are no posts yet.")

	serve(`[{"title":"<b>x</b>","content":"<p onclick=alert(1)>kept</p><script>alert(1)</script><img src=x onerror=alert(1)><a href='javascript:alert(1)'>a</a><iframe src='https://evil.test'></iframe><style>*{}</style><form action='https://evil.test'><input name=password></form><table><tr><td>cell</td></tr></table>"}]`)
	b.open("/pages/evil")
	b.wantText("kept", "cell", "<b>x</b>")
	for _, bad := range []string{"alert(1)", "onclick", "onerror", "evil.test", "<iframe", "javascript:"} {
		if strings.Contains(b.raw, bad) {
			t.Errorf("the page holds %q", bad)
		}
	}
	if b.doc.Find("main form, main script, main style").Length() != 0 {
		t.Error("the page holds what editors may not write")
	}

	site.wire.breakWith(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusForbidden)
		_, _ = io.WriteString(w, `{"errors":[{"message":"no","extensions":{"code":"FORBIDDEN"}}]}`)
	})
	b.open("/") // a Directus that nobody has prepared
	b.wantStatus(http.StatusOK)
	b.open("/blog")
	b.wantStatus(http.StatusOK)
	b.open("/pages/about")
	b.wantStatus(http.StatusNotFound)
	if !strings.Contains(site.log.String(), "go run . setup") {
		t.Error("the log does not tell the operator what to do")
	}
}

func TestUserNotFound(t *testing.T) {
	site := startApp(t, startSandbox(t, sandbox.Options{}), nil)
	b := site.browser(t, plain)
	b.signUp()
	site.wire.breakWith(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusForbidden)
		_, _ = io.WriteString(w, `{"errors":[{"message":"no","extensions":{"code":"FORBIDDEN"}}]}`)
	})
	defer site.wire.mend()
	b.open("/profile")
	b.wantStatus(http.StatusNotFound)
	b.wantText("User not found")
}

func TestReadiness(t *testing.T) {
	site := startApp(t, startSandbox(t, sandbox.Options{}), nil)
	b := site.browser(t, plain)
	ask := func(path string) string {
		b.request(http.MethodGet, path, nil, nil)
		return fmt.Sprint(b.status, " ", strings.TrimSpace(b.raw))
	}
	site.wire.breakWith(breakages["cut"])
	if got := ask("/readyz"); got != "503 not ready: Directus does not answer at /server/ping" {
		t.Errorf("not ready: %s", got)
	}
	site.wire.mend()
	if got := ask("/readyz"); got != "200 ok" {
		t.Errorf("ready: %s", got)
	}
	// No replica could do better now.
	site.wire.breakWith(breakages["cut"])
	if got := ask("/readyz"); got != "200 ready, though Directus does not answer at /server/ping" {
		t.Errorf("in an outage: %s", got)
	}
	if got := ask("/healthz"); got != "200 ok" {
		t.Errorf("alive: %s", got)
	}
	site.wire.mend()
	b.request(http.MethodHead, "/", nil, nil)
	if b.status != http.StatusOK || b.raw != "" {
		t.Errorf("HEAD /: %d with %d bytes", b.status, len(b.raw))
	}
}

// The service token shows one row: that of the member whose own token Directus has
// just answered with their id. It may have been asked for at the same time.
func TestServiceTokenReadsOnlyTheMembersOwnRow(t *testing.T) {
	const service = "the-service-token-0123456789-0123456789"
	up := startSandbox(t, sandbox.Options{})
	site := startApp(t, up, map[string]string{"DIRECTUS_SERVICE_TOKEN": service})
	b := site.browser(t, plain)
	who := b.signUp()

	site.wire.forget()
	b.open("/profile")
	if site.wire.countToken(service) != 0 {
		t.Error("the service token was used although the member can read their row")
	}

	var own struct {
		ID string `json:"id"`
	}
	if err := up.admin.Get(t.Context(), "/users", url.Values{"filter[email][_eq]": {who.email}, "fields": {"id"}}, &[]any{&own}); err != nil {
		t.Fatal(err)
	}
	ownID := own.ID
	// From here on, Directus answers members with their id alone.
	const row = `{"id":"11111111-1111-4111-8111-111111111111","email":"ada@example.com","first_name":"Ada"}`
	site.wire.rewrite(func(w http.ResponseWriter, r *http.Request) bool {
		byService := r.Header.Get("Authorization") == "Bearer "+service
		switch {
		case r.URL.Path == "/users/me" && !byService:
			writeJSON(w, `{"id":"11111111-1111-4111-8111-111111111111"}`)
		case byService && r.Method == http.MethodGet && r.URL.Path == "/users/11111111-1111-4111-8111-111111111111" &&
			r.URL.Query().Get("fields") == "id,email,first_name,last_name,title,location,description,language,appearance,avatar,provider,tfa_secret":
			writeJSON(w, row)
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
	defer site.wire.mend()
	b.open("/profile?id=22222222-2222-4222-8222-222222222222")
	b.wantText("ada@example.com")
	if b.value("first_name") != "Ada" {
		t.Errorf("the profile has the first name %q", b.value("first_name"))
	}
	b.open("/profile/email?id=22222222-2222-4222-8222-222222222222")
	b.submit("#change-email", map[string]string{"email": "new@example.com", "current_password": who.password})
	b.wantError("current_password", "The current password is wrong.") // ada's is not known here
	if site.wire.countToken(service) == 0 {
		t.Error("the service token was not used at all")
	}

	// A service token that Directus refuses is the operator's fault and ends
	// nobody's session.
	site.wire.rewrite(func(w http.ResponseWriter, r *http.Request) bool {
		switch {
		case r.Header.Get("Authorization") == "Bearer "+service:
			w.Header().Set("Content-Type", "application/json")
			w.WriteHeader(http.StatusUnauthorized)
			_, _ = io.WriteString(w, `{"errors":[{"message":"no","extensions":{"code":"INVALID_CREDENTIALS"}}]}`)
		case r.URL.Path == "/users/me":
			writeJSON(w, `{"id":"11111111-1111-4111-8111-111111111111"}`)
		default:
			return false
		}
		return true
	})
	b.open("/profile")
	b.wantStatus(http.StatusOK)
	b.wantText("ada@example.com") // the address that the row had when it could be read
	b.wantSignedIn(true)
	if !strings.Contains(site.log.String(), "DIRECTUS_SERVICE_TOKEN cannot read") {
		t.Error("the log does not say that the service token is refused")
	}
}
