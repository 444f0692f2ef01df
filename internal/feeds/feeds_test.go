package feeds_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/mmcdole/gofeed"
	"go.uber.org/goleak"

	"hutch/internal/feeds"
)

// journal is a feed as Hutch builds it, with paths of the site.
func journal() feeds.Feed {
	return feeds.Feed{
		Title:       "Hutch & friends",
		Description: "The journal of the Lower Burrow Rabbit Keepers",
		SiteURL:     "https://hutch.example",
		SelfURL:     "/blog/feed",
		Language:    "en-GB",
		Icon:        "/assets/0b1e6c1e-0f5e-4a43-9d5e-6f3c7d1a2b3c?width=320&format=png",
		Entries: []feeds.Entry{{
			URL:       "/blog/hay-by-numbers",
			Title:     "Hay, by numbers",
			Author:    "Adaeze Obi",
			AuthorURL: "/blog/authors/adaeze",
			HTML:      `<p>See <a href="/blog/doors#legs">the doors</a>.</p>`,
			Summary:   "How much hay is enough.",
			Published: time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC),
			Modified:  time.Date(2026, 3, 4, 17, 5, 0, 0, time.FixedZone("", 3600)),
			Image:     &feeds.Enclosure{URL: "/assets/5f0e1b52-2a0c-4c5e-9d1f-0b8a6f4e1a0b", Type: "image/jpeg", Length: 48_211},
		}, {
			// Members only: just a teaser. Also undated.
			URL:     "/blog/minutes",
			Title:   "The minutes",
			Summary: "Members may read who forgot the biscuits.",
		}},
	}
}

// hostile is what editors, or attackers in their accounts, could type.
func hostile() feeds.Feed {
	feed := journal()
	feed.Title = "]]> <b>Hutch</b>\x00 &amp; \xff\"friends\" 🐇"
	feed.Description = "<!-- ]]> -->\x0b"
	feed.Language = ""
	feed.Entries = []feeds.Entry{{
		URL:       "/blog/a b/é?x=1&y=<z>&z=ü\"",
		Title:     "<script>alert(1)</script>]]>\x08 &lt;\nשלום \u202eRTL\ufffe 🐇",
		Author:    "O'Brien & <Søren>\x1f, مريم",
		AuthorURL: "javascript:alert(1)",
		HTML: "<p>]]&gt; &lt;script&gt;&#8;&#xfffe;\x0c tab\there 🐇 שלום</p><pre>a\nb</pre>" +
			`<p><a href="?q=1&amp;r=2">q</a> <img src="/assets/x.jpg?width=960&amp;format=auto" srcset="/assets/x.jpg 1x" alt="&quot;"></p>`,
		Summary:   "a < b && c > d ]]> \x01 🐇",
		Published: time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC),
		Image:     &feeds.Enclosure{URL: "https://elsewhere.example/ä & b.png", Type: "image/png"},
	}, {
		URL:   "/blog/no-title",
		Image: &feeds.Enclosure{URL: "data:image/png;base64,AAAA", Type: "image/png"},
	}}
	return feed
}

// formats are the three feed formats.
var formats = map[string]func(feeds.Feed) ([]byte, error){"RSS": feeds.RSS, "Atom": feeds.Atom, "JSON": feeds.JSON}

// read parses a format's output with a feed reader's parser.
func read(t *testing.T, format string, feed feeds.Feed) *gofeed.Feed {
	t.Helper()
	document, err := formats[format](feed)
	if err != nil {
		t.Fatal(format, err)
	}
	read, err := gofeed.NewParser().ParseString(string(document))
	if err != nil {
		t.Fatalf("%s: %v\n%s", format, err, document)
	}
	return read
}

func equal(t *testing.T, what, got, want string) {
	t.Helper()
	if got != want {
		t.Errorf("%s is %q, want %q", what, got, want)
	}
}

