package session_test

import (
	"fmt"
	"math"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"hutch/e2e/harness"
	"hutch/internal/limits"
	"hutch/sandbox"
)

// How long a refusal takes does not tell whether an address has an account.
func TestRefusedSignInsTakeTheSameTime(t *testing.T) {
	harness.TakesSeconds(t)
	t.Parallel()
	const least = 300 * time.Millisecond
	up := harness.StartSandbox(t, sandbox.Options{})
	up.RefusedAfter = least
	site := harness.StartApp(t, up, nil)
	known, suspended := site.Browser(t, harness.Plain).SignUp(), site.Browser(t, harness.Plain).SignUp()
	up.Set(t, suspended, map[string]any{"status": "suspended"})
	refuse := func(email, password string) time.Duration {
		begun := time.Now()
		b := site.Browser(t, harness.Plain)
		if b.Request(http.MethodPost, "/signin", url.Values{"email": {email}, "password": {password}}, nil); b.Status != http.StatusUnprocessableEntity {
			t.Errorf("%s is answered %d", email, b.Status)
		}
		return time.Since(begun)
	}
	for range 2 {
		for name, who := range map[string]harness.Account{
			"known": {Email: known.Email, Password: harness.WrongPassword}, "unknown": harness.NewAccount(), "suspended": suspended,
		} {
			if took := refuse(who.Email, who.Password); took < least {
				t.Errorf("%s: refused after %s", name, took)
			}
		}
	}
	// What takes longer than that for one address takes a multiple.
	site.Wire.Rewrite(func(_ http.ResponseWriter, r *http.Request) bool {
		if strings.HasPrefix(r.URL.Path, "/auth/login") {
			time.Sleep(least + 50*time.Millisecond)
		}
		return false
	})
	defer site.Wire.Mend()
	if took := refuse(known.Email, harness.WrongPassword); took < 2*least {
		t.Errorf("a late refusal comes after %s", took)
	}
}

// Two hundred pairs, one of an address that has an account and one that has none, in
// turn, while others sign in.
func TestRefusalsUnderLoad(t *testing.T) {
	harness.ForAll(t)
	harness.OnEachDirectus(t, func(t *testing.T, up harness.Upstream) {
		const (
			pairs   = 200
			atOnce  = 4
			guesses = 10 // at each account: Directus suspends one after 25
		)
		up.RefusedAfter = 1500 * time.Millisecond
		up.Limited = []limits.Limit{} // they would refuse at once
		site := harness.StartApp(t, up, nil)
		var known []string
		for range pairs / guesses {
			known = append(known, site.Browser(t, harness.Plain).SignUp().Email)
		}
		busy := site.Browser(t, harness.Plain).SignUp()

		ended := make(chan struct{})
		var load sync.WaitGroup
		for range 3 {
			load.Go(func() {
				for {
					select {
					case <-ended:
						return
					default:
						b := site.Browser(t, harness.Plain)
						b.Request(http.MethodPost, "/signin", harness.Form(busy), nil)
					}
				}
			})
		}
		took := func(email string) float64 {
			b := site.Browser(t, harness.Plain)
			begun := time.Now()
			b.Request(http.MethodPost, "/signin", url.Values{"email": {email}, "password": {harness.WrongPassword}}, nil)
			return time.Since(begun).Seconds()
		}
		var mu sync.Mutex
		var with, without []float64
		var measuring sync.WaitGroup
		for lane := range atOnce {
			measuring.Go(func() {
				for i := lane; i < pairs; i += atOnce {
					emails := []string{known[i%len(known)], fmt.Sprintf("nobody%d@example.com", i)}
					first := i / atOnce % 2 // in turn
					var times [2]float64
					for _, which := range []int{first, 1 - first} {
						times[which] = took(emails[which])
					}
					mu.Lock()
					with, without = append(with, times[0]), append(without, times[1])
					mu.Unlock()
				}
			})
		}
		measuring.Wait()
		close(ended)
		load.Wait()
		p := rankSum(with, without)
		slices.Sort(with)
		slices.Sort(without)
		t.Logf("medians of %d: %.1f ms with an account, %.1f ms without; fastest %.1f and %.1f ms; p = %.3f", pairs, 1000*with[pairs/2], 1000*without[pairs/2], 1000*with[0], 1000*without[0], p)
		if fastest := min(with[0], without[0]); fastest < up.RefusedAfter.Seconds() {
			t.Errorf("a refusal came after %.0f ms", 1000*fastest)
		}
		// By chance alone, once in a thousand runs.
		if p < 0.001 {
			t.Errorf("the times differ: p = %.5f", p)
		}
	})
}

// rankSum is how likely two samples differ as much by chance (Mann and Whitney; normal
// approximation).
func rankSum(a, b []float64) (p float64) {
	u := 0.0
	for _, x := range a {
		for _, y := range b {
			switch {
			case x < y:
				u++
			case x == y:
				u += 0.5
			}
		}
	}
	n, m := float64(len(a)), float64(len(b))
	z := (u - n*m/2) / math.Sqrt(n*m*(n+m+1)/12)
	return math.Erfc(math.Abs(z) / math.Sqrt2)
}
