package session_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"hutch/e2e/harness"
	"hutch/internal/limits"
	"hutch/sandbox"
	"hutch/tools/realredis"
)

// Guessing is slowed down, and nobody can have somebody else suspended.

const guessed = "POST /auth/login"

// guesser is a visitor with an address of their own, who has never been here.
func guesser(t *testing.T, a *harness.App, how harness.Way, n int) *harness.Browser {
	b := a.Browser(t, how)
	b.IP = fmt.Sprintf("198.18.%d.%d", n>>8&255, n&255)
	return b
}

// attackAccount guesses at an account from n addresses, and lets time pass in between
// (0: none does).
func attackAccount(t *testing.T, a *harness.App, who harness.Account, n int, pause time.Duration) {
	t.Helper()
	for i := range n {
		b := guesser(t, a, harness.Plain, i)
		b.Request(http.MethodPost, "/signin", harness.Form(harness.Account{Email: who.Email, Password: harness.WrongPassword}), nil)
		if b.Status != http.StatusUnprocessableEntity && b.Status != http.StatusTooManyRequests {
			t.Fatalf("guess %d is answered with %d", i, b.Status)
		}
		a.Pass(pause)
	}
}

func leave(b *harness.Browser) {
	b.T.Helper()
	b.Open("/logout")
	b.Submit(`main form[action="/logout"]`, nil)
	b.WantSignedIn(false)
}

// wantSlowed checks that a form says, and the answer too, that it was too much. The
// longest wait is a stranger's, where a known browser has used up a month's each.
func wantSlowed(b *harness.Browser, email, message string) {
	b.T.Helper()
	b.WantStatus(http.StatusTooManyRequests)
	b.WantText(message)
	if seconds, err := strconv.Atoi(b.Header.Get("Retry-After")); err != nil || seconds < 1 || seconds > 366*24*60*60 {
		b.T.Errorf("Retry-After is %q", b.Header.Get("Retry-After"))
	}
	if b.Value("email") != email {
		b.T.Errorf("%q became %q", email, b.Value("email"))
	}
	if b.Doc.Find("input[type=password][value]").Length() != 0 {
		b.T.Error("a password came back in the page")
	}
	if b.Header.Get("Cache-Control") != "no-store" {
		b.T.Errorf("the answer may be kept: %q", b.Header.Get("Cache-Control"))
	}
}

const (
	sayGuesses = "Too many failed sign-in attempts."
	saySlow    = "You've tried this too often."
)

func TestNobodyHasSomebodySuspended(t *testing.T) {
	harness.OnEachDirectus(t, func(t *testing.T, up harness.Upstream) {
		harness.BothWays(t, func(t *testing.T, how harness.Way) {
			site := harness.StartApp(t, up, nil)
			owner := site.Browser(t, how)
			who := owner.SignUp()
			leave(owner)

			site.Wire.Forget()
			attackAccount(t, site, who, 40, 5*time.Minute)
			if n := site.Wire.Count(guessed); n != 10 {
				t.Errorf("Directus saw %d guesses, want 10", n)
			}
			if status := up.User(t, who)["status"]; status != "active" {
				t.Fatalf("the account is %v", status)
			}

			// Elsewhere, not even the owner gets in, nor learns whether they know the
			// password.
			elsewhere := guesser(t, site, how, 5000)
			site.Wire.Forget()
			elsewhere.SignIn(who)
			wantSlowed(elsewhere, who.Email, sayGuesses)
			elsewhere.WantSignedIn(false)
			if n := site.Wire.Count("POST"); n != 0 {
				t.Errorf("Directus was asked %d times", n)
			}

			// Where they have signed in before, they do.
			owner.SignIn(harness.Account{Email: who.Email, Password: harness.WrongPassword}) // once by mistake
			owner.WantError("", "email address or password is incorrect")
			owner.SignIn(who)
			owner.WantAt("/profile")
			owner.WantSignedIn(true)

			// With that, Directus has forgotten the guesses; strangers are let in again.
			elsewhere.SignIn(who)
			elsewhere.WantAt("/profile")

			// Once more, and the owner has no browser left. The mail lets them in.
			attackAccount(t, site, who, 40, 5*time.Minute)
			anew := guesser(t, site, how, 5001)
			anew.SignIn(who)
			wantSlowed(anew, who.Email, sayGuesses)
			anew.Open("/signin")
			anew.Open(anew.Doc.Find(`main a[href="/password/forgot"]`).AttrOr("href", "?"))
			anew.Submit("#forgot", map[string]string{"email": who.Email})
			anew.WantAt("/password/sent")
			anew.ComeBy(site.Mailed(t, up, who.Email, 1))
			anew.Submit("#choose-password", map[string]string{"password": harness.NewPassword})
			anew.WantAt("/signin")
			anew.SignIn(harness.Account{Email: who.Email, Password: harness.NewPassword})
			anew.WantAt("/profile")
			anew.WantSignedIn(true)
			if status := up.User(t, who)["status"]; status != "active" {
				t.Errorf("the account is %v", status)
			}
		})
	})
}

