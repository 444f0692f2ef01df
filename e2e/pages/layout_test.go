package pages_test

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"

	"hutch/e2e/harness"
	"hutch/internal/i18n"
)

// phone is where a page is seen first: what moves there while it loads is reported.
var phone = harness.Screen{Width: 360, Height: 740, Scheme: "light"}

// watchLayout notes what moves from the first page on.
func watchLayout(b *harness.Browser) {
	b.Tab.RunFirst(b.T, watchShifts)
	b.Tab.ShowOn(b.T, phone)
}

// layoutHolds: nothing is wider than the screen, and nothing moves while a page
// loads, on everything from a small phone to a large monitor.
func layoutHolds(t *testing.T, b *harness.Browser, _ state) {
	shifts := harness.Ask[[]string](t, b.Tab, `() => window.shifts`)
	for range 2 {
		if len(shifts) == 0 {
			break
		}
		// A busy machine shows a page before it has read it to the end. What
		// moves by our doing moves each time.
		b.Open(b.Path)
		shifts = harness.Ask[[]string](t, b.Tab, `() => window.shifts`)
	}
	for _, shift := range shifts {
		t.Errorf("%s: the page moves while it loads: %s", phone, shift)
	}
	found := findings{}
	widths := []int64{320, 768, 1280}
	if harness.All() {
		widths = append(widths, 360, 1920)
	}
	for _, width := range widths {
		s := harness.Screen{Width: width, Height: 900, Scheme: "light"}
		b.Tab.ShowOn(t, s)
		found.add(s, "wider than the screen", harness.Ask[[]string](t, b.Tab, tooWide))
		found.add(s, "shown at another size than its page says", harness.Ask[[]string](t, b.Tab, otherSizes))
		if s.Width <= 360 {
			found.add(s, "too small for a finger", harness.Ask[[]string](t, b.Tab, tooSmall))
		}
	}
	found.report(t)
}

// buttonsFitTheirLabels: a button is no wider than what it says now needs, and neither is
// anything beside it narrower.
func buttonsFitTheirLabels(t *testing.T, b *harness.Browser, _ state) {
	found := harness.Ask[[]string](t, b.Tab, `() => {
		const wide = [...document.querySelectorAll("button, .button")].filter(button => button.checkVisibility())
		const widths = wide.map(button => button.getBoundingClientRect().width)
		const unseen = wide.flatMap(button => [...button.querySelectorAll("*")]).filter(e => !e.checkVisibility({visibilityProperty: true, opacityProperty: true}))
		const places = unseen.map(e => { const place = document.createComment(""); e.replaceWith(place); return place })
		const fit = wide.map(button => button.getBoundingClientRect().width)
		places.forEach((place, i) => place.replaceWith(unseen[i]))
		return wide.map((button, i) => [button, widths[i], fit[i]]).filter(([_, is, needs]) => Math.abs(is - needs) > 0.5)
			.map(([button, is, needs]) => is + " px, and it needs " + needs + ": " + button.outerHTML.slice(0, 120))
	}`)
	for _, button := range found {
		t.Error(button)
	}
}

// pagesTurnOneWay: in lists and from post to post, what is newer is on the left and what
// is older on the right.
func pagesTurnOneWay(t *testing.T, b *harness.Browser, _ state) {
	b.Tab.ShowOn(t, harness.Desktop)
	found := harness.Ask[[]string](t, b.Tab, `() => [...document.querySelectorAll("main nav :is([rel=prev], [rel=next])")].filter(link => {
		const whole = link.closest("nav").getBoundingClientRect(), box = link.getBoundingClientRect()
		const left = box.left - whole.left < whole.right - box.right
		return left !== /^(Newer|Previous)/.test(link.innerText) || left !== (link.rel === "prev") || !/^(Newer|Older|Previous|Next)/.test(link.innerText)
	}).map(link => link.outerHTML)`)
	for _, link := range found {
		t.Errorf("on the other side: %s", link)
	}
}

// canBeMirrored: the same holds for a language that is written from right to left,
// since nothing has its side fixed.
func canBeMirrored(t *testing.T, b *harness.Browser, _ state) {
	harness.Ask[chromedp.Void](t, b.Tab, `() => { document.documentElement.dir = "rtl" }`)
	wantNarrow(t, b)
}

// The made-up language is written from right to left, and its words are longer than
// ours.
func TestPagesFromRightToLeft(t *testing.T) {
	harness.ForAll(t)
	everyState(t, harness.Scripted, func(b *harness.Browser) {
		b.Tab.Send(b.T, network.Headers{"X-Forwarded-For": b.IP, "Accept-Language": i18n.PseudoTag})
	}, check{"keeps its layout", func(t *testing.T, b *harness.Browser, _ state) {
		if direction := b.Doc.Find("html").AttrOr("dir", ""); direction != "rtl" {
			t.Errorf("the page is written %q", direction)
		}
		wantNarrow(t, b)
	}})
}

