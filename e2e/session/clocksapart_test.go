package session_test

import (
	"fmt"
	"math/rand/v2"
	"sync/atomic"
	"testing"
	"time"

	"hutch/e2e/harness"
	"hutch/sandbox"
)

// The clocks of three replicas are ten minutes apart from each other and from
// Directus'. Tokens live for a day.
func TestClocksTenMinutesApart(t *testing.T) {
	harness.TakesSeconds(t)
	t.Parallel()
	var passed atomic.Int64
	up := harness.StartSandbox(t, sandbox.Options{Now: func() time.Time { return time.Now().Add(time.Duration(passed.Load())) }})
	var sites []*harness.App
	for _, apart := range []time.Duration{-10 * time.Minute, 0, 10 * time.Minute} {
		site := harness.StartApp(t, up, map[string]string{"SESSION_SECRET": harness.ProcessesSecret})
		site.Pass(apart)
		sites = append(sites, site)
	}
	later := func(d time.Duration) {
		passed.Add(int64(d))
		for _, site := range sites {
			site.Pass(d)
		}
	}
	refreshes := func() (n int) {
		for _, site := range sites {
			n += site.Wire.Count("POST /auth/refresh")
			site.Wire.Forget()
		}
		return n
	}

	t.Run("all day long", func(t *testing.T) {
		g := harness.NewGuest(sites[0].URL, 0)
		if !g.SignUp(t) {
			t.FailNow()
		}
		refreshes()
		days := 1
		if harness.All() {
			days = 5
		}
		for hour := 0; hour < days*24; hour++ {
			later(time.Hour)
			for range 6 {
				g.URL = sites[rand.IntN(len(sites))].URL
				if r := g.Open(t, "/profile"); !g.IsIn(r) {
					t.Fatalf("signed out after %d hours: %d", hour+1, r.Status)
				}
			}
		}
		// Half a day each, and one more where two replicas see it due at once.
		if n := refreshes(); n < days || n > 4*days {
			t.Errorf("%d refreshes in %d days", n, days)
		} else {
			t.Logf("%d days, %d requests: %d refreshes", days, days*24*6, n)
		}
	})
	rests := []time.Duration{5 * time.Minute}
	if harness.All() {
		rests = append(rests, 12*time.Minute)
	}
	n := 1
	for _, writer := range sites {
		for _, reader := range sites {
			for _, rest := range rests {
				t.Run(fmt.Sprintf("%s before the end, %d", rest, n), func(t *testing.T) {
					g := harness.NewGuest(writer.URL, n)
					n++
					if !g.SignUp(t) {
						t.FailNow()
					}
					later(24*time.Hour - rest)
					refreshes()
					g.URL = reader.URL
					for range 3 {
						if r := g.Open(t, "/profile"); !g.IsIn(r) {
							t.Fatalf("signed out: %d", r.Status)
						}
					}
					if n := refreshes(); n != 1 {
						t.Errorf("%d refreshes, want 1", n)
					}
				})
			}
		}
	}
}
