package harness

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/audits"
	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/fetch"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// Press clicks on what the selector finds, and waits for what comes of it.
func (b *Browser) Press(selector string) {
	b.T.Helper()
	b.Tab.Press(b.T, selector)
	b.Look()
}

// Enter presses Enter in one event. chromedp sends the character in a second
// one, which would end up in a field that the first has moved the focus to.
func (b *Browser) Enter() {
	b.T.Helper()
	press := input.DispatchKeyEventParams{Type: input.DispatchKeyEventTypeKeyDown, Key: "Enter", Code: "Enter", WindowsVirtualKeyCode: 13, Text: "\r"}
	Call(b.T, b.Tab, input.DispatchKeyEvent, press)
	press.Type, press.Text = input.DispatchKeyEventTypeKeyUp, ""
	Call(b.T, b.Tab, input.DispatchKeyEvent, press)
}

// Patience bounds the wait for a page to come to rest. A real Directus on a busy
// machine takes a second for a password.
const Patience = 20 * time.Second

// Tab is a tab of Chromium with cookies of its own. It looks like a visitor
// does: it presses what can be seen, and waits until nothing moves any more.
type Tab struct {
	Ctx      context.Context
	Site     string // scheme and host of the app
	Scripted bool

	Mu      sync.Mutex
	asked   int                           // requests for pages and parts of them so far
	Running map[network.RequestID]request // requests that have not ended
	loader  cdp.LoaderID                  // of the page that is shown
	expects string                        // method of a request that must come yet; "": none
	answer  answer                        // the last to a request for a page or a part of one
	Judged  map[network.RequestID]bool    // answers whose status the test has been given
	Faults  []fault
	// forgives the trouble that a test makes itself.
	Forgives bool
	opened   int                     // requests for pages since stayAt
	scripts  []page.ScriptIdentifier // of RunFirst
	abroad   []string                // addresses asked for that are not the app's
}

// request is one that has not ended.
type request struct {
	loader cdp.LoaderID // of the page that asks
	page   bool         // it is the next page
}

// chromiumsOwnIcon begins the address of the pictures that Chromium draws in the
// fields for dates and times. It asks nobody for them.
const chromiumsOwnIcon = "data:image/svg+xml;base64,PHN2ZyB4bWxucz0iaHR0cDovL3d3dy53My5vcmcvMjAwMC9zdmciIHdpZHRoPSIx"

// NewTab opens a tab of a new visitor, for as long as the test runs.
func NewTab(t *testing.T, site, ip string, scripted bool) *Tab {
	t.Helper()
	seat := chromium.take(t)
	tab := &Tab{
		Ctx: seat.ctx, Site: site, Scripted: scripted,
		Running: map[network.RequestID]request{}, Judged: map[network.RequestID]bool{},
	}
	seat.taken.Store(tab)
	t.Cleanup(func() {
		tab.report(t)
		chromium.giveBack(seat, tab.scripts)
	})
	Call(t, tab, audits.Enable, cdp.Empty{})
	Call(t, tab, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: !scripted})
	tab.Send(t, network.Headers{"X-Forwarded-For": ip})
	// A tab in the background would get no frames and no focus.
	Call(t, tab, emulation.SetFocusEmulationEnabled, emulation.SetFocusEmulationEnabledParams{Enabled: true})
	tab.ShowOn(t, Desktop)
	return tab
}

// Send puts these headers on every request, and no others of a test's.
func (tab *Tab) Send(t *testing.T, headers network.Headers) {
	t.Helper()
	Call(t, tab, network.SetExtraHTTPHeaders, network.SetExtraHTTPHeadersParams{Headers: headers})
}

// RunFirst runs a script in each page from now on, before the page's own.
func (tab *Tab) RunFirst(t *testing.T, script string) {
	t.Helper()
	added := Call(t, tab, page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{Source: script})
	tab.scripts = append(tab.scripts, added.Identifier)
}

// Call sends one command of the DevTools protocol.
func Call[P, R any](t *testing.T, tab *Tab, command cdp.Command[P, R], params P) R {
	t.Helper()
	ctx, cancel := context.WithTimeout(tab.Ctx, Patience)
	defer cancel()
	result, err := chromedp.Call(ctx, command, params)
	if err != nil {
		t.Fatalf("%s: %v", command.Method, err)
	}
	return result
}

// Ask runs a function of JavaScript in the page, where the page's own scripts
// may be switched off, and gives what it returns.
func Ask[T any](t *testing.T, tab *Tab, function string, arguments ...any) T {
	t.Helper()
	answer, err := TryAsk[T](tab, function, arguments...)
	if err != nil {
		t.Fatalf("%v in %s", err, function)
	}
	return answer
}

