package pages_test

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"hutch/e2e/harness"

	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
)

// TestScreenshots is a tool and not a check: it takes a picture of every page in
// every state. `make screenshots` runs it.
func TestScreenshots(t *testing.T) {
	folder := pictureFolder(t)
	everyState(t, harness.Scripted, asTheyAre, check{"has its picture", func(t *testing.T, b *harness.Browser, s state) {
		for device, size := range map[string]harness.Screen{"phone": {Width: 390, Height: 844}, "desktop": {Width: 1280, Height: 900}} {
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
			b := seeLook(t, look)
			b.Open("/blog")
			for _, scheme := range []string{"light", "dark"} {
				size := harness.Screen{Width: 1280, Height: 800, Scheme: scheme}
				b.Tab.ShowOn(t, size)
				picture(t, b.Tab, size, filepath.Join(folder, look+"-"+scheme+".webp"))
			}
		})
	}
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
	harness.Ask[chromedp.Void](t, tab, `async () => { await Promise.all([...document.images].map(image => image.decode())) }`)
	quality, whole := int64(pictureQuality), true
	taken := harness.Call(t, tab, page.CaptureScreenshot, page.CaptureScreenshotParams{
		Format: page.CaptureScreenshotFormatWebp, Quality: &quality, CaptureBeyondViewport: &whole,
		Clip: &page.Viewport{Width: float64(s.Width), Height: max(height, float64(s.Height)), Scale: 1},
	})
	if err := os.WriteFile(file, taken.Data, 0o600); err != nil {
		t.Fatal(err)
	}
}
