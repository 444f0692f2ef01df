package account_test

import (
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"hutch/e2e/harness"
	"hutch/sandbox"
)

// A forgotten password is reset through a mailed link.
func TestForgottenPassword(t *testing.T) {
	harness.OnEachDirectus(t, func(t *testing.T, up harness.Upstream) {
		site := harness.StartApp(t, up, nil)
		t.Run("from the question to signing in", func(t *testing.T) {
			up.EveryWay(t, func(t *testing.T, how harness.Way) { resetThePassword(t, up, site, how) })
		})
		t.Run("addresses that are none", func(t *testing.T) {
			up.InDetail(t, func(t *testing.T, how harness.Way) {
				b := site.Browser(t, how)
				b.Open("/password/forgot")
				for typed, message := range map[string]string{"": "Enter your email address.", "nonsense": "correct format", "a@b": "correct format"} {
					site.Wire.Forget()
					b.Submit("#forgot", map[string]string{"email": typed})
					b.WantError("email", message)
					if b.Value("email") != typed || site.Wire.Count("POST") != 0 {
						t.Errorf("%q became %q, with %d calls to Directus", typed, b.Value("email"), site.Wire.Count("POST"))
					}
				}
			})
		})
		t.Run("passwords that will not do", func(t *testing.T) {
			up.InDetail(t, func(t *testing.T, how harness.Way) {
				who := site.Browser(t, harness.Plain).SignUp()
				b := site.Browser(t, how)
				b.ComeBy(forgotten(t, site, up, who, 1))
				weakPasswords(t, up, b, "#choose-password", nil)
				b.Submit("#choose-password", map[string]string{"password": harness.NewPassword}) // and the link still works
				b.WantAt("/signin")
			})
		})
		t.Run("while signed in", func(t *testing.T) {
			b := site.Browser(t, harness.Plain)
			who := b.SignUp()
			b.Open(forgotten(t, site, up, who, 1))
			b.WantSignedIn(true)
			b.Submit("#choose-password", map[string]string{"password": harness.NewPassword})
			b.WantAt("/signin")
			b.WantSignedIn(false)
			if b.SessionCookie() != nil {
				t.Error("the cookie of the ended session is still there")
			}
		})
		t.Run("an older link", func(t *testing.T) {
			who := site.Browser(t, harness.Plain).SignUp()
			older, newer := forgotten(t, site, up, who, 1), forgotten(t, site, up, who, 2)
			b := site.Browser(t, harness.Plain)
			b.ComeBy(newer)
			b.Submit("#choose-password", map[string]string{"password": harness.NewPassword})
			b.WantAt("/signin")
			b.ComeBy(older)
			b.Submit("#choose-password", map[string]string{"password": who.Password})
			b.WantStatus(http.StatusGone)
			b.WantText("This link has already been used")
			b.SignIn(harness.Account{Email: who.Email, Password: harness.NewPassword})
			b.WantAt("/profile")
		})
		t.Run("Directus goes away", func(t *testing.T) {
			up.InDetail(t, func(t *testing.T, how harness.Way) { resetInTrouble(t, up, site, how) })
		})
	})
}

// forgotten has the link mailed for the n-th time, and gives it.
func forgotten(t *testing.T, a *harness.App, up harness.Upstream, who harness.Account, n int) (path string) {
	t.Helper()
	b := a.Browser(t, harness.Plain)
	b.Open("/password/forgot")
	b.Submit("#forgot", map[string]string{"email": who.Email})
	b.WantAt("/password/sent")
	return a.Mailed(t, up, who.Email, n)
}

func resetThePassword(t *testing.T, up harness.Upstream, site *harness.App, how harness.Way) {
	elsewhere := site.Browser(t, harness.Plain)
	who := elsewhere.SignUp()
	b := site.Browser(t, how)
	b.Open("/signin")
	b.Open(b.Doc.Find(`main a[href="/password/forgot"]`).AttrOr("href", ""))
	b.Submit("#forgot", map[string]string{"email": strings.ToUpper(who.Email)})
	b.WantAt("/password/sent")
	b.WantText("Check your inbox", "If there's an account with this address", strings.ToUpper(who.Email)) // as it was typed
	elsewhere.WantSession(true)

	link := site.Mailed(t, up, who.Email, 1)
	b.ComeBy(link)
	b.WantAt("/password/reset")
	b.WantStatus(http.StatusOK)
	b.WantText("Choose a new password")
	if policy := b.Header.Get("Referrer-Policy"); policy != "same-origin" {
		t.Errorf("other sites learn where a link was followed: Referrer-Policy is %q", policy)
	}
	b.Submit("#choose-password", map[string]string{"password": harness.NewPassword})
	b.WantAt("/signin")
	if up.EndsSessions() {
		b.WantText("Your password has been changed, and you've been signed out everywhere.")
	} else {
		b.WantText("Your password has been changed.", "You may still be signed in on other devices.")
	}
	elsewhere.WantSession(!up.EndsSessions())
	b.Submit("#signin", who.Form())
	b.WantError("", "The email address or password is incorrect.")
	b.Submit("#signin", map[string]string{"email": who.Email, "password": harness.NewPassword})
	b.WantAt("/profile")

	again := site.Browser(t, how)
	again.ComeBy(link)
	again.Submit("#choose-password", map[string]string{"password": who.Password})
	again.WantStatus(http.StatusGone)
	again.WantText("This link has already been used")
	if again.Doc.Find(`main a[href="/password/forgot"]`).Length() != 1 {
		t.Error("there is no way to a new link")
	}
}