func TryAsk[T any](tab *Tab, function string, arguments ...any) (T, error) {
	if arguments == nil {
		arguments = []any{}
	}
	given, err := json.Marshal(arguments)
	if err != nil {
		var none T
		return none, err
	}
	ctx, cancel := context.WithTimeout(tab.Ctx, Patience)
	defer cancel()
	return chromedp.Run(ctx, chromedp.Evaluate[T](fmt.Sprintf("(%s)(...%s)", function, given), func(p *runtime.EvaluateParams) {
		p.AwaitPromise = &tab.Scripted // without scripts a promise is never kept
	}))
}

// WaitFor waits until a function of JavaScript returns true in the page.
func (tab *Tab) WaitFor(t *testing.T, function string) {
	t.Helper()
	for deadline := time.Now().Add(Patience); ; time.Sleep(10 * time.Millisecond) {
		if is, err := TryAsk[bool](tab, function); err == nil && is {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("this never becomes true: %s", function)
		}
	}
}

// Open goes to an address, as if it had been typed.
func (tab *Tab) Open(t *testing.T, address string) {
	t.Helper()
	if went := Call(t, tab, page.Navigate, page.NavigateParams{URL: address}); went.ErrorText != "" {
		t.Fatalf("%s: %s", address, went.ErrorText)
	}
}

// stayAt keeps the page at address, which goes on by itself, from doing so.
func (tab *Tab) stayAt(t *testing.T, address string) {
	t.Helper()
	Call(t, tab, fetch.Enable, fetch.EnableParams{Patterns: []*fetch.RequestPattern{{URLPattern: address, ResourceType: network.ResourceTypeDocument}}})
}

// Screen is what a page is shown on.
type Screen struct {
	Width, Height int64
	Scheme        string // the colours that the visitor prefers: light or dark
}

func (s Screen) String() string { return fmt.Sprintf("%d×%d, %s", s.Width, s.Height, s.Scheme) }

// Desktop is where what is checked does not depend on the screen.
var Desktop = Screen{1280, 900, "light"}

// ShowOn changes the screen, and waits until the page has come to rest on it.
// The visitor wants no motion from then on: waiting for it is all that it would
// add to the checks.
func (tab *Tab) ShowOn(t *testing.T, s Screen) {
	t.Helper()
	Call(t, tab, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{
		{Name: "prefers-color-scheme", Value: s.Scheme},
		{Name: "prefers-reduced-motion", Value: "reduce"}, // nobody waits for what is only beautiful
	}})
	Call(t, tab, emulation.SetDeviceMetricsOverride, emulation.SetDeviceMetricsOverrideParams{
		Width: s.Width, Height: s.Height, DeviceScaleFactor: 1,
	})
	tab.rest(t)
}

// rest waits until nothing moves any more and nothing is under way, for two frames: an
// image for a wider screen is asked for in the first. It is a [Tab.Settle] for those
// who do not read the page, which costs as much as all checks of its layout.
func (tab *Tab) rest(t *testing.T) {
	t.Helper()
	function := restFunction
	if !tab.Scripted {
		function = busyFunction
	}
	tab.await(t, 2, func() string {
		busy, err := TryAsk[string](tab, function)
		if err != nil {
			return err.Error()
		}
		return tab.busy(view{Busy: busy})
	})
	tab.report(t)
}

// await waits until, so many times in a row, no request is under way or must come yet,
// and moving says that nothing else moves.
func (tab *Tab) await(t *testing.T, times int, moving func() string) {
	t.Helper()
	deadline := time.Now().Add(Patience)
	for quiet := 0; ; time.Sleep(10 * time.Millisecond) {
		waiting := tab.waitsFor()
		if waiting == "" {
			waiting = moving()
		}
		if quiet++; waiting != "" {
			quiet = 0
		}
		if quiet == times {
			return
		}
		if time.Now().After(deadline) {
			tab.report(t)
			t.Fatalf("the tab does not come to rest: %s", waiting)
		}
	}
}

// Heard is how many pages, or parts of one, have been asked for.
func (tab *Tab) Heard() int {
	tab.Mu.Lock()
	defer tab.Mu.Unlock()
	return tab.asked
}

// Await makes settle wait until a request of this method has been sent.
func (tab *Tab) Await(method string) {
	tab.Mu.Lock()
	defer tab.Mu.Unlock()
	tab.expects = method
}

