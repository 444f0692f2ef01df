package content_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"hutch/e2e/harness"
)

// A page whose blocks are more than any answer may be is shown without them, and closes
// nothing else.
func TestPagesOfTooManyWords(t *testing.T) {
	harness.OnOfficialOfItsOwn(t, func(t *testing.T, up harness.Upstream) {
		const first = "00000000-0000-4000-8000-000000000001" // what the project has is learned from it
		for id, path := range map[string]string{first: "/encyclopaedia", "00000000-0000-4000-8000-000000000002": "/short"} {
			page := map[string]any{"id": id, "title": "Encyclopaedia " + path, "permalink": path, "status": "published", "published_at": "2026-01-01T00:00:00Z"}
			if err := up.Admin.Post(t.Context(), "/items/pages", page, nil); err != nil {
				t.Fatal(err)
			}
			blocks := 16
			if path == "/short" {
				blocks = 1
			}
			for i := range blocks { // Directus takes less than one megabyte at once
				text := "<p>Volume of leporids.</p>"
				if path != "/short" {
					text += strings.Repeat("<p>A rabbit is not a rodent, whatever its teeth.</p>", 12_000)
				}
				block := map[string]any{"page": id, "sort": i, "collection": "block_richtext", "item": map[string]any{"headline": fmt.Sprint("Volume ", i), "content": text}}
				if err := up.Admin.Post(t.Context(), "/items/page_blocks", block, nil); err != nil {
					t.Fatal(err)
				}
			}
		}
		site := harness.StartApp(t, up, harness.Fresh())
		b := site.Browser(t, harness.Plain)
		for range 2 {
			b.Open("/encyclopaedia")
			b.WantStatus(http.StatusOK)
			b.WantText("Encyclopaedia /encyclopaedia", "This page is too large to be shown in full.")
		}
		if n := strings.Count(site.Log.String(), "too large to be shown"); n != 1 {
			t.Errorf("the log names it %d times", n)
		}
		b.Open("/short")
		b.WantText("Volume of leporids.")
		for path, shows := range map[string]string{
			"/":                        "Rabbits, kept well",
			"/sitemap.xml":             "/encyclopaedia</loc>",
			"/search?q=encyclopaedia":  `href="/encyclopaedia"`,
			"/search?q=volume+leporid": `href="/short"`,
		} {
			if b.Request(http.MethodGet, path, nil, nil); b.Status != http.StatusOK || !strings.Contains(b.Raw, shows) {
				t.Errorf("%s: %d, without %q", path, b.Status, shows)
			}
		}
	})
}
