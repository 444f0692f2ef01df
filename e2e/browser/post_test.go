package browser_test

import (
	"regexp"
	"slices"
	"testing"

	"github.com/chromedp/cdproto/emulation"

	"hutch/e2e/harness"
	"hutch/sandbox"
)

// A reader shares a post with what their phone has for it, or copies its address where
// there is no such thing; without a script there is neither.
func TestSharingAPost(t *testing.T) {
	site := harness.StartApp(t, harness.StartSandbox(t, sandbox.Options{}), nil)
	const path, address = "/blog/hay-by-numbers", harness.PublicURL + "/blog/hay-by-numbers"
	// What the machine would be handed is kept in the page: nobody shares anything with a test.
	const keep = `
		window.handed = []
		navigator.share = async what => { window.handed.push("shared " + what.url) }
		Object.defineProperty(navigator, "clipboard", {value: {writeText: async text => { window.handed.push("copied " + text) }}})`
	// A copy of the element without what the script adds is as high as the element.
	const roomWithoutButton = `() => {
		const element = document.querySelector("share-page"), room = element.cloneNode()
		element.after(room)
		const moved = element.offsetHeight - room.offsetHeight
		room.remove()
		return moved
	}`
	for device, want := range map[string]string{"phone": "shared " + address, "desktop": "copied " + address} {
		t.Run(device, func(t *testing.T) {
			b := site.Browser(t, harness.Scripted)
			b.Tab.RunFirst(t, keep)
			harness.Call(t, b.Tab, emulation.SetTouchEmulationEnabled, emulation.SetTouchEmulationEnabledParams{Enabled: device == "phone"})
			b.Open(path)
			if shown := harness.Ask[int](t, b.Tab, `() => document.querySelectorAll("share-page button").length`); shown != 1 {
				t.Fatalf("there are %d buttons", shown)
			}
			if moved := harness.Ask[float64](t, b.Tab, roomWithoutButton); moved != 0 {
				t.Errorf("the page moves by %g px when the button comes", moved)
			}
			b.Tab.Press(t, "share-page button")
			b.Tab.WaitFor(t, `() => window.handed.length > 0`)
			if handed := harness.Ask[[]string](t, b.Tab, `() => window.handed`); !slices.Equal(handed, []string{want}) {
				t.Errorf("handed over is %q, want %q", handed, want)
			}
			if said := harness.Ask[string](t, b.Tab, `() => document.querySelector("share-page [role=status]").textContent`); (said == "Copied.") != (device == "desktop") {
				t.Errorf("the page says %q", said)
			}
		})
	}
	t.Run("without a script", func(t *testing.T) {
		b := site.Browser(t, harness.Scriptless)
		b.Open(path)
		if shown := harness.Ask[int](t, b.Tab, `() => document.querySelectorAll("share-page button").length`); shown != 0 {
			t.Errorf("%d parts of what only a script can do", shown)
		}
	})
}

// Who cannot copy is told so: browsers have no clipboard for a site without HTTPS, and may
// refuse theirs.
func TestCopyingFails(t *testing.T) {
	site := harness.StartApp(t, harness.StartSandbox(t, sandbox.Options{}), nil)
	for clipboard, given := range map[string]string{"none": "undefined", "refused": `{writeText: async () => { throw new DOMException("no", "NotAllowedError") }}`} {
		t.Run(clipboard, func(t *testing.T) {
			b := site.Browser(t, harness.Scripted)
			b.Tab.RunFirst(t, `Object.defineProperty(navigator, "clipboard", {value: `+given+`})`)
			b.Open("/blog/hay-by-numbers")
			b.Tab.Press(t, "share-page .copy")
			b.Tab.WaitFor(t, `() => document.querySelector("share-page [role=status]").textContent === "We couldn't copy it."`)
		})
	}
}

// A printed post has the name of the site and its own address, and nothing to press.
func TestPrintingAPost(t *testing.T) {
	site := harness.StartApp(t, harness.StartSandbox(t, sandbox.Options{}), nil)
	b := site.Browser(t, harness.Scripted)
	b.Open("/blog/hay-by-numbers")
	harness.Call(t, b.Tab, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Media: "print"})
	shown := func(selector string) []string {
		return harness.Ask[[]string](t, b.Tab, `selector => [...document.querySelectorAll(selector)].filter(e => e.checkVisibility()).map(e => e.textContent.trim())`, selector)
	}
	if said := shown(".printed"); !slices.Equal(said, []string{"Hutch · " + harness.PublicURL + "/blog/hay-by-numbers"}) {
		t.Errorf("the head of the page is %q", said)
	}
	if left := shown("header, footer, nav, button, form, .others, .anchor, .sandbox"); len(left) > 0 {
		t.Errorf("printed as well: %q", left)
	}
	if text := shown("article h1, article table"); len(text) != 2 {
		t.Errorf("of the post, there is %q", text)
	}
}

// A setup key is copied as it is, without the gaps that it is shown with.
func TestCopyingASetupKey(t *testing.T) {
	b := harness.StartApp(t, harness.StartSandbox(t, sandbox.Options{}), nil).Browser(t, harness.Scripted)
	b.Tab.RunFirst(t, `
		window.handed = []
		Object.defineProperty(navigator, "clipboard", {value: {writeText: async text => { window.handed.push(text) }}})`)
	b.SignIn(harness.Member)
	b.Open("/profile/two-factor")
	b.Submit("#two-factor", map[string]string{"current_password": harness.Member.Password})
	b.Tab.Press(t, "copy-text .copy")
	b.Tab.WaitFor(t, `() => document.querySelector("copy-text [role=status]").textContent === "Copied."`)
	if handed := harness.Ask[[]string](t, b.Tab, `() => window.handed`); len(handed) != 1 || !regexp.MustCompile(`^[A-Z2-7]{16,}$`).MatchString(handed[0]) {
		t.Errorf("copied is %q", handed)
	}
}