func resetInTrouble(t *testing.T, up harness.Upstream, site *harness.App, how harness.Way) {
	who := site.Browser(t, harness.Plain).SignUp()
	b := site.Browser(t, how)
	b.Open("/password/forgot")
	for broken, status := range map[string]int{"503": http.StatusServiceUnavailable, "429": http.StatusTooManyRequests} {
		site.Wire.BreakOn("POST /auth/password/request", harness.Breakages[broken])
		b.Submit("#forgot", map[string]string{"email": who.Email})
		site.Wire.Mend()
		b.WantStatus(status)
		if b.Value("email") != who.Email {
			t.Errorf("the address is lost: %q", b.Value("email"))
		}
	}
	b.Submit("#forgot", map[string]string{"email": who.Email})
	b.WantAt("/password/sent")

	b.ComeBy(site.Mailed(t, up, who.Email, 1))
	site.Wire.BreakOn("POST /auth/password/reset", harness.Breakages["cut"])
	b.Submit("#choose-password", map[string]string{"password": harness.NewPassword})
	site.Wire.Mend()
	b.WantStatus(http.StatusServiceUnavailable)
	b.WantText("couldn't confirm your new password")
	b.Submit("#choose-password", map[string]string{"password": harness.NewPassword}) // the link is not lost
	b.WantAt("/signin")
	b.WantText("Your password has been changed")
}

// Nothing tells whether an address has an account: neither what is answered nor
// how long it takes.
func TestForgottenPasswordTellsNothing(t *testing.T) {
	harness.OnDirectusInTestAll(t, func(t *testing.T, up harness.Upstream) {
		if up.Sandbox {
			up = harness.StartSandbox(t, sandbox.Options{StallTime: 100 * time.Millisecond})
		}
		site := harness.StartApp(t, up, nil)
		known := site.Browser(t, harness.Plain).SignUp()
		suspended := site.Browser(t, harness.Plain).SignUp()
		up.Set(t, suspended, map[string]any{"status": "suspended"})
		invited := harness.NewAccount()
		invite(t, up, invited.Email)
		unknown := harness.NewAccount()

		up.BothWays(t, func(t *testing.T, how harness.Way) {
			sees := func(who harness.Account) string {
				b := site.Browser(t, how)
				b.Open("/password/forgot")
				b.Submit("#forgot", map[string]string{"email": who.Email})
				b.WantAt("/password/sent")
				return strings.ReplaceAll(b.Raw, who.Email, "somebody")
			}
			page := sees(unknown)
			for name, who := range map[string]harness.Account{"has an account": known, "is suspended": suspended, "is invited": invited} {
				if sees(who) != page {
					t.Errorf("who %s sees another page", name)
				}
			}
		})

		var heads []string
		sealed := regexp.MustCompile("=[^;]*") // the address that was typed, anew each time
		median := func(who harness.Account) time.Duration {
			var took []time.Duration
			for range 5 {
				b := site.Browser(t, harness.Plain)
				site.Pass(time.Hour) // nobody is mailed more than a few times in one
				began := time.Now()
				b.Request(http.MethodPost, "/password/forgot", harness.Form(who), nil)
				took = append(took, time.Since(began))
				b.Header.Del("Date")
				b.Header.Del("X-Request-Id")
				var head strings.Builder
				b.Header.Set("Set-Cookie", sealed.ReplaceAllString(b.Header.Get("Set-Cookie"), "="))
				if err := b.Header.Write(&head); err != nil {
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
	site := harness.StartApp(t, harness.StartSandbox(t, sandbox.Options{}), map[string]string{"PUBLIC_URL": "http://elsewhere.test"})
	b := site.Browser(t, harness.Plain)
	who := b.SignUp()
	b.Open("/password/forgot")
	b.Submit("#forgot", map[string]string{"email": who.Email})
	b.WantAt("/password/sent")
	if !strings.Contains(site.Log.String(), "PASSWORD_RESET_URL_ALLOW_LIST") {
		t.Error("the log does not say what to do")
	}
}

// A link that is used several times at once sets one password, whatever Directus does,
// and nobody else is told that theirs was set. A button pressed twice is one use.
func TestALinkUsedAtOnceWorksOnce(t *testing.T) {
	t.Parallel()
	harness.TakesSeconds(t)
	up := harness.StartSandbox(t, sandbox.Options{})
	site := harness.StartApp(t, up, nil)
	who := site.Browser(t, harness.Plain).SignUp()
	asking := site.Browser(t, harness.Plain)
	asking.Open("/password/forgot")
	asking.Submit("#forgot", map[string]string{"email": who.Email})
	link := site.Mailed(t, up, who.Email, 1)
	var mu sync.Mutex
	set := 0
	site.Wire.BreakOn("POST /auth/password/reset", func(w http.ResponseWriter, _ *http.Request) {
		mu.Lock()
		set++
		mu.Unlock()
		time.Sleep(3 * time.Second) // meanwhile the others come
		w.WriteHeader(http.StatusNoContent)
	})
	defer site.Wire.Mend()
	passwords := []string{"teapot-orchard-gravel", "teapot-orchard-gravel", "lantern-meadow-copper", "thistle-harbour-violet"}
	using := make([]*harness.Browser, len(passwords))
	var group sync.WaitGroup
	for i, password := range passwords {
		using[i] = site.Browser(t, harness.Plain)
		using[i].Open(link)
		group.Go(func() { using[i].Request(http.MethodPost, "/password/reset", url.Values{"password": {password}}, nil) })
	}
	group.Wait()
	done := map[string]int{}
	for i, b := range using {
		switch b.Status {
		case http.StatusSeeOther:
			done[passwords[i]]++
		case http.StatusGone:
		default:
			t.Errorf("%s: %d", passwords[i], b.Status)
		}
	}
	if set != 1 || len(done) != 1 || done["teapot-orchard-gravel"] == 1 {
		t.Errorf("Directus was asked %d times, and these were told that theirs was set: %v", set, done)
	}
}
