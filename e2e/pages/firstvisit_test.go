package pages_test

import (
	"testing"

	"github.com/chromedp/cdproto/emulation"

	"hutch/e2e/harness"
)

// What a phone downloads when it sees the site for the first time, in bytes of bodies as
// they are sent.
func TestFirstVisit(t *testing.T) {
	harness.OnEachDirectus(t, func(t *testing.T, up harness.Upstream) {
		site := harness.StartApp(t, up, nil)
		for _, visit := range []struct {
			path        string
			most        int
			withImages  bool
			fewPictures int // that the page has, at least
		}{
			{"/blog/names-we-have-given", 40_000, false, 0},
			{"/", 120_000, true, 6},
		} {
			tab := harness.NewTab(t, site.URL, "", true)
			harness.Call(t, tab, emulation.SetDeviceMetricsOverride, emulation.SetDeviceMetricsOverrideParams{Width: 390, Height: 844, DeviceScaleFactor: 2, Mobile: true})
			tab.Open(t, site.URL+visit.path)
			tab.WaitFor(t, `() => {
				document.querySelectorAll("img").forEach(i => i.loading = "eager") // as if they had scrolled to the end
				return document.readyState === "complete" && [...document.images].every(i => i.complete)
			}`)
			sent := harness.Ask[map[string]int](t, tab, `() => Object.fromEntries(
				performance.getEntries().filter(e => e.encodedBodySize).map(e => [(e.initiatorType === "img" ? "image " : "") + new URL(e.name).pathname, e.encodedBodySize]))`)
			if visit.withImages && up.Sandbox {
				continue // it writes no format but JPEG
			}
			total := 0
			for name, size := range sent {
				if visit.withImages || name[:5] != "image" {
					total += size
				}
			}
			if pictures := harness.Ask[int](t, tab, `() => document.querySelectorAll("main img").length`); total > visit.most || len(sent) < 4 || pictures < visit.fewPictures {
				t.Errorf("%s with %d pictures: %d bytes of at most %d: %v", visit.path, pictures, total, visit.most, sent)
			}
			t.Logf("%s: %d bytes", visit.path, total)
		}
	})
}
