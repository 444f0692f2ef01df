package main

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

	"hutch/internal/limits"
	"hutch/sandbox"
	"hutch/tools/realredis"
)

// Guessing is slowed down, and nobody can have somebody else suspended.

const guessed = "POST /auth/login"

// guesser is a visitor with an address of their own, who has never been here.
func (a *app) guesser(t *testing.T, how way, n int) *browser {
	b := a.browser(t, how)
	b.ip = fmt.Sprintf("198.18.%d.%d", n>>8&255, n&255)
	return b
}

// attack guesses at an account from n addresses, and lets time pass in between
// (0: none does).
func (a *app) attack(t *testing.T, who account, n int, pause time.Duration) {
	t.Helper()
	for i := range n {
		b := a.guesser(t, plain, i)
		b.request(http.MethodPost, "/signin", form(account{who.email, wrongPassword}), nil)
		if b.status != http.StatusUnprocessableEntity && b.status != http.StatusTooManyRequests {
			t.Fatalf("guess %d is answered with %d", i, b.status)
		}
		a.pass(pause)
	}
}

func (b *browser) leave() {
	b.t.Helper()
	b.open("/logout")
	b.submit(`main form[action="/logout"]`, nil)
	b.wantSignedIn(false)
}

// wantSlowed checks that a form says, and the answer too, that it was too much. The
// longest wait is a stranger's, where a known browser has used up a month's each.
func (b *browser) wantSlowed(email, message string) {
	b.t.Helper()
	b.wantStatus(http.StatusTooManyRequests)
	b.wantText(message)
	if seconds, err := strconv.Atoi(b.header.Get("Retry-After")); err != nil || seconds < 1 || seconds > 366*24*60*60 {
		b.t.Errorf("Retry-After is %q", b.header.Get("Retry-After"))
	}
	if b.value("email") != email {
		b.t.Errorf("%q became %q", email, b.value("email"))
	}
	if b.doc.Find("input[type=password][value]").Length() != 0 {
		b.t.Error("a password came back in the page")
	}
	if b.header.Get("Cache-Control") != "no-store" {
		b.t.Errorf("the answer may be kept: %q", b.header.Get("Cache-Control"))
	}
}

const (
	sayGuesses = "There were too many wrong attempts to sign in to this account."
	saySlow    = "That was tried too often."
)

func TestNobodyHasSomebodySuspended(t *testing.T) {
	onEachDirectus(t, func(t *testing.T, up upstream) {
		bothWays(t, func(t *testing.T, how way) {
			site := startApp(t, up, nil)
			owner := site.browser(t, how)
			who := owner.signUp()
			owner.leave()

			site.wire.forget()
			site.attack(t, who, 40, 5*time.Minute)
			if n := site.wire.count(guessed); n != 10 {
				t.Errorf("Directus saw %d guesses, want 10", n)
			}
			if status := up.user(t, who)["status"]; status != "active" {
				t.Fatalf("the account is %v", status)
			}

			// Elsewhere, not even the owner gets in, nor learns whether they know the
			// password.
			elsewhere := site.guesser(t, how, 5000)
			site.wire.forget()
			elsewhere.signIn(who)
			elsewhere.wantSlowed(who.email, sayGuesses)
			elsewhere.wantSignedIn(false)
			if n := site.wire.count("POST"); n != 0 {
				t.Errorf("Directus was asked %d times", n)
			}

			// Where they have signed in before, they do.
			owner.signIn(account{who.email, wrongPassword}) // once by mistake
			owner.wantError("", "email address or the password is wrong")
			owner.signIn(who)
			owner.wantAt("/profile")
			owner.wantSignedIn(true)

			// With that, Directus has forgotten the guesses; strangers are let in again.
			elsewhere.signIn(who)
			elsewhere.wantAt("/profile")

			// Once more, and the owner has no browser left. The mail lets them in.
			site.attack(t, who, 40, 5*time.Minute)
			anew := site.guesser(t, how, 5001)
			anew.signIn(who)
			anew.wantSlowed(who.email, sayGuesses)
			anew.open("/signin")
			anew.open(anew.doc.Find(`main a[href="/password/forgot"]`).AttrOr("href", "?"))
			anew.submit("#forgot", map[string]string{"email": who.email})
			anew.wantAt("/password/sent")
			anew.comeBy(site.mailed(t, up, who.email, 1))
			anew.submit("#choose-password", map[string]string{"password": newPassword})
			anew.wantAt("/signin")
			anew.signIn(account{who.email, newPassword})
			anew.wantAt("/profile")
			anew.wantSignedIn(true)
			if status := up.user(t, who)["status"]; status != "active" {
				t.Errorf("the account is %v", status)
			}
		})
	})
}

