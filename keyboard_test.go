package main

import (
	"net/http"
	"testing"
	"time"

	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"hutch/sandbox"
)

// mostStops is more than any page has between its first and its last.
const mostStops = 150

// shift is the modifier key, as the DevTools protocol counts them.
const shift = 8

// From sign-up to sign-out without a mouse, on a desktop and where the menu is
// folded.
func TestKeyboardOnly(t *testing.T) {
	for _, s := range []screen{desktop, {390, 844, "light"}} {
		t.Run(s.String(), func(t *testing.T) {
			site := startApp(t, startSandbox(t, sandbox.Options{}), nil)
			b := site.browser(t, scripted)
			b.tab.showOn(t, s)
			b.open("/")
			b.skipToTheContent()

			b.open("/")
			b.tabTo(`nav a[href^="/signup"]`)
			b.strike(kb.Enter, http.MethodGet)
			b.wantAt("/signup")
			b.tabTo("#signup input[name=email]")
			b.typeIn(newcomer.email)
			b.tabTo("#signup input[name=password]")
			b.typeIn(newcomer.password)
			b.tabTo("#signup [type=submit]")
			b.strike(" ", http.MethodPost)
			b.wantAt("/profile")
			b.wantSignedIn(true)

			b.tabTo(`main a[href="/profile/email"]`)
			b.strike(kb.Enter, http.MethodGet)
			b.wantAt("/profile/email")
			const changed = "hazel@example.com"
			b.tabTo("#change-email input[name=email]")
			b.typeIn(changed)
			b.tabTo("#change-email input[name=current_password]")
			b.typeIn("wrong")
			b.strike(kb.Enter, http.MethodPost)
			b.wantStatus(http.StatusUnprocessableEntity)
			if !b.tab.stop(t).Within["[role=alert]"] {
				t.Error("the error summary does not have the focus")
			}
			b.tabTo(`[role=alert] a`)
			b.typeIn(kb.Enter) // leads to the field
			if !b.tab.stop(t).Within["input[name=current_password]"] {
				t.Error("the error summary does not lead to the field")
			}
			b.typeIn(newcomer.password)
			b.strike(kb.Enter, http.MethodPost)
			b.wantText(changed)
			b.wantStatus(http.StatusOK)

			b.tabTo(`main a[href="/profile"]`)
			b.strike(kb.Enter, http.MethodGet)
			b.tabTo(`main form[action="/logout"] [type=submit]`)
			b.strike(kb.Enter, http.MethodPost)
			b.wantAt("/signin")
			b.wantSignedIn(false)
		})
	}
}

// In every state, each stop on the way through the page can be seen, they come
// in the order in which people read, and there is a way out.
func TestFocus(t *testing.T) {
	everyState(t, scripted, func(t *testing.T, b *browser, _ state) {
		b.walk(func(stop) bool { return false })
		if first := b.tab.stop(t).Name; first == "" {
			t.Error("there is nothing to go to")
		}
	})
}

// skipToTheContent uses the first stop of every page.
func (b *browser) skipToTheContent() {
	b.t.Helper()
	b.typeIn(kb.Tab)
	first := b.tab.stop(b.t)
	if !first.Within[`a[href="#main"]`] {
		b.t.Errorf("the first stop is %s, want the link that skips the navigation", first.Name)
	}
	b.mustBeSeen(first)
	b.typeIn(kb.Enter)
	b.typeIn(kb.Tab)
	if next := b.tab.stop(b.t); next.Landmark != "MAIN" {
		b.t.Errorf("the stop after skipping the navigation is %s in %s", next.Name, next.Landmark)
	}
	b.tab.key(b.t, "Tab", 9, shift)
	b.tab.key(b.t, "Tab", 9, shift)
	if back := b.tab.stop(b.t); back.Landmark == "MAIN" {
		b.t.Errorf("Shift+Tab does not lead out of the content, but to %s", back.Name)
	}
}

// tabTo goes on until the selector's element has the focus, and opens the menu
// on its way if it is folded.
func (b *browser) tabTo(selector string) {
	b.t.Helper()
	ask[chromedp.Void](b.t, b.tab, `selector => { window.wanted = selector }`, selector)
	if !b.walk(func(s stop) bool {
		if s.Folded {
			b.typeIn(kb.Enter)
		}
		return s.Wanted
	}) {
		b.t.Fatalf("%s: Tab does not lead to %s", b.path, selector)
	}
}

// walk goes from stop to stop, all around the page or until there is one that is
// found, and looks at each of them.
func (b *browser) walk(found func(stop) bool) bool {
	b.t.Helper()
	begun, before := "", stop{}
	for range mostStops {
		b.typeIn(kb.Tab)
		at := b.tab.stop(b.t)
		if at.Name == begun {
			return false
		}
		if begun == "" {
			begun = at.Name
		}
		if at.Name != "" {
			b.mustBeSeen(at)
			b.mustComeAfter(before, at)
		}
		if before = at; found(at) {
			return true
		}
	}
	b.t.Fatalf("%s: Tab does not come around; it is at %s", b.path, before.Name)
	return false
}

