package pages_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"hutch/e2e/harness"
	"hutch/sandbox"
)

// mostStops is more than any page has between its first and its last.
const mostStops = 150

// shift is the modifier key, as the DevTools protocol counts them.
const shift = 8

// From sign-up to sign-out without a mouse, on a desktop and where the menu is
// folded.
func TestKeyboardOnly(t *testing.T) {
	for _, s := range []harness.Screen{harness.Desktop, {Width: 390, Height: 844, Scheme: "light"}} {
		t.Run(s.String(), func(t *testing.T) {
			site := harness.StartApp(t, harness.StartSandbox(t, sandbox.Options{}), nil)
			b := site.Browser(t, harness.Scripted)
			b.Tab.ShowOn(t, s)
			b.Open("/")
			skipToTheContent(b)

			b.Open("/")
			tabTo(b, `nav a[href^="/signup"]`)
			strike(b, kb.Enter, http.MethodGet)
			b.WantAt("/signup")
			tabTo(b, "#signup input[name=email]")
			typeIn(b, harness.Newcomer.Email)
			tabTo(b, "#signup input[name=password]")
			typeIn(b, harness.Newcomer.Password)
			tabTo(b, "#signup [type=submit]")
			strike(b, " ", http.MethodPost)
			b.WantAt("/profile")
			b.WantSignedIn(true)

			tabTo(b, `main a[href="/profile/email"]`)
			strike(b, kb.Enter, http.MethodGet)
			b.WantAt("/profile/email")
			const changed = "hazel@example.com"
			tabTo(b, "#change-email input[name=email]")
			typeIn(b, changed)
			tabTo(b, "#change-email input[name=current_password]")
			typeIn(b, "wrong")
			strike(b, kb.Enter, http.MethodPost)
			b.WantStatus(http.StatusUnprocessableEntity)
			if !stopAt(t, b.Tab).Within["[role=alert]"] {
				t.Error("the error summary does not have the focus")
			}
			tabTo(b, `[role=alert] a`)
			typeIn(b, kb.Enter) // leads to the field
			if !stopAt(t, b.Tab).Within["input[name=current_password]"] {
				t.Error("the error summary does not lead to the field")
			}
			typeIn(b, harness.Newcomer.Password)
			strike(b, kb.Enter, http.MethodPost)
			b.WantText(changed)
			b.WantStatus(http.StatusOK)

			tabTo(b, `main a[href="/profile"]`)
			strike(b, kb.Enter, http.MethodGet)
			tabTo(b, `main form[action="/logout"] [type=submit]`)
			strike(b, kb.Enter, http.MethodPost)
			b.WantAt("/signin")
			b.WantSignedIn(false)
		})
	}
}

// focusIsSeen: each stop on the way through the page can be seen, they come in the
// order in which people read, and there is a way out.
func focusIsSeen(t *testing.T, b *harness.Browser, _ state) {
	b.Tab.ShowOn(t, harness.Desktop)
	walk(b, func(stop) bool { return false })
	if first := stopAt(t, b.Tab).Name; first == "" {
		t.Error("there is nothing to go to")
	}
}

// skipToTheContent uses the first stop of every page.
func skipToTheContent(b *harness.Browser) {
	b.T.Helper()
	typeIn(b, kb.Tab)
	first := stopAt(b.T, b.Tab)
	if !first.Within[`a[href="#main"]`] {
		b.T.Errorf("the first stop is %s, want the link that skips the navigation", first.Name)
	}
	mustBeSeen(b, first)
	typeIn(b, kb.Enter)
	typeIn(b, kb.Tab)
	if next := stopAt(b.T, b.Tab); next.Landmark != "MAIN" {
		b.T.Errorf("the stop after skipping the navigation is %s in %s", next.Name, next.Landmark)
	}
	b.Tab.Key(b.T, "Tab", 9, shift)
	b.Tab.Key(b.T, "Tab", 9, shift)
	if back := stopAt(b.T, b.Tab); back.Landmark == "MAIN" {
		b.T.Errorf("Shift+Tab does not lead out of the content, but to %s", back.Name)
	}
}

// tabTo goes on until the selector's element has the focus, and opens the menu
// on its way if it is folded.
func tabTo(b *harness.Browser, selector string) {
	b.T.Helper()
	harness.Ask[chromedp.Void](b.T, b.Tab, `selector => { window.wanted = selector }`, selector)
	if !walk(b, func(s stop) bool {
		if s.Folded {
			typeIn(b, kb.Enter)
		}
		return s.Wanted
	}) {
		b.T.Fatalf("%s: Tab does not lead to %s", b.Path, selector)
	}
}

