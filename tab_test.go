package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/audits"
	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/dom"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/fetch"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// patience bounds the wait for a page to come to rest. A real Directus on a busy
// machine takes a second for a password.
const patience = 20 * time.Second

// tab is a tab of Chromium with cookies of its own. It looks like a visitor
// does: it presses what can be seen, and waits until nothing moves any more.
type tab struct {
	ctx      context.Context
	site     string // scheme and host of the app
	scripted bool

	mu      sync.Mutex
	asked   int                                // requests for pages and parts of them so far
	running map[network.RequestID]cdp.LoaderID // requests that have not ended
	expects string                             // method of a request that must come yet; "": none
	answer  answer                             // the last to a request for a page or a part of one
	judged  map[network.RequestID]bool         // answers whose status the test has been given
	faults  []fault
	// forgives the trouble that a test makes itself.
	forgives bool
	opened   int      // requests for pages since stayAt
	abroad   []string // addresses asked for that are not the app's
}

// chromiumsOwnIcon begins the address of the pictures that Chromium draws in the
// fields for dates and times. It asks nobody for them.
const chromiumsOwnIcon = "data:image/svg+xml;base64,PHN2ZyB4bWxucz0iaHR0cDovL3d3dy53My5vcmcvMjAwMC9zdmciIHdpZHRoPSIx"

// answer is what the app said to a request for a page or a part of one.
type answer struct {
	id     network.RequestID
	status int
	header http.Header
}

// fault is something that a visitor's console would show.
type fault struct {
	text string
	id   network.RequestID // of the request it is about; "": none
}

// newTab opens a tab of a new visitor, and closes it when the test ends.
func newTab(t *testing.T, site, ip string, scripted bool) *tab {
	t.Helper()
	ctx, cancel := chromedp.NewContext(chromium.forTest(t), chromedp.WithNewBrowserContext())
	tab := &tab{
		ctx: ctx, site: site, scripted: scripted,
		running: map[network.RequestID]cdp.LoaderID{}, judged: map[network.RequestID]bool{},
	}
	t.Cleanup(func() {
		tab.report(t)
		cancel()
	})
	if err := chromedp.Listen(ctx, tab.hear); err != nil {
		t.Fatal(err)
	}
	call(t, tab, audits.Enable, cdp.Empty{})
	tab.send(t, network.Headers{"X-Forwarded-For": ip})
	// A tab in the background would get no frames and no focus.
	call(t, tab, emulation.SetFocusEmulationEnabled, emulation.SetFocusEmulationEnabledParams{Enabled: true})
	tab.showOn(t, desktop)
	call(t, tab, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: !scripted})
	return tab
}

// send puts these headers on every request, and no others of a test's.
func (tab *tab) send(t *testing.T, headers network.Headers) {
	t.Helper()
	call(t, tab, network.SetExtraHTTPHeaders, network.SetExtraHTTPHeadersParams{Headers: headers})
}

// call sends one command of the DevTools protocol.
func call[P, R any](t *testing.T, tab *tab, command cdp.Command[P, R], params P) R {
	t.Helper()
	ctx, cancel := context.WithTimeout(tab.ctx, patience)
	defer cancel()
	result, err := chromedp.Call(ctx, command, params)
	if err != nil {
		t.Fatalf("%s: %v", command.Method, err)
	}
	return result
}

// ask runs a function of JavaScript in the page, where the page's own scripts
// may be switched off, and gives what it returns.
func ask[T any](t *testing.T, tab *tab, function string, arguments ...any) T {
	t.Helper()
	answer, err := tryAsk[T](tab, function, arguments...)
	if err != nil {
		t.Fatalf("%v in %s", err, function)
	}
	return answer
}

func tryAsk[T any](tab *tab, function string, arguments ...any) (T, error) {
	if arguments == nil {
		arguments = []any{}
	}
	given, err := json.Marshal(arguments)
	if err != nil {
		var none T
		return none, err
	}
	ctx, cancel := context.WithTimeout(tab.ctx, patience)
	defer cancel()
	return chromedp.Run(ctx, chromedp.Evaluate[T](fmt.Sprintf("(%s)(...%s)", function, given), func(p *runtime.EvaluateParams) {
		p.AwaitPromise = &tab.scripted // without scripts a promise is never kept
	}))
}

