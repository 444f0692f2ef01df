package feeds_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"hutch/internal/feeds"
)

func TestSitemap(t *testing.T) {
	sitemap, err := feeds.Sitemap("https://hutch.example", []feeds.Page{
		{URL: "/"},
		{URL: "/blog/hay?a=1&b=é", Modified: time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)},
		{URL: "/blog/" + strings.Repeat("x", 2048)},
		{URL: "https://hutch.example/blog", Modified: time.Date(2026, 3, 1, 12, 30, 0, 0, time.UTC)},
	})
	if err != nil {
		t.Fatal(err)
	}
	equal(t, "the sitemap", string(sitemap), `<?xml version="1.0" encoding="UTF-8"?>`+"\n"+
		`<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">`+
		`<url><loc>https://hutch.example/</loc></url>`+
		`<url><loc>https://hutch.example/blog/hay?a=1&amp;b=%C3%A9</loc><lastmod>2026-03-01</lastmod></url>`+
		`<url><loc>https://hutch.example/blog</loc><lastmod>2026-03-01T12:30:00Z</lastmod></url>`+
		"</urlset>\n")

	for what, pages := range map[string][]feeds.Page{
		"no page": nil, "another site's": {{URL: "//elsewhere.example/"}}, "no address": {{}},
	} {
		if sitemap, err := feeds.Sitemap("https://hutch.example", pages); err == nil {
			t.Errorf("%s: %s", what, sitemap)
		}
	}
}

func manyPages(n int) []feeds.Page {
	pages := make([]feeds.Page, n)
	for i := range pages {
		pages[i].URL = fmt.Sprintf("/blog/%d", i)
	}
	return pages
}

func TestSitemapHasAnEnd(t *testing.T) {
	sitemap, err := feeds.Sitemap("https://hutch.example", manyPages(feeds.MaxPages+2))
	if err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(string(sitemap), "<url>"); n != 50_000 {
		t.Errorf("%d pages", n)
	}
	if !strings.Contains(string(sitemap), "/blog/49999<") || strings.Contains(string(sitemap), "/blog/50000<") {
		t.Error("not the first")
	}
}

func TestRobots(t *testing.T) {
	equal(t, "robots.txt", string(feeds.Robots("https://hutch.example/sitemap.xml", []string{"/profile", "/signin"})),
		"User-agent: *\nDisallow: /profile\nDisallow: /signin\n\nSitemap: https://hutch.example/sitemap.xml\n")
	equal(t, "robots.txt", string(feeds.Robots("https://hutch.example/sitemap.xml", nil)),
		"User-agent: *\nDisallow:\n\nSitemap: https://hutch.example/sitemap.xml\n")
}
