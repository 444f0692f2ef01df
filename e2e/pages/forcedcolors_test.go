package pages_test

import (
	"bytes"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"

	"hutch/e2e/harness"
	"hutch/sandbox"
)

// With colours of the visitor's own, what the stylesheet draws without a word is still seen:
// browsers take backgrounds and shadows away then.
func TestForcedColoursShowWhatIsDrawn(t *testing.T) {
	site := harness.StartApp(t, harness.StartSandbox(t, sandbox.Options{Blocks: true}), nil)
	b := site.Browser(t, harness.Scripted)
	b.Tab.ShowOn(t, harness.Desktop)
	for path, drawn := range map[string][]string{
		"/contact": {".to-search", ".submenu summary", `input[type="radio"]`, ".control:has(select)"},
		"/":        {`input[type="checkbox"]`, ".features li", `.menu a[aria-current]`},
	} {
		b.Open(path)
		for _, scheme := range []string{"light", "dark"} {
			harness.Call(t, b.Tab, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{
				{Name: "prefers-color-scheme", Value: scheme}, {Name: "forced-colors", Value: "active"}, {Name: "prefers-reduced-motion", Value: "reduce"},
			}})
			for _, selector := range drawn {
				harness.Ask[chromedp.Void](t, b.Tab, `selector => {
					const it = document.querySelector("main " + selector) ?? document.querySelector(selector)
					it.checked = true
					it.scrollIntoView({block: "center", behavior: "instant"})
				}`, selector)
				// The frame of a box for a tick is seen in any case: what says that it is ticked is drawn after it.
				with := pictureOf(t, b.Tab, selector, "")
				if without := pictureOf(t, b.Tab, selector, `*::after, :not(input)::before { visibility: hidden !important }`); bytes.Equal(with, without) {
					t.Errorf("%s, %s: nothing is drawn on %s", path, scheme, selector)
				}
			}
		}
	}
}

// With them, the words of a search are still marked.
func TestForcedColoursMarkWhatWasSearchedFor(t *testing.T) {
	site := harness.StartApp(t, harness.StartSandbox(t, sandbox.Options{}), nil)
	b := site.Browser(t, harness.Scripted)
	b.Open("/search?q=rabbit")
	harness.Call(t, b.Tab, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{{Name: "forced-colors", Value: "active"}}})
	if plain := harness.Ask[[]string](t, b.Tab, `() => {
		const colours = of => getComputedStyle(of).backgroundColor + " " + getComputedStyle(of).color
		return [...document.querySelectorAll("mark")].filter(mark => getComputedStyle(mark).backgroundColor === getComputedStyle(document.body).backgroundColor).map(colours)
	}`); len(plain) > 0 || b.Doc.Find("mark").Length() < 5 {
		t.Errorf("of %d marks these are like the text: %v", b.Doc.Find("mark").Length(), plain)
	}
}

// pictureOf is what is seen of the first element that a selector finds, with more style.
func pictureOf(t *testing.T, tab *harness.Tab, selector, style string) []byte {
	t.Helper()
	box := harness.Ask[page.Viewport](t, tab, `async (selector, style) => {
		const sheet = new CSSStyleSheet()
		sheet.replaceSync(style)
		document.adoptedStyleSheets = [sheet]
		await new Promise(drawn => requestAnimationFrame(() => requestAnimationFrame(drawn)))
		const box = (document.querySelector("main " + selector) ?? document.querySelector(selector)).getBoundingClientRect()
		return {x: box.x + scrollX, y: box.y + scrollY, width: box.width, height: box.height, scale: 1}
	}`, selector, style)
	return harness.Call(t, tab, page.CaptureScreenshot, page.CaptureScreenshotParams{Format: page.CaptureScreenshotFormatPng, Clip: &box}).Data
}