// hear takes note of what happens in the tab, in the order in which it does.
func (tab *tab) hear(event any) {
	tab.mu.Lock()
	defer tab.mu.Unlock()
	switch e := event.(type) {
	case *fetch.EventRequestPaused:
		tab.hearPaused(e)
	case *network.EventRequestWillBeSent:
		tab.running[e.RequestID] = e.LoaderID
		if !strings.HasPrefix(e.Request.URL, tab.site+"/") && !strings.HasPrefix(e.Request.URL, chromiumsOwnIcon) {
			tab.abroad = append(tab.abroad, e.Request.URL)
		}
		if isPage(e.Type) {
			tab.asked++
			if e.Request.Method == tab.expects {
				tab.expects = ""
			}
		}
	case *network.EventResponseReceived:
		if isPage(e.Type) {
			tab.hearAnswer(e)
		}
	case *network.EventLoadingFinished:
		delete(tab.running, e.RequestID)
	case *network.EventLoadingFailed:
		delete(tab.running, e.RequestID)
		if !e.Canceled {
			tab.faults = append(tab.faults, fault{text: "a request failed: " + e.ErrorText + " " + string(e.BlockedReason)})
		}
	case *page.EventFrameNavigated:
		for id, loader := range tab.running { // those of the page before are never heard of again
			if loader != e.Frame.LoaderID {
				delete(tab.running, id)
			}
		}
	default:
		tab.hearFault(event)
	}
}

// hearPaused lets the first request for a page through and stops the second:
// Chromium then stays where it is.
func (tab *tab) hearPaused(e *fetch.EventRequestPaused) {
	tab.opened++
	first := tab.opened == 1
	go func() { // a listener may not send commands
		if first {
			_, _ = chromedp.Call(tab.ctx, fetch.ContinueRequest, fetch.ContinueRequestParams{RequestID: e.RequestID})
		} else {
			_, _ = chromedp.Call(tab.ctx, fetch.FailRequest, fetch.FailRequestParams{RequestID: e.RequestID, ErrorReason: network.ErrorReasonAborted})
		}
	}()
}

// isPage tells pages, and parts that htmx fetches, from files.
func isPage(kind network.ResourceType) bool {
	return kind == network.ResourceTypeDocument || kind == network.ResourceTypeFetch || kind == network.ResourceTypeXHR
}

func (tab *tab) hearAnswer(e *network.EventResponseReceived) {
	header := http.Header{}
	for name, value := range e.Response.Headers {
		header.Set(name, fmt.Sprint(value))
	}
	tab.answer = answer{e.RequestID, int(e.Response.Status), header}
	if header.Get("HX-Redirect") != "" || header.Get("HX-Location") != "" || header.Get("HX-Refresh") != "" {
		tab.expects = http.MethodGet
		tab.judged[e.RequestID] = true
	}
}

func (tab *tab) hearFault(event any) {
	found := fault{}
	switch e := event.(type) {
	case *log.EventEntryAdded:
		if e.Entry.Level != log.EntryLevelError && e.Entry.Level != log.EntryLevelWarning {
			return
		}
		found = fault{fmt.Sprintf("%s %s: %s %s", e.Entry.Source, e.Entry.Level, e.Entry.Text, e.Entry.URL), e.Entry.NetworkRequestID}
	case *runtime.EventConsoleAPICalled:
		if e.Type != runtime.ConsoleAPICalledTypeError && e.Type != runtime.ConsoleAPICalledTypeWarning && e.Type != runtime.ConsoleAPICalledTypeAssert {
			return
		}
		said, _ := json.Marshal(e.Args)
		found.text = fmt.Sprintf("console.%s: %s", e.Type, said)
	case *runtime.EventExceptionThrown:
		thrown, _ := json.Marshal(e.ExceptionDetails)
		found.text = fmt.Sprintf("uncaught exception: %s", thrown)
	case *audits.EventIssueAdded:
		if e.Issue.Code == audits.InspectorIssueCodeLazyLoadImageIssue {
			return // an editor's image whose size is not known; layout_test.go measures what comes of it
		}
		details, _ := json.Marshal(e.Issue.Details)
		if strings.Contains(string(details), "NavigationEntryMarkedSkippable") {
			return // Back passes over a page that nobody has touched, as it should
		}
		found.text = fmt.Sprintf("%s: %s", e.Issue.Code, details)
	case *page.EventJavascriptDialogOpening:
		found.text = fmt.Sprintf("a dialog opens: %s %q", e.Type, e.Message)
		go func() { // a listener may not send commands
			_, _ = chromedp.Call(tab.ctx, page.HandleJavaScriptDialog, page.HandleJavaScriptDialogParams{})
		}()
	default:
		return
	}
	tab.faults = append(tab.faults, found)
}

