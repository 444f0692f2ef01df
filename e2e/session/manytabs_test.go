package session_test

import (
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/target"
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
		// All are opened before the first is looked at.
		ctx := chromedp.FromContext(first.Ctx)
		var opened []target.ID
		for range tabs {
			made := harness.Call(t, first, target.CreateTarget, target.CreateTargetParams{
				URL: balancer + "/profile", BrowserContextID: ctx.BrowserContextID, Background: new(true),
			})
			opened = append(opened, made.TargetID)
		}
		for i, id := range opened {
			tabCtx, closeTab := chromedp.NewContext(first.Ctx, chromedp.WithTargetID(id))
			another := &harness.Tab{Ctx: tabCtx, Site: balancer, Scripted: true, Running: map[network.RequestID]cdp.LoaderID{}, Judged: map[network.RequestID]bool{}}
			shown := ""
			for deadline := time.Now().Add(harness.Patience); !strings.Contains(shown, who.Email) && time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
				shown, _ = harness.TryAsk[string](another, "() => location.pathname + ' ' + document.body.innerText")
			}
			if !strings.HasPrefix(shown, "/profile ") || !strings.Contains(shown, who.Email) {
				t.Errorf("round %d, tab %d shows: %s", round, i, shown)
			}
			closeTab()
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
