package pages_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"

	"hutch/e2e/harness"
	"hutch/sandbox"
)

// TestScreenshots is a tool and not a check: it takes a picture of every page in
// every state. `make screenshots` runs it.
func TestScreenshots(t *testing.T) {
	folder := pictureFolder(t)
	everyState(t, harness.Scripted, asTheyAre, check{"has its picture", func(t *testing.T, b *harness.Browser, s state) {
		for device, size := range map[string]harness.Screen{"phone": {Width: 390, Height: 844}, "desktop": {Width: 1440, Height: 900}} {
			for _, scheme := range []string{"light", "dark"} {
				size.Scheme = scheme
				b.Tab.ShowOn(t, size)
				picture(t, b.Tab, size, filepath.Join(folder, fmt.Sprintf("%s-%s-%s.webp", s.name, device, scheme)))
			}
		}
	}})
}

// TestScreenshotsOfLooks does the same for the looks of docs/theming.md.
func TestScreenshotsOfLooks(t *testing.T) {
	folder := pictureFolder(t)
	for _, look := range looks {
		t.Run(look, func(t *testing.T) {
			b := seeLook(t, look).Browser(t, harness.Scripted)
			shoot := func(name string) {
				for _, scheme := range []string{"light", "dark"} {
					size := harness.Screen{Width: 1280, Height: 800, Scheme: scheme}
					b.Tab.ShowOn(t, size)
					picture(t, b.Tab, size, filepath.Join(folder, look+"-"+name+scheme+".webp"))
				}
			}
			b.Open("/blog")
			shoot("")
			b.SignIn(harness.Member)
			shoot("profile-")
		})
	}
}

// TestScreenshotsInOtherEngines takes pictures in Firefox and WebKit of pages that are
// reached by their address.
func TestScreenshotsInOtherEngines(t *testing.T) {
	folder := pictureFolder(t)
	site := harness.StartApp(t, harness.StartSandbox(t, sandbox.Options{}), nil)
	harness.InOtherEngines(t, site, func(t *testing.T, p *harness.Person) {
		for name, path := range map[string]string{
			"home": "/", "page": "/pages/about", "blog": "/blog", "search": "/blog?q=hay", "post": "/blog/hay-by-numbers",
			"signup": "/signup", "signin": "/signin", "forgot": "/password/forgot", "not-found": "/nope",
		} {
			p.Open(path)
			for device, width := range map[string]int{"phone": 390, "desktop": 1280} {
				p.Resize(width, 900)
				p.WaitFor(`() => { for (const image of document.images) image.loading = "eager"; return [...document.images].every(image => image.complete) }`)
				p.Resize(width, min(harness.See[int](p, `() => document.documentElement.scrollHeight`), 8000))
				time.Sleep(200 * time.Millisecond) // it is drawn anew
				file := filepath.Join(folder, fmt.Sprintf("%s-%s-%s.png", name, device, filepath.Base(t.Name())))
				if err := os.WriteFile(file, p.Picture(), 0o600); err != nil {
					t.Fatal(err)
				}
			}
		}
	})
}

// pictureFolder is where all pictures go, a folder that git ignores; the test is
// skipped if nobody asked for them. The few that README and docs show are copied
// to docs/images from there.
func pictureFolder(t *testing.T) string {
	t.Helper()
	if os.Getenv("HUTCH_SCREENSHOTS") == "" {
		t.Skip("make screenshots")
	}
	folder, err := filepath.Abs(harness.Path("screenshots"))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(folder, 0o750); err != nil {
		t.Fatal(err)
	}
	return folder
}

// pictureQuality keeps a picture to some ten kilobytes, and its text sharp.
const pictureQuality = 60

// picture writes the whole page from its top, also what does not fit on the
// screen.
func picture(t *testing.T, tab *harness.Tab, s harness.Screen, file string) {
	t.Helper()
	height := harness.Ask[float64](t, tab, `() => {
		if (document.activeElement.matches("input")) document.activeElement.blur() // no cursor that blinks
		scrollTo({top: 0, behavior: "instant"})
		for (const image of document.images) image.loading = "eager"
		return document.documentElement.scrollHeight
	}`)
	tab.Settle(t)
	harness.Ask[chromedp.Void](t, tab, `async () => { await Promise.allSettled([...document.images].map(image => image.decode())) }`)
	quality, whole := int64(pictureQuality), true
	taken := harness.Call(t, tab, page.CaptureScreenshot, page.CaptureScreenshotParams{
		Format: page.CaptureScreenshotFormatWebp, Quality: &quality, CaptureBeyondViewport: &whole,
		Clip: &page.Viewport{Width: float64(s.Width), Height: max(height, float64(s.Height)), Scale: 1},
	})
	if err := os.WriteFile(file, taken.Data, 0o600); err != nil {
		t.Fatal(err)
	}
}