// report fails the test for every fault since the last report. Chromium also
// puts each status of 400 and above into the console: that is no fault where
// the test has been given the very same status, to judge it itself.
func (tab *tab) report(t *testing.T) {
	t.Helper()
	tab.mu.Lock()
	defer tab.mu.Unlock()
	for _, f := range tab.faults {
		if tab.forgives {
			break
		}
		if f.id == "" || !tab.judged[f.id] {
			t.Errorf("in the console: %s", f.text)
		}
	}
	tab.faults = nil
}

// requestsElsewhere are those to other sites since the last time.
func (tab *tab) requestsElsewhere() []string {
	tab.mu.Lock()
	defer tab.mu.Unlock()
	addresses := tab.abroad
	tab.abroad = nil
	return addresses
}

// open goes to an address, as if it had been typed.
func (tab *tab) open(t *testing.T, address string) {
	t.Helper()
	if went := call(t, tab, page.Navigate, page.NavigateParams{URL: address}); went.ErrorText != "" {
		t.Fatalf("%s: %s", address, went.ErrorText)
	}
}

// stayAt keeps the page at address, which goes on by itself, from doing so.
func (tab *tab) stayAt(t *testing.T, address string) {
	t.Helper()
	call(t, tab, fetch.Enable, fetch.EnableParams{Patterns: []*fetch.RequestPattern{{URLPattern: address, ResourceType: network.ResourceTypeDocument}}})
}

// screen is what a page is shown on.
type screen struct {
	width, height int64
	scheme        string // the colours that the visitor prefers: light or dark
}

func (s screen) String() string { return fmt.Sprintf("%d×%d, %s", s.width, s.height, s.scheme) }

// desktop is where what is checked does not depend on the screen.
var desktop = screen{1280, 900, "light"}

// showOn changes the screen, and waits until the page has come to rest on it.
// The visitor wants no motion from then on: waiting for it is all that it would
// add to the checks.
func (tab *tab) showOn(t *testing.T, s screen) {
	t.Helper()
	call(t, tab, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{
		{Name: "prefers-color-scheme", Value: s.scheme},
		{Name: "prefers-reduced-motion", Value: "reduce"}, // nobody waits for what is only beautiful
	}})
	call(t, tab, emulation.SetDeviceMetricsOverride, emulation.SetDeviceMetricsOverrideParams{
		Width: s.width, Height: s.height, DeviceScaleFactor: 1,
	})
	tab.settle(t)
}

// submit types into the fields of a form, from the first to the last as people
// do, and presses its button.
func (tab *tab) submit(t *testing.T, selector string, fill map[string]string) {
	t.Helper()
	for _, name := range ask[[]string](t, tab, `form => [...document.querySelector(form).elements].map(field => field.name)`, selector) {
		if value, given := fill[name]; given {
			tab.fill(t, selector, name, value)
		}
	}
	tab.await(http.MethodPost)
	tab.press(t, selector+` :is(button:not([type="button"], [type="reset"]), input[type="submit"])`)
}

// heard is how many pages, or parts of one, have been asked for.
func (tab *tab) heard() int {
	tab.mu.Lock()
	defer tab.mu.Unlock()
	return tab.asked
}

// await makes settle wait until a request of this method has been sent.
func (tab *tab) await(method string) {
	tab.mu.Lock()
	defer tab.mu.Unlock()
	tab.expects = method
}