// typeIn presses one key after the other.
func (b *browser) typeIn(keys string) {
	b.t.Helper()
	if keys == kb.Enter {
		b.enter()
		return
	}
	if err := chromedp.Do(b.tab.ctx, chromedp.KeyEvent(keys)); err != nil {
		b.t.Fatal(err)
	}
}

// enter presses Enter in one event. chromedp sends the character in a second
// one, which would end up in a field that the first has moved the focus to.
func (b *browser) enter() {
	b.t.Helper()
	press := input.DispatchKeyEventParams{Type: input.DispatchKeyEventTypeKeyDown, Key: "Enter", Code: "Enter", WindowsVirtualKeyCode: 13, Text: "\r"}
	call(b.t, b.tab, input.DispatchKeyEvent, press)
	press.Type, press.Text = input.DispatchKeyEventTypeKeyUp, ""
	call(b.t, b.tab, input.DispatchKeyEvent, press)
}

// strike presses a key that sends a request of this method, and looks at what
// comes of it.
func (b *browser) strike(key, method string) {
	b.t.Helper()
	b.tab.await(method)
	b.typeIn(key)
	b.look()
}

// stop is where the focus is.
type stop struct {
	Name                     string // "" between the end of the page and its beginning
	Landmark                 string
	Left, Top, Right, Bottom float64
	Outline                  float64 // how wide it is
	Covered                  string  // by what; "": not at all
	Wanted                   bool
	Folded                   bool // opens the menu in which the wanted is
	Within                   map[string]bool
}

// stop waits a moment for what has the focus to come into sight.
func (tab *tab) stop(t *testing.T) stop {
	t.Helper()
	at := tab.stopNow(t)
	for range 20 {
		if at.Name == "" || at.Covered == "" && at.Outline >= 2 {
			break
		}
		time.Sleep(25 * time.Millisecond)
		at = tab.stopNow(t)
	}
	return at
}

func (tab *tab) stopNow(t *testing.T) stop {
	t.Helper()
	return ask[stop](t, tab, `() => {
		const it = document.activeElement
		if (!it || it === document.body || it === document.documentElement) return {Name: "", Within: {}}
		const reach = getComputedStyle(it, "::after") // of a link in a card: all of the card
		const whole = reach.content !== "none" && reach.position === "absolute" ? it.offsetParent : it
		const box = whole.getBoundingClientRect(), style = getComputedStyle(it)
		const path = element => element === document.body ? "" : path(element.parentElement) + "/" + [...element.parentElement.children].indexOf(element)
		const hit = [...it.getClientRects()].map(r => document.elementFromPoint(r.x + r.width / 2, r.y + r.height / 2))
		const inMenu = window.wanted && !!document.querySelector(window.wanted)?.closest("[popover]:not(:popover-open)")
		return {
			Name: path(it) + " " + it.outerHTML.replace(/\s+/g, " ").slice(0, 100),
			Landmark: it.closest("header, nav, main, footer")?.tagName ?? "",
			Left: box.left, Top: box.top + scrollY, Right: box.right, Bottom: box.bottom + scrollY,
			Outline: style.outlineStyle === "none" ? 0 : parseFloat(style.outlineWidth),
			Covered: hit.some(h => it.contains(h)) ? "" : (hit[0]?.outerHTML ?? "nothing: it is out of sight").slice(0, 100),
			Wanted: !!window.wanted && it.matches(window.wanted),
			Folded: inMenu && it.matches("[popovertarget]") && it.checkVisibility(),
			Within: Object.fromEntries(["[role=alert]", "a[href=\"#main\"]", "input[name=current_password]"].map(s => [s, !!it.closest(s)])),
		}
	}`)
}

// mustBeSeen wants a frame around what has the focus, and nothing before it.
func (b *browser) mustBeSeen(at stop) {
	b.t.Helper()
	if at.Outline < 2 {
		b.t.Errorf("%s: nothing shows that the focus is on %s", b.path, at.Name)
	}
	if at.Covered != "" {
		b.t.Errorf("%s: the focus is on %s, which is covered by %s", b.path, at.Name, at.Covered)
	}
}

// mustComeAfter wants stops of one part of the page from top to bottom, and
// within a line from left to right.
func (b *browser) mustComeAfter(before, at stop) {
	b.t.Helper()
	if before.Landmark != at.Landmark || before.Name == "" {
		return
	}
	sameLine := at.Top < before.Bottom && before.Top < at.Bottom
	if sameLine && at.Left >= before.Left || !sameLine && at.Top >= before.Top {
		return
	}
	b.t.Errorf("%s: %s comes after %s, and is before it for the eye", b.path, at.Name, before.Name)
}