// A browser that was the owner's once, an ex-partner's say, uses up what known
// browsers have. The mail lets the owner in all the same, with their second step.
func TestAKnownBrowserDoesNotShutItsOwnerOut(t *testing.T) {
	harness.OnEachDirectus(t, func(t *testing.T, up harness.Upstream) {
		site := harness.StartApp(t, up, nil)
		ex := site.Browser(t, harness.Plain)
		who := ex.SignUp()
		secret, _ := ex.SwitchOnTwoFactor(who)
		leave(ex)
		site.Wire.Forget()
		for range 26 {
			ex.SignIn(harness.Account{Email: who.Email, Password: harness.WrongPassword})
			site.Pass(24 * time.Hour)
		}
		wantSlowed(ex, who.Email, sayGuesses)
		if n := site.Wire.Count(guessed); n != 23 {
			t.Errorf("Directus saw %d guesses, want 23", n)
		}

		owner := guesser(t, site, harness.Plain, 1)
		owner.SignIn(who)
		wantSlowed(owner, who.Email, sayGuesses)
		owner.Open("/password/forgot")
		owner.Submit("#forgot", map[string]string{"email": who.Email})
		owner.ComeBy(site.Mailed(t, up, who.Email, 1))
		owner.Submit("#choose-password", map[string]string{"password": harness.NewPassword})
		owner.WantAt("/signin")
		owner.SignInWithCode(harness.Account{Email: who.Email, Password: harness.NewPassword}, secret)
		owner.WantAt("/profile")
		owner.WantSignedIn(true)
		if status := up.User(t, who)["status"]; status != "active" {
			t.Errorf("the account is %v", status)
		}
	})
}

