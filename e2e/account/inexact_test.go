package account_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"hutch/e2e/harness"
	"hutch/sandbox"
)

// around are what copied addresses and codes bring along.
var around = map[string]string{
	"byte order mark": "\ufeff", "zero-width space": "\u200b", "zero-width joiner": "\u200d", "word joiner": "\u2060",
	"no-break space": "\u00a0", "ideographic space": "\u3000", "marks of direction": "\u200e\u202a\u2068", "soft hyphen": "\u00ad",
	"variation selector": "\ufe0f", "Hangul filler": "\u3164", "line break": "\r\n", "several": " \ufeff\u00a0\u200b\t",
}

// Nobody sees what stands around an address: it is the same address, in every form.
func TestInvisibleCharactersAroundAnAddress(t *testing.T) {
	up := harness.StartSandbox(t, sandbox.Options{})
	site := harness.StartApp(t, up, nil)
	for what, mark := range around {
		for place, put := range map[string]func(string) string{
			"before": func(email string) string { return mark + email },
			"after":  func(email string) string { return email + mark },
			"around": func(email string) string { return mark + email + mark },
		} {
			if place != "around" && !strings.Contains("byte order mark, zero-width space", what) {
				continue
			}
			b := site.Browser(t, harness.Plain)
			who := harness.NewAccount()
			b.Request(http.MethodPost, "/signup", url.Values{"email": {put(who.Email)}, "password": {who.Password}}, nil)
			if b.Status != http.StatusSeeOther || up.User(t, who)["email"] != who.Email { // as an administrator finds it
				t.Fatalf("%s %s the address of a sign-up: %d", what, place, b.Status)
			}
			b.Request(http.MethodPost, "/logout", url.Values{}, nil)
			b.Request(http.MethodPost, "/signin", url.Values{"email": {put(who.Email)}, "password": {who.Password}}, nil)
			if b.SessionCookie() == nil {
				t.Errorf("%s %s the address of a sign-in: %d", what, place, b.Status)
			}
			now := harness.NewAccount()
			b.Request(http.MethodPost, "/profile/email", url.Values{"email": {put(now.Email)}, "current_password": {who.Password}}, nil)
			now.Password = who.Password
			if b.Status != http.StatusSeeOther || up.User(t, now)["email"] != now.Email {
				t.Errorf("%s %s the address of a change: %d", what, place, b.Status)
			}
			b.Request(http.MethodPost, "/password/forgot", url.Values{"email": {put(now.Email)}}, nil)
			up.Mailed(t, now.Email, 1)
			b.Request(http.MethodPost, "/profile/delete", url.Values{"email": {put(now.Email)}, "current_password": {who.Password}}, nil)
			if b.Status != http.StatusSeeOther || b.Header.Get("Location") != "/" {
				t.Errorf("%s %s the address of a deletion: %d %s", what, place, b.Status, b.Header.Get("Location"))
			}
		}
	}
}

// Inside an address they make another one, which no mail may reach: the form says so.
func TestInvisibleCharactersInsideAnAddress(t *testing.T) {
	site := harness.StartApp(t, harness.StartSandbox(t, sandbox.Options{}), nil)
	member := site.Browser(t, harness.Plain)
	who := member.SignUp()
	for what, mark := range around {
		for _, email := range []string{"jo" + mark + "@example.com", "jo@" + mark + "example.com", "jo@example" + mark + ".com"} {
			site.Wire.Forget()
			b := site.Browser(t, harness.Plain)
			for path, form := range map[string]string{"/signup": "#signup", "/signin": "#signin", "/password/forgot": "#forgot"} {
				b.Open(path)
				fill := map[string]string{"email": email}
				if path != "/password/forgot" {
					fill["password"] = who.Password
				}
				b.Submit(form, fill)
				b.WantError("email", "in the correct format")
			}
			member.Open("/profile/email")
			member.Submit("#change-email", map[string]string{"email": email, "current_password": who.Password})
			member.WantError("email", "in the correct format")
			if n := site.Wire.Count("POST /auth") + site.Wire.Count("POST /users") + site.Wire.Count("PATCH /users"); n != 0 {
				t.Errorf("%s in %q: Directus was asked %d times", what, email, n)
			}
		}
	}
}

// A code is a code however its digits are spaced and written.
func TestCodesAreReadHoweverTheyAreWritten(t *testing.T) {
	site := harness.StartApp(t, harness.StartSandbox(t, sandbox.Options{}), nil)
	wide := func(code string) string { // as an East Asian keyboard writes it
		return strings.Map(func(r rune) rune {
			if r > ' ' && r < 0x7f {
				return r - '!' + '！'
			}
			return r
		}, code)
	}
	b := site.Browser(t, harness.Plain)
	who := b.SignUp()
	b.Open("/profile/two-factor")
	b.Submit("#two-factor", map[string]string{"current_password": who.Password})
	secret := b.Doc.Find("code.secret").Text()
	code := harness.CodeFor(t, secret)
	b.Submit("#two-factor", map[string]string{"code": "\ufeff" + wide(code[:2]) + "\u2009" + code[2:4] + "\u200b\u00a0–" + code[4:] + "\u3000"})
	b.WantText("Two-factor authentication is on.")
	recovery := b.Doc.Find(".codes code").First().Text()
	site.MayNotShow(recovery, secret)

	b.Request(http.MethodPost, "/logout", url.Values{}, nil)
	b.SignIn(who)
	b.Open("/signin/recovery")
	b.Submit("#signin-recovery", map[string]string{"code": "\u200e" + strings.ReplaceAll(wide(strings.ToLower(recovery)), "－", " — ")})
	b.WantAt("/signin?redirectedFrom=%2Fprofile")
	b.SignIn(who)
	b.WantAt("/profile")
}
