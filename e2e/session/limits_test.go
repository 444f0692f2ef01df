package session_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
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

// Mails are limited, and the page says so.
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
		t.Errorf("clients that hang up reached Directus %d times, want 5", n)
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

// A visitor who has used up their share of Directus' work waits for uncached pages only.
// Other visitors don't notice.
func TestEachHasTheirShareOfDirectus(t *testing.T) {
	t.Parallel()
	up, redis := harness.StartSandbox(t, sandbox.Options{}), realredis.ForTest(t)
	up.Limited = limits.Table()
	for i := range up.Limited {
		up.Limited[i].Every *= slower
		if up.Limited[i].Action == limits.File {
			up.Limited[i].Burst = 30 // as the others, for a short test
		}
	}
	env := map[string]string{"REDIS_URL": redis.URL, "SESSION_SECRET": "the-secret-of-the-replicas-0123456789"}
	sites := []*harness.App{harness.StartApp(t, up, env), harness.StartApp(t, up, env)}
	t.Run("one replica", func(t *testing.T) { wantShares(t, 1000, harness.StartApp(t, up, nil)) })
	t.Run("two with a Redis", func(t *testing.T) { wantShares(t, 1000, sites...) })
	redis.Kill()
	t.Run("one without its Redis", func(t *testing.T) { wantShares(t, 2000, sites[0]) })
}

// What one visitor has Directus do waits for what they have it do already, and for nothing
// of anybody else.
func TestOnesWorkWaitsForOnesOther(t *testing.T) {
	t.Parallel()
	site := harness.StartApp(t, harness.StartSandbox(t, sandbox.Options{}), nil)
	site.Browser(t, harness.Plain).Open("/blog")
	var under, most atomic.Int64
	site.Wire.Rewrite(func(_ http.ResponseWriter, r *http.Request) bool {
		if asks := r.URL.RawQuery + r.URL.Path; strings.Contains(asks, "made-up") || strings.Contains(asks, "/assets/") {
			now := under.Add(1)
			for before := most.Load(); now > before && !most.CompareAndSwap(before, now); before = most.Load() {
			}
			time.Sleep(100 * time.Millisecond)
			under.Add(-1)
		}
		return false
	})
	for address, atOnce := range map[string]int64{"/blog/made-up-%d": 2, "/blog?q=made-up-%d": 1, "/assets/00000000-0000-4000-8000-%012d": 2} {
		for _, visitors := range []int64{1, 3} {
			most.Store(0)
			var all sync.WaitGroup
			for who := range visitors {
				b := site.Browser(t, harness.Plain) // with an address of its own
				for i := range 6 {
					again := *b // as a browser that opens several pages at once
					all.Go(func() {
						again.Request(http.MethodGet, fmt.Sprintf(address, 1000*visitors+10*who+int64(i)), nil, nil)
						if again.Status == http.StatusTooManyRequests || again.Status >= 500 {
							t.Errorf("%s: %d", address, again.Status)
						}
					})
				}
			}
			all.Wait()
			if got := most.Load(); got > visitors*atOnce || visitors > 1 && got <= atOnce {
				t.Errorf("%s: %d at once for %d visitors, want %d for each", address, got, visitors, atOnce)
			}
		}
	}
}

// A visitor who is refused waits for the answer, and so cannot ask thousands of times a second.
// There is always room for somebody else.
func TestRefusalsAreHeldBack(t *testing.T) {
	t.Parallel()
	up := harness.StartSandbox(t, sandbox.Options{})
	up.Limited = limits.Table()
	for i := range up.Limited {
		up.Limited[i].Every *= slower
	}
	site := harness.StartApp(t, up, map[string]string{"MAX_REQUESTS": "16"}) // holds one back
	rude, other := site.Browser(t, harness.Plain), site.Browser(t, harness.Plain)
	for i := range 30 {
		rude.Open(fmt.Sprintf("/blog/made-up-%d", i))
		rude.WantStatus(http.StatusNotFound)
	}
	var all sync.WaitGroup
	var held atomic.Int64
	for i := range 6 {
		again := *rude
		all.Go(func() {
			began := time.Now()
			again.Request(http.MethodGet, fmt.Sprintf("/blog/made-up-%d", 100+i), nil, nil)
			if again.Status != http.StatusTooManyRequests {
				t.Errorf("%d, want 429", again.Status)
			}
			if time.Since(began) >= 500*time.Millisecond {
				held.Add(1)
			}
		})
	}
	for i := range 5 {
		other.Open(fmt.Sprintf("/blog/made-up-by-another-%d", i))
		other.WantStatus(http.StatusNotFound)
	}
	all.Wait()
	if held.Load() == 0 {
		t.Error("all refusals came at once")
	}
}