func TestReadersSeeTheSame(t *testing.T) {
	for format := range formats {
		t.Run(format, func(t *testing.T) {
			feed := read(t, format, journal())
			equal(t, "the title", feed.Title, "Hutch & friends")
			equal(t, "the description", feed.Description, "The journal of the Lower Burrow Rabbit Keepers")
			equal(t, "the site", feed.Link, "https://hutch.example")
			equal(t, "the feed's address", feed.FeedLink, "https://hutch.example/blog/feed")
			equal(t, "the language", feed.Language, "en-GB")
			if format != "RSS" { // Atom requires an author of unsigned entries
				equal(t, "the feed's author", feed.Authors[0].Name, "Hutch & friends")
			}
			if len(feed.Items) != 2 {
				t.Fatalf("%d entries", len(feed.Items))
			}

			hay := feed.Items[0]
			equal(t, "the id", hay.GUID, "https://hutch.example/blog/hay-by-numbers")
			equal(t, "the link", hay.Link, "https://hutch.example/blog/hay-by-numbers")
			equal(t, "the title", hay.Title, "Hay, by numbers")
			equal(t, "the author", hay.Authors[0].Name, "Adaeze Obi")
			equal(t, "the summary", hay.Description, "How much hay is enough.")
			equal(t, "the content", hay.Content, `<p>See <a href="https://hutch.example/blog/doors#legs">the doors</a>.</p>`)
			if want := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC); hay.PublishedParsed == nil || !hay.PublishedParsed.Equal(want) {
				t.Errorf("published %v", hay.Published)
			}
			if want := time.Date(2026, 3, 4, 16, 5, 0, 0, time.UTC); format != "RSS" && (hay.UpdatedParsed == nil || !hay.UpdatedParsed.Equal(want)) {
				t.Errorf("updated %v", hay.Updated)
			}
			if format == "JSON" {
				equal(t, "the image", hay.Image.URL, "https://hutch.example/assets/5f0e1b52-2a0c-4c5e-9d1f-0b8a6f4e1a0b")
			} else {
				image := *hay.Enclosures[0]
				if want := (gofeed.Enclosure{URL: "https://hutch.example/assets/5f0e1b52-2a0c-4c5e-9d1f-0b8a6f4e1a0b", Type: "image/jpeg", Length: "48211"}); image != want {
					t.Errorf("the image is %v", image)
				}
			}

			minutes := feed.Items[1]
			equal(t, "the teaser", minutes.Description, "Members may read who forgot the biscuits.")
			if minutes.PublishedParsed != nil && format != "Atom" { // where the parser falls back to the other date
				t.Errorf("published %v, without a date", minutes.Published)
			}
			if format == "JSON" {
				equal(t, "the content", minutes.Content, "<p>Members may read who forgot the biscuits.</p>")
			} else {
				equal(t, "the content", minutes.Content, "")
			}
		})
	}
}

func TestHostileTextsArriveAsText(t *testing.T) {
	for format := range formats {
		t.Run(format, func(t *testing.T) {
			feed := read(t, format, hostile())
			equal(t, "the title", feed.Title, `]]> <b>Hutch</b> &amp; "friends" 🐇`)
			entry := feed.Items[0]
			equal(t, "the link", entry.Link, "https://hutch.example/blog/a%20b/%C3%A9?x=1&y=%3Cz%3E&z=%C3%BC%22")
			equal(t, "the title", entry.Title, "<script>alert(1)</script>]]> &lt; שלום \u202eRTL 🐇")
			equal(t, "the author", entry.Authors[0].Name, "O'Brien & <Søren>, مريم")
			summary := "a < b && c > d ]]> 🐇"
			if format == "RSS" { // where it is HTML
				summary = "a &lt; b &amp;&amp; c &gt; d ]]&gt; 🐇"
			}
			equal(t, "the summary", entry.Description, summary)
			equal(t, "the content", entry.Content, "<p>]]&gt; &lt;script&gt; tab\there 🐇 שלום</p><pre>a\nb</pre>"+
				`<p><a href="https://hutch.example/blog/a%20b/%C3%A9?q=1&amp;r=2">q</a> <img src="https://hutch.example/assets/x.jpg?width=960&amp;format=auto" alt="&#34;"/></p>`)
			document, err := formats[format](hostile())
			if err != nil {
				t.Fatal(err)
			}
			for _, never := range []string{"javascript:", "data:image", "<script", "\x00", "\x08", "\ufffe", "\ufffd"} {
				if strings.Contains(string(document), never) {
					t.Errorf("%q is in %s", never, document)
				}
			}
		})
	}
}

