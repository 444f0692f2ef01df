package main

import (
	"slices"
	"sync"
	"testing"
	"time"

	"hutch/sandbox"
	"hutch/tools/realdirectus"
)

// Three processes, and a browser that sends sixteen requests at once whenever its
// token wants renewal. Nobody is signed out, whichever answer comes last.
func TestBurstsAtRefreshTime(t *testing.T) {
	t.Parallel()
	t.Run("sandbox", func(t *testing.T) {
		t.Parallel()
		burstsAtRefreshTime(t, startSandbox(t, sandbox.Options{}), 20, 10)
	})
	// Two of three replicas are refused then, while the third has the successor:
	// what heals is all that keeps anybody in.
	t.Run("sandbox without a grace", func(t *testing.T) {
		t.Parallel()
		if healed := burstsAtRefreshTime(t, startSandbox(t, sandbox.Options{RefreshGrace: time.Nanosecond}), 10, 3); healed == 0 {
			t.Error("nothing had to heal: this shows nothing")
		}
	})
	for _, version := range realdirectus.TestVersions() {
		t.Run(version, func(t *testing.T) {
			t.Parallel()
			burstsAtRefreshTime(t, startReal(t, version), 4, 5)
		})
	}
}

func burstsAtRefreshTime(t *testing.T, up upstream, guests, rounds int) (healed int) {
	const requests = 16
	up, tapped := withTap(t, up)
	site := startProcesses(t, up, 3, nil)
	var mu sync.Mutex
	var refreshes []int
	out, busy := 0, 0
	one := make(chan struct{}, 1) // bursts come one at a time: they are what is measured
	var group sync.WaitGroup
	for n := range guests {
		group.Go(func() {
			g := newGuest(site.url, n)
			if !g.signUp(t) {
				return
			}
			for range rounds {
				awaitRenewal()
				one <- struct{}{}
				tapped.take(g.address)
				replies := g.burst(t, requests, func(i int) string { return []string{"/profile", "/profile/email"}[i%2] })
				seen := tapped.take(g.address)
				<-one
				mu.Lock()
				refreshes = append(refreshes, seen)
				for _, r := range replies {
					switch {
					case g.isIn(r):
					case r.isBusy():
						busy++
					case r.status == 303 && r.location[:8] == "/profile":
						healed++
					default:
						t.Errorf("a request of a burst: %d to %q, %v", r.status, r.location, r.err)
					}
				}
				mu.Unlock()
				g.takeInAnyOrder(replies)
				if !g.isIn(g.reach(t, "/profile")) {
					mu.Lock()
					out++
					mu.Unlock()
					t.Errorf("%s is signed out", g.address)
					return
				}
			}
		})
	}
	group.Wait()
	slices.Sort(refreshes)
	if len(refreshes) == 0 || refreshes[0] == 0 {
		t.Fatal("a burst has refreshed nothing: this shows nothing")
	}
	t.Logf("%d bursts of %d requests on 3 processes: %d signed out, %d answers healed, %d not made in time; refreshes that Directus saw in each: least %d, median %d, most %d",
		len(refreshes), requests, out, healed, busy, refreshes[0], refreshes[len(refreshes)/2], refreshes[len(refreshes)-1])
	if most := refreshes[len(refreshes)-1]; most > 3 {
		t.Errorf("a burst was refreshed %d times by 3 processes, want once by each at most", most)
	}
	return healed
}
