package session_test

import (
	"context"
	"math/rand/v2"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"

	"hutch/e2e/harness"
	"hutch/internal/directus"
	"hutch/internal/secret"
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
	// what is retried is all that keeps anybody in.
	t.Run("sandbox without a grace", func(t *testing.T) {
		t.Parallel()
		if retried := burstsAtRefreshTime(t, harness.StartSandbox(t, sandbox.Options{RefreshGrace: time.Nanosecond}), guests/2, 3); retried == 0 {
			t.Error("nothing had to be retried: this shows nothing")
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

func burstsAtRefreshTime(t *testing.T, up harness.Upstream, guests, rounds int) (retried int) {
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
						retried++
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
	t.Logf("%d bursts of %d requests on 3 processes: %d signed out, %d answers retried, %d not made in time; refreshes that Directus saw in each: least %d, median %d, most %d",
		len(refreshes), requests, out, retried, busy, refreshes[0], refreshes[len(refreshes)/2], refreshes[len(refreshes)-1])
	if most := refreshes[len(refreshes)-1]; most > 3 {
		t.Errorf("a burst was refreshed %d times by 3 processes, want once by each at most", most)
	}
	return retried
}

// A visitor signs out while twenty of their requests renew the token, on three
// processes. Whichever answer comes last: they are signed in nowhere, and soon no token
// that Directus has given them works.
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
				// A busy Directus stores a token a moment after it has told it.
				for deadline := time.Now().Add(20 * time.Second); len(given) > 0; time.Sleep(50 * time.Millisecond) {
					_, err := client.Me(t.Context(), directus.Visitor{}, secret.Of(given[0]))
					if directus.TokenRefused(err) {
						given = given[1:]
					} else if time.Now().After(deadline) {
						mu.Lock()
						alive++
						mu.Unlock()
						t.Errorf("a token works after signing out: %v", err)
						break
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

// A browser is started again and restores twelve tabs at once, when the token wants
// renewal. Three replicas answer.
func TestTwelveTabsAtRefreshTime(t *testing.T) {
	const tabs = 12
	up := harness.StartSandbox(t, sandbox.Options{})
	var sites []*harness.App
	for range 3 {
		sites = append(sites, harness.StartApp(t, up, map[string]string{"SESSION_SECRET": harness.ProcessesSecret}))
	}
	var next atomic.Int64
	balancer := harness.Balance(t, func() *url.URL {
		address, _ := url.Parse(sites[next.Add(1)%3].URL)
		return address
	})
	first := harness.NewTab(t, balancer, "10.7.7.7", true)
	b := &harness.Browser{T: t, App: &harness.App{URL: balancer, Up: up, Wire: sites[0].Wire, Log: sites[0].Log}, How: harness.Scripted, Tab: first, IP: "10.7.7.7"}
	who := b.SignUp()
	for round := range 3 {
		for _, site := range sites {
			site.Pass(15 * time.Hour)
			site.Wire.Forget()
		}
		var opened []*harness.Tab
		for range tabs {
			tabCtx, closeTab := chromedp.NewContext(first.Ctx)
			defer closeTab()
			if err := chromedp.Do(tabCtx); err != nil {
				t.Fatal(err)
			}
			opened = append(opened, &harness.Tab{Ctx: tabCtx, Site: balancer, Scripted: true})
		}
		var group sync.WaitGroup
		for _, another := range opened {
			group.Go(func() {
				ctx, cancel := context.WithTimeout(another.Ctx, harness.Patience)
				defer cancel()
				if _, err := chromedp.Call(ctx, page.Navigate, page.NavigateParams{URL: balancer + "/profile"}); err != nil {
					t.Error(err)
				}
			})
		}
		group.Wait()
		for i, another := range opened {
			shown := ""
			for deadline := time.Now().Add(harness.Patience); !strings.Contains(shown, who.Email) && time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
				shown, _ = harness.TryAsk[string](another, "() => location.pathname + ' ' + document.body.innerText")
			}
			if !strings.HasPrefix(shown, "/profile ") || !strings.Contains(shown, who.Email) {
				t.Errorf("round %d, tab %d shows: %s", round, i, shown)
			}
		}
		refreshes := 0
		for _, site := range sites {
			refreshes += site.Wire.Count("POST /auth/refresh")
		}
		t.Logf("round %d: %d tabs on 3 replicas, %d refreshes", round, tabs, refreshes)
		if refreshes == 0 {
			t.Error("nothing was refreshed: this shows nothing")
		}
	}
	b.Open("/profile")
	b.WantText(who.Email)
}
