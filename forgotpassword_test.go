package main

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"hutch/sandbox"
)

// Whoever has forgotten their password chooses a new one by a mailed link.
func TestForgottenPassword(t *testing.T) {
	onEachDirectus(t, func(t *testing.T, up upstream) {
		site := startApp(t, up, nil)
		t.Run("from the question to signing in", func(t *testing.T) {
			up.everyWay(t, func(t *testing.T, how way) { resetThePassword(t, up, site, how) })
		})
		t.Run("addresses that are none", func(t *testing.T) {
			bothWays(t, func(t *testing.T, how way) {
				b := site.browser(t, how)
				b.open("/password/forgot")
				for typed, message := range map[string]string{"": "Enter your email address.", "nonsense": "correct format", "a@b": "correct format"} {
					site.wire.forget()
					b.submit("#forgot", map[string]string{"email": typed})
					b.wantError("email", message)
					if b.value("email") != typed || site.wire.count("POST") != 0 {
						t.Errorf("%q became %q, with %d calls to Directus", typed, b.value("email"), site.wire.count("POST"))
					}
				}
			})
		})
		t.Run("passwords that will not do", func(t *testing.T) {
			bothWays(t, func(t *testing.T, how way) {
				who := site.browser(t, plain).signUp()
				b := site.browser(t, how)
				b.comeBy(site.forgotten(t, up, who, 1))
				weakPasswords(t, up, b, "#choose-password", nil)
				b.submit("#choose-password", map[string]string{"password": newPassword}) // and the link still works
				b.wantAt("/signin")
			})
		})
		t.Run("by whoever is signed in", func(t *testing.T) {
			b := site.browser(t, plain)
			who := b.signUp()
			b.open(site.forgotten(t, up, who, 1))
			b.wantSignedIn(true)
			b.submit("#choose-password", map[string]string{"password": newPassword})
			b.wantAt("/signin")
			b.wantSignedIn(false)
			if b.sessionCookie() != nil {
				t.Error("the cookie of the ended session is still there")
			}
		})
		t.Run("an older link", func(t *testing.T) {
			who := site.browser(t, plain).signUp()
			older, newer := site.forgotten(t, up, who, 1), site.forgotten(t, up, who, 2)
			b := site.browser(t, plain)
			b.comeBy(newer)
			b.submit("#choose-password", map[string]string{"password": newPassword})
			b.wantAt("/signin")
			b.comeBy(older)
			b.submit("#choose-password", map[string]string{"password": who.password})
			b.wantStatus(http.StatusGone)
			b.wantText("This link has been used")
			b.signIn(account{who.email, newPassword})
			b.wantAt("/profile")
		})
		t.Run("Directus goes away", func(t *testing.T) {
			bothWays(t, func(t *testing.T, how way) { resetInTrouble(t, up, site, how) })
		})
	})
}

// forgotten has the link mailed for the n-th time, and gives it.
func (a *app) forgotten(t *testing.T, up upstream, who account, n int) (path string) {
	t.Helper()
	b := a.browser(t, plain)
	b.open("/password/forgot")
	b.submit("#forgot", map[string]string{"email": who.email})
	b.wantAt("/password/sent")
	return a.mailed(t, up, who.email, n)
}

func resetThePassword(t *testing.T, up upstream, site *app, how way) {
	elsewhere := site.browser(t, plain)
	who := elsewhere.signUp()
	b := site.browser(t, how)
	b.open("/signin")
	b.open(b.doc.Find(`main a[href="/password/forgot"]`).AttrOr("href", ""))
	b.submit("#forgot", map[string]string{"email": strings.ToUpper(who.email)})
	b.wantAt("/password/sent")
	b.wantText("Check your inbox", "If there is an account with this address")
	if strings.Contains(b.raw, who.email) {
		t.Error("the address is on the page")
	}
	elsewhere.wantSession(true)

	link := site.mailed(t, up, who.email, 1)
	b.comeBy(link)
	b.wantAt("/password/reset")
	b.wantStatus(http.StatusOK)
	b.wantText("Choose a new password")
	if policy := b.header.Get("Referrer-Policy"); policy != "same-origin" {
		t.Errorf("other sites learn where a link was followed: Referrer-Policy is %q", policy)
	}
	b.submit("#choose-password", map[string]string{"password": newPassword})
	b.wantAt("/signin")
	if up.endsSessions() {
		b.wantText("Your password has been changed, and you have been signed out everywhere.")
	} else {
		b.wantText("Your password has been changed.", "Where you were signed in before, you may still be.")
	}
	elsewhere.wantSession(!up.endsSessions())
	b.submit("#signin", who.form())
	b.wantError("", "The email address or the password is wrong.")
	b.submit("#signin", map[string]string{"email": who.email, "password": newPassword})
	b.wantAt("/profile")

	again := site.browser(t, how)
	again.comeBy(link)
	again.submit("#choose-password", map[string]string{"password": who.password})
	again.wantStatus(http.StatusGone)
	again.wantText("This link has been used")
	if again.doc.Find(`main a[href="/password/forgot"]`).Length() != 1 {
		t.Error("there is no way to a new link")
	}
}

