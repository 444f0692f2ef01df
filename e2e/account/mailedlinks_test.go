package account_test

import (
	"encoding/base64"
	"net/http"
	"strings"
	"testing"
	"time"

	"hutch/e2e/harness"
	"hutch/sandbox"
)

// What holds for the links of all mails, and for what a browser holds between two
// steps.

// mailedLinks are the kinds of links, by the path that they lead to.
var mailedLinks = map[string]struct {
	form    string // on its page
	wayOn   string // the link offered when theirs does not work; "" for none
	expired string // what to do about one that is too old
	// ask has a mail with the link sent to somebody.
	ask func(*testing.T, harness.Upstream, *harness.App) harness.Account
}{
	"/verify": {"#verify", "/signup", "Sign up again with the same address", func(t *testing.T, up harness.Upstream, site *harness.App) harness.Account {
		up.Change(t, map[string]any{"public_registration_verify_email": true}, map[string]any{"public_registration_verify_email": false})
		who := harness.NewAccount()
		site.Browser(t, harness.Plain).Request(http.MethodPost, "/signup", harness.Form(who), nil)
		return who
	}},
	"/password/reset": {"#choose-password", "/password/forgot", "Request a new link to reset your password.", func(t *testing.T, _ harness.Upstream, site *harness.App) harness.Account {
		b := site.Browser(t, harness.Plain)
		who := b.SignUp()
		b.Request(http.MethodPost, "/password/forgot", harness.Form(who), nil)
		return who
	}},
	"/invite": {"#choose-password", "", "Ask the person who invited you", func(t *testing.T, up harness.Upstream, _ *harness.App) harness.Account {
		who := harness.NewAccount()
		invite(t, up, who.Email)
		return who
	}},
}

// sendLink sends the form of a link's page, where there is one.
func sendLink(b *harness.Browser, selector string) {
	b.T.Helper()
	form := b.Doc.Find(selector)
	switch {
	case form.Length() == 0:
	case form.Find("[name=password]").Length() == 1:
		b.Submit(selector, map[string]string{"password": harness.NewPassword})
	default:
		b.Submit(selector, nil)
	}
}

