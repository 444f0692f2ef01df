package limits

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"hutch/internal/logbuffer"
	"hutch/internal/replicas"
	"hutch/tools/realredis"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// counter is a replica with a clock that the test moves.
type counter struct {
	*Limits
	t    *testing.T
	at   atomic.Int64
	log  *logbuffer.Buffer
	done []Taken
}

func (c *counter) now() time.Time { return time.UnixMilli(c.at.Load()) }

func (c *counter) pass(d time.Duration) { c.at.Add(d.Milliseconds()) }

func newCounter(t *testing.T, redisURL string) *counter {
	t.Helper()
	c := &counter{t: t, log: &logbuffer.Buffer{}}
	c.at.Store(time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC).UnixMilli())
	options := Options{Secret: "a secret of the tests 0123456789 abcdef", Site: "https://a.example", Now: c.now, Log: slog.New(slog.NewTextHandler(c.log, nil))}
	if redisURL != "" {
		client, err := replicas.NewClient(redisURL)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = client.Close() })
		options.Redis = client.Do
	}
	var err error
	if c.Limits, err = New(options); err != nil {
		t.Fatal(err)
	}
	if c.shared != nil {
		c.shared.clock = c.at.Load
	}
	return c
}

// take makes an attempt and returns the limit that refused it, or "".
func (c *counter) take(action Action, who Who) (refusedBy string, after time.Duration) {
	c.t.Helper()
	taken, err := c.Take(c.t.Context(), action, who)
	var refused *Refused
	switch {
	case err == nil:
		c.done = append(c.done, taken)
		return "", 0
	case errors.As(err, &refused):
		return refused.Limit.Name, refused.After
	}
	c.t.Fatal(err)
	return "", 0
}

func (c *counter) last() Taken { return c.done[len(c.done)-1] }

// takes returns how many of n attempts are allowed.
func (c *counter) takes(n int, action Action, who func(i int) Who) (allowed int) {
	c.t.Helper()
	for i := range n {
		if by, _ := c.take(action, who(i)); by == "" {
			allowed++
		}
	}
	return allowed
}

// everywhere returns a stranger who uses a new address for each attempt.
func everywhere(account string) func(int) Who {
	return func(i int) Who {
		return Who{IP: fmt.Sprintf("10.%d.%d.%d", i>>16&255, i>>8&255, i&255), Account: account}
	}
}

func trusted(account, device string) func(int) Who {
	return func(int) Who { return Who{IP: "192.0.2.1", Account: account, Device: device} }
}

func TestTheTable(t *testing.T) {
	names := map[string]bool{}
	for _, limit := range Table() {
		if names[limit.Name] || limit.Burst < 1 || limit.Every < 50*time.Millisecond || limit.Every%time.Millisecond != 0 || limit.Why == "" {
			t.Errorf("this row: %+v", limit)
		}
		names[limit.Name] = true
		if limit.Of == Device && limit.For != Trusted {
			t.Errorf("%s: a stranger has no device", limit.Name)
		}
	}
	for _, limit := range Table() {
		if limit.Bucket != "" && !names[limit.Bucket] {
			t.Errorf("%s fills a bucket that there is not", limit.Name)
		}
	}
}

// A bucket allows exactly as many attempts as it says, at any pace, and tells
// exactly when the next one is allowed.
func TestTheArithmetic(t *testing.T) {
	for _, limit := range Table() {
		c := charge{limit: limit}
		var empty, now int64
		now = 1_700_000_000_000
		var allowed []int64
		random := rand.New(rand.NewPCG(1, uint64(limit.Burst))) //nolint:gosec // a test
		for range 2000 {
			next, wait := c.take(empty, now)
			if wait > 0 {
				if _, early := c.take(empty, now+wait-1); early <= 0 {
					t.Fatalf("%s: allowed before the time that was told", limit.Name)
				}
				if _, then := c.take(empty, now+wait); then > 0 {
					t.Fatalf("%s: refused at the time that was told", limit.Name)
				}
			} else {
				allowed, empty = append(allowed, now), next
			}
			now += random.Int64N(c.every())
		}
		for i, from := range allowed {
			for j := i; j < min(len(allowed), i+4*limit.Burst); j++ {
				if n, most := j-i+1, limit.Burst+int((allowed[j]-from)/c.every()); n > most {
					t.Fatalf("%s: %d within %d ms, want %d at most", limit.Name, n, allowed[j]-from, most)
				}
			}
		}
		if len(allowed) < limit.Burst {
			t.Errorf("%s: %d of 2000 allowed", limit.Name, len(allowed))
		}
	}
}