func wantNarrow(t *testing.T, b *harness.Browser) {
	t.Helper()
	found := findings{}
	screens := []harness.Screen{{Width: 320, Height: 640, Scheme: "light"}, {Width: 1280, Height: 900, Scheme: "light"}}
	if !harness.All() {
		screens = screens[:1] // where it is narrow
	}
	for _, s := range screens {
		b.Tab.ShowOn(t, s)
		found.add(s, "wider than the screen", harness.Ask[[]string](t, b.Tab, tooWide))
	}
	found.report(t)
}

// findings are faults with the screens on which they show, so that one fault is
// one message.
type findings map[string][]string

func (f findings) add(s harness.Screen, fault string, places []string) {
	for _, place := range places {
		f[fault+": "+place] = append(f[fault+": "+place], s.String())
	}
}

func (f findings) report(t *testing.T) {
	t.Helper()
	for _, fault := range slices.Sorted(maps.Keys(f)) {
		t.Errorf("%s (on %s)", fault, strings.Join(f[fault], "; "))
	}
}

// watchShifts notes what moves before the visitor has done anything.
const watchShifts = `
window.shifts = []
let touched = Infinity
for (const kind of ["pointerdown", "keydown", "input"]) addEventListener(kind, e => touched = Math.min(touched, e.timeStamp), {capture: true})
new PerformanceObserver(list => {
	for (const shift of list.getEntries()) if (shift.startTime < touched) {
		const moved = shift.sources.map(({node}) => node?.outerHTML?.slice(0, 120) ?? node?.nodeName).join(" and ")
		window.shifts.push(shift.value.toFixed(4) + " by " + moved)
	}
}).observe({type: "layout-shift", buffered: true})`

// tooWide finds what sticks out of the screen. What stands in a box that scrolls
// by itself, such as a wide table, does not count; nor what is shown to screen
// readers alone.
const tooWide = `() => {
	const width = innerWidth, found = []
	const name = element => element.outerHTML.slice(0, 120)
	if (document.scrollingElement.scrollWidth > width) found.push("the page: " + document.scrollingElement.scrollWidth + " of " + width)
	const scrolls = element => element && element !== document.body &&
		(["auto", "scroll", "hidden", "clip"].includes(getComputedStyle(element).overflowX) || scrolls(element.parentElement))
	for (const element of document.body.querySelectorAll("*")) {
		const box = element.getBoundingClientRect()
		if (!element.checkVisibility() || !box.width || scrolls(element.parentElement)) continue
		if (box.right > width + 1 || box.left < -1) found.push(name(element) + " from " + Math.round(box.left) + " to " + Math.round(box.right))
	}
	return found
}`

// otherSizes finds images whose sizes= is wrong by more than an eighth: browsers
// choose the file by it. An image of a srcset is as wide as its sizes= says, until
// the stylesheet has another mind.
const otherSizes = `() => [...document.querySelectorAll("main img[sizes]")]
	.filter(image => image.complete && image.naturalWidth && Math.abs(image.naturalWidth / image.clientWidth - 1) > 0.125)
	.map(image => image.naturalWidth + " instead of " + image.clientWidth + ": " + image.outerHTML.slice(0, 200))`

// tooSmall finds what is to be pressed and less than 44 pixels high (WCAG 2.5.5).
// Links within a sentence are as high as the sentence.
const tooSmall = `() => {
	const found = []
	const inSentence = link => getComputedStyle(link).display === "inline" &&
		[...link.parentElement.childNodes].some(node => node.nodeType === Node.TEXT_NODE && node.data.trim())
	for (const target of document.querySelectorAll("a[href], button, input:not([type=hidden]), select, textarea, summary")) {
		const box = target.getBoundingClientRect()
		if (!target.checkVisibility({visibilityProperty: true}) || (target.matches("a") && inSentence(target))) continue
		if (box.height <= 1) continue // the skip link, until it has the focus
		const reach = [getComputedStyle(target, "::after"), getComputedStyle(target, "::before")]
			.filter(pseudo => pseudo.content !== "none" && pseudo.position === "absolute").map(pseudo => parseFloat(pseudo.height) || 0)
		const height = Math.max(box.height, ...reach)
		if (height < 44) found.push(height.toFixed(1) + " px: " + target.outerHTML.slice(0, 120))
	}
	return found
}`
