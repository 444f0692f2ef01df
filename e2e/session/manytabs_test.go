package session_test

import (
	"context"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"

	"hutch/e2e/harness"
	"hutch/sandbox"
)

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