// A browser that was the owner's once, an ex-partner's say, uses up what known
// browsers have. The mail lets the owner in all the same, with their second step.
func TestAKnownBrowserDoesNotShutItsOwnerOut(t *testing.T) {
	onEachDirectus(t, func(t *testing.T, up upstream) {
		site := startApp(t, up, nil)
		ex := site.browser(t, plain)
		who := ex.signUp()
		secret, _ := ex.switchOnTwoFactor(who)
		ex.leave()
		site.wire.forget()
		for range 26 {
			ex.signIn(account{who.email, wrongPassword})
			site.pass(24 * time.Hour)
		}
		ex.wantSlowed(who.email, sayGuesses)
		if n := site.wire.count(guessed); n != 23 {
			t.Errorf("Directus saw %d guesses, want 23", n)
		}

		owner := site.guesser(t, plain, 1)
		owner.signIn(who)
		owner.wantSlowed(who.email, sayGuesses)
		owner.open("/password/forgot")
		owner.submit("#forgot", map[string]string{"email": who.email})
		owner.comeBy(site.mailed(t, up, who.email, 1))
		owner.submit("#choose-password", map[string]string{"password": newPassword})
		owner.wantAt("/signin")
		owner.signInWithCode(account{who.email, newPassword}, secret)
		owner.wantAt("/profile")
		owner.wantSignedIn(true)
		if status := up.user(t, who)["status"]; status != "active" {
			t.Errorf("the account is %v", status)
		}
	})
}

// A hundred sign-ins a second, from everywhere and at all accounts: they are told
// when to come back, and a member who was here before signs in meanwhile.
func TestAFloodLetsKnownBrowsersIn(t *testing.T) {
	up := startSandbox(t, sandbox.Options{})
	up.limited = limits.Table()
	site := startApp(t, up, nil)
	member := site.browser(t, plain)
	who := member.signUp()
	member.leave()

	var sent, refused atomic.Int64
	guess := func(i int64) {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, site.url+"/signin", strings.NewReader(form(account{fmt.Sprintf("nobody%d@example.org", i), wrongPassword}).Encode()))
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
	site.wire.forget()
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
		member.open("/signin")
		asked := time.Now()
		member.submit("#signin", who.form())
		slowest = max(slowest, time.Since(asked))
		member.wantAt("/profile")
		member.wantSignedIn(true)
		signedIn++
		member.leave()
		time.Sleep(100 * time.Millisecond) // they are people
	}
	close(over)
	flood.Wait()
	lasted := time.Since(began)
	if refused.Load() < 100 || signedIn < 5 {
		t.Errorf("of %d guesses %d were refused, and the member signed in %d times", sent.Load(), refused.Load(), signedIn)
	}
	if n, most := site.wire.count(guessed)-signedIn, 101+int(lasted/(100*time.Millisecond)); n > most {
		t.Errorf("Directus saw %d guesses in %v, want %d at most", n, lasted, most)
	}
	t.Logf("%d guesses in %v, %d of them refused; %d sign-ins of a member, the slowest in %v", sent.Load(), lasted.Round(time.Millisecond), refused.Load(), signedIn, slowest.Round(time.Millisecond))
}