// Strangers from everywhere, who never stop.
func TestAnAccountUnderAttack(t *testing.T) {
	const ada = "ada@example.com"
	c := newCounter(t, "")
	if n := c.takes(100, SignIn, everywhere(ada)); n != 8 {
		t.Errorf("strangers guess %d times at once, want 8", n)
	}
	by, after := c.take(SignIn, Who{IP: "203.0.113.9", Account: ada})
	if by != "signin-pace" || after != 10*time.Minute {
		t.Errorf("then %q for %v", by, after)
	}
	total := 8
	for range 24 * 6 { // a day
		c.pass(10 * time.Minute)
		total += c.takes(3, SignIn, everywhere(ada))
	}
	if total != 10 {
		t.Errorf("strangers guess %d times in a day, want 10", total)
	}
	if by, _ := c.take(SignIn, Who{IP: "203.0.113.9", Account: ada}); by != "signin-strangers" {
		t.Errorf("refused by %q", by)
	}
	if n := c.takes(20, SignIn, trusted(ada, "desk")); n != 8 {
		t.Errorf("the owner, where they have signed in before, has %d attempts, want 8", n)
	}
	if n := c.takes(20, SignIn, trusted(ada, "phone")); n != 5 {
		t.Errorf("and %d on their phone, want what is left of 23", n)
	}
	if n := c.takes(20, SignIn, everywhere("grace@example.com")); n != 8 {
		t.Errorf("another account has %d attempts, want 8", n)
	}

	// A right answer makes Directus forget the wrong ones, and us too.
	c.pass(31 * 24 * time.Hour)
	if by, _ := c.take(SignIn, trusted(ada, "phone")(0)); by != "" {
		t.Fatal("refused by", by)
	}
	c.last().Succeeded(t.Context())
	if n := c.takes(20, SignIn, everywhere(ada)); n != 8 {
		t.Errorf("after a success, strangers have %d, want 8", n)
	}
	if n := c.takes(20, SignIn, trusted(ada, "phone")); n != 8 {
		t.Errorf("after a success, the owner has %d, want 8", n)
	}
}

// A password reset by email lets its owner in, however many wrong guesses there
// were; Directus' own count goes on.
func TestANewPasswordOpensTheAccount(t *testing.T) {
	const ada = "ada@example.com"
	c := newCounter(t, "")
	c.takes(8, SignIn, everywhere(ada))
	for range 5 {
		c.pass(10 * time.Minute)
		c.takes(1, SignIn, everywhere(ada))
	}
	c.Reset(t.Context(), Who{Account: ada, Device: "phone"})
	if n := c.takes(20, SignIn, everywhere(ada)); n != 4 {
		t.Errorf("strangers have %d more, want 4", n)
	}
	c.Reset(t.Context(), Who{Account: ada, Device: "phone"})
	if by, _ := c.take(SignIn, Who{IP: "203.0.113.9", Account: ada}); by != "signin-strangers-total" {
		t.Errorf("refused by %q", by)
	}
	if n := c.takes(20, SignIn, trusted(ada, "phone")); n != 8 {
		t.Errorf("the owner has %d, want 8", n)
	}
}

// If a trusted browser guesses, an ex-partner's for example, the owner can still
// get in after a reset by email, with the password and a code, and Directus is not
// asked a 26th time.
func TestATrustedDeviceLeavesTheOwnerAWayIn(t *testing.T) {
	const ada = "ada@example.com"
	redis := realredis.ForTest(t)
	for name, c := range map[string]*counter{"memory": newCounter(t, ""), "Redis": newCounter(t, redis.URL)} {
		wrong := 0
		for range 20 { // days
			wrong += c.takes(10, SignIn, trusted(ada, "ex"))
			c.pass(24 * time.Hour)
		}
		if wrong != 23 {
			t.Errorf("%s: the browser guesses %d times, want 23", name, wrong)
		}
		if by, _ := c.take(SignIn, trusted(ada, "desk")(0)); by != "signin-total" {
			t.Errorf("%s: the owner is refused by %q", name, by)
		}
		chose := Who{IP: "192.0.2.1", Account: ada, Device: "desk", ResetHere: true}
		c.Reset(t.Context(), chose)
		if by, _ := c.take(SignIn, trusted(ada, "ex")(0)); by != "signin-total" {
			t.Errorf("%s: a new password gives the other browser an attempt, or it is refused by %q", name, by)
		}
		if n := c.takes(10, SignIn, func(int) Who { return chose }); n != 2 {
			t.Errorf("%s: with a new password the owner has %d attempts, want 2", name, n)
		}
		c.last().Succeeded(t.Context())
		if n := c.takes(20, SignIn, trusted(ada, "desk")); n != 8 {
			t.Errorf("%s: after a success the owner has %d attempts, want 8", name, n)
		}
	}
}