// view is what a tab shows.
type view struct {
	Busy   string // what still moves; "": nothing
	Path   string
	HTML   string // with what stands in the fields now, passwords excepted
	answer answer
}

const busyFunction = `() => {
	const moving = document.activeViewTransition || document.getAnimations().some(a => a.playState === "running" && a.effect.getComputedTiming().endTime !== Infinity)
	const changing = document.querySelector(".htmx-request, .htmx-swapping, .htmx-settling, .htmx-added, meta[http-equiv=refresh]")
	return document.readyState !== "complete" ? "loading" : moving ? "moving" : changing ? changing.outerHTML.slice(0, 200) : ""
}`

// restFunction gives the page a frame first, where its scripts may wait for one.
const restFunction = `() => {
	const busy = ` + busyFunction + `
	return new Promise(done => requestAnimationFrame(() => done(busy())))
}`

const lookFunction = `() => {
	const busy = (` + busyFunction + `)()
	const path = location.pathname + location.search
	if (busy && !busy.startsWith("<meta")) return {Busy: busy, Path: path}
	// Into a document without a window: a copy in this one would load its images again.
	const copy = document.implementation.createHTMLDocument("").importNode(document.documentElement, true)
	const visible = "select, textarea, input:not([type=password], [type=file], [autocomplete$=password])"
	const typed = copy.querySelectorAll(visible)
	document.querySelectorAll(visible).forEach((field, i) => {
		if (field.matches("textarea")) typed[i].textContent = field.value
		else if (field.matches("select")) [...field.options].forEach((option, j) => typed[i].options[j].toggleAttribute("selected", option.selected))
		else if (field.type === "checkbox") typed[i].toggleAttribute("checked", field.checked)
		else typed[i].setAttribute("value", field.value)
	})
	return {
		Busy: busy,
		Path: path,
		HTML: "<!doctype html>" + copy.outerHTML,
	}
}`

// Settle waits until the tab has come to rest: no request is under way or must
// come yet, nothing moves, and with scripts it looks the same twice.
func (tab *Tab) Settle(t *testing.T) view {
	t.Helper()
	var last view
	tab.await(t, 1, func() string {
		seen, err := TryAsk[view](tab, lookFunction)
		same := seen.HTML == last.HTML && seen.Path == last.Path
		if last = seen; err != nil {
			last = view{}
			return err.Error()
		}
		if busy := tab.busy(seen); busy != "" {
			return busy
		}
		if tab.Scripted && !same {
			return "it has to look the same twice"
		}
		return tab.waitsFor()
	})
	tab.Mu.Lock()
	last.answer = tab.answer
	tab.Judged[last.answer.id] = true
	tab.Mu.Unlock()
	tab.report(t)
	return last
}

// busy says what still moves in the tab, or "".
func (tab *Tab) busy(seen view) string {
	tab.Mu.Lock()
	defer tab.Mu.Unlock()
	if tab.opened > 1 && strings.HasPrefix(seen.Busy, "<meta") {
		return "" // it was made to stay
	}
	return seen.Busy
}

// waitsFor says what has not happened yet, or "".
func (tab *Tab) waitsFor() string {
	tab.Mu.Lock()
	defer tab.Mu.Unlock()
	if tab.expects != "" {
		return "nothing has been sent by " + tab.expects
	}
	n := 0
	for _, r := range tab.Running {
		if r.page || r.loader == tab.loader { // those of the page before are never heard of again
			n++
		}
	}
	if n > 0 {
		return fmt.Sprintf("%d requests are under way", n)
	}
	return ""
}

func (tab *Tab) cookies(t *testing.T) []*http.Cookie {
	t.Helper()
	var cookies []*http.Cookie
	for _, c := range Call(t, tab, network.GetCookies, network.GetCookiesParams{URLs: []string{tab.Site}}).Cookies {
		if !c.HTTPOnly {
			t.Errorf("scripts can read the cookie %s", c.Name)
		}
		cookies = append(cookies, &http.Cookie{Name: c.Name, Value: c.Value, Path: c.Path})
	}
	return cookies
}

func (tab *Tab) setCookies(t *testing.T, cookies ...*http.Cookie) {
	t.Helper()
	for _, c := range cookies {
		if c.MaxAge < 0 {
			Call(t, tab, network.DeleteCookies, network.DeleteCookiesParams{Name: c.Name, URL: tab.Site})
			continue
		}
		yes := true
		Call(t, tab, network.SetCookie, network.SetCookieParams{
			Name: c.Name, Value: c.Value, URL: tab.Site, Path: c.Path, HTTPOnly: &yes, SameSite: network.CookieSameSiteStrict,
		})
	}
}
