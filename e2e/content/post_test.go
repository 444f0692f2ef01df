package content_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"hutch/e2e/harness"
)

// A post says who wrote it, begins with its teaser unless its text does, lists four
// headings, and offers other posts, each once.
func TestPartsOfAPost(t *testing.T) {
	harness.OnDirectusOfItsOwn(t, func(t *testing.T, up harness.Upstream) {
		b := harness.StartApp(t, up, nil).Browser(t, harness.Plain)
		const four = "<h2>Hay</h2><p>a</p><h2>Straw</h2><p>b</p><h3>Oats</h3><p>c</p><h2>main</h2><p>d</p>"
		for slug, post := range map[string]struct {
			teaser, content string
			lead            int // how many there are
			contents        string
		}{
			"led":        {"In short, hay.", "<p>Long ago.</p>" + four, 1, "Hay Straw Oats main"},
			"repeating":  {"In short, hay!", "<p><em>In short</em>, hay. And more.</p>", 0, ""},
			"bare":       {"", four, 0, "Hay Straw Oats main"},
			"few-places": {"Short.", "<p>x</p><h2>Hay</h2><p>a</p>", 1, ""},
		} {
			newItem(t, up, "posts", map[string]any{"slug": slug, "title": "Of " + slug, "status": "published", "teaser": post.teaser, "content": post.content})
			b.Open("/blog/" + slug)
			b.WantStatus(http.StatusOK)
			if got := b.Doc.Find("main .teaser").Length(); got != post.lead {
				t.Errorf("%s has %d leads, want %d", slug, got, post.lead)
			}
			for _, list := range []string{".contents", ".contents-beside"} {
				var said []string
				for _, link := range b.Doc.Find(list + " li a").EachIter() {
					said = append(said, link.Text())
					if to := b.Doc.Find(`[id="` + strings.TrimPrefix(link.AttrOr("href", ""), "#") + `"]`); to.Length() != 1 || to.Text() != link.Text() {
						t.Errorf("%s: %q leads to %q", slug, link.Text(), to.Text())
					}
				}
				if got := strings.Join(said, " "); got != post.contents {
					t.Errorf("%s: %s says %q, want %q", slug, list, got, post.contents)
				}
			}
			seen := map[string]bool{"/blog/" + slug: true}
			for _, link := range b.Doc.Find("main .others .card a, main .neighbours a").EachIter() {
				if path := link.AttrOr("href", ""); seen[path] {
					t.Errorf("%s: %s is offered twice, or is the post itself", slug, path)
				} else {
					seen[path] = true
				}
			}
			if cards := b.Doc.Find("main .others .card").Length(); cards < 2 || cards > 3 {
				t.Errorf("%s: %d posts are offered", slug, cards)
			}
		}

		b.Open("/blog/the-night-list")
		var said struct {
			Author struct{ Name, Image, URL string }
		}
		if err := json.Unmarshal([]byte(b.Doc.Find(`script[type="application/ld+json"]`).Text()), &said); err != nil {
			t.Fatal(err)
		}
		if a := said.Author; a.Name != "Marjorie Thistlewood" || !strings.HasPrefix(a.Image, harness.PublicURL+"/assets/") || a.URL != harness.PublicURL+"/blog/authors/marjorie-thistlewood" {
			t.Errorf("JSON-LD says of the author: %+v", a)
		}
		b.Request(http.MethodGet, strings.TrimPrefix(said.Author.Image, harness.PublicURL), nil, nil)
		if b.Status != http.StatusOK || !strings.HasPrefix(b.Header.Get("Content-Type"), "image/") {
			t.Errorf("the author's picture: %d, %s", b.Status, b.Header.Get("Content-Type"))
		}
	})
}

// The gate says what an account gives, and both ways lead back; where nobody can sign up,
// there is one.
func TestTheGateLeadsOn(t *testing.T) {
	harness.OnDirectusOfItsOwn(t, func(t *testing.T, up harness.Upstream) {
		for closed, want := range map[bool]string{false: "/signup?redirectedFrom=/blog/the-night-list /signin?redirectedFrom=/blog/the-night-list", true: "/signin?redirectedFrom=/blog/the-night-list"} {
			if up.Major == 10 { // there, nothing tells whether sign-up is open
				if closed {
					continue
				}
			} else if err := up.Admin.Patch(t.Context(), "/settings", map[string]any{"public_registration": !closed}); err != nil {
				t.Fatal(err)
			}
			b := harness.StartApp(t, up, nil).Browser(t, harness.Plain)
			b.Open("/blog/the-night-list")
			var ways []string
			for _, way := range b.Doc.Find(".gate a").EachIter() {
				ways = append(ways, way.AttrOr("href", ""))
			}
			if got := strings.ReplaceAll(strings.Join(ways, " "), "%2f", "/"); got != want {
				t.Errorf("closed: %t: the gate leads to %q, want %q", closed, got, want)
			}
		}
	})
}

// Where the public may read no files, a post still names its author.
func TestAuthorsWithoutReadableFiles(t *testing.T) {
	harness.OnDirectusOfItsOwn(t, func(t *testing.T, up harness.Upstream) {
		closeToThePublic(t, up, "directus_files")
		b := harness.StartApp(t, up, harness.Fresh()).Browser(t, harness.Plain)
		for path, where := range map[string]string{"/blog/the-night-list": ".about-author", "/blog/hay-by-numbers": ".signed", "/blog": ".card"} {
			b.Open(path)
			b.WantStatus(http.StatusOK)
			if said := b.Doc.Find("main " + where).Text(); !strings.Contains(said, "Marjorie Thistlewood") && !strings.Contains(said, "Tomasz Wren") {
				t.Errorf("%s names no author: %q", path, said)
			}
		}
	})
}