// A hundred sign-ins a second, from everywhere and at all accounts: they are told
// when to come back, and a member who was here before signs in meanwhile.
func TestAFloodLetsKnownBrowsersIn(t *testing.T) {
	up := harness.StartSandbox(t, sandbox.Options{})
	up.Limited = limits.Table()
	site := harness.StartApp(t, up, nil)
	member := site.Browser(t, harness.Plain)
	who := member.SignUp()
	leave(member)

	var sent, refused atomic.Int64
	guess := func(i int64) {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, site.URL+"/signin", strings.NewReader(harness.Form(harness.Account{Email: fmt.Sprintf("nobody%d@example.org", i), Password: harness.WrongPassword}).Encode()))
		if err != nil {
			t.Error(err)
			return
		}
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		req.Header.Set("Sec-Fetch-Site", "same-origin")
		req.Header.Set("X-Forwarded-For", fmt.Sprintf("198.18.%d.%d", i>>8&255, i&255))
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Error(err)
			return
		}
		defer res.Body.Close()
		_, _ = io.Copy(io.Discard, res.Body)
		seconds, _ := strconv.Atoi(res.Header.Get("Retry-After"))
		switch {
		case res.StatusCode == http.StatusTooManyRequests && seconds >= 1:
			refused.Add(1)
		case res.StatusCode != http.StatusUnprocessableEntity:
			t.Errorf("a guess is answered with %d, Retry-After %q", res.StatusCode, res.Header.Get("Retry-After"))
		}
	}
	site.Wire.Forget()
	began, over := time.Now(), make(chan struct{})
	var flood sync.WaitGroup
	flood.Go(func() {
		for tick := time.NewTicker(10 * time.Millisecond); ; {
			select {
			case <-over:
				tick.Stop()
				return
			case <-tick.C:
				i := sent.Add(1)
				flood.Go(func() { guess(i) })
			}
		}
	})
	signedIn, slowest := 0, time.Duration(0)
	for time.Since(began) < time.Minute && (time.Since(began) < 3*time.Second || refused.Load() < 100 || signedIn < 5) {
		if refused.Load() == 0 { // the limit is not in force yet
			time.Sleep(10 * time.Millisecond)
			continue
		}
		member.Open("/signin")
		asked := time.Now()
		member.Submit("#signin", who.Form())
		slowest = max(slowest, time.Since(asked))
		member.WantAt("/profile")
		member.WantSignedIn(true)
		signedIn++
		leave(member)
		time.Sleep(100 * time.Millisecond) // they are people
	}
	close(over)
	flood.Wait()
	lasted := time.Since(began)
	if refused.Load() < 100 || signedIn < 5 {
		t.Errorf("of %d guesses %d were refused, and the member signed in %d times", sent.Load(), refused.Load(), signedIn)
	}
	if n, most := site.Wire.Count(guessed)-signedIn, 101+int(lasted/(100*time.Millisecond)); n > most {
		t.Errorf("Directus saw %d guesses in %v, want %d at most", n, lasted, most)
	}
	t.Logf("%d guesses in %v, %d of them refused; %d sign-ins of a member, the slowest in %v", sent.Load(), lasted.Round(time.Millisecond), refused.Load(), signedIn, slowest.Round(time.Millisecond))
}

// Guesses at the same moment are no more than one by one.
func TestGuessesAtOnce(t *testing.T) {
	harness.OnEachDirectus(t, func(t *testing.T, up harness.Upstream) {
		site := harness.StartApp(t, up, nil)
		who := site.Browser(t, harness.Plain).SignUp()
		var browsers []*harness.Browser
		for i := range 100 {
			browsers = append(browsers, guesser(t, site, harness.Plain, i))
		}
		site.Wire.Forget()
		var group sync.WaitGroup
		for _, b := range browsers {
			group.Go(func() {
				b.Request(http.MethodPost, "/signin", harness.Form(harness.Account{Email: who.Email, Password: harness.WrongPassword}), nil)
			})
		}
		group.Wait()
		answers := map[int]int{}
		for _, b := range browsers {
			answers[b.Status]++
		}
		if n := site.Wire.Count(guessed); n != 8 || answers[http.StatusUnprocessableEntity] != 8 || answers[http.StatusTooManyRequests] != 92 {
			t.Errorf("of 100 guesses Directus saw %d, want 8; the answers: %v", n, answers)
		}
	})
}

// What strangers are told is the same whether there is such an account or not.
func TestLimitsTellNothing(t *testing.T) {
	site := harness.StartApp(t, harness.StartSandbox(t, sandbox.Options{}), nil)
	known, unknown := site.Browser(t, harness.Plain).SignUp(), harness.NewAccount()
	sees := func(who harness.Account) (all []string) {
		for i := range 12 {
			b := guesser(t, site, harness.Plain, i)
			b.Open("/signin")
			b.Submit("#signin", map[string]string{"email": who.Email, "password": harness.WrongPassword})
			after := b.Header.Get("Retry-After")
			if after != "" {
				after = "said"
			}
			all = append(all, fmt.Sprint(b.Status, after, strings.ReplaceAll(b.Raw, who.Email, "somebody")))
		}
		return all
	}
	had, hadNot := sees(known), sees(unknown)
	for i := range had {
		if had[i] != hadNot[i] {
			t.Errorf("answer %d is another:\n%s\n%s", i, had[i], hadNot[i])
		}
	}
	if !strings.HasPrefix(had[11], "429") {
		t.Error("it was not enough to be limited")
	}
}

