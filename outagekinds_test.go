package main

import (
	"net/http"
	"testing"
	"time"

	"hutch/sandbox"
)

// However Directus breaks, the last good version is what visitors see, and nothing
// of how it broke is kept.
func TestContentOutlivesEveryBreakage(t *testing.T) {
	up := startSandbox(t, sandbox.Options{})
	for what, how := range breakages {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			site := startApp(t, up, fresh())
			b := site.browser(t, plain)
			paths := []string{"/", "/blog", "/blog?page=2", "/blog/hay-by-numbers", "/blog/authors/1", "/pages/about", gatedPath}
			said, feeds := map[string]string{}, map[string]string{}
			for _, path := range paths {
				b.open(path)
				b.wantStatus(http.StatusOK)
				said[path] = b.doc.Find("main h1, main .card, main article").Text()
			}
			for _, path := range []string{"/blog/rss.xml", "/sitemap.xml", "/blog/feed.json"} {
				b.request(http.MethodGet, path, nil, nil)
				feeds[path] = b.raw
			}
			site.wire.breakWith(how)
			for range 3 {
				site.pass(2 * time.Minute)
				for range 2 {
					for _, path := range paths {
						b.open(path)
						b.wantStatus(http.StatusOK)
						if got := b.doc.Find("main h1, main .card, main article").Text(); got != said[path] {
							t.Errorf("%s says\n%s\nand in an outage\n%s", path, said[path], got)
						}
					}
					for path, had := range feeds {
						b.request(http.MethodGet, path, nil, nil)
						if b.status != http.StatusOK || b.raw != had {
							t.Errorf("%s: %d, another in an outage", path, b.status)
						}
					}
					time.Sleep(30 * time.Millisecond) // what is asked behind an answer
				}
			}
			site.wire.mend()
		})
	}
}
