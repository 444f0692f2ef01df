package harness

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
	asked   int                                // requests for pages and parts of them so far
	Running map[network.RequestID]cdp.LoaderID // requests that have not ended
	expects string                             // method of a request that must come yet; "": none
	answer  answer                             // the last to a request for a page or a part of one
	Judged  map[network.RequestID]bool         // answers whose status the test has been given
	Faults  []fault
	// forgives the trouble that a test makes itself.
	Forgives bool
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
	Text string
	id   network.RequestID // of the request it is about; "": none
}

// NewTab opens a tab of a new visitor, and closes it when the test ends.
func NewTab(t *testing.T, site, ip string, scripted bool) *Tab {
	t.Helper()
	ctx, cancel := chromedp.NewContext(chromium.forTest(t), chromedp.WithNewBrowserContext())
	tab := &Tab{
		Ctx: ctx, Site: site, Scripted: scripted,
		Running: map[network.RequestID]cdp.LoaderID{}, Judged: map[network.RequestID]bool{},
	}
	t.Cleanup(func() {
		tab.report(t)
		cancel()
	})
	if err := chromedp.Listen(ctx, tab.hear); err != nil {
		t.Fatal(err)
	}
	Call(t, tab, audits.Enable, cdp.Empty{})
	tab.Send(t, network.Headers{"X-Forwarded-For": ip})
	// A tab in the background would get no frames and no focus.
	Call(t, tab, emulation.SetFocusEmulationEnabled, emulation.SetFocusEmulationEnabledParams{Enabled: true})
	tab.ShowOn(t, Desktop)
	Call(t, tab, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: !scripted})
	return tab
}