// slower is by how much the buckets empty slower here, so that the time that a test takes
// makes no difference.
const slower = 10_000

// wantShares asks for what these sites have not been asked for: for numbers from this on.
func wantShares(t *testing.T, from int, sites ...*harness.App) {
	for name, kind := range map[string]struct {
		address string // with a number
		limit   string
		atOnce  int
		every   time.Duration
	}{
		"posts":      {"/blog/made-up-%d", "reading-address", 30, 500 * time.Millisecond},
		"text pages": {"/pages/made-up-%d", "reading-address", 30, 500 * time.Millisecond},
		"authors":    {"/blog/authors/made-up-%d", "reading-address", 30, 500 * time.Millisecond},
		"list pages": {"/blog?page=%d", "search-address", 30, time.Second},
		"pictures":   {"/pictures/posts/abc/made-up-%d", "reading-address", 30, 500 * time.Millisecond},
		"searches":   {"/blog?q=word%d", "search-address", 30, time.Second},
		"files":      {"/assets/00000000-0000-4000-8000-%012d", "file-address", 30, 100 * time.Millisecond},
		"renditions": {"/assets/00000000-0000-4000-8000-%012d?width=320", "file-address", 30, 100 * time.Millisecond},
	} {
		rude, other := sites[0].Browser(t, harness.Plain), sites[0].Browser(t, harness.Plain)
		asked := from
		ask := func(b *harness.Browser) int {
			asked++
			b.App = sites[asked%len(sites)]
			return b.Request(http.MethodGet, fmt.Sprintf(kind.address, asked), nil, nil).StatusCode
		}
		for _, site := range sites { // where it is kept from now on
			other.App = site
			other.Open("/blog")
		}
		for i := range kind.atOnce {
			if got := ask(rude); got == http.StatusTooManyRequests || got >= 500 {
				t.Fatalf("%s: %d for number %d", name, got, i+1)
			}
		}
		for range 2 {
			if got := ask(rude); got != http.StatusTooManyRequests {
				t.Errorf("%s: %d for one too many", name, got)
			}
			if seconds, err := strconv.Atoi(rude.Header.Get("Retry-After")); err != nil || seconds < 1 || seconds > int((slower*kind.every).Seconds()) {
				t.Errorf("%s: Retry-After is %q", name, rude.Header.Get("Retry-After"))
			}
			if strings.Contains(rude.Header.Get("Cache-Control"), "public") {
				t.Errorf("%s: others may be sent this answer: %q", name, rude.Header.Get("Cache-Control"))
			}
		}
		if got := ask(other); got == http.StatusTooManyRequests || got >= 500 {
			t.Errorf("%s: %d for somebody else", name, got)
		}
		if log := rude.App.Log.String(); !strings.Contains(log, "limit="+kind.limit) {
			t.Errorf("%s: the log does not name the limit %s", name, kind.limit)
		}
		for _, site := range sites {
			rude.App = site
			rude.Open("/blog")
			rude.WantStatus(http.StatusOK)
			site.Pass(slower * kind.every)
		}
		if len(sites) > 1 { // Redis has a clock of its own
			continue
		}
		if got := ask(rude); got == http.StatusTooManyRequests || got >= 500 {
			t.Errorf("%s: %d for one more after %s", name, got, slower*kind.every)
		}
		if got := ask(rude); got != http.StatusTooManyRequests {
			t.Errorf("%s: %d for two more", name, got)
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