// Wherever a password is asked for, a wrong one counts.
func TestEveryFormCountsGuesses(t *testing.T) {
	site := harness.StartApp(t, harness.StartSandbox(t, sandbox.Options{}), nil)

	t.Run("signing up", func(t *testing.T) {
		who := site.Browser(t, harness.Plain).SignUp()
		site.Wire.Forget()
		for i := range 40 {
			b := guesser(t, site, harness.Plain, i)
			b.Request(http.MethodPost, "/signup", harness.Form(harness.Account{Email: who.Email, Password: harness.WrongPassword}), nil)
			site.Pass(5 * time.Minute)
		}
		if n := site.Wire.Count(guessed); n != 10 {
			t.Errorf("Directus saw %d guesses, want 10", n)
		}
	})
	t.Run("the current password", func(t *testing.T) {
		harness.BothWays(t, func(t *testing.T, how harness.Way) {
			b := site.Browser(t, how)
			who := b.SignUp()
			site.Wire.Forget()
			for i, form := range []string{"email", "password", "delete", "two-factor"} {
				for range 3 {
					b.Open("/profile/" + form)
					b.Submit(map[string]string{
						"email": "#change-email", "password": "#change-password", "delete": "#delete-account", "two-factor": "#two-factor",
					}[form], fillIn(form, who, harness.WrongPassword))
					if i == 3 {
						b.WantStatus(http.StatusTooManyRequests)
						b.WantText(sayGuesses)
						b.WantSignedIn(true)
					}
				}
			}
			if n := site.Wire.Count(guessed); n != 8 {
				t.Errorf("Directus saw %d guesses, want 8", n)
			}
			other := guesser(t, site, how, 77)
			other.SignIn(who)
			other.WantAt("/profile")
		})
	})
	t.Run("the code, with what was held before", func(t *testing.T) {
		first := site.Browser(t, harness.Plain)
		who := first.SignUp()
		secret, _ := first.SwitchOnTwoFactor(who)
		b := guesser(t, site, harness.Plain, 1)
		b.SignIn(who)
		b.WantAt("/signin/code")
		held := b.HTTP.Jar.Cookies(b.Address())
		site.Wire.Forget()
		for i := range 40 {
			thief := guesser(t, site, harness.Plain, 10+i)
			thief.HTTP.Jar, _ = cookiejar.New(nil)
			thief.HTTP.Jar.SetCookies(thief.Address(), held)
			thief.Request(http.MethodPost, "/signin/code", url.Values{"code": {harness.WrongCode(t, secret)}}, nil)
		}
		if n := site.Wire.Count(guessed); n != 7 { // one was the password
			t.Errorf("Directus saw %d codes, want 7", n)
		}
		leave(first)
		first.SignInWithCode(who, secret)
		first.WantAt("/profile")
	})
	t.Run("recovery codes", func(t *testing.T) {
		first := site.Browser(t, harness.Plain)
		who := first.SignUp()
		first.SwitchOnTwoFactor(who)
		b := guesser(t, site, harness.Plain, 1)
		b.SignIn(who)
		held := b.HTTP.Jar.Cookies(b.Address())
		site.Wire.Forget()
		for i := range 40 {
			thief := guesser(t, site, harness.Plain, 10+i)
			thief.HTTP.Jar, _ = cookiejar.New(nil)
			thief.HTTP.Jar.SetCookies(thief.Address(), held)
			thief.Request(http.MethodPost, "/signin/recovery", url.Values{"code": {fmt.Sprintf("ABCDE-FGHIJ-KLMNO-PQR%02d", i)}}, nil)
		}
		if n := site.Wire.Count("GET /items/hutch_recovery_codes"); n != 10 {
			t.Errorf("Directus was asked for %d codes, want 10", n)
		}
	})
}

// fillIn fills a form that asks for the current password.
func fillIn(form string, who harness.Account, password string) map[string]string {
	fields := map[string]string{"current_password": password}
	switch form {
	case "email":
		fields["email"] = harness.NewAccount().Email
	case "password":
		fields["password"] = harness.NewPassword
	case "delete":
		fields["email"] = who.Email
	}
	return fields
}