// Guesses at the same moment are no more than one by one.
func TestGuessesAtOnce(t *testing.T) {
	onEachDirectus(t, func(t *testing.T, up upstream) {
		site := startApp(t, up, nil)
		who := site.browser(t, plain).signUp()
		var browsers []*browser
		for i := range 100 {
			browsers = append(browsers, site.guesser(t, plain, i))
		}
		site.wire.forget()
		var group sync.WaitGroup
		for _, b := range browsers {
			group.Go(func() {
				b.request(http.MethodPost, "/signin", form(account{who.email, wrongPassword}), nil)
			})
		}
		group.Wait()
		answers := map[int]int{}
		for _, b := range browsers {
			answers[b.status]++
		}
		if n := site.wire.count(guessed); n != 8 || answers[http.StatusUnprocessableEntity] != 8 || answers[http.StatusTooManyRequests] != 92 {
			t.Errorf("of 100 guesses Directus saw %d, want 8; the answers: %v", n, answers)
		}
	})
}

// What strangers are told is the same whether there is such an account or not.
func TestLimitsTellNothing(t *testing.T) {
	site := startApp(t, startSandbox(t, sandbox.Options{}), nil)
	known, unknown := site.browser(t, plain).signUp(), newAccount()
	sees := func(who account) (all []string) {
		for i := range 12 {
			b := site.guesser(t, plain, i)
			b.open("/signin")
			b.submit("#signin", map[string]string{"email": who.email, "password": wrongPassword})
			after := b.header.Get("Retry-After")
			if after != "" {
				after = "said"
			}
			all = append(all, fmt.Sprint(b.status, after, strings.ReplaceAll(b.raw, who.email, "somebody")))
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
	site := startApp(t, startSandbox(t, sandbox.Options{}), nil)

	t.Run("signing up", func(t *testing.T) {
		who := site.browser(t, plain).signUp()
		site.wire.forget()
		for i := range 40 {
			b := site.guesser(t, plain, i)
			b.request(http.MethodPost, "/signup", form(account{who.email, wrongPassword}), nil)
			site.pass(5 * time.Minute)
		}
		if n := site.wire.count(guessed); n != 10 {
			t.Errorf("Directus saw %d guesses, want 10", n)
		}
	})
	t.Run("the current password", func(t *testing.T) {
		bothWays(t, func(t *testing.T, how way) {
			b := site.browser(t, how)
			who := b.signUp()
			site.wire.forget()
			for i, form := range []string{"email", "password", "delete", "two-factor"} {
				for range 3 {
					b.open("/profile/" + form)
					b.submit(map[string]string{
						"email": "#change-email", "password": "#change-password", "delete": "#delete-account", "two-factor": "#two-factor",
					}[form], fillIn(form, who, wrongPassword))
					if i == 3 {
						b.wantStatus(http.StatusTooManyRequests)
						b.wantText(sayGuesses)
						b.wantSignedIn(true)
					}
				}
			}
			if n := site.wire.count(guessed); n != 8 {
				t.Errorf("Directus saw %d guesses, want 8", n)
			}
			other := site.guesser(t, how, 77)
			other.signIn(who)
			other.wantAt("/profile")
		})
	})
	t.Run("the code, with what was held before", func(t *testing.T) {
		first := site.browser(t, plain)
		who := first.signUp()
		secret, _ := first.switchOnTwoFactor(who)
		b := site.guesser(t, plain, 1)
		b.signIn(who)
		b.wantAt("/signin/code")
		held := b.http.Jar.Cookies(b.address())
		site.wire.forget()
		for i := range 40 {
			thief := site.guesser(t, plain, 10+i)
			thief.http.Jar, _ = cookiejar.New(nil)
			thief.http.Jar.SetCookies(thief.address(), held)
			thief.request(http.MethodPost, "/signin/code", url.Values{"code": {wrongCode(t, secret)}}, nil)
		}
		if n := site.wire.count(guessed); n != 7 { // one was the password
			t.Errorf("Directus saw %d codes, want 7", n)
		}
		first.leave()
		first.signInWithCode(who, secret)
		first.wantAt("/profile")
	})
	t.Run("recovery codes", func(t *testing.T) {
		first := site.browser(t, plain)
		who := first.signUp()
		first.switchOnTwoFactor(who)
		b := site.guesser(t, plain, 1)
		b.signIn(who)
		held := b.http.Jar.Cookies(b.address())
		site.wire.forget()
		for i := range 40 {
			thief := site.guesser(t, plain, 10+i)
			thief.http.Jar, _ = cookiejar.New(nil)
			thief.http.Jar.SetCookies(thief.address(), held)
			thief.request(http.MethodPost, "/signin/recovery", url.Values{"code": {fmt.Sprintf("ABCDE-FGHIJ-KLMNO-PQR%02d", i)}}, nil)
		}
		if n := site.wire.count("GET /items/hutch_recovery_codes"); n != 10 {
			t.Errorf("Directus was asked for %d codes, want 10", n)
		}
	})
}

// fillIn fills a form that asks for the current password.
func fillIn(form string, who account, password string) map[string]string {
	fields := map[string]string{"current_password": password}
	switch form {
	case "email":
		fields["email"] = newAccount().email
	case "password":
		fields["password"] = newPassword
	case "delete":
		fields["email"] = who.email
	}
	return fields
}

// Mails are not sent without end, and whoever waits for one is told so.
func TestMailsAreLimited(t *testing.T) {
	site := startApp(t, startSandbox(t, sandbox.Options{}), nil)
	bothWays(t, func(t *testing.T, how way) {
		who := site.browser(t, plain).signUp()
		site.wire.forget()
		for i := range 10 {
			b := site.guesser(t, how, i)
			b.open("/password/forgot")
			b.submit("#forgot", map[string]string{"email": who.email})
			if i >= 5 {
				b.wantSlowed(who.email, "Several messages have been asked for at this address.")
			}
		}
		if n := site.wire.count("POST /auth/password/request"); n != 5 {
			t.Errorf("%d mails, want 5", n)
		}
		one := site.guesser(t, how, 9000)
		for i := range 20 {
			one.open("/password/forgot")
			email := newAccount().email
			one.submit("#forgot", map[string]string{"email": email})
			if i >= 15 {
				one.wantSlowed(email, saySlow)
			}
		}
		site.pass(time.Hour)
		one.open("/password/forgot")
		one.submit("#forgot", map[string]string{"email": who.email})
		one.wantAt("/password/sent")
	})
}

// One address that tries many accounts is slowed; others are not.
func TestOneAddressIsSlowed(t *testing.T) {
	site := startApp(t, startSandbox(t, sandbox.Options{}), nil)
	who := site.browser(t, plain).signUp()
	member := site.browser(t, plain)
	member.signIn(who)
	member.leave()
	for name, address := range map[string]func(int) string{
		"IPv4":          func(int) string { return "203.0.113.7" },
		"a /64 of IPv6": func(i int) string { return fmt.Sprintf("2001:db8:1:2:%x::%x", i, i*7) },
	} {
		site.wire.forget()
		slowed := 0
		var b *browser
		for i := range 45 {
			b = site.browser(t, plain)
			b.ip = address(i)
			b.signIn(account{newAccount().email, wrongPassword})
			if b.status == http.StatusTooManyRequests {
				slowed++
			}
		}
		b.wantSlowed(b.value("email"), saySlow)
		if n := site.wire.count(guessed); n < 30 || n > 31 || slowed != 45-n { // one more each two seconds
			t.Errorf("%s: Directus saw %d guesses, %d were refused", name, n, slowed)
		}
		// A member from the same address, who was here before.
		member.ip = address(99)
		member.signIn(who)
		member.wantAt("/profile")
		member.leave()
	}
	elsewhere := site.browser(t, plain)
	elsewhere.ip = "2001:db8:1:3::1"
	elsewhere.signIn(who)
	elsewhere.wantAt("/profile")
}

func TestLimitsSpeakTheVisitorsLanguage(t *testing.T) {
	site := startApp(t, startSandbox(t, sandbox.Options{}), nil)
	who := site.browser(t, plain).signUp()
	site.attack(t, who, 10, 0)
	b := site.guesser(t, plain, 100)
	b.request(http.MethodPost, "/signin", form(who), http.Header{"Accept-Language": {"de"}})
	b.load()
	b.wantSlowed(who.email, "Bei diesem Konto gab es zu viele falsche Anmeldeversuche.")
	if !strings.Contains(site.log.String(), "event=throttled") || !strings.Contains(site.log.String(), "limit=signin-pace") {
		t.Errorf("the log does not say which limit it was:\n%s", site.log)
	}
	if strings.Contains(site.log.String(), who.email) {
		t.Error("the log says whose account it is")
	}
}

// Directus in trouble uses up nobody's attempts, where it has said so.
func TestTroubleIsGivenBack(t *testing.T) {
	site := startApp(t, startSandbox(t, sandbox.Options{}), nil)
	owner := site.browser(t, plain)
	who := owner.signUp()
	owner.leave()
	for kind, forStrangersToo := range map[string]bool{"503": true, "429": true, "cut": false} {
		tries := []*browser{owner}
		if forStrangersToo {
			tries = append(tries, site.guesser(t, plain, 1))
		}
		site.wire.breakOn(guessed, breakages[kind])
		for range 12 {
			for _, b := range tries {
				b.signIn(who)
				if b.status != http.StatusServiceUnavailable && b.status != http.StatusTooManyRequests {
					t.Errorf("%s: %d", kind, b.status)
				}
			}
			site.pass(10 * time.Second)
		}
		site.wire.mend()
		for _, b := range tries {
			b.signIn(who)
			b.wantAt("/profile")
			b.leave()
		}
	}
}

// Who hangs up before the answer has guessed all the same: Directus has counted it.
// That is so for strangers, for browsers that are known, and for a member's session
// without such a browser, which may be stolen.
func TestWhoHangsUpHasGuessed(t *testing.T) {
	site := startApp(t, startSandbox(t, sandbox.Options{}), nil)
	stranger, known, session := site.browser(t, plain).signUp(), site.browser(t, plain), site.browser(t, plain)
	owner := known.signUp()
	known.leave()
	session.signUp()
	session.http.Jar.SetCookies(session.address(), []*http.Cookie{{Name: "known", Path: "/", MaxAge: -1}})
	site.wire.breakOn(guessed, func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body) // only then it is seen who hangs up
		<-r.Context().Done()
	})
	change := url.Values{"current_password": {wrongPassword}, "password": {newPassword}}
	for _, guesser := range []struct {
		name, path string
		form       url.Values
		jar        http.CookieJar
	}{
		{"a stranger", "/signin", form(account{stranger.email, wrongPassword}), nil},
		{"a known browser", "/signin", form(account{owner.email, wrongPassword}), known.http.Jar},
		{"a member's session", "/profile/password", change, session.http.Jar},
	} {
		site.wire.forget()
		for i := range 20 {
			site.hangUpOnceAsked(t, guessed, &http.Client{Jar: guesser.jar}, guesser.path, fmt.Sprintf("198.18.7.%d", i), guesser.form)
		}
		if n := site.wire.count(guessed); n != 8 {
			t.Errorf("%s: Directus saw %d guesses, want 8", guesser.name, n)
		}
	}
}

