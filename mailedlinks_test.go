package main

import (
	"encoding/base64"
	"net/http"
	"strings"
	"testing"
	"time"

	"hutch/sandbox"
)

// What holds for the links of all mails, and for what a browser holds between two
// steps.

// mailedLinks are the kinds of links, by the path that they lead to.
var mailedLinks = map[string]struct {
	form  string // on its page
	wayOn string // for whoever has one that does not work; "": none
	// ask has a mail with the link sent to somebody.
	ask func(*testing.T, upstream, *app) account
}{
	"/verify": {"#verify", "/signup", func(t *testing.T, up upstream, site *app) account {
		up.change(t, map[string]any{"public_registration_verify_email": true}, map[string]any{"public_registration_verify_email": false})
		who := newAccount()
		site.browser(t, plain).request(http.MethodPost, "/signup", form(who), nil)
		return who
	}},
	"/password/reset": {"#choose-password", "/password/forgot", func(t *testing.T, _ upstream, site *app) account {
		b := site.browser(t, plain)
		who := b.signUp()
		b.request(http.MethodPost, "/password/forgot", form(who), nil)
		return who
	}},
	"/invite": {"#choose-password", "", func(t *testing.T, up upstream, _ *app) account {
		who := newAccount()
		up.invite(t, who.email)
		return who
	}},
}

// sendLink sends the form of a link's page, where there is one.
func (b *browser) sendLink(selector string) {
	b.t.Helper()
	form := b.doc.Find(selector)
	switch {
	case form.Length() == 0:
	case form.Find("[name=password]").Length() == 1:
		b.submit(selector, map[string]string{"password": newPassword})
	default:
		b.submit(selector, nil)
	}
}

func TestLinksThatDoNotWork(t *testing.T) {
	onEachDirectus(t, func(t *testing.T, up upstream) {
		site := startApp(t, up, nil)
		for path, kind := range mailedLinks {
			for name, token := range map[string]string{
				"none":                   "",
				"an empty one":           "?token=",
				"nonsense":               "?token=nonsense",
				"cut off":                "?token=eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJlbWFpbCI6ImFAZXhhbXBsZS5jb20ifQ",
				"more than a cookie has": "?token=" + strings.Repeat("x", 5000),
				"markup":                 "?token=%3Cscript%3Ealert(1)%3C/script%3E",
			} {
				t.Run(strings.Trim(path, "/")+", the token is "+name, func(t *testing.T) {
					bothWays(t, func(t *testing.T, how way) {
						b := site.browser(t, how)
						b.comeBy(path + token)
						b.sendLink(kind.form)
						b.wantStatus(http.StatusBadRequest)
						b.wantText("This link does not work", "Perhaps it was cut off.")
						if kind.wayOn != "" && b.doc.Find(`main a[href="`+kind.wayOn+`"]`).Length() != 1 {
							t.Errorf("there is no way on to %s", kind.wayOn)
						}
						if strings.Contains(b.raw, "alert(1)") {
							t.Error("the token is on the page")
						}
					})
				})
			}
		}
	})
}

// A real Directus cannot be told what time it is; what it answers to an expired
// token, the contract suite asks it.
func TestLinksExpire(t *testing.T) {
	for path, kind := range mailedLinks {
		t.Run(strings.Trim(path, "/"), func(t *testing.T) {
			bothWays(t, func(t *testing.T, how way) {
				late := time.Duration(0)
				up := startSandbox(t, sandbox.Options{Now: func() time.Time { return time.Now().Add(late) }})
				site := startApp(t, up, nil)
				who := kind.ask(t, up, site)
				link := site.mailed(t, up, who.email, 1)
				late = 8 * 24 * time.Hour
				b := site.browser(t, how)
				b.comeBy(link)
				b.sendLink(kind.form)
				b.wantStatus(http.StatusGone)
				b.wantText("This link has expired", "It was too old.")
				if kind.wayOn != "" && b.doc.Find(`main a[href="`+kind.wayOn+`"]`).Length() != 1 {
					t.Errorf("there is no way on to %s", kind.wayOn)
				}
			})
		})
	}
}