// Send puts these headers on every request, and no others of a test's.
func (tab *Tab) Send(t *testing.T, headers network.Headers) {
	t.Helper()
	Call(t, tab, network.SetExtraHTTPHeaders, network.SetExtraHTTPHeadersParams{Headers: headers})
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

// hear takes note of what happens in the tab, in the order in which it does.
func (tab *Tab) hear(event any) {
	tab.Mu.Lock()
	defer tab.Mu.Unlock()
	switch e := event.(type) {
	case *fetch.EventRequestPaused:
		tab.hearPaused(e)
	case *network.EventRequestWillBeSent:
		tab.Running[e.RequestID] = e.LoaderID
		if !strings.HasPrefix(e.Request.URL, tab.Site+"/") && !strings.HasPrefix(e.Request.URL, chromiumsOwnIcon) {
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
		delete(tab.Running, e.RequestID)
	case *network.EventLoadingFailed:
		delete(tab.Running, e.RequestID)
		if !e.Canceled {
			tab.Faults = append(tab.Faults, fault{Text: "a request failed: " + e.ErrorText + " " + string(e.BlockedReason)})
		}
	case *page.EventFrameNavigated:
		for id, loader := range tab.Running { // those of the page before are never heard of again
			if loader != e.Frame.LoaderID {
				delete(tab.Running, id)
			}
		}
	default:
		tab.hearFault(event)
	}
}

// hearPaused lets the first request for a page through and stops the second:
// Chromium then stays where it is.
func (tab *Tab) hearPaused(e *fetch.EventRequestPaused) {
	tab.opened++
	first := tab.opened == 1
	go func() { // a listener may not send commands
		if first {
			_, _ = chromedp.Call(tab.Ctx, fetch.ContinueRequest, fetch.ContinueRequestParams{RequestID: e.RequestID})
		} else {
			_, _ = chromedp.Call(tab.Ctx, fetch.FailRequest, fetch.FailRequestParams{RequestID: e.RequestID, ErrorReason: network.ErrorReasonAborted})
		}
	}()
}

// isPage tells pages, and parts that htmx fetches, from files.
func isPage(kind network.ResourceType) bool {
	return kind == network.ResourceTypeDocument || kind == network.ResourceTypeFetch || kind == network.ResourceTypeXHR
}

func (tab *Tab) hearAnswer(e *network.EventResponseReceived) {
	header := http.Header{}
	for name, value := range e.Response.Headers {
		header.Set(name, fmt.Sprint(value))
	}
	tab.answer = answer{e.RequestID, int(e.Response.Status), header}
	if header.Get("HX-Redirect") != "" || header.Get("HX-Location") != "" || header.Get("HX-Refresh") != "" {
		tab.expects = http.MethodGet
		tab.Judged[e.RequestID] = true
	}
}

func (tab *Tab) hearFault(event any) {
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
		found.Text = fmt.Sprintf("console.%s: %s", e.Type, said)
	case *runtime.EventExceptionThrown:
		thrown, _ := json.Marshal(e.ExceptionDetails)
		found.Text = fmt.Sprintf("uncaught exception: %s", thrown)
	case *audits.EventIssueAdded:
		if e.Issue.Code == audits.InspectorIssueCodeLazyLoadImageIssue {
			return // an editor's image whose size is not known; layout_test.go measures what comes of it
		}
		details, _ := json.Marshal(e.Issue.Details)
		if strings.Contains(string(details), "NavigationEntryMarkedSkippable") {
			return // Back passes over a page that nobody has touched, as it should
		}
		found.Text = fmt.Sprintf("%s: %s", e.Issue.Code, details)
	case *page.EventJavascriptDialogOpening:
		found.Text = fmt.Sprintf("a dialog opens: %s %q", e.Type, e.Message)
		go func() { // a listener may not send commands
			_, _ = chromedp.Call(tab.Ctx, page.HandleJavaScriptDialog, page.HandleJavaScriptDialogParams{})
		}()
	default:
		return
	}
	tab.Faults = append(tab.Faults, found)
}

// report fails the test for every fault since the last report. Chromium also
// puts each status of 400 and above into the console: that is no fault where
// the test has been given the very same status, to judge it itself.
func (tab *Tab) report(t *testing.T) {
	t.Helper()
	tab.Mu.Lock()
	defer tab.Mu.Unlock()
	for _, f := range tab.Faults {
		if tab.Forgives {
			break
		}
		if f.id == "" || !tab.Judged[f.id] {
			t.Errorf("in the console: %s", f.Text)
		}
	}
	tab.Faults = nil
}

// RequestsElsewhere are those to other sites since the last time.
func (tab *Tab) RequestsElsewhere() []string {
	tab.Mu.Lock()
	defer tab.Mu.Unlock()
	addresses := tab.abroad
	tab.abroad = nil
	return addresses
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
	tab.Settle(t)
}

// submit types into the fields of a form, from the first to the last as people
// do, and presses its button.
func (tab *Tab) submit(t *testing.T, selector string, fill map[string]string) {
	t.Helper()
	for _, name := range Ask[[]string](t, tab, `form => [...document.querySelector(form).elements].map(field => field.name)`, selector) {
		if value, given := fill[name]; given {
			tab.Fill(t, selector, name, value)
		}
	}
	tab.Await(http.MethodPost)
	tab.Press(t, selector+` :is(button:not([type="button"], [type="reset"]), input[type="submit"])`)
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

// Fill replaces what is in a field. Of what cannot be typed, it takes what a
// visitor chooses: an option, a date, a tick ("true" or ""), the content of a file.
func (tab *Tab) Fill(t *testing.T, form, name, value string) {
	t.Helper()
	kind := Ask[string](t, tab, `(form, name) => {
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
		Ask[chromedp.Void](t, tab, `(form, name, value) => {
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
			tab.Key(t, "Backspace", 8, 0)
		} else {
			tab.Insert(t, value)
		}
	}
	if got := Ask[string](t, tab, `(form, name) => document.querySelector(form).elements[name].value`, form, name); got != value {
		t.Fatalf("the field %s takes %q for %q", name, got, value)
	}
}

// chooseFile chooses a file with this content; "": none.
func (tab *Tab) chooseFile(t *testing.T, form, name, content string) {
	t.Helper()
	if content == "" {
		return
	}
	file := filepath.Join(t.TempDir(), "chosen.bin") // says nothing about what it is
	if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	field := Call(t, tab, runtime.Evaluate, runtime.EvaluateParams{Expression: fmt.Sprintf("document.querySelector(%q).elements[%q]", form, name)})
	Call(t, tab, dom.SetFileInputFiles, dom.SetFileInputFilesParams{Files: []string{file}, ObjectID: field.Result.ObjectID})
}

// Insert puts text where the cursor is.
func (tab *Tab) Insert(t *testing.T, text string) {
	t.Helper()
	Call(t, tab, input.InsertText, input.InsertTextParams{Text: text})
}

// Key presses a key that writes nothing.
func (tab *Tab) Key(t *testing.T, name string, code int64, modifiers int64) {
	t.Helper()
	for _, kind := range []input.DispatchKeyEventType{input.DispatchKeyEventTypeRawKeyDown, input.DispatchKeyEventTypeKeyUp} {
		Call(t, tab, input.DispatchKeyEvent, input.DispatchKeyEventParams{Type: kind, Key: name, Code: name, WindowsVirtualKeyCode: code, Modifiers: modifiers})
	}
}

// Press clicks, with the mouse, on the first element that the selector finds.
func (tab *Tab) Press(t *testing.T, selector string) {
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
		Call(t, tab, input.DispatchMouseEvent, press)
	}
}

// place is where an element can be pressed, or why it cannot.
type place struct {
	X, Y    float64
	Problem string
}

func (tab *Tab) find(t *testing.T, selector string) place {
	t.Helper()
	return Ask[place](t, tab, `selector => {
		const wanted = document.querySelector(selector)
		if (!wanted) return {Problem: "is not there"}
		wanted.scrollIntoView({block: "center", behavior: "instant"})
		const box = wanted.getBoundingClientRect()
		const X = box.x + box.width / 2, Y = box.y + box.height / 2
		const hit = document.elementFromPoint(X, Y)
		return {X, Y, Problem: wanted.contains(hit) ? "" : "is covered by " + (hit ? hit.outerHTML.slice(0, 200) : "nothing")}
	}`, selector)
}

// AddForm puts a form with a button above the page, as a developer may do.
func (tab *Tab) AddForm(t *testing.T, action string, values url.Values) {
	t.Helper()
	Ask[chromedp.Void](t, tab, `(action, values) => {
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

// Settle waits until the tab has come to rest: no request is under way or must
// come yet, nothing moves, and with scripts it looks the same twice.
func (tab *Tab) Settle(t *testing.T) view {
	t.Helper()
	deadline := time.Now().Add(Patience)
	var last view
	for {
		waiting := tab.waitsFor()
		if waiting == "" {
			seen, err := TryAsk[view](tab, lookFunction)
			same := seen.HTML == last.HTML && seen.Path == last.Path
			if last = seen; err != nil {
				waiting, last = err.Error(), view{}
			} else if waiting = tab.busy(seen); waiting == "" && (same || !tab.Scripted) && tab.waitsFor() == "" {
				break
			}
		}
		if time.Now().After(deadline) {
			tab.report(t)
			t.Fatalf("the tab does not come to rest: %s", waiting)
		}
		time.Sleep(10 * time.Millisecond)
	}
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
	switch {
	case tab.expects != "":
		return "nothing has been sent by " + tab.expects
	case len(tab.Running) > 0:
		return fmt.Sprintf("%d requests are under way", len(tab.Running))
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
