package session_test

import (
	"math/rand/v2"
	"net/http"
	"net/url"
	"sync"
	"testing"
	"time"

	"hutch/e2e/harness"
	"hutch/internal/directus"
	"hutch/internal/secret"
	"hutch/sandbox"
	"hutch/tools/realdirectus"
)

// A visitor signs out while twenty of their requests renew the token, on three
// processes. Whichever answer comes last: no token that Directus has given them
// works, and they are signed in nowhere.
func TestSigningOutAmidRefreshes(t *testing.T) {
	t.Parallel()
	guests, rounds := 6, 3
	if harness.All() {
		guests, rounds = 20, 10
	}
	t.Run("sandbox", func(t *testing.T) {
		t.Parallel()
		signingOutAmidRefreshes(t, harness.StartSandbox(t, sandbox.Options{}), guests, rounds)
	})
	for _, version := range realdirectus.TestVersions() {
		t.Run(version, func(t *testing.T) {
			harness.ForAll(t)
			t.Parallel()
			signingOutAmidRefreshes(t, harness.StartReal(t, version), 4, 5)
		})
	}
}

func signingOutAmidRefreshes(t *testing.T, up harness.Upstream, guests, rounds int) {
	const requests = 20
	up, tapped := harness.WithTap(t, up)
	site := harness.StartProcesses(t, up, 3, nil)
	client, err := directus.New(up.URL)
	if err != nil {
		t.Fatal(err)
	}
	var mu sync.Mutex
	signOuts, tokens, alive, again := 0, 0, 0, 0
	refreshes := 0
	one := make(chan struct{}, 1)
	var group sync.WaitGroup
	for n := range guests {
		group.Go(func() {
			g := harness.NewGuest(site.URL, n)
			if !g.SignUp(t) {
				return
			}
			for round := range rounds {
				if round > 0 && !g.SignIn(t) {
					return
				}
				harness.AwaitRenewal()
				one <- struct{}{}
				tapped.Take(g.Address)
				out := make(chan harness.GuestReply, 1)
				go func() {
					time.Sleep(time.Duration(rand.IntN(40)) * time.Millisecond)
					out <- g.Send(t, http.MethodPost, "/logout", url.Values{}, nil)
				}()
				replies := append(g.Burst(t, requests, func(int) string { return "/profile" }), <-out)
				<-one
				if r := replies[requests]; r.Err != nil || r.Status != http.StatusSeeOther || r.Location != "/signin" {
					t.Errorf("signing out: %d to %q, %v", r.Status, r.Location, r.Err)
				}
				g.TakeInAnyOrder(replies)
				given := tapped.TakeTokens(g.Address)
				mu.Lock()
				signOuts++
				refreshes += tapped.Take(g.Address)
				tokens += len(given)
				if g.Cookies["session"] != "" {
					again++
				}
				mu.Unlock()
				for range 3 { // each process
					if r := g.Reach(t, "/profile"); r.Err != nil || g.IsIn(r) {
						t.Errorf("after signing out, %s is signed in: %d, %v", g.Address, r.Status, r.Err)
					}
				}
				for _, token := range given {
					if _, err := client.Me(t.Context(), directus.Visitor{}, secret.Of(token)); !directus.TokenRefused(err) {
						mu.Lock()
						alive++
						mu.Unlock()
						t.Errorf("a token works after signing out: %v", err)
					}
				}
			}
		})
	}
	group.Wait()
	if again == 0 {
		t.Error("no late answer has set a cookie again: this shows less than it should")
	}
	t.Logf("%d sign-outs, each amid %d requests at refresh time on 3 processes: %d refreshes, %d tokens given, %d of them alive afterwards; %d times a late answer had set the cookie again",
		signOuts, requests, refreshes, tokens, alive, again)
}