// walk goes from stop to stop, all around the page or until there is one that is
// found, and looks at each of them.
func walk(b *harness.Browser, found func(stop) bool) bool {
	b.T.Helper()
	begun, before := "", stop{}
	for range mostStops {
		typeIn(b, kb.Tab)
		at := stopAt(b.T, b.Tab)
		if at.Name == begun {
			return false
		}
		if begun == "" {
			begun = at.Name
		}
		if at.Name != "" {
			mustBeSeen(b, at)
			mustComeAfter(b, before, at)
		}
		if before = at; found(at) {
			return true
		}
	}
	b.T.Fatalf("%s: Tab does not come around; it is at %s", b.Path, before.Name)
	return false
}

// typeIn presses one key after the other.
func typeIn(b *harness.Browser, keys string) {
	b.T.Helper()
	if keys == kb.Enter {
		b.Enter()
		return
	}
	if err := chromedp.Do(b.Tab.Ctx, chromedp.KeyEvent(keys)); err != nil {
		b.T.Fatal(err)
	}
}

// strike presses a key that sends a request of this method, and looks at what
// comes of it.
func strike(b *harness.Browser, key, method string) {
	b.T.Helper()
	b.Tab.Await(method)
	typeIn(b, key)
	b.Look()
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

// stopAt waits a moment for what has the focus to come into sight.
func stopAt(t *testing.T, tab *harness.Tab) stop {
	t.Helper()
	at := stopNow(t, tab)
	for range 20 {
		if at.Name == "" || at.Covered == "" && at.Outline >= 2 {
			break
		}
		time.Sleep(25 * time.Millisecond)
		at = stopNow(t, tab)
	}
	return at
}

func stopNow(t *testing.T, tab *harness.Tab) stop {
	t.Helper()
	return harness.Ask[stop](t, tab, `() => {
		const it = document.activeElement
		if (!it || it === document.body || it === document.documentElement) return {Name: "", Within: {}}
		const reach = getComputedStyle(it, "::after") // of a link in a card: all of the card
		const whole = reach.content !== "none" && reach.position === "absolute" ? it.offsetParent : it
		const box = whole.getBoundingClientRect(), style = getComputedStyle(it)
		const path = element => element === document.body ? "" : path(element.parentElement) + "/" + [...element.parentElement.children].indexOf(element)
		const along = it.closest("scrolled-row")?.scrollLeft ?? 0 // of a row that scrolls
		const hit = [...it.getClientRects()].map(r => document.elementFromPoint(r.x + r.width / 2, r.y + r.height / 2))
		const inMenu = window.wanted && !!document.querySelector(window.wanted)?.closest("[popover]:not(:popover-open)")
		return {
			Name: path(it) + " " + it.outerHTML.replace(/\s+/g, " ").slice(0, 100),
			Landmark: it.closest("header, nav, main, footer")?.tagName ?? "",
			Left: box.left + along, Top: box.top + scrollY, Right: box.right + along, Bottom: box.bottom + scrollY,
			Outline: style.outlineStyle === "none" ? 0 : parseFloat(style.outlineWidth),
			Covered: hit.some(h => it.contains(h)) ? "" : (hit[0]?.outerHTML ?? "nothing: it is out of sight").slice(0, 100),
			Wanted: !!window.wanted && it.matches(window.wanted),
			Folded: inMenu && it.matches("[popovertarget]") && it.checkVisibility(),
			Within: Object.fromEntries(["[role=alert]", "a[href=\"#main\"]", "input[name=current_password]"].map(s => [s, !!it.closest(s)])),
		}
	}`)
}

// mustBeSeen wants a frame around what has the focus, and nothing before it.
func mustBeSeen(b *harness.Browser, at stop) {
	b.T.Helper()
	if at.Outline < 2 {
		b.T.Errorf("%s: nothing shows that the focus is on %s", b.Path, at.Name)
	}
	if at.Covered != "" {
		b.T.Errorf("%s: the focus is on %s, which is covered by %s", b.Path, at.Name, at.Covered)
	}
}

// mustComeAfter wants stops of one part of the page from top to bottom, and
// within a line from left to right.
func mustComeAfter(b *harness.Browser, before, at stop) {
	b.T.Helper()
	if before.Landmark != at.Landmark || before.Name == "" {
		return
	}
	sameLine := at.Top < before.Bottom && before.Top < at.Bottom
	if sameLine && at.Left >= before.Left || !sameLine && at.Top >= before.Top {
		return
	}
	b.T.Errorf("%s: %s comes after %s, and is before it for the eye", b.Path, at.Name, before.Name)
}
