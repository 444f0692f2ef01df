package main

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
)

// TestScreenshots is a tool and not a check: it writes a picture of every page
// in every state into the folder HUTCH_SCREENSHOTS. `make screenshots` runs it.
func TestScreenshots(t *testing.T) {
	folder := os.Getenv("HUTCH_SCREENSHOTS")
	if folder == "" {
		t.Skip("make screenshots")
	}
	if err := os.MkdirAll(folder, 0o750); err != nil {
		t.Fatal(err)
	}
	everyState(t, scripted, func(t *testing.T, b *browser, s state) {
		for device, size := range map[string]screen{"phone": {width: 390, height: 844}, "desktop": {width: 1280, height: 900}} {
			for _, scheme := range []string{"light", "dark"} {
				size.scheme = scheme
				b.tab.showOn(t, size)
				file := filepath.Join(folder, fmt.Sprintf("%s-%s-%s.webp", s.name, device, scheme))
				if err := os.WriteFile(file, b.tab.picture(t, size), 0o600); err != nil {
					t.Fatal(err)
				}
			}
		}
	})
}

// pictureQuality keeps a picture to some ten kilobytes, and its text sharp.
const pictureQuality = 60

// picture is the whole page from its top, also what does not fit on the screen.
func (tab *tab) picture(t *testing.T, s screen) []byte {
	t.Helper()
	height := ask[float64](t, tab, `() => {
		if (document.activeElement.matches("input")) document.activeElement.blur() // no cursor that blinks
		scrollTo({top: 0, behavior: "instant"})
		for (const image of document.images) image.loading = "eager"
		return document.documentElement.scrollHeight
	}`)
	tab.settle(t)
	ask[chromedp.Void](t, tab, `async () => { await Promise.all([...document.images].map(image => image.decode())) }`)
	quality, whole := int64(pictureQuality), true
	return call(t, tab, page.CaptureScreenshot, page.CaptureScreenshotParams{
		Format: page.CaptureScreenshotFormatWebp, Quality: &quality, CaptureBeyondViewport: &whole,
		Clip: &page.Viewport{Width: float64(s.width), Height: max(height, float64(s.height)), Scale: 1},
	}).Data
}
