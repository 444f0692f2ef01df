package content_test

import (
	"net/http"
	"testing"
	"time"

	"hutch/e2e/harness"
	"hutch/sandbox"
)

// However Directus breaks, the last good version is what visitors see, and nothing
// of how it broke is kept.
func TestContentOutlivesEveryBreakage(t *testing.T) {
	up := harness.StartSandbox(t, sandbox.Options{})
	for what, how := range harness.Breakages {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			site := harness.StartApp(t, up, harness.Fresh())
			b := site.Browser(t, harness.Plain)
			paths := []string{"/", "/blog", "/blog?page=2", "/blog/hay-by-numbers", "/blog/authors/1", "/pages/about", harness.GatedPath}
			said, feeds := map[string]string{}, map[string]string{}
			for _, path := range paths {
				b.Open(path)
				b.WantStatus(http.StatusOK)
				said[path] = b.Doc.Find("main h1, main .card, main article").Text()
			}
			for _, path := range []string{"/blog/rss.xml", "/sitemap.xml", "/blog/feed.json"} {
				b.Request(http.MethodGet, path, nil, nil)
				feeds[path] = b.Raw
			}
			site.Wire.BreakWith(how)
			for range 3 {
				site.Pass(2 * time.Minute)
				for range 2 {
					for _, path := range paths {
						b.Open(path)
						b.WantStatus(http.StatusOK)
						if got := b.Doc.Find("main h1, main .card, main article").Text(); got != said[path] {
							t.Errorf("%s says\n%s\nand in an outage\n%s", path, said[path], got)
						}
					}
					for path, had := range feeds {
						b.Request(http.MethodGet, path, nil, nil)
						if b.Status != http.StatusOK || b.Raw != had {
							t.Errorf("%s: %d, another in an outage", path, b.Status)
						}
					}
					time.Sleep(30 * time.Millisecond) // what is asked behind an answer
				}
			}
			site.Wire.Mend()
		})
	}
}
