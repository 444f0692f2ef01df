package harness

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/page"

	"hutch/tools/realbrowser"
)

// Person is a visitor in any engine, who only does and sees what is the same in all of
// them. A [Browser] looks closer, in Chromium.
type Person struct {
	T      *testing.T
	App    *App
	window realbrowser.Window
}

// InEveryEngine runs a journey in Chromium, Firefox and WebKit.
func InEveryEngine(t *testing.T, app *App, journey func(*testing.T, *Person)) {
	t.Run("Chromium", func(t *testing.T) {
		tab := NewTab(t, app.URL, "127.0.0.1", true)
		tab.Forgives = true // a form that fails is part of the journey
		journey(t, &Person{t, app, chromiumWindow{t, tab}})
	})
	InOtherEngines(t, app, journey)
}

// InOtherEngines leaves out Chromium, in which most other tests look.
func InOtherEngines(t *testing.T, app *App, journey func(*testing.T, *Person)) {
	t.Run("Firefox", func(t *testing.T) {
		realbrowser.EnginesForTest(t)
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		firefox, err := realbrowser.StartFirefox(ctx, t.TempDir())
		if err != nil {
			t.Fatal(err)
		}
		defer closeWindow(t, firefox.Close)
		journey(t, &Person{t, app, firefox})
	})
	t.Run("WebKit", func(t *testing.T) {
		realbrowser.EnginesForTest(t)
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		webkit, err := realbrowser.StartWebKit(ctx, t.TempDir())
		if err != nil {
			t.Fatal(err)
		}
		defer closeWindow(t, webkit.Close)
		journey(t, &Person{t, app, webkit})
	})
}

func closeWindow(t *testing.T, end func() error) {
	if err := end(); err != nil {
		t.Error(err)
	}
}

// do does one thing in the window, within patience.
func (p *Person) do(what string, act func(context.Context) error) {
	p.T.Helper()
	ctx, cancel := context.WithTimeout(p.T.Context(), Patience)
	defer cancel()
	if err := act(ctx); err != nil {
		p.T.Fatalf("%s: %v", what, err)
	}
}

// Open goes to a page, as if its address had been typed.
func (p *Person) Open(path string) {
	p.T.Helper()
	p.do(path, func(ctx context.Context) error { return p.window.Open(ctx, p.App.URL+path) })
}

// Back presses the browser's button.
func (p *Person) Back() {
	p.T.Helper()
	p.do("back", p.window.Back)
}

// Resize gives the page this much room.
func (p *Person) Resize(width, height int) {
	p.T.Helper()
	p.do("resize", func(ctx context.Context) error { return p.window.Resize(ctx, width, height) })
}

// Picture is what can be seen, as PNG.
func (p *Person) Picture() (png []byte) {
	p.T.Helper()
	p.do("picture", func(ctx context.Context) (err error) {
		png, err = p.window.Picture(ctx)
		return err
	})
	return png
}

// See runs a function of JavaScript in what the person sees and gives what it returns.
func See[T any](p *Person, function string, arguments ...any) (seen T) {
	p.T.Helper()
	p.do(function, func(ctx context.Context) error {
		text, err := p.window.Run(ctx, function, arguments...)
		if err != nil {
			return err
		}
		return json.Unmarshal(text, &seen)
	})
	return seen
}

