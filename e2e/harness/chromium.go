package harness

import (
	"context"
	"errors"
	"flag"
	"os"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/fetch"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"

	"hutch/tools/realbrowser"
)

// One Chromium serves all tests of this package: starting it takes longer than
// most of them. Each visitor has a browser context of their own in it, whose tab the
// next visitor takes over, emptied: a new one costs as much as a page and a half, and
// has every script compiled again.

// Main runs the tests of a package, and ends what they share.
func Main(m *testing.M) {
	flag.Parse()
	if given := flag.Lookup("test.parallel"); testing.Short() && given.Value.String() == given.DefValue {
		_ = given.Value.Set("8") // most of -short is waiting for a Directus that is slow on purpose
	}
	code := m.Run()
	if err := errors.Join(directuses.stop(), program.remove()); err != nil {
		println("what the tests shared did not end:", err.Error())
		code = max(code, 1)
	}
	if err := chromium.stop(); err != nil {
		println("Chromium did not end:", err.Error())
		code = max(code, 1)
	}
	os.Exit(mustHaveEnded(code))
}

var chromium process

// process is Chromium, started by the first test that asks for it.
type process struct {
	mu   sync.Mutex
	ctx  context.Context // of chromedp; nil: not started
	err  error           // why it could not be
	free []*seat
}

// seat is a browser context with one tab, which visitors use one after the other.
type seat struct {
	ctx    context.Context
	cancel context.CancelFunc
	taken  atomic.Pointer[Tab] // who hears what happens in it; nil: nobody
}

// take returns an empty seat.
func (p *process) take(t *testing.T) *seat {
	t.Helper()
	ctx := p.forTest(t)
	p.mu.Lock()
	defer p.mu.Unlock()
	if n := len(p.free); n > 0 {
		s := p.free[n-1]
		p.free = p.free[:n-1]
		return s
	}
	s := &seat{}
	s.ctx, s.cancel = chromedp.NewContext(ctx, chromedp.WithNewBrowserContext())
	if err := chromedp.Listen(s.ctx, func(event any) {
		if tab := s.taken.Load(); tab != nil {
			tab.hear(event)
		}
	}); err != nil {
		t.Fatal(err)
	}
	return s
}

// giveBack leaves the seat to the next visitor if it can be emptied.
func (p *process) giveBack(s *seat, scripts []page.ScriptIdentifier) {
	s.taken.Store(nil)
	if err := s.empty(scripts); err != nil {
		s.cancel()
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.free = append(p.free, s)
}

// empty leaves nothing of a visitor: no page, no cookies, no history, no bad
// connection. What a page has stored is out of reach of the next, whose site has
// another port.
func (s *seat) empty(scripts []page.ScriptIdentifier) error {
	ctx, cancel := context.WithTimeout(s.ctx, Patience)
	defer cancel()
	for _, script := range scripts {
		if _, err := chromedp.Call(ctx, page.RemoveScriptToEvaluateOnNewDocument, page.RemoveScriptToEvaluateOnNewDocumentParams{Identifier: script}); err != nil {
			return err
		}
	}
	for _, command := range []cdp.Command[cdp.Empty, cdp.Empty]{fetch.Disable, network.ClearBrowserCookies} {
		if _, err := chromedp.Call(ctx, command, cdp.Empty{}); err != nil {
			return err
		}
	}
	online := network.EmulateNetworkConditionsByRuleParams{MatchedNetworkConditions: []*network.Conditions{}}
	if _, err := chromedp.Call(ctx, network.EmulateNetworkConditionsByRule, online); err != nil {
		return err
	}
	if _, err := chromedp.Call(ctx, page.Navigate, page.NavigateParams{URL: "about:blank"}); err != nil {
		return err
	}
	for { // the page before takes a moment to go
		_, err := chromedp.Call(ctx, page.ResetNavigationHistory, cdp.Empty{})
		if err == nil || ctx.Err() != nil {
			return err
		}
		time.Sleep(10 * time.Millisecond)
	}
}

// forTest gives the running Chromium. Only who starts it asks whether the tools
// are there: that starts Java, and a test may open hundreds of tabs.
func (p *process) forTest(t *testing.T) context.Context {
	t.Helper()
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.ctx == nil {
		realbrowser.ForTest(t)
		path, err := realbrowser.Chromium()
		if err != nil {
			t.Fatal(err)
		}
		p.start(path)
	}
	if p.err != nil {
		t.Fatal(p.err)
	}
	return p.ctx
}

// start starts Chromium with a profile of its own in a temporary folder. It
// listens on no port: chromedp talks to it through a pipe.
func (p *process) start(path string) {
	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(path),
		chromedp.DisableGPU,
		chromedp.Flag("disable-quic", true),
		chromedp.Flag("disable-component-update", true),
		chromedp.Flag("lang", "en-US"),
		// Sites share processes, none is started in advance, and a page takes the frame
		// of the one before: nothing of that is seen by a page, and it is two fifths of
		// what opening one costs. The first two are chromedp's own.
		chromedp.Flag("renderer-process-limit", "4"),
		chromedp.Flag("disable-features", "Translate,BlinkGenPropertyTrees,SpareRendererForSitePerProcess,RenderDocument"),
	)
	allocator, _ := chromedp.NewExecAllocator(context.Background(), options...)
	p.ctx, _ = chromedp.NewContext(allocator)
	p.err = chromedp.Do(p.ctx)
}

// stop ends the process and removes its folder.
func (p *process) stop() error {
	if p.ctx == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(p.ctx, 10*time.Second)
	defer cancel()
	return chromedp.Cancel(ctx)
}
