package harness

import (
	"context"
	"errors"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"hutch/tools/realbrowser"
)

// One Chromium serves all tests of this package: starting it takes longer than
// most of them. Each visitor has a browser context of their own in it.

// Main runs the tests of a package, and ends what they share.
func Main(m *testing.M) {
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
	mu  sync.Mutex
	ctx context.Context // of chromedp; nil: not started
	err error           // why it could not be
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