// Mails are not sent without end, and whoever waits for one is told so.
func TestMailsAreLimited(t *testing.T) {
	site := harness.StartApp(t, harness.StartSandbox(t, sandbox.Options{}), nil)
	harness.BothWays(t, func(t *testing.T, how harness.Way) {
		who := site.Browser(t, harness.Plain).SignUp()
		site.Wire.Forget()
		for i := range 10 {
			b := guesser(t, site, how, i)
			b.Open("/password/forgot")
			b.Submit("#forgot", map[string]string{"email": who.Email})
			if i >= 5 {
				wantSlowed(b, who.Email, "Several emails have already been requested for this address.")
			}
		}
		if n := site.Wire.Count("POST /auth/password/request"); n != 5 {
			t.Errorf("%d mails, want 5", n)
		}
		one := guesser(t, site, how, 9000)
		for i := range 20 {
			one.Open("/password/forgot")
			email := harness.NewAccount().Email
			one.Submit("#forgot", map[string]string{"email": email})
			if i >= 15 {
				wantSlowed(one, email, saySlow)
			}
		}
		site.Pass(time.Hour)
		one.Open("/password/forgot")
		one.Submit("#forgot", map[string]string{"email": who.Email})
		one.WantAt("/password/sent")
	})
}

// One address that tries many accounts is slowed; others are not.
func TestOneAddressIsSlowed(t *testing.T) {
	site := harness.StartApp(t, harness.StartSandbox(t, sandbox.Options{}), nil)
	who := site.Browser(t, harness.Plain).SignUp()
	member := site.Browser(t, harness.Plain)
	member.SignIn(who)
	leave(member)
	for name, address := range map[string]func(int) string{
		"IPv4":          func(int) string { return "203.0.113.7" },
		"a /64 of IPv6": func(i int) string { return fmt.Sprintf("2001:db8:1:2:%x::%x", i, i*7) },
	} {
		site.Wire.Forget()
		slowed := 0
		var b *harness.Browser
		for i := range 45 {
			b = site.Browser(t, harness.Plain)
			b.IP = address(i)
			b.SignIn(harness.Account{Email: harness.NewAccount().Email, Password: harness.WrongPassword})
			if b.Status == http.StatusTooManyRequests {
				slowed++
			}
		}
		wantSlowed(b, b.Value("email"), saySlow)
		if n := site.Wire.Count(guessed); n < 30 || n > 31 || slowed != 45-n { // one more each two seconds
			t.Errorf("%s: Directus saw %d guesses, %d were refused", name, n, slowed)
		}
		// A member from the same address, who was here before.
		member.IP = address(99)
		member.SignIn(who)
		member.WantAt("/profile")
		leave(member)
	}
	elsewhere := site.Browser(t, harness.Plain)
	elsewhere.IP = "2001:db8:1:3::1"
	elsewhere.SignIn(who)
	elsewhere.WantAt("/profile")
}

func TestLimitsSpeakTheVisitorsLanguage(t *testing.T) {
	site := harness.StartApp(t, harness.StartSandbox(t, sandbox.Options{}), nil)
	who := site.Browser(t, harness.Plain).SignUp()
	attackAccount(t, site, who, 10, 0)
	b := guesser(t, site, harness.Plain, 100)
	b.Request(http.MethodPost, "/signin", harness.Form(who), http.Header{"Accept-Language": {"de"}})
	b.Load()
	wantSlowed(b, who.Email, "Zu viele fehlgeschlagene Anmeldeversuche.")
	if !strings.Contains(site.Log.String(), "event=throttled") || !strings.Contains(site.Log.String(), "limit=signin-pace") {
		t.Errorf("the log does not say which limit it was:\n%s", site.Log)
	}
	if strings.Contains(site.Log.String(), who.Email) {
		t.Error("the log says whose account it is")
	}
}

// Directus in trouble uses up nobody's attempts, where it has said so.
func TestTroubleIsGivenBack(t *testing.T) {
	site := harness.StartApp(t, harness.StartSandbox(t, sandbox.Options{}), nil)
	owner := site.Browser(t, harness.Plain)
	who := owner.SignUp()
	leave(owner)
	for kind, forStrangersToo := range map[string]bool{"503": true, "429": true, "cut": false} {
		tries := []*harness.Browser{owner}
		if forStrangersToo {
			tries = append(tries, guesser(t, site, harness.Plain, 1))
		}
		site.Wire.BreakOn(guessed, harness.Breakages[kind])
		for range 12 {
			for _, b := range tries {
				b.SignIn(who)
				if b.Status != http.StatusServiceUnavailable && b.Status != http.StatusTooManyRequests {
					t.Errorf("%s: %d", kind, b.Status)
				}
			}
			site.Pass(10 * time.Second)
		}
		site.Wire.Mend()
		for _, b := range tries {
			b.SignIn(who)
			b.WantAt("/profile")
			leave(b)
		}
	}
}