func resetInTrouble(t *testing.T, up upstream, site *app, how way) {
	who := site.browser(t, plain).signUp()
	b := site.browser(t, how)
	b.open("/password/forgot")
	for broken, status := range map[string]int{"503": http.StatusServiceUnavailable, "429": http.StatusTooManyRequests} {
		site.wire.breakOn("POST /auth/password/request", breakages[broken])
		b.submit("#forgot", map[string]string{"email": who.email})
		site.wire.mend()
		b.wantStatus(status)
		if b.value("email") != who.email {
			t.Errorf("the address is lost: %q", b.value("email"))
		}
	}
	b.submit("#forgot", map[string]string{"email": who.email})
	b.wantAt("/password/sent")

	b.comeBy(site.mailed(t, up, who.email, 1))
	site.wire.breakOn("POST /auth/password/reset", breakages["cut"])
	b.submit("#choose-password", map[string]string{"password": newPassword})
	site.wire.mend()
	b.wantStatus(http.StatusServiceUnavailable)
	b.wantText("did not confirm")
	b.submit("#choose-password", map[string]string{"password": newPassword}) // the link is not lost
	b.wantAt("/signin")
	b.wantText("Your password has been changed")
}

// Nothing tells whether an address has an account: neither what is answered nor
// how long it takes.
func TestForgottenPasswordTellsNothing(t *testing.T) {
	onEachDirectus(t, func(t *testing.T, up upstream) {
		if up.sandbox {
			up = startSandbox(t, sandbox.Options{StallTime: 100 * time.Millisecond})
		}
		site := startApp(t, up, nil)
		known := site.browser(t, plain).signUp()
		suspended := site.browser(t, plain).signUp()
		up.set(t, suspended, map[string]any{"status": "suspended"})
		invited := newAccount()
		up.invite(t, invited.email)
		unknown := newAccount()

		bothWays(t, func(t *testing.T, how way) {
			sees := func(who account) string {
				b := site.browser(t, how)
				b.open("/password/forgot")
				b.submit("#forgot", map[string]string{"email": who.email})
				b.wantAt("/password/sent")
				return strings.ReplaceAll(b.raw, who.email, "somebody")
			}
			page := sees(unknown)
			for name, who := range map[string]account{"has an account": known, "is suspended": suspended, "is invited": invited} {
				if sees(who) != page {
					t.Errorf("who %s sees another page", name)
				}
			}
		})

		var heads []string
		median := func(who account) time.Duration {
			var took []time.Duration
			for range 5 {
				b := site.browser(t, plain)
				site.pass(time.Hour) // nobody is mailed more than a few times in one
				began := time.Now()
				b.request(http.MethodPost, "/password/forgot", form(who), nil)
				took = append(took, time.Since(began))
				b.header.Del("Date")
				b.header.Del("X-Request-Id")
				var head strings.Builder
				if err := b.header.Write(&head); err != nil {
					t.Fatal(err)
				}
				heads = append(heads, head.String())
			}
			slices.Sort(took)
			return took[len(took)/2]
		}
		took := map[string]time.Duration{"known": median(known), "unknown": median(unknown), "suspended": median(suspended)}
		for name := range took {
			if (took[name] - took["unknown"]).Abs() > 150*time.Millisecond {
				t.Errorf("it takes as long as this: %v", took)
				break
			}
		}
		if slices.Sort(heads); heads[0] != heads[len(heads)-1] {
			t.Errorf("the answers differ:\n%s\n%s", heads[0], heads[len(heads)-1])
		}
	})
}

// A Directus that has not been told of this site's page mails nothing, and says so
// only for addresses that it knows, before version 11: visitors see no difference,
// and the operator reads of it.
func TestForgottenPasswordWithoutTheList(t *testing.T) {
	site := startApp(t, startSandbox(t, sandbox.Options{}), map[string]string{"PUBLIC_URL": "http://elsewhere.test"})
	b := site.browser(t, plain)
	who := b.signUp()
	b.open("/password/forgot")
	b.submit("#forgot", map[string]string{"email": who.email})
	b.wantAt("/password/sent")
	if !strings.Contains(site.log.String(), "PASSWORD_RESET_URL_ALLOW_LIST") {
		t.Error("the log does not say what to do")
	}
}