// The token of a link is held by the browser that opened it, and there alone, for
// an hour.
func TestLinksAreHeldByOneBrowser(t *testing.T) {
	for path, kind := range mailedLinks {
		t.Run(strings.Trim(path, "/"), func(t *testing.T) {
			up := startSandbox(t, sandbox.Options{})
			site := startApp(t, up, nil)
			b := site.browser(t, plain)
			b.comeBy(site.mailed(t, up, kind.ask(t, up, site).email, 1))
			b.wantAt(path)
			b.wantStatus(http.StatusOK)
			if b.doc.Find(kind.form).Length() != 1 || strings.Contains(b.doc.Find(kind.form).Text()+b.title(), "token") {
				t.Error("there is no form, or it has the token")
			}
			other := site.browser(t, plain)
			other.open(path)
			other.wantStatus(http.StatusBadRequest)
			other.wantText("This link does not work")

			site.pass(61 * time.Minute)
			b.sendLink(kind.form)
			b.wantStatus(http.StatusBadRequest)
			b.wantText("This link does not work")
		})
	}
}

// What a browser holds between two steps is sealed, and gone after a while.
func TestHeldCookies(t *testing.T) {
	up := startSandbox(t, sandbox.Options{})
	site := startApp(t, up, nil)
	for _, test := range []struct {
		name     string
		sameSite http.SameSite
		minutes  int
		// begin makes the step after which the cookie is held, and says what is in it.
		begin func(*testing.T, *browser) (res *http.Response, plainText []string)
	}{
		{"held-signup", http.SameSiteStrictMode, 60, func(t *testing.T, b *browser) (*http.Response, []string) {
			up.change(t, map[string]any{"public_registration_verify_email": true}, map[string]any{"public_registration_verify_email": false})
			who := newAccount()
			return b.request(http.MethodPost, "/signup", form(who), nil), []string{who.email}
		}},
		{"held-signin", http.SameSiteStrictMode, 5, func(_ *testing.T, b *browser) (*http.Response, []string) {
			other := site.browser(b.t, plain)
			who := other.signUp()
			other.switchOnTwoFactor(who)
			return b.request(http.MethodPost, "/signin", form(who), nil), []string{who.email, who.password}
		}},
		{"held-secret", http.SameSiteStrictMode, 10, func(_ *testing.T, b *browser) (*http.Response, []string) {
			who := b.signUp()
			res := b.request(http.MethodPost, "/profile/two-factor", map[string][]string{"current_password": {who.password}}, nil)
			b.open("/profile/two-factor")
			return res, []string{b.doc.Find("code.secret").Text(), "otpauth"}
		}},
		{"held-codes", http.SameSiteStrictMode, 5, func(_ *testing.T, b *browser) (*http.Response, []string) {
			who := b.signUp()
			b.open("/profile/two-factor")
			b.submit("#two-factor", map[string]string{"current_password": who.password})
			code := codeFor(b.t, b.doc.Find("code.secret").Text())
			res := b.request(http.MethodPost, "/profile/two-factor/confirm", map[string][]string{"code": {code}}, nil)
			b.open("/profile/two-factor")
			return res, []string{b.doc.Find(".codes code").First().Text()}
		}},
		{"held-verify", http.SameSiteLaxMode, 60, openLink("/verify", up, site)},
		{"held-reset", http.SameSiteLaxMode, 60, openLink("/password/reset", up, site)},
		{"held-invite", http.SameSiteLaxMode, 60, openLink("/invite", up, site)},
	} {
		t.Run(test.name, func(t *testing.T) {
			b := site.browser(t, plain)
			res, plainText := test.begin(t, b)
			found := 0
			for _, cookie := range res.Cookies() {
				if cookie.Name != test.name {
					continue
				}
				found++
				site.mayNotShow(cookie.Value) // in the log, that is
				if !cookie.HttpOnly || cookie.SameSite != test.sameSite || cookie.MaxAge != test.minutes*60 || cookie.Path != "/" || cookie.Domain != "" {
					t.Errorf("the cookie is %s", cookie.Raw)
				}
				unpacked, _ := base64.RawURLEncoding.DecodeString(cookie.Value)
				for _, secret := range plainText {
					if secret == "" || strings.Contains(cookie.Value, secret) || strings.Contains(string(unpacked), secret) {
						t.Errorf("the cookie shows %q", secret)
					}
				}
			}
			if found != 1 {
				t.Errorf("%d cookies of this name in %v", found, res.Header["Set-Cookie"])
			}
			if to := res.Header.Get("Location"); to == "" || strings.ContainsAny(to, "?&@") && !strings.HasPrefix(to, "/signin") {
				t.Errorf("it leads to %q", to)
			}
		})
	}
}

func openLink(path string, up upstream, site *app) func(*testing.T, *browser) (*http.Response, []string) {
	return func(t *testing.T, b *browser) (*http.Response, []string) {
		link := site.mailed(t, up, mailedLinks[path].ask(t, up, site).email, 1)
		_, token, _ := strings.Cut(link, "?token=")
		return b.request(http.MethodGet, link, nil, nil), []string{token}
	}
}
