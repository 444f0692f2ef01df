package content_test

import (
	"net/http"
	"testing"

	"hutch/e2e/harness"
)

// What posts are sorted by has pages of its own, with feeds, and stands in the sitemap.
func TestTags(t *testing.T) {
	harness.OnEachDirectus(t, func(t *testing.T, up harness.Upstream) {
		b := harness.StartApp(t, up, nil).Browser(t, harness.Plain)
		b.Open("/blog")
		t.Log(b.Doc.Find("main nav.tags").Text())
		b.Open("/blog/tags/care")
		b.WantStatus(http.StatusOK)
		t.Log(b.Text())
		b.Open("/blog/hay-by-numbers")
		t.Log(b.Doc.Find("main nav.tags").Text())
	})
}