// Whatever anybody does within a month, Directus sees at most 25 wrong answers
// before a right one (the last two only after a reset by email), and strangers
// leave 9 of them to trusted browsers.
func TestNobodyIsSuspended(t *testing.T) {
	for seed := range uint64(60) {
		random := rand.New(rand.NewPCG(seed, 7)) //nolint:gosec // a test
		c := newCounter(t, "")
		wrong, strangers, reset := 0, 0, false
		for i := range 400 {
			c.pass(time.Duration(random.Int64N(int64(time.Hour))))
			device := [...]string{"", "", "", "desk", "phone"}[random.IntN(5)]
			by, _ := c.take(SignIn, Who{IP: everywhere("a")(i).IP, Account: "ada@example.com", Device: device, ResetHere: device == "phone" && reset})
			if by == "" {
				switch random.IntN(40) {
				case 0:
					c.last().Succeeded(t.Context())
					wrong, strangers, reset = 0, 0, false
				case 1:
					c.last().GiveBack(t.Context())
				default:
					if wrong++; device == "" {
						strangers++
					}
				}
			}
			if random.IntN(20) == 0 {
				c.Reset(t.Context(), Who{Account: "ada@example.com", Device: "phone"})
				reset = true
			}
			if wrong > 25 || wrong > 23 && !reset || strangers > 14 {
				t.Fatalf("seed %d: %d wrong answers, %d of them strangers'", seed, wrong, strangers)
			}
		}
	}
}

func TestOneAddress(t *testing.T) {
	tried := 0
	accounts := func(ip string) func(int) Who {
		return func(int) Who {
			tried++
			return Who{IP: ip, Account: fmt.Sprintf("m%d@example.com", tried)}
		}
	}
	c := newCounter(t, "")
	if n := c.takes(100, SignIn, accounts("192.0.2.7")); n != 30 {
		t.Errorf("one address tries %d accounts, want 30", n)
	}
	if n := c.takes(100, SignIn, accounts("192.0.2.8")); n != 30 {
		t.Errorf("another address tries %d accounts, want 30", n)
	}
	total := 0
	for range 60 * 60 {
		c.pass(time.Second)
		total += c.takes(2, SignIn, accounts("192.0.2.7"))
	}
	if total != 60 {
		t.Errorf("%d in an hour, want one a minute", total)
	}
	if by, _ := c.take(SignIn, Who{IP: "192.0.2.7", Account: "ada@example.com", Device: "desk"}); by != "" {
		t.Errorf("a trusted browser is refused for its address, by %q", by)
	}

	// Right answers count only against the pace.
	total = 0
	for range 100 {
		if by, _ := c.take(SignIn, Who{IP: "192.0.2.9", Account: "ada@example.com"}); by == "" {
			c.last().Succeeded(t.Context())
			total++
		}
	}
	c.pass(time.Minute)
	if by, _ := c.take(SignIn, Who{IP: "192.0.2.9", Account: "ada@example.com"}); total != 30 || by != "" {
		t.Errorf("%d right answers at once, want 30; a minute later refused by %q", total, by)
	}
}

func TestEverybody(t *testing.T) {
	c := newCounter(t, "")
	if n := c.takes(500, SignIn, func(i int) Who { return Who{IP: everywhere("")(i).IP, Account: fmt.Sprintf("m%d@example.com", i)} }); n != 100 {
		t.Errorf("%d at once, want 100", n)
	}
	if by, _ := c.take(SignIn, trusted("ada@example.com", "desk")(0)); by != "" {
		t.Errorf("a trusted browser is refused by %q", by)
	}
	c.pass(time.Second)
	if n := c.takes(500, SignIn, everywhere("ada@example.com")); n != 8 {
		t.Errorf("%d a second later, want 8", n)
	}
}

func TestMailsAndTheRest(t *testing.T) {
	for action, want := range map[Action]int{Mail: 5, SignUp: 5, Recovery: 10} {
		c := newCounter(t, "")
		if n := c.takes(50, action, everywhere("ada@example.com")); n != want {
			t.Errorf("%s: %d for one account, want %d", action, n, want)
		}
	}
	for action, want := range map[Action]int{Mail: 15, SignUp: 20, Recovery: 20, Link: 20} {
		c := newCounter(t, "")
		if n := c.takes(50, action, func(i int) Who { return Who{IP: "192.0.2.1", Account: fmt.Sprint(i)} }); n != want {
			t.Errorf("%s: %d from one address, want %d", action, n, want)
		}
	}
	c := newCounter(t, "")
	for range 50 {
		if by, _ := c.take(Mail, everywhere("ada@example.com")(len(c.done))); by != "" {
			t.Fatal("a mail that was not sent counts:", by)
		}
		c.last().GiveBack(t.Context())
	}
}