// Who hangs up before the answer has guessed all the same: Directus has counted it.
// That is so for strangers, for browsers that are known, and for a member's session
// without such a browser, which may be stolen.
func TestWhoHangsUpHasGuessed(t *testing.T) {
	site := harness.StartApp(t, harness.StartSandbox(t, sandbox.Options{}), nil)
	stranger, known, session := site.Browser(t, harness.Plain).SignUp(), site.Browser(t, harness.Plain), site.Browser(t, harness.Plain)
	owner := known.SignUp()
	leave(known)
	session.SignUp()
	session.HTTP.Jar.SetCookies(session.Address(), []*http.Cookie{{Name: "device", Path: "/", MaxAge: -1}})
	site.Wire.BreakOn(guessed, func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body) // only then it is seen who hangs up
		<-r.Context().Done()
	})
	change := url.Values{"current_password": {harness.WrongPassword}, "password": {harness.NewPassword}}
	for _, guesser := range []struct {
		name, path string
		form       url.Values
		jar        http.CookieJar
	}{
		{"a stranger", "/signin", harness.Form(harness.Account{Email: stranger.Email, Password: harness.WrongPassword}), nil},
		{"a known browser", "/signin", harness.Form(harness.Account{Email: owner.Email, Password: harness.WrongPassword}), known.HTTP.Jar},
		{"a member's session", "/profile/password", change, session.HTTP.Jar},
	} {
		site.Wire.Forget()
		for i := range 20 {
			hangUpOnceAsked(t, site, guessed, &http.Client{Jar: guesser.jar}, guesser.path, fmt.Sprintf("198.18.7.%d", i), guesser.form)
		}
		if n := site.Wire.Count(guessed); n != 8 {
			t.Errorf("%s: Directus saw %d guesses, want 8", guesser.name, n)
		}
	}
}

// An account that was asked for counts, unless Directus has said that it made none:
// it may have mailed.
func TestASignUpWithoutAnAnswerCounts(t *testing.T) {
	const asked = "POST /users/register"
	site := harness.StartApp(t, harness.StartSandbox(t, sandbox.Options{}), nil)
	for kind, want := range map[string]int{"503": 12, "429": 12, "cut": 5} {
		site.Wire.BreakOn(asked, harness.Breakages[kind])
		site.Wire.Forget()
		who := harness.NewAccount()
		for i := range 12 {
			b := guesser(t, site, harness.Plain, i)
			b.Request(http.MethodPost, "/signup", harness.Form(who), nil)
		}
		if n := site.Wire.Count(asked); n != want {
			t.Errorf("%s: Directus was asked %d times, want %d", kind, n, want)
		}
	}
	site.Wire.BreakOn(asked, func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		<-r.Context().Done()
	})
	site.Wire.Forget()
	who := harness.NewAccount()
	for i := range 12 {
		hangUpOnceAsked(t, site, asked, http.DefaultClient, "/signup", fmt.Sprintf("198.18.8.%d", i), harness.Form(who))
	}
	if n := site.Wire.Count(asked); n != 5 {
		t.Errorf("whoever hangs up has Directus asked %d times, want 5", n)
	}
}

