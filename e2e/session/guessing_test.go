package session_test

import (
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
		up.BothWays(t, func(t *testing.T, how harness.Way) {
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
// browsers have. The mail lets the owner in all the same, with two-factor authentication too.
func TestATrustedDeviceDoesNotLockItsOwnerOut(t *testing.T) {
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
func TestAFloodLetsTrustedDevicesIn(t *testing.T) {
	harness.TakesSeconds(t)
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

// What a browser is known for follows its member's address, and ends with the
// account.
func TestTrustedDevices(t *testing.T) {
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
