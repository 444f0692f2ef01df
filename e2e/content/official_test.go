package content_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"hutch/e2e/harness"
)

// The content model that Directus ships with its starters is shown as it is, and nothing
// of it that is not published, whatever the public may read.
func TestOfficialModel(t *testing.T) {
	harness.OnOfficial(t, func(t *testing.T, up harness.Upstream) {
		site := harness.StartApp(t, up, harness.Fresh("REDIRECT_HOSTS", "example.com"))
		b := site.Browser(t, harness.Plain)
		ada, idle := harness.OfficialID("users/ada"), harness.OfficialID("users/idle")
		for _, page := range []struct {
			path         string
			status       int
			location     string
			shows, hides []string
		}{
			{path: "/", status: http.StatusOK,
				shows: []string{">Rabbits, kept well</h1>", "Advice, shows and company.", `href="/about"`, `href="/blog/hay"`, `href="https://example.com/shows"`, "A rabbit is company", "<em>not</em> a toy",
					"At the last show", "A rabbit in a meadow, ears up", "What it costs", "€30 a year", "Usual", "Join as a keeper", "Hay, and how much of it", "The spring moult", "Nothing but a headline",
					"The club", "The team", `href="/about/team"`, "Long Ears Club", "https://github.com/long-ears-club"},
				hides: []string{"To a draft", "To the future", "To nothing", "A dry hutch", "A draft", "Nowhere", "Empty group", "javascript:", "carrier-pigeon", "Summer show"}},
			{path: "/about", status: http.StatusOK,
				shows: []string{"<title>About us: Long Ears Club", `content="Who we are."`, `name="robots" content="noindex"`, ">Who we are</h1>", ">Come by</h2>", "Neither hidden nor shown", "Two lines,"},
				hides: []string{"pipkin", ">Hidden<"}},
			{path: "/about/team", status: http.StatusOK, shows: []string{"Three people", "Tunnicliffe", "For the author: blocks of the collection block_video", `property="og:image" content="` + harness.PublicURL + `/card.png"`, `rel="canonical" href="` + harness.PublicURL + `/about/team"`}},
			{path: "/about/team/", status: http.StatusPermanentRedirect, location: "/about/team"},
			{path: "/empty", status: http.StatusOK, shows: []string{"A page without blocks"}},
			{path: "/draft", status: http.StatusNotFound, hides: []string{"pipkin", "A draft of a page"}},
			{path: "/scheduled", status: http.StatusNotFound, hides: []string{"Patience"}},
			{path: "/nothing", status: http.StatusNotFound},
			{path: "/pages/about", status: http.StatusNotFound},
			{path: "/who-we-are", status: http.StatusMovedPermanently, location: "/about"},
			{path: "/shows", status: http.StatusFound, location: "https://example.com/shows"},
			{path: "/no-code", status: http.StatusFound, location: "/about"},
			{path: "/round", status: http.StatusNotFound},
			{path: "/unfinished", status: http.StatusNotFound},
			{path: "/blog", status: http.StatusOK,
				shows: []string{"<title>Notes from the club", ">Before the list</h1>", "Read on.", ">All notes</h2>", "Hay, and how much of it", "A rabbit eats its own size in hay, every day.", "Ada Brook", "1 March 2026", "Names we have given"},
				hides: []string{"A draft of a post", "A post in review", "A post of the future"}},
			{path: "/blog?q=hay", status: http.StatusOK, shows: []string{">Notes from the club</h1>", "Hay, and how much of it"}, hides: []string{"Before the list", "Names we have given"}},
			{path: "/blog?page=2", status: http.StatusNotFound},
			{path: "/search?q=TUNNICLIFFE+nine", status: http.StatusOK, shows: []string{"1 result for", `<a href="/about/team">The team</a>`, ">Page</span>"}, hides: []string{"Nothing found"}},
			{path: "/search?q=rabbit", status: http.StatusOK, shows: []string{`<a href="/">Long Ears Club</a>`, `<a href="/about">About the club</a>`, `<a href="/blog/hay">Hay, and how much of it</a>`, ">Post</span>"}},
			{path: "/search?q=team", status: http.StatusOK, shows: []string{"2 results for"}}, // the one so called comes first
			{path: "/search?q=pipkin", status: http.StatusOK, shows: []string{"Nothing found"}, hides: []string{"href=\"/draft", "Hidden"}},
			{path: "/search?q=nine+rabbits+Tunnicliffe+among", status: http.StatusOK, shows: []string{"1 result for", `<a href="/about/team">The team</a>`}}, // too long for an address
			{path: "/search?q=usual+keeper", status: http.StatusOK, shows: []string{"1 result for", `<a href="/">Long Ears Club</a>`}},
			{path: "/search?q=postcode", status: http.StatusOK, shows: []string{"1 result for", `<a href="/">Long Ears Club</a>`}},
			{path: "/search?q=campaign", status: http.StatusOK, shows: []string{"Nothing found"}},
			{path: "/search?q=patience", status: http.StatusOK, shows: []string{"Nothing found"}},
			{path: "/search?q=href", status: http.StatusOK, shows: []string{"Nothing found"}},
			{path: "/search?q=a%22b%3Cc", status: http.StatusOK, shows: []string{"Nothing found"}},
			{path: "/search", status: http.StatusOK, shows: []string{`name="q"`}, hides: []string{"Nothing found", "<h2"}},
			{path: "/search?page=2", status: http.StatusNotFound},
			{path: "/search?q=rabbit&page=2", status: http.StatusNotFound},
			{path: "/blog/hay", status: http.StatusOK, shows: []string{"Ada Brook", "<strong>then</strong> greens", "<title>How much hay a rabbit eats", `content="A rule of thumb."`}, hides: []string{"alert(1)"}},
			{path: "/blog/scale", status: http.StatusOK, shows: []string{`name="robots" content="noindex"`}},
			{path: "/blog/draft", status: http.StatusNotFound},
			{path: "/blog/review", status: http.StatusNotFound},
			{path: "/blog/future", status: http.StatusNotFound},
			{path: "/blog/draft?version=draft&preview=true", status: http.StatusNotFound},
			{path: "/blog?q=pipkin", status: http.StatusOK, hides: []string{"A draft of a post"}},
			{path: "/blog/authors/" + ada, status: http.StatusOK, shows: []string{"Ada Brook", "Judge", "The spring moult"}, hides: []string{"A post of the future"}},
			{path: "/blog/authors/" + idle, status: http.StatusNotFound, hides: []string{"Writes Not"}},
			{path: "/blog/rss.xml", status: http.StatusOK, shows: []string{"The spring moult", "Ada Brook"}, hides: []string{"A draft", "in review", "of the future"}},
			{path: "/sitemap.xml", status: http.StatusOK, shows: []string{"/about/team</loc>", "/blog/hay</loc>", "/empty</loc>"}, hides: []string{"/about</loc>", "/blog/scale</loc>", "/draft", "/scheduled", "/future"}},
		} {
			res := b.Request(http.MethodGet, page.path, nil, nil)
			if res.StatusCode != page.status || res.Header.Get("Location") != page.location {
				t.Errorf("%s: %d to %q, want %d to %q", page.path, res.StatusCode, res.Header.Get("Location"), page.status, page.location)
				continue
			}
			for _, text := range page.shows {
				if !strings.Contains(b.Raw, text) {
					t.Errorf("%s does not show %q", page.path, text)
				}
			}
			for _, text := range append(page.hides, "@example.com") {
				if strings.Contains(strings.ReplaceAll(b.Raw, "like name@example.com", ""), text) { // what an address looks like
					t.Errorf("%s shows %q", page.path, text)
				}
			}
		}
		b.Request(http.MethodGet, "/about", nil, nil)
		if got := b.Header.Get("X-Robots-Tag"); got != "noindex" {
			t.Errorf("X-Robots-Tag: %q", got)
		}
		if res := b.Request(http.MethodGet, "/assets/"+harness.OfficialID("files/share")+".png", nil, nil); res.StatusCode != http.StatusOK || res.Header.Get("Content-Type") != "image/png" {
			t.Errorf("a file by its name: %d %s", res.StatusCode, res.Header.Get("Content-Type"))
		}
		for question := range site.Wire.Questions() {
			if strings.Contains(question, "author.%2A") || strings.Contains(question, "email") || strings.Contains(question, "/users?") && strings.Contains(question, "fields=%2A") {
				t.Errorf("whole users are read: %s", question)
			}
		}
	})
}