func TestWhoIsCountedTogether(t *testing.T) {
	for _, pair := range []struct {
		a, b     string
		together bool
	}{
		{"192.0.2.1", "192.0.2.2", false},
		{"192.0.2.1", "::ffff:192.0.2.1", true},
		{"2001:db8::1", "2001:db8::ffff:1:2:3", true},
		{"2001:db8::1", "2001:db8:0:1::1", false},
		{"fe80::1%eth0", "fe80::2%eth1", true},
		{"", "nonsense", false},
	} {
		if together := NetworkOf(pair.a) == NetworkOf(pair.b); together != pair.together {
			t.Errorf("%s and %s together: %t", pair.a, pair.b, together)
		}
	}
	for _, pair := range []struct {
		a, b     string
		together bool
	}{
		{"ada@example.com", " Ada@Example.COM ", true},
		{"ada@example.com", "\u00e1d\u00e0@example.com", true},     // MySQL's usual collations treat á as a
		{"ada@example.com", "a\u200bda@example.com", true},         // zero width
		{"ada@example.com", "\uff41da@example.com", true},          // full width
		{"kim@example.com", "\u212aim@example.com", true},          // the kelvin sign, which JavaScript lowercases to k
		{"strasse@example.com", "stra\u00dfe@example.com", true},   //
		{"\u03c3as@example.com", "\u03c2as@example.com", true},     // final sigma
		{"ada@example.com", "ada+news@example.com", false},         // different addresses
		{"ada@example.com", "a.da@example.com", false},             //
		{"\u0430da@example.com", "\u0431da@example.com", false},    // Cyrillic
		{"ada@example.com", "\u0430da@example.com", false},         //
		{"ada@xn--bcher-kva.example", "ada@bucher.example", false}, //
	} {
		if together := AccountOf(pair.a) == AccountOf(pair.b); together != pair.together {
			t.Errorf("%q and %q together: %t", pair.a, pair.b, together)
		}
	}
}

// full returns how many buckets in memory have no room for an attempt.
func (c *counter) full(action Action, who Who) (n int) {
	for _, one := range c.charges(action, who, func(Limit) bool { return true }) {
		now := milliseconds(c.now())
		if _, wait := one.take(c.local.row(one, now).get(one.key), now); wait > 0 {
			n++
		}
	}
	return n
}

// If several buckets are full, the wait is until all of them have room.
func TestRetryAfterIsTheLongest(t *testing.T) {
	redis := realredis.ForTest(t)
	for name, c := range map[string]*counter{"memory": newCounter(t, ""), "Redis": newCounter(t, redis.URL)} {
		for range 3 { // fills the month's bucket
			c.takes(8, SignIn, func(i int) Who { return Who{IP: fmt.Sprintf("10.0.0.%d", i), Account: "ada@example.com"} })
			c.pass(time.Hour)
		}
		// And now one address is too fast as well.
		c.takes(40, SignIn, func(i int) Who { return Who{IP: "192.0.2.7", Account: fmt.Sprintf("m%d@example.com", i)} })
		by, after := c.take(SignIn, Who{IP: "192.0.2.7", Account: "ada@example.com"})
		if by != "signin-strangers" || after < 29*24*time.Hour {
			t.Errorf("%s: refused by %q for %v", name, by, after)
		}
		c.pass(after - time.Millisecond)
		if by, _ := c.take(SignIn, Who{IP: "192.0.2.7", Account: "ada@example.com"}); by == "" {
			t.Errorf("%s: there was room before the time that was told", name)
		}
		c.pass(time.Millisecond)
		if by, _ := c.take(SignIn, Who{IP: "192.0.2.7", Account: "ada@example.com"}); by != "" {
			t.Errorf("%s: there was no room at the time that was told, but %q", name, by)
		}
	}
}

// An attempt whose client hangs up is counted all the same.
func TestWhoHangsUpIsCounted(t *testing.T) {
	redis := realredis.ForTest(t)
	c := newCounter(t, redis.URL)
	gone, leave := context.WithCancel(t.Context())
	leave()
	allowed := 0
	for i := range 50 {
		if _, err := c.Take(gone, SignIn, everywhere("ada@example.com")(i)); err == nil {
			allowed++
		}
	}
	if allowed != 8 || c.log.String() != "" {
		t.Errorf("%d allowed, want 8: %s", allowed, c.log)
	}
}

func eventually(t *testing.T, what string, is func() bool) {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); !is(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("not so after a minute: " + what)
		}
	}
}
