package browser_test

import (
	"testing"

	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"

	"hutch/e2e/harness"
	"hutch/sandbox"
)

var handheld = harness.Screen{Width: 390, Height: 844, Scheme: "light"}

// touch taps on what the selector finds, where it stands.
func touch(t *testing.T, tab *harness.Tab, selector string) {
	t.Helper()
	at := harness.Ask[*input.TouchPoint](t, tab, `selector => {
		const wanted = document.querySelector(selector), box = wanted.getBoundingClientRect()
		const x = Math.min(box.left + box.width / 2, innerWidth - 10), y = box.top + box.height / 2
		return wanted.contains(document.elementFromPoint(x, y)) ? {x, y} : null
	}`, selector)
	if at == nil {
		t.Fatalf("%s cannot be touched", selector)
	}
	harness.Call(t, tab, input.DispatchTouchEvent, input.DispatchTouchEventParams{Type: input.DispatchTouchEventTypeTouchStart, TouchPoints: []*input.TouchPoint{at}})
	harness.Call(t, tab, input.DispatchTouchEvent, input.DispatchTouchEventParams{Type: input.DispatchTouchEventTypeTouchEnd, TouchPoints: []*input.TouchPoint{}})
}

// What is touched in a row that scrolls is followed: the row stays where it is meanwhile.
func TestTouchingARowThatScrolls(t *testing.T) {
	b := harness.StartApp(t, harness.StartSandbox(t, sandbox.Options{}), nil).Browser(t, harness.Scripted)
	b.SignIn(harness.Member)
	b.Tab.ShowOn(t, handheld)
	b.Open("/profile/email")
	touch(t, b.Tab, `.account-nav a[href="/profile/two-factor"]`)
	b.Tab.WaitFor(t, `() => location.pathname === "/profile/two-factor"`)
	b.Look()
}

// The button that opens the menu closes it as well, also after a group has been opened in
// it, and where the sandbox speaks it is not covered.
func TestClosingTheMenuByItsButton(t *testing.T) {
	up := harness.StartSandbox(t, sandbox.Options{Blocks: true})
	up.OutboxShown = true
	b := harness.StartApp(t, up, nil).Browser(t, harness.Scripted)
	b.Tab.ShowOn(t, handheld)
	b.Open("/")
	touch(t, b.Tab, ".menu-button")
	b.Tab.WaitFor(t, `() => document.querySelector(".menu").matches(":popover-open")`)
	touch(t, b.Tab, ".submenu summary")
	b.Tab.WaitFor(t, `() => document.querySelector(".submenu").open`)
	harness.Ask[chromedp.Void](t, b.Tab, `() => { document.querySelector(".menu-button").addEventListener("click", () => { window.clicked = true }) }`)
	touch(t, b.Tab, ".menu-button")
	b.Tab.WaitFor(t, `() => window.clicked`)
	b.Tab.WaitFor(t, `() => !document.querySelector(".menu").matches(":popover-open")`)
}
