package main

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

	"hutch/sandbox"
)

// A browser is started again and restores twelve tabs at once, when the token wants
// renewal. Three replicas answer.
func TestTwelveTabsAtRefreshTime(t *testing.T) {
	const tabs = 12
	up := startSandbox(t, sandbox.Options{})
	var sites []*app
	for range 3 {
		sites = append(sites, startApp(t, up, map[string]string{"SESSION_SECRET": processesSecret}))
	}
	var next atomic.Int64
	balancer := balance(t, func() *url.URL {
		address, _ := url.Parse(sites[next.Add(1)%3].url)
		return address
	})
	first := newTab(t, balancer, "10.7.7.7", true)
	b := &browser{t: t, app: &app{url: balancer, up: up, wire: sites[0].wire, log: sites[0].log}, how: scripted, tab: first, ip: "10.7.7.7"}
	who := b.signUp()
	for round := range 3 {
		for _, site := range sites {
			site.pass(15 * time.Hour)
			site.wire.forget()
		}
		// All are opened before the first is looked at.
		ctx := chromedp.FromContext(first.ctx)
		var opened []target.ID
		for range tabs {
			made := call(t, first, target.CreateTarget, target.CreateTargetParams{
				URL: balancer + "/profile", BrowserContextID: ctx.BrowserContextID, Background: new(true),
			})
			opened = append(opened, made.TargetID)
		}
		for i, id := range opened {
			tabCtx, closeTab := chromedp.NewContext(first.ctx, chromedp.WithTargetID(id))
			another := &tab{ctx: tabCtx, site: balancer, scripted: true, running: map[network.RequestID]cdp.LoaderID{}, judged: map[network.RequestID]bool{}}
			shown := ""
			for deadline := time.Now().Add(patience); !strings.Contains(shown, who.email) && time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
				shown, _ = tryAsk[string](another, "() => location.pathname + ' ' + document.body.innerText")
			}
			if !strings.HasPrefix(shown, "/profile ") || !strings.Contains(shown, who.email) {
				t.Errorf("round %d, tab %d shows: %s", round, i, shown)
			}
			closeTab()
		}
		refreshes := 0
		for _, site := range sites {
			refreshes += site.wire.count("POST /auth/refresh")
		}
		t.Logf("round %d: %d tabs on 3 replicas, %d refreshes", round, tabs, refreshes)
		if refreshes == 0 {
			t.Error("nothing was refreshed: this shows nothing")
		}
	}
	b.open("/profile")
	b.wantText(who.email)
}