// hangUpOnceAsked sends a form, and leaves as soon as Directus gets this call,
// unless there is an answer before.
func hangUpOnceAsked(t *testing.T, a *harness.App, call string, client *http.Client, path, ip string, form url.Values) {
	t.Helper()
	ctx, hangUp := context.WithCancel(t.Context())
	defer hangUp()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, a.URL+path, strings.NewReader(form.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("Sec-Fetch-Site", "same-origin")
	req.Header.Set("X-Forwarded-For", ip)
	asked := a.Wire.Count(call)
	answered := make(chan struct{})
	go func() {
		defer close(answered)
		if res, err := client.Do(req); err == nil {
			res.Body.Close()
		}
	}()
	for deadline := time.Now().Add(time.Minute); a.Wire.Count(call) == asked && time.Now().Before(deadline); {
		select {
		case <-answered:
			return
		case <-time.After(5 * time.Millisecond):
		}
	}
	hangUp()
	<-answered
}

// What a browser is known for follows its member's address, and ends with the
// account.
func TestKnownBrowsers(t *testing.T) {
	site := harness.StartApp(t, harness.StartSandbox(t, sandbox.Options{}), nil)
	b := site.Browser(t, harness.Plain)
	who := b.SignUp()
	moved := harness.Account{Email: harness.NewAccount().Email, Password: who.Password}
	b.Open("/profile/email")
	b.Submit("#change-email", map[string]string{"email": moved.Email, "current_password": who.Password})
	b.WantAt("/profile/email")
	leave(b)
	attackAccount(t, site, moved, 40, 5*time.Minute)
	b.SignIn(moved)
	b.WantAt("/profile")
	b.Open("/profile/delete")
	b.Submit("#delete-account", map[string]string{"email": moved.Email, "current_password": moved.Password})
	b.WantText("deleted")
	for _, cookie := range b.HTTP.Jar.Cookies(b.Address()) {
		if cookie.Name == "device" {
			t.Error("a browser is known to an account that is no more")
		}
	}
}

// Replicas count together through Redis, and each for itself while it is away.
func TestReplicasCountTogether(t *testing.T) {
	t.Parallel()
	up, redis := harness.StartSandbox(t, sandbox.Options{}), realredis.ForTest(t)
	env := map[string]string{"REDIS_URL": redis.URL, "SESSION_SECRET": "the-secret-of-the-replicas-0123456789"}
	sites := []*harness.App{harness.StartApp(t, up, env), harness.StartApp(t, up, env)}
	guesses := func() (n int) {
		for _, site := range sites {
			n += site.Wire.Count(guessed)
			site.Wire.Forget()
		}
		return n
	}
	attack := func(who harness.Account) int {
		guesses()
		attackAccount(t, sites[0], who, 5, 0)
		attackAccount(t, sites[1], who, 20, 0)
		return guesses()
	}

	owner := sites[0].Browser(t, harness.Plain)
	who := owner.SignUp()
	leave(owner)
	if n := attack(who); n != 8 {
		t.Errorf("Directus saw %d guesses, want 8", n)
	}
	there := sites[1].Browser(t, harness.Plain) // the owner's browser, at the other replica
	there.HTTP.Jar = owner.HTTP.Jar
	there.HTTP.Jar.SetCookies(there.Address(), owner.HTTP.Jar.Cookies(owner.Address()))
	there.SignIn(who)
	there.WantAt("/profile")

	redis.Kill()
	who = harness.NewAccount()
	if n := attack(who); n != 5+8 {
		t.Errorf("without Redis, Directus saw %d guesses, want 5 and 8", n)
	}
	for _, site := range sites {
		if n := strings.Count(site.Log.String(), "each replica counts limits on its own"); n != 1 {
			t.Errorf("%d lines about one outage:\n%s", n, site.Log)
		}
	}
	b := guesser(t, sites[0], harness.Plain, 3)
	b.SignUp()

	if err := redis.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	for i, site := range sites {
		for deadline := time.Now().Add(time.Minute); !strings.Contains(site.Log.String(), "limits are shared with the other replicas again"); {
			if time.Now().After(deadline) {
				t.Fatalf("replica %d does not find Redis again:\n%s", i, site.Log)
			}
			site.Pass(10 * time.Second)
			guesser(t, site, harness.Plain, 4000+i).SignIn(harness.NewAccount())
		}
	}
	if n := attack(harness.NewAccount()); n != 8 {
		t.Errorf("with Redis back, Directus saw %d guesses, want 8", n)
	}
	for _, site := range sites {
		if strings.Contains(site.Log.String(), redis.Password) {
			t.Error("the password of Redis is in the log")
		}
	}
}