// A project that has grown out of the official model may lack some of its fields: the rest
// of a block is shown all the same.
func TestOfficialModelWithout(t *testing.T) {
	harness.OnRealOfficial(t, func(t *testing.T, up harness.Upstream) {
		for _, field := range []string{"block_hero/tagline", "block_pricing_cards/badge", "form_fields/help", "form_fields/width", "page_blocks/background", "pages/seo", "forms/submit_label"} {
			if err := up.Admin.Delete(t.Context(), "/fields/"+field); err != nil {
				t.Fatalf("%s: %v", field, err)
			}
		}
		b := harness.StartApp(t, up, harness.Fresh("FORMS_TOKEN", harness.FormsToken)).Browser(t, harness.Plain)
		b.Open("/")
		b.WantStatus(http.StatusOK)
		b.WantText("Rabbits, kept well", "Advice, shows and company.", "A rabbit is company", "€30 a year", "The spring moult", "Write to us", "First name")
		if n := b.Doc.Find(".gallery img").Length(); n < 3 { // one is private where there are rules
			t.Errorf("the gallery shows %d images", n)
		}
		b.Submit("main form[action$=files]", contactForm("Without"))
		b.WantText("Thank you.")
	})
}

// A page of many blocks costs Directus no more questions than one of few: one for the page,
// one for the posts that it lists.
func TestPagesOfBlocksAskFewQuestions(t *testing.T) {
	harness.OnOfficialOfItsOwn(t, func(t *testing.T, up harness.Upstream) {
		var blocks []map[string]any
		for i := range 60 {
			kind, item := "block_richtext", map[string]any{"headline": fmt.Sprint("Block ", i), "content": "<p>Many words.</p>"}
			switch i % 3 {
			case 1:
				kind, item = "block_posts", map[string]any{"headline": fmt.Sprint("Posts ", i), "limit": 2}
			case 2:
				kind, item = "block_hero", map[string]any{"headline": fmt.Sprint("Hero ", i), "image": harness.OfficialID("files/meadow"), "layout": "image_left"}
			}
			blocks = append(blocks, map[string]any{"collection": kind, "item": item, "sort": i})
		}
		page := map[string]any{"title": "Long", "permalink": "/long", "status": "published", "published_at": "2026-01-01T00:00:00Z", "blocks": blocks}
		if err := up.Admin.Post(t.Context(), "/items/pages", page, nil); err != nil {
			t.Fatal(err)
		}
		site := harness.StartApp(t, up, harness.Fresh())
		b := site.Browser(t, harness.Plain)
		b.Open("/about") // what the project has is known, and what surrounds a page
		b.Open("/blog/hay")
		for _, path := range []string{"/", "/long", "/about/team"} {
			site.Wire.Forget()
			b.Open(path)
			n := 0
			for _, times := range site.Wire.Questions() {
				n += times
			}
			if n > 2 {
				t.Errorf("%s asks %d questions: %v", path, n, site.Wire.Questions())
			}
		}
		b.Open("/long")
		if n := b.Doc.Find("main .block").Length(); n != 60 || b.Doc.Find("h1").Length() != 1 {
			t.Errorf("%d blocks, %d main headings", n, b.Doc.Find("h1").Length())
		}
		site.Wire.Forget()
		b.Open("/search?q=words")
		b.WantText("Long")
		if n := len(site.Wire.Questions()); n > 3 {
			t.Errorf("a search asks %d questions: %v", n, site.Wire.Questions())
		}
	})
}
