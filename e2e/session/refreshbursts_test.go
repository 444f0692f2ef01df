package session_test

import (
	"slices"
	"sync"
	"testing"
	"time"

	"hutch/e2e/harness"
	"hutch/sandbox"
	"hutch/tools/realdirectus"
)

// Three processes, and a browser that sends sixteen requests at once whenever its
// token wants renewal. Nobody is signed out, whichever answer comes last.
func TestBurstsAtRefreshTime(t *testing.T) {
	t.Parallel()
	guests, rounds := 6, 2
	if harness.All() {
		guests, rounds = 20, 10
	}
	t.Run("sandbox", func(t *testing.T) {
		t.Parallel()
		burstsAtRefreshTime(t, harness.StartSandbox(t, sandbox.Options{}), guests, rounds)
	})
	// Two of three replicas are refused then, while the third has the successor:
	// what heals is all that keeps anybody in.
	t.Run("sandbox without a grace", func(t *testing.T) {
		t.Parallel()
		if healed := burstsAtRefreshTime(t, harness.StartSandbox(t, sandbox.Options{RefreshGrace: time.Nanosecond}), guests/2, 3); healed == 0 {
			t.Error("nothing had to heal: this shows nothing")
		}
	})
	for _, version := range realdirectus.TestVersions() {
		t.Run(version, func(t *testing.T) {
			harness.ForAll(t)
			t.Parallel()
			burstsAtRefreshTime(t, harness.StartReal(t, version), 4, 5)
		})
	}
}

func burstsAtRefreshTime(t *testing.T, up harness.Upstream, guests, rounds int) (healed int) {
	const requests = 16
	up, tapped := harness.WithTap(t, up)
	site := harness.StartProcesses(t, up, 3, nil)
	var mu sync.Mutex
	var refreshes []int
	out, busy := 0, 0
	one := make(chan struct{}, 1) // bursts come one at a time: they are what is measured
	var group sync.WaitGroup
	for n := range guests {
		group.Go(func() {
			g := harness.NewGuest(site.URL, n)
			if !g.SignUp(t) {
				return
			}
			for range rounds {
				harness.AwaitRenewal()
				one <- struct{}{}
				tapped.Take(g.Address)
				replies := g.Burst(t, requests, func(i int) string { return []string{"/profile", "/profile/email"}[i%2] })
				seen := tapped.Take(g.Address)
				<-one
				mu.Lock()
				refreshes = append(refreshes, seen)
				for _, r := range replies {
					switch {
					case g.IsIn(r):
					case r.IsBusy():
						busy++
					case r.Status == 303 && r.Location[:8] == "/profile":
						healed++
					default:
						t.Errorf("a request of a burst: %d to %q, %v", r.Status, r.Location, r.Err)
					}
				}
				mu.Unlock()
				g.TakeInAnyOrder(replies)
				if !g.IsIn(g.Reach(t, "/profile")) {
					mu.Lock()
					out++
					mu.Unlock()
					t.Errorf("%s is signed out", g.Address)
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