// An account that was asked for counts, unless Directus has said that it made none:
// it may have mailed.
func TestASignUpWithoutAnAnswerCounts(t *testing.T) {
	const asked = "POST /users/register"
	site := startApp(t, startSandbox(t, sandbox.Options{}), nil)
	for kind, want := range map[string]int{"503": 12, "429": 12, "cut": 5} {
		site.wire.breakOn(asked, breakages[kind])
		site.wire.forget()
		who := newAccount()
		for i := range 12 {
			b := site.guesser(t, plain, i)
			b.request(http.MethodPost, "/signup", form(who), nil)
		}
		if n := site.wire.count(asked); n != want {
			t.Errorf("%s: Directus was asked %d times, want %d", kind, n, want)
		}
	}
	site.wire.breakOn(asked, func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		<-r.Context().Done()
	})
	site.wire.forget()
	who := newAccount()
	for i := range 12 {
		site.hangUpOnceAsked(t, asked, http.DefaultClient, "/signup", fmt.Sprintf("198.18.8.%d", i), form(who))
	}
	if n := site.wire.count(asked); n != 5 {
		t.Errorf("whoever hangs up has Directus asked %d times, want 5", n)
	}
}

// hangUpOnceAsked sends a form, and leaves as soon as Directus gets this call,
// unless there is an answer before.
func (a *app) hangUpOnceAsked(t *testing.T, call string, client *http.Client, path, ip string, form url.Values) {
	t.Helper()
	ctx, hangUp := context.WithCancel(t.Context())
	defer hangUp()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, a.url+path, strings.NewReader(form.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("Sec-Fetch-Site", "same-origin")
	req.Header.Set("X-Forwarded-For", ip)
	asked := a.wire.count(call)
	answered := make(chan struct{})
	go func() {
		defer close(answered)
		if res, err := client.Do(req); err == nil {
			res.Body.Close()
		}
	}()
	for deadline := time.Now().Add(time.Minute); a.wire.count(call) == asked && time.Now().Before(deadline); {
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
	site := startApp(t, startSandbox(t, sandbox.Options{}), nil)
	b := site.browser(t, plain)
	who := b.signUp()
	moved := account{newAccount().email, who.password}
	b.open("/profile/email")
	b.submit("#change-email", map[string]string{"email": moved.email, "current_password": who.password})
	b.wantAt("/profile/email")
	b.leave()
	site.attack(t, moved, 40, 5*time.Minute)
	b.signIn(moved)
	b.wantAt("/profile")
	b.open("/profile/delete")
	b.submit("#delete-account", map[string]string{"email": moved.email, "current_password": moved.password})
	b.wantText("deleted")
	for _, cookie := range b.http.Jar.Cookies(b.address()) {
		if cookie.Name == "known" {
			t.Error("a browser is known to an account that is no more")
		}
	}
}

// Replicas count together through Redis, and each for itself while it is away.
func TestReplicasCountTogether(t *testing.T) {
	t.Parallel()
	up, redis := startSandbox(t, sandbox.Options{}), realredis.ForTest(t)
	env := map[string]string{"REDIS_URL": redis.URL, "SESSION_SECRET": "the-secret-of-the-replicas-0123456789"}
	sites := []*app{startApp(t, up, env), startApp(t, up, env)}
	guesses := func() (n int) {
		for _, site := range sites {
			n += site.wire.count(guessed)
			site.wire.forget()
		}
		return n
	}
	attack := func(who account) int {
		guesses()
		sites[0].attack(t, who, 5, 0)
		sites[1].attack(t, who, 20, 0)
		return guesses()
	}

	owner := sites[0].browser(t, plain)
	who := owner.signUp()
	owner.leave()
	if n := attack(who); n != 8 {
		t.Errorf("Directus saw %d guesses, want 8", n)
	}
	there := sites[1].browser(t, plain) // the owner's browser, at the other replica
	there.http.Jar = owner.http.Jar
	there.http.Jar.SetCookies(there.address(), owner.http.Jar.Cookies(owner.address()))
	there.signIn(who)
	there.wantAt("/profile")

	redis.Kill()
	who = newAccount()
	if n := attack(who); n != 5+8 {
		t.Errorf("without Redis, Directus saw %d guesses, want 5 and 8", n)
	}
	for _, site := range sites {
		if n := strings.Count(site.log.String(), "limits are counted by each replica for itself"); n != 1 {
			t.Errorf("%d lines about one outage:\n%s", n, site.log)
		}
	}
	b := sites[0].guesser(t, plain, 3)
	b.signUp()

	if err := redis.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	for i, site := range sites {
		for deadline := time.Now().Add(time.Minute); !strings.Contains(site.log.String(), "limits are shared with the other replicas again"); {
			if time.Now().After(deadline) {
				t.Fatalf("replica %d does not find Redis again:\n%s", i, site.log)
			}
			site.pass(10 * time.Second)
			site.guesser(t, plain, 4000+i).signIn(newAccount())
		}
	}
	if n := attack(newAccount()); n != 8 {
		t.Errorf("with Redis back, Directus saw %d guesses, want 8", n)
	}
	for _, site := range sites {
		if strings.Contains(site.log.String(), redis.Password) {
			t.Error("the password of Redis is in the log")
		}
	}
}