func TestPagesLeaveNothingOfThemselves(t *testing.T) {
	for source, want := range map[string]string{
		`<a href="#fn1">1</a>`:                                         `<a href="https://hutch.example/blog/hay-by-numbers#fn1">1</a>`,
		`<a href="mailto:hay@hutch.example">us</a>`:                    `<a href="mailto:hay@hutch.example">us</a>`,
		`<a href="//elsewhere.example/x" rel="nofollow">x</a>`:         `<a href="https://elsewhere.example/x" rel="nofollow">x</a>`,
		`<blockquote cite="doors"><p>x</p></blockquote>`:               `<blockquote cite="https://hutch.example/blog/doors"><p>x</p></blockquote>`,
		`<a href="/assets/x" data-x="y">x</a>`:                         `<a href="https://hutch.example/assets/x">x</a>`,
		`<pre tabindex="0" role="group" aria-label="Code">x</pre>`:     `<pre>x</pre>`,
		`<img src="/a" srcset="/a 1x" sizes="9em" loading="lazy" alt>`: `<img src="https://hutch.example/a" alt=""/>`,
		`<p>never closed <em>at all`:                                   `<p>never closed <em>at all</em></p>`,
		``:                                                             ``,
	} {
		feed := journal()
		feed.Entries[0].HTML = source
		equal(t, source, read(t, "Atom", feed).Items[0].Content, want)
	}
}

// TestDates: every required date is there, and it is stable.
func TestDates(t *testing.T) {
	feed := journal()
	equal(t, "of the newest entry", read(t, "Atom", feed).Updated, "2026-03-04T16:05:00Z")
	equal(t, "of an entry without a date", read(t, "Atom", feed).Items[1].Updated, "1970-01-01T00:00:00Z")
	feed.Updated = time.Date(2026, 4, 1, 0, 0, 0, 0, time.UTC)
	equal(t, "of the feed", read(t, "Atom", feed).Updated, "2026-04-01T00:00:00Z")
	equal(t, "of the feed", read(t, "RSS", feed).Updated, "Wed, 01 Apr 2026 00:00:00 +0000")
	feed.Entries, feed.Updated = nil, time.Time{}
	equal(t, "of nothing", read(t, "Atom", feed).Updated, "1970-01-01T00:00:00Z")
	equal(t, "of nothing", read(t, "RSS", feed).Updated, "")
}

func TestWithoutAddressThereIsNoFeed(t *testing.T) {
	for what, spoil := range map[string]func(*feeds.Feed){
		"no site":            func(f *feeds.Feed) { f.SiteURL = "" },
		"a path as the site": func(f *feeds.Feed) { f.SiteURL = "/blog" },
		"no address":         func(f *feeds.Feed) { f.SelfURL = "" },
		"an entry without":   func(f *feeds.Feed) { f.Entries[0].URL = "" },
		"an entry in code":   func(f *feeds.Feed) { f.Entries[0].URL = "javascript:alert(1)" },
	} {
		for format, write := range formats {
			feed := journal()
			spoil(&feed)
			if document, err := write(feed); err == nil {
				t.Errorf("%s, %s: %s", format, what, document)
			}
		}
	}
}

// TestTheCallersValuesStay: no format modifies its input.
func TestTheCallersValuesStay(t *testing.T) {
	feed := journal()
	for format, write := range formats {
		if _, err := write(feed); err != nil {
			t.Fatal(err)
		}
		equal(t, format+": the address", feed.Entries[0].URL, "/blog/hay-by-numbers")
		equal(t, format+": the image's", feed.Entries[0].Image.URL, "/assets/5f0e1b52-2a0c-4c5e-9d1f-0b8a6f4e1a0b")
	}
}

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

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