// fill replaces what is in a field. Of what cannot be typed, it takes what a
// visitor chooses: an option, a date, a tick ("true" or ""), the content of a file.
func (tab *tab) fill(t *testing.T, form, name, value string) {
	t.Helper()
	kind := ask[string](t, tab, `(form, name) => {
		const field = document.querySelector(form).elements[name]
		field.scrollIntoView({block: "center", behavior: "instant"})
		field.focus()
		if (field.matches("textarea, input")) field.select()
		return field.type
	}`, form, name)
	switch kind {
	case "file":
		tab.chooseFile(t, form, name, value)
		return
	case "checkbox", "select-one", "date", "time", "datetime-local":
		ask[chromedp.Void](t, tab, `(form, name, value) => {
			const field = document.querySelector(form).elements[name]
			if (field.type === "checkbox") field.checked = value === "true"
			else field.value = value
			for (const kind of ["input", "change"]) field.dispatchEvent(new Event(kind, {bubbles: true}))
		}`, form, name, value)
		if kind == "checkbox" {
			return
		}
	default:
		if value == "" {
			tab.key(t, "Backspace", 8, 0)
		} else {
			tab.insert(t, value)
		}
	}
	if got := ask[string](t, tab, `(form, name) => document.querySelector(form).elements[name].value`, form, name); got != value {
		t.Fatalf("the field %s takes %q for %q", name, got, value)
	}
}

// chooseFile chooses a file with this content; "": none.
func (tab *tab) chooseFile(t *testing.T, form, name, content string) {
	t.Helper()
	if content == "" {
		return
	}
	file := filepath.Join(t.TempDir(), "chosen.bin") // says nothing about what it is
	if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	field := call(t, tab, runtime.Evaluate, runtime.EvaluateParams{Expression: fmt.Sprintf("document.querySelector(%q).elements[%q]", form, name)})
	call(t, tab, dom.SetFileInputFiles, dom.SetFileInputFilesParams{Files: []string{file}, ObjectID: field.Result.ObjectID})
}

// insert puts text where the cursor is.
func (tab *tab) insert(t *testing.T, text string) {
	t.Helper()
	call(t, tab, input.InsertText, input.InsertTextParams{Text: text})
}

// key presses a key that writes nothing.
func (tab *tab) key(t *testing.T, name string, code int64, modifiers int64) {
	t.Helper()
	for _, kind := range []input.DispatchKeyEventType{input.DispatchKeyEventTypeRawKeyDown, input.DispatchKeyEventTypeKeyUp} {
		call(t, tab, input.DispatchKeyEvent, input.DispatchKeyEventParams{Type: kind, Key: name, Code: name, WindowsVirtualKeyCode: code, Modifiers: modifiers})
	}
}

// press clicks, with the mouse, on the first element that the selector finds.
func (tab *tab) press(t *testing.T, selector string) {
	t.Helper()
	at := tab.find(t, selector)
	for range 50 { // nothing can be pressed while one page fades into the next
		if at.Problem == "" {
			break
		}
		time.Sleep(20 * time.Millisecond)
		at = tab.find(t, selector)
	}
	if at.Problem != "" {
		t.Fatalf("%s cannot be pressed: it %s", selector, at.Problem)
	}
	for _, kind := range []input.DispatchMouseEventType{input.DispatchMouseEventTypeMouseMoved, input.DispatchMouseEventTypeMousePressed, input.DispatchMouseEventTypeMouseReleased} {
		press := input.DispatchMouseEventParams{Type: kind, X: at.X, Y: at.Y}
		if kind != input.DispatchMouseEventTypeMouseMoved {
			press.Button, press.ClickCount = input.MouseButtonLeft, 1
		}
		call(t, tab, input.DispatchMouseEvent, press)
	}
}

// place is where an element can be pressed, or why it cannot.
type place struct {
	X, Y    float64
	Problem string
}

func (tab *tab) find(t *testing.T, selector string) place {
	t.Helper()
	return ask[place](t, tab, `selector => {
		const wanted = document.querySelector(selector)
		if (!wanted) return {Problem: "is not there"}
		wanted.scrollIntoView({block: "center", behavior: "instant"})
		const box = wanted.getBoundingClientRect()
		const X = box.x + box.width / 2, Y = box.y + box.height / 2
		const hit = document.elementFromPoint(X, Y)
		return {X, Y, Problem: wanted.contains(hit) ? "" : "is covered by " + (hit ? hit.outerHTML.slice(0, 200) : "nothing")}
	}`, selector)
}