// WaitFor waits until a function of JavaScript returns true, and says what was seen
// instead if it never does. One page may be making way for the next meanwhile.
func (p *Person) WaitFor(function string, arguments ...any) {
	p.T.Helper()
	ctx, cancel := context.WithTimeout(p.T.Context(), Patience)
	defer cancel()
	for {
		text, err := p.window.Run(ctx, function, arguments...)
		if err == nil && string(text) == "true" {
			return
		}
		select {
		case <-ctx.Done():
			p.T.Fatalf("%s with %v: %s, %v; the person is at %s", function, arguments, text, err, See[string](p, `() => location.href + ": " + document.body.innerText`))
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// WaitAt waits until a page is there, from which nothing moves on.
func (p *Person) WaitAt(path string) {
	p.T.Helper()
	p.WaitFor(`path => location.pathname + location.search === path && document.readyState === "complete" && !document.querySelector(".htmx-request")`, path)
}

// WaitText waits until the page says this.
func (p *Person) WaitText(text string) {
	p.T.Helper()
	p.WaitFor(`text => document.readyState === "complete" && document.body.innerText.includes(text)`, text)
}

// Press clicks, with the mouse, on the first element that the selector finds.
func (p *Person) Press(selector string) {
	p.T.Helper()
	// Nothing can be pressed while one page fades into the next, or what is pressed moves.
	// Firefox finds what a click is on by what it has painted, some frames after a page
	// has scrolled: so the place must be the same twice.
	var before []float64
	for deadline := time.Now().Add(Patience); ; time.Sleep(100 * time.Millisecond) {
		at := See[[]float64](p, `selector => {
			const wanted = document.querySelector(selector)
			wanted?.scrollIntoView({block: "center", behavior: "instant"})
			const box = wanted?.getClientRects()[0]
			if (!box) return []
			const x = box.x + box.width / 2, y = box.y + box.height / 2
			return wanted.contains(document.elementFromPoint(x, y)) ? [x, y] : []
		}`, selector)
		ctx, cancel := context.WithDeadline(p.T.Context(), deadline)
		err := errors.New("it cannot be seen")
		if len(at) == 2 && slices.Equal(at, before) {
			err = p.window.Click(ctx, int(at[0]), int(at[1]))
		}
		cancel()
		before = at
		if err == nil {
			return
		}
		if time.Now().After(deadline) {
			p.T.Fatalf("%s cannot be pressed: %v", selector, err)
		}
	}
}

// Fill replaces what is in a field.
func (p *Person) Fill(selector, text string) {
	p.T.Helper()
	p.Press(selector)
	p.WaitFor(`selector => {
		const field = document.querySelector(selector)
		field.select()
		return document.activeElement === field
	}`, selector)
	p.do(selector, func(ctx context.Context) error { return p.window.Type(ctx, text) })
	p.WaitFor(`(selector, text) => document.querySelector(selector).value === text`, selector, text)
}

// chromiumWindow is a tab as a window.
type chromiumWindow struct {
	t   *testing.T
	tab *Tab
}

func (w chromiumWindow) Open(_ context.Context, address string) error {
	w.tab.Open(w.t, address)
	return nil
}

func (w chromiumWindow) Run(_ context.Context, function string, arguments ...any) (json.RawMessage, error) {
	return TryAsk[json.RawMessage](w.tab, "(...given) => ("+function+")(...given) ?? null", arguments...)
}

func (w chromiumWindow) Click(_ context.Context, x, y int) error {
	w.tab.clickAt(w.t, float64(x), float64(y))
	return nil
}

func (w chromiumWindow) Type(_ context.Context, text string) error {
	w.tab.Insert(w.t, text)
	return nil
}

func (w chromiumWindow) Back(context.Context) error {
	history := Call(w.t, w.tab, page.GetNavigationHistory, cdp.Empty{})
	Call(w.t, w.tab, page.NavigateToHistoryEntry, page.NavigateToHistoryEntryParams{EntryID: history.Entries[int(history.CurrentIndex)-1].ID})
	return nil
}

func (w chromiumWindow) Resize(_ context.Context, width, height int) error {
	w.tab.ShowOn(w.t, Screen{Width: int64(width), Height: int64(height), Scheme: "light"})
	return nil
}

func (w chromiumWindow) Picture(context.Context) ([]byte, error) {
	taken := Call(w.t, w.tab, page.CaptureScreenshot, page.CaptureScreenshotParams{Format: page.CaptureScreenshotFormatPng})
	return taken.Data, nil
}