// Each look of docs/theming.md is a first block for the stylesheet, the first of
// them the one that is there; and none has a fault that axe can find.
func TestLooks(t *testing.T) {
	harness.ForAll(t)
	source := axeSource(t)
	for _, name := range looks {
		t.Run(name, func(t *testing.T) {
			site := seeLook(t, name)
			b := site.Browser(t, harness.Scripted)
			for _, seen := range []struct {
				page  string
				reach func(*harness.Browser)
			}{
				{"the blog", harness.At("/blog")},
				{"a post", harness.At("/blog/hay-by-numbers")},
				{"a failed form", harness.SigningUp(harness.Account{Email: "bramble", Password: "a few"})},
				{"a page of error", harness.At("/nope")},
				{"an account", func(b *harness.Browser) { b.SignIn(harness.Member) }},
				{"a setup key", func(b *harness.Browser) {
					b.Open("/profile/two-factor")
					b.Submit("#two-factor", map[string]string{"current_password": harness.Member.Password})
				}},
			} {
				seen.reach(b)
				run(t, b.Tab, source)
				for _, scheme := range []string{"light", "dark"} {
					b.Tab.ShowOn(t, harness.Screen{Width: 1280, Height: 900, Scheme: scheme})
					for _, v := range axe(t, b.Tab) {
						t.Errorf("%s, %s: %s: %s at %s", seen.page, scheme, v.Rule, v.Help, strings.Join(v.Where, ", "))
					}
				}
			}
			harness.InOtherEngines(t, site, func(t *testing.T, p *harness.Person) { seeLookElsewhere(p, source) })
		})
	}
}

// seeLookElsewhere looks at pages of a look in another engine, on a phone and on a desktop.
func seeLookElsewhere(p *harness.Person, axeSource string) {
	p.T.Helper()
	p.Open("/signin")
	p.Fill("[name=email]", harness.Member.Email)
	p.Fill("[name=password]", harness.Member.Password)
	p.Press("main [type=submit]")
	p.WaitAt("/profile")
	for _, path := range []string{"/", "/blog", "/blog/hay-by-numbers", "/profile", "/profile/two-factor", "/nope"} {
		p.Open(path)
		for _, width := range []int{390, 1280} {
			p.Resize(width, 900)
			harness.See[any](p, `rules => {
				if (!window.axe) {`+axeSource+`}
				window.found = null
				axe.run(document, {runOnly: {type: "tag", values: rules}, resultTypes: ["violations"]}).then(said => {
					window.found = said.violations.map(v => ({Rule: v.id, Help: v.help, Where: v.nodes.map(node => node.target.join(" "))}))
				})
			}`, axeRules)
			p.WaitFor(`() => !!window.found`)
			found := harness.See[[]violation](p, `() => window.found`)
			if wide := harness.See[int](p, `() => document.documentElement.scrollWidth - document.documentElement.clientWidth`); wide > 0 {
				p.T.Errorf("%s is %d px wider than a window of %d", path, wide, width)
			}
			for _, v := range found {
				p.T.Errorf("%s, %d px: %s: %s at %s", path, width, v.Rule, v.Help, strings.Join(v.Where, ", "))
			}
		}
	}
}

var looks = []string{"burrow", "harbour", "press"}

// seeLook starts the site with another first block in its stylesheet, for the rest of the
// test.
func seeLook(t *testing.T, name string) *harness.App {
	t.Helper()
	stylesheet, err := os.ReadFile(harness.Path("static", "hutch.css"))
	if err != nil {
		t.Fatal(err)
	}
	before, after, found := strings.Cut(string(stylesheet), readLook(t, looks[0]))
	if !found {
		t.Fatalf("docs/looks/%s.css is not the first block of static/hutch.css", looks[0])
	}
	look, folder := readLook(t, name), harness.CopyOfThePages(t)
	if err := os.WriteFile(filepath.Join(folder, "static", "hutch.css"), []byte(before+look+after), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Chdir(folder) // in development the app reads its files where it is started
	return harness.StartApp(t, harness.StartSandbox(t, sandbox.Options{}), nil)
}

// readLook is the block in a file of docs/looks, without what its comment says.
func readLook(t *testing.T, name string) string {
	t.Helper()
	file, err := os.ReadFile(harness.Path("docs", "looks", name+".css"))
	if err != nil {
		t.Fatal(err)
	}
	_, block, found := strings.Cut(string(file), ":root {")
	if !found {
		t.Fatalf("%s.css has no block", name)
	}
	return ":root {" + strings.TrimRight(block, "\n")
}
