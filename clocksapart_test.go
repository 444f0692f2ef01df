package main

import (
	"fmt"
	"math/rand/v2"
	"sync/atomic"
	"testing"
	"time"

	"hutch/sandbox"
)

// The clocks of three replicas are ten minutes apart from each other and from
// Directus'. Tokens live for a day.
func TestClocksTenMinutesApart(t *testing.T) {
	t.Parallel()
	var passed atomic.Int64
	up := startSandbox(t, sandbox.Options{Now: func() time.Time { return time.Now().Add(time.Duration(passed.Load())) }})
	var sites []*app
	for _, apart := range []time.Duration{-10 * time.Minute, 0, 10 * time.Minute} {
		site := startApp(t, up, map[string]string{"SESSION_SECRET": processesSecret})
		site.pass(apart)
		sites = append(sites, site)
	}
	later := func(d time.Duration) {
		passed.Add(int64(d))
		for _, site := range sites {
			site.pass(d)
		}
	}
	refreshes := func() (n int) {
		for _, site := range sites {
			n += site.wire.count("POST /auth/refresh")
			site.wire.forget()
		}
		return n
	}

	t.Run("all day long", func(t *testing.T) {
		g := newGuest(sites[0].url, 0)
		if !g.signUp(t) {
			t.FailNow()
		}
		refreshes()
		const days = 5
		for hour := 0; hour < days*24; hour++ {
			later(time.Hour)
			for range 6 {
				g.url = sites[rand.IntN(len(sites))].url
				if r := g.open(t, "/profile"); !g.isIn(r) {
					t.Fatalf("signed out after %d hours: %d", hour+1, r.status)
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
	n := 1
	for _, writer := range sites {
		for _, reader := range sites {
			for _, rest := range []time.Duration{12 * time.Minute, 5 * time.Minute} {
				t.Run(fmt.Sprintf("%s before the end, %d", rest, n), func(t *testing.T) {
					g := newGuest(writer.url, n)
					n++
					if !g.signUp(t) {
						t.FailNow()
					}
					later(24*time.Hour - rest)
					refreshes()
					g.url = reader.url
					for range 3 {
						if r := g.open(t, "/profile"); !g.isIn(r) {
							t.Fatalf("signed out: %d", r.status)
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
