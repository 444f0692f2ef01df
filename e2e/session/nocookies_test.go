package session_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"hutch/e2e/harness"
	"hutch/sandbox"
)

const sayNoCookies = "Your browser doesn't keep our cookies"

// A browser that refuses cookies is told so, wherever one is needed.
func TestCookiesAreRefused(t *testing.T) {
	up := harness.StartSandbox(t, sandbox.Options{})
	site := harness.StartApp(t, up, nil)
	member := site.Browser(t, harness.Plain)
	who := member.SignUp()
	careful := site.Browser(t, harness.Plain)
	protected := careful.SignUp()
	careful.SwitchOnTwoFactor(protected)
	harness.BothWays(t, func(t *testing.T, how harness.Way) {
		b := site.Browser(t, how)
		b.HTTP.Jar = nil
		told := func(what, next string) {
			t.Helper()
			b.WantText(sayNoCookies)
			b.WantStatus(http.StatusForbidden)
			if strings.Contains(b.Path, "@") || strings.Contains(b.Raw, who.Email) {
				t.Errorf("%s: the page or its address says who it was: %s", what, b.Path)
			}
			if got := b.Doc.Find("main .actions a").First().AttrOr("href", ""); got != next {
				t.Errorf("%s: the page leads on to %q, want %q", what, got, next)
			}
		}
		b.Open("/signin?redirectedFrom=/profile/email")
		b.Submit("#signin", map[string]string{"email": who.Email, "password": who.Password})
		told("signing in", "/profile/email")
		b.Open("/signin")
		b.Submit("#signin", map[string]string{"email": protected.Email, "password": protected.Password})
		told("signing in with two factors", "/signin/code")
		b.Open("/signup")
		b.Submit("#signup", harness.NewAccount().Form())
		told("signing up", "/profile")
		b.Open("/password/forgot")
		b.Submit("#forgot", map[string]string{"email": who.Email})
		b.WantAt("/password/sent") // which needs none

		// A wrong password is a wrong password.
		b.Open("/signin")
		b.Submit("#signin", map[string]string{"email": who.Email, "password": harness.WrongPassword})
		b.WantError("", "The email address or password is incorrect.")
	})
	b := site.Browser(t, harness.Plain)
	b.HTTP.Jar = nil
	b.ComeBy(up.Mailed(t, who.Email, 1))
	b.OpenAs(b.Path, nil) // the page that is shown to those who come from elsewhere loads it again
	b.WantText(sayNoCookies)
	b.Open("/")
	res := b.Request(http.MethodPost, "/appearance", url.Values{"appearance": {"dark"}}, nil)
	b.Open(res.Header.Get("Location"))
	b.WantText(sayNoCookies)
}

// Who keeps cookies notices nothing of it, and is led nowhere else.
func TestCookiesAreKept(t *testing.T) {
	site := harness.StartApp(t, harness.StartSandbox(t, sandbox.Options{}), nil)
	who := site.Browser(t, harness.Plain).SignUp()
	b := site.Browser(t, harness.Plain)
	b.Open("/signin?redirectedFrom=/profile/email")
	b.SignIn(who)
	b.WantText("You're signed in.")
	b.Request(http.MethodPost, "/logout", url.Values{}, nil)
	b.Request(http.MethodPost, "/signin?redirectedFrom=/blog", harness.Form(who), nil) // has kept one before
	if to := b.Header.Get("Location"); to != "/blog" {
		t.Errorf("the second time, signing in leads to %q", to)
	}
	for _, wanted := range []string{"//evil.test", `/\evil.test`, "https://evil.test/", "/%2Fevil.test", "javascript:alert(1)", "/x\r\nLocation: https://evil.test", ""} {
		b.Request(http.MethodGet, "/signin/cookies?"+url.Values{"redirectedFrom": {wanted}}.Encode(), nil, nil)
		if to := b.Header.Get("Location"); b.Status != http.StatusSeeOther || to != "/profile" {
			t.Errorf("%q: %d to %q", wanted, b.Status, to)
		}
	}
	// A link on another site leads there with cookies withheld: that says nothing.
	stranger := site.Browser(t, harness.Plain)
	stranger.ComeBy("/signin/cookies?redirectedFrom=/blog")
	if strings.Contains(stranger.Raw, sayNoCookies) {
		t.Error("who comes from another site is told of cookies")
	}
}

// A production site that is opened without https says that https is missing: no cookie
// of it is kept there.
func TestProductionWithoutHTTPS(t *testing.T) {
	site := harness.StartApp(t, harness.StartSandbox(t, sandbox.Options{}), map[string]string{
		"APP_ENV": "production", "PUBLIC_URL": "https://www.example.com", "SESSION_SECRET": strings.Repeat("s", 32),
	})
	insecure := func(origin string) http.Header { // browsers send no Sec-Fetch-Site then
		return http.Header{"Sec-Fetch-Site": nil, "Origin": {origin}}
	}
	who := harness.NewAccount()
	b := site.Browser(t, harness.Plain)
	b.HTTP.Jar = nil // which browsers send over http only to themselves
	told := func(path string) {
		t.Helper()
		b.Path = path
		b.Load()
		b.WantStatus(http.StatusForbidden)
		b.WantText("This page needs a secure connection")
		if to := b.Doc.Find("main .actions a").First().AttrOr("href", ""); to != "https://www.example.com"+path {
			t.Errorf("%s leads on to %q", path, to)
		}
	}
	for path, form := range map[string]url.Values{"/signup": harness.Form(who), "/signin": harness.Form(who)} {
		b.Request(http.MethodPost, path, form, insecure(site.URL)) // by another name than its own
		told(path)
	}
	site.Wire.Forget()
	for _, path := range []string{"/signin", "/signup", "/password/forgot", "/profile/email"} {
		b.Request(http.MethodPost, path, harness.Form(who), insecure("http://www.example.com"))
		told(path)
	}
	if n := site.Wire.Count("POST "); n != 0 {
		t.Errorf("Directus was sent %d passwords or addresses that were typed without https", n)
	}
}