func TestLinksThatDoNotWork(t *testing.T) {
	harness.OnDirectusInTestAll(t, func(t *testing.T, up harness.Upstream) {
		site := harness.StartApp(t, up, nil)
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
					up.BothWays(t, func(t *testing.T, how harness.Way) {
						b := site.Browser(t, how)
						b.ComeBy(path + token)
						sendLink(b, kind.form)
						b.WantStatus(http.StatusBadRequest)
						b.WantText("This link doesn't work", "It may be incomplete.")
						if kind.wayOn != "" && b.Doc.Find(`main a[href="`+kind.wayOn+`"]`).Length() != 1 {
							t.Errorf("there is no way on to %s", kind.wayOn)
						}
						if strings.Contains(b.Raw, "alert(1)") {
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
			harness.BothWays(t, func(t *testing.T, how harness.Way) {
				late := time.Duration(0)
				up := harness.StartSandbox(t, sandbox.Options{Now: func() time.Time { return time.Now().Add(late) }})
				site := harness.StartApp(t, up, nil)
				who := kind.ask(t, up, site)
				link := site.Mailed(t, up, who.Email, 1)
				late = 8 * 24 * time.Hour
				b := site.Browser(t, how)
				b.ComeBy(link)
				sendLink(b, kind.form)
				b.WantStatus(http.StatusGone)
				b.WantText("This link has expired", kind.expired)
				if kind.wayOn != "" && b.Doc.Find(`main a[href="`+kind.wayOn+`"]`).Length() != 1 {
					t.Errorf("there is no way on to %s", kind.wayOn)
				}
			})
		})
	}
}

// The token of a link is held by the browser that opened it, and there alone, for
// an hour.
func TestMailedLinksBelongToOneBrowser(t *testing.T) {
	for path, kind := range mailedLinks {
		t.Run(strings.Trim(path, "/"), func(t *testing.T) {
			up := harness.StartSandbox(t, sandbox.Options{})
			site := harness.StartApp(t, up, nil)
			b := site.Browser(t, harness.Plain)
			b.ComeBy(site.Mailed(t, up, kind.ask(t, up, site).Email, 1))
			b.WantAt(path)
			b.WantStatus(http.StatusOK)
			if b.Doc.Find(kind.form).Length() != 1 || strings.Contains(b.Doc.Find(kind.form).Text()+b.Title(), "token") {
				t.Error("there is no form, or it has the token")
			}
			other := site.Browser(t, harness.Plain)
			other.Open(path)
			other.WantStatus(http.StatusBadRequest)
			other.WantText("This link doesn't work")

			site.Pass(61 * time.Minute)
			sendLink(b, kind.form)
			b.WantStatus(http.StatusBadRequest)
			b.WantText("This link doesn't work")
		})
	}
}

// What a browser holds between two steps is sealed, and gone after a while.
func TestPendingCookies(t *testing.T) {
	up := harness.StartSandbox(t, sandbox.Options{})
	site := harness.StartApp(t, up, nil)
	for _, test := range []struct {
		name     string
		sameSite http.SameSite
		minutes  int
		// begin makes the step after which the cookie is held, and says what is in it.
		begin func(*testing.T, *harness.Browser) (res *http.Response, plainText []string)
	}{
		{"pending-signup", http.SameSiteStrictMode, 60, func(t *testing.T, b *harness.Browser) (*http.Response, []string) {
			up.Change(t, map[string]any{"public_registration_verify_email": true}, map[string]any{"public_registration_verify_email": false})
			who := harness.NewAccount()
			return b.Request(http.MethodPost, "/signup", harness.Form(who), nil), []string{who.Email}
		}},
		{"pending-signin", http.SameSiteStrictMode, 5, func(_ *testing.T, b *harness.Browser) (*http.Response, []string) {
			other := site.Browser(b.T, harness.Plain)
			who := other.SignUp()
			other.SwitchOnTwoFactor(who)
			return b.Request(http.MethodPost, "/signin", harness.Form(who), nil), []string{who.Email, who.Password}
		}},
		{"pending-secret", http.SameSiteStrictMode, 10, func(_ *testing.T, b *harness.Browser) (*http.Response, []string) {
			who := b.SignUp()
			res := b.Request(http.MethodPost, "/profile/two-factor", map[string][]string{"current_password": {who.Password}}, nil)
			b.Open("/profile/two-factor")
			return res, []string{b.Doc.Find("code.secret").Text(), "otpauth"}
		}},
		{"pending-codes", http.SameSiteStrictMode, 5, func(_ *testing.T, b *harness.Browser) (*http.Response, []string) {
			who := b.SignUp()
			b.Open("/profile/two-factor")
			b.Submit("#two-factor", map[string]string{"current_password": who.Password})
			code := harness.CodeFor(b.T, b.Doc.Find("code.secret").Text())
			res := b.Request(http.MethodPost, "/profile/two-factor/confirm", map[string][]string{"code": {code}}, nil)
			b.Open("/profile/two-factor")
			return res, []string{b.Doc.Find(".codes code").First().Text()}
		}},
		{"pending-verify", http.SameSiteLaxMode, 60, openLink("/verify", up, site)},
		{"pending-reset", http.SameSiteLaxMode, 60, openLink("/password/reset", up, site)},
		{"pending-invite", http.SameSiteLaxMode, 60, openLink("/invite", up, site)},
	} {
		t.Run(test.name, func(t *testing.T) {
			b := site.Browser(t, harness.Plain)
			res, plainText := test.begin(t, b)
			found := 0
			for _, cookie := range res.Cookies() {
				if cookie.Name != test.name {
					continue
				}
				found++
				site.MayNotShow(cookie.Value) // in the log, that is
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

func openLink(path string, up harness.Upstream, site *harness.App) func(*testing.T, *harness.Browser) (*http.Response, []string) {
	return func(t *testing.T, b *harness.Browser) (*http.Response, []string) {
		link := site.Mailed(t, up, mailedLinks[path].ask(t, up, site).Email, 1)
		_, token, _ := strings.Cut(link, "?token=")
		return b.Request(http.MethodGet, link, nil, nil), []string{token}
	}
}