// addForm puts a form with a button above the page, as a developer may do.
func (tab *tab) addForm(t *testing.T, action string, values url.Values) {
	t.Helper()
	ask[chromedp.Void](t, tab, `(action, values) => {
		const form = document.createElement("form")
		Object.assign(form, {id: "added", method: "post", action})
		for (const [name, [value]] of Object.entries(values ?? {})) {
			const field = document.createElement("input")
			Object.assign(field, {type: "hidden", name, value})
			form.append(field)
		}
		const button = document.createElement("button")
		button.textContent = "Send"
		form.append(button)
		document.querySelector("main").prepend(form)
	}`, action, values)
}

// view is what a tab shows.
type view struct {
	Busy   string // what still moves; "": nothing
	Path   string
	HTML   string // with what stands in the fields now, passwords excepted
	answer answer
}

const lookFunction = `() => {
	const moving = document.activeViewTransition || document.getAnimations().some(a => a.playState === "running" && a.effect.getComputedTiming().endTime !== Infinity)
	const changing = document.querySelector(".htmx-request, .htmx-swapping, .htmx-settling, .htmx-added, meta[http-equiv=refresh]")
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
		Busy: document.readyState !== "complete" ? "loading" : moving ? "moving" : changing ? changing.outerHTML.slice(0, 200) : "",
		Path: location.pathname + location.search,
		HTML: "<!doctype html>" + copy.outerHTML,
	}
}`

// settle waits until the tab has come to rest: no request is under way or must
// come yet, nothing moves, and with scripts it looks the same twice.
func (tab *tab) settle(t *testing.T) view {
	t.Helper()
	deadline := time.Now().Add(patience)
	var last view
	for {
		waiting := tab.waitsFor()
		if waiting == "" {
			seen, err := tryAsk[view](tab, lookFunction)
			same := seen.HTML == last.HTML && seen.Path == last.Path
			if last = seen; err != nil {
				waiting, last = err.Error(), view{}
			} else if waiting = tab.busy(seen); waiting == "" && (same || !tab.scripted) && tab.waitsFor() == "" {
				break
			}
		}
		if time.Now().After(deadline) {
			tab.report(t)
			t.Fatalf("the tab does not come to rest: %s", waiting)
		}
		time.Sleep(10 * time.Millisecond)
	}
	tab.mu.Lock()
	last.answer = tab.answer
	tab.judged[last.answer.id] = true
	tab.mu.Unlock()
	tab.report(t)
	return last
}

// busy says what still moves in the tab, or "".
func (tab *tab) busy(seen view) string {
	tab.mu.Lock()
	defer tab.mu.Unlock()
	if tab.opened > 1 && strings.HasPrefix(seen.Busy, "<meta") {
		return "" // it was made to stay
	}
	return seen.Busy
}

// waitsFor says what has not happened yet, or "".
func (tab *tab) waitsFor() string {
	tab.mu.Lock()
	defer tab.mu.Unlock()
	switch {
	case tab.expects != "":
		return "nothing has been sent by " + tab.expects
	case len(tab.running) > 0:
		return fmt.Sprintf("%d requests are under way", len(tab.running))
	}
	return ""
}

func (tab *tab) cookies(t *testing.T) []*http.Cookie {
	t.Helper()
	var cookies []*http.Cookie
	for _, c := range call(t, tab, network.GetCookies, network.GetCookiesParams{URLs: []string{tab.site}}).Cookies {
		if !c.HTTPOnly {
			t.Errorf("scripts can read the cookie %s", c.Name)
		}
		cookies = append(cookies, &http.Cookie{Name: c.Name, Value: c.Value, Path: c.Path})
	}
	return cookies
}

func (tab *tab) setCookies(t *testing.T, cookies ...*http.Cookie) {
	t.Helper()
	for _, c := range cookies {
		if c.MaxAge < 0 {
			call(t, tab, network.DeleteCookies, network.DeleteCookiesParams{Name: c.Name, URL: tab.site})
			continue
		}
		yes := true
		call(t, tab, network.SetCookie, network.SetCookieParams{
			Name: c.Name, Value: c.Value, URL: tab.site, Path: c.Path, HTTPOnly: &yes, SameSite: network.CookieSameSiteStrict,
		})
	}
}
