package content_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"

	"hutch/e2e/harness"
	"hutch/sandbox"
)

func TestBlog(t *testing.T) {
	harness.OnEachDirectus(t, func(t *testing.T, up harness.Upstream) {
		up.BothWays(t, func(t *testing.T, how harness.Way) {
			b := harness.StartApp(t, up, nil).Browser(t, how)
			b.Open("/blog")
			b.WantStatus(http.StatusOK)
			b.WantText("13 posts", "A checklist for the first frost", "The list that hangs on the inside", "Marjorie Thistlewood")
			cards := b.Doc.Find("main .card")
			if cards.Length() != 13 {
				t.Errorf("%d posts on the first page", cards.Length())
			}
			image := cards.First().Find("img")
			if src := image.AttrOr("src", ""); !strings.HasPrefix(src, "/assets/") || image.AttrOr("width", "") == "" || image.AttrOr("srcset", "") == "" {
				t.Errorf("the first thumbnail: %s", outer(image))
			} else if got := b.Request(http.MethodGet, src, nil, nil); got.StatusCode != http.StatusOK {
				t.Errorf("%s: %d", src, got.StatusCode)
			}
			for _, none := range []string{"/blog?page=2", "/blog?page=0", "/blog?page=-1", "/blog?page=x", "/blog?page=", "/blog?page=99999999999999999999"} {
				b.Open(none)
				b.WantStatus(http.StatusNotFound)
			}
		})
	})
}

// The first page has one more than the others, since its newest post is large.
func TestBlogHasPages(t *testing.T) {
	harness.OnDirectusOfItsOwn(t, func(t *testing.T, up harness.Upstream) {
		site := harness.StartApp(t, up, nil)
		harness.PostsAre(harness.ManyPosts()...)(t, up, site)
		b := site.Browser(t, harness.Plain)
		seen := map[string]bool{}
		for _, page := range []struct{ path, newer, older, says string }{
			{"/blog", "", "/blog?page=2", "Page 1 of 3"}, {"/blog?page=2", "/blog", "/blog?page=3", "Page 2 of 3"}, {"/blog?page=3", "/blog?page=2", "", "Page 3 of 3"},
		} {
			b.Open(page.path)
			b.WantText("30 posts", page.says)
			if newer, older := b.Doc.Find(`main a[rel="prev"]`).AttrOr("href", ""), b.Doc.Find(`main a[rel="next"]`).AttrOr("href", ""); newer != page.newer || older != page.older {
				t.Errorf("%s leads to %q and %q", page.path, newer, older)
			}
			cards := b.Doc.Find("main .card")
			if want := map[string]int{"/blog": 13, "/blog?page=2": 12, "/blog?page=3": 5}[page.path]; cards.Length() != want {
				t.Errorf("%s has %d posts, want %d", page.path, cards.Length(), want)
			}
			cards.Find("h2").Each(func(_ int, heading *goquery.Selection) { seen[heading.Text()] = true })
		}
		if len(seen) != 30 {
			t.Errorf("%d of 30 posts are on a page", len(seen))
		}
		b.Open("/blog?page=4")
		b.WantStatus(http.StatusNotFound)
		b.Open("/")
		b.WantText("Note 30 from the hutch", "Note 24 from the hutch", "All posts")
		if n := b.Doc.Find("main .card").Length(); n != 7 {
			t.Errorf("%d posts at home", n)
		}
	})
}

func TestSearch(t *testing.T) {
	harness.OnEachDirectus(t, func(t *testing.T, up harness.Upstream) {
		up.BothWays(t, func(t *testing.T, how harness.Way) {
			b := harness.StartApp(t, up, nil).Browser(t, how)
			for words, found := range map[string]string{
				"spreadsheet":    "1 post matches “spreadsheet”",
				"SPREADSHEET":    "1 post matches “SPREADSHEET”",
				"  the   night ": "“the night”",     // the teaser of the post for members among them
				"Tunnicliffe":    "No posts found.", // is in what members read
				"sludge":         "No posts found.", // in a draft
				"zzz":            "No posts found.",
				"null":           "“null”",
			} {
				b.Open("/blog?" + url.Values{"q": {words}}.Encode())
				b.WantStatus(http.StatusOK)
				b.WantText(found)
				if got := b.Value("q"); got != strings.Join(strings.Fields(words), " ") {
					t.Errorf("what was searched for stands there as %q", got)
				}
			}
			b.Open("/blog?q=spreadsheet&page=2")
			b.WantStatus(http.StatusNotFound)
			for _, odd := range []string{"%", "_", "'\"\\", "a\x00b", "\xff\xfe", "🐇", "שלום", "$NOW", "$CURRENT_USER", "{{x}}", "true", "1", "-1", "1e999", strings.Repeat("ü", 9000), "\t\n"} {
				b.Open("/blog?" + url.Values{"q": {odd}}.Encode())
				b.WantStatus(http.StatusOK)
			}
		})
	})
}

// A missing page offers a search, the newest posts and the front page; while nothing is
// known of the site, no page leads to another that cannot be shown.
func TestWaysOn(t *testing.T) {
	up := harness.StartSandbox(t, sandbox.Options{})
	site := harness.StartApp(t, up, harness.Fresh())
	b := site.Browser(t, harness.Plain)
	home := func() int { return b.Doc.Find(`main .actions a[href="/"]`).Length() }
	site.Wire.FailOn("", http.StatusServiceUnavailable)
	b.Open("/blog")
	b.WantStatus(http.StatusServiceUnavailable)
	if home() != 0 || b.Doc.Find(`main .actions a[href="/blog"]`).Length() != 1 {
		t.Errorf("before Directus has answered: %s", b.Doc.Find("main .actions").Text())
	}
	site.Wire.Mend()
	b.Open("/nope")
	b.WantStatus(http.StatusNotFound)
	if home() != 1 || b.Doc.Find(`main form[action="/search"] input[name="q"]`).Length() != 1 || b.Doc.Find(`main .actions a[href="/blog"]`).Length() != 1 || b.Doc.Find(".reference").Length() != 0 {
		t.Errorf("a missing page offers %s", b.Doc.Find("main").Text())
	}
}

// A post says when it was changed, unless that was on the day on which it was published.
func TestUpdatedPosts(t *testing.T) {
	harness.OnOfficialOfItsOwn(t, func(t *testing.T, up harness.Upstream) {
		if err := up.Admin.Patch(t.Context(), "/items/posts/"+harness.OfficialID("posts/hay"), map[string]any{"title": "Hay, once more"}); err != nil {
			t.Fatal(err)
		}
		up.NewPost(t, map[string]any{"id": harness.OfficialID("posts/today"), "slug": "today", "title": "Of today", "status": "published", "published_at": time.Now().UTC().Add(-time.Hour).Format(time.RFC3339), "content": "<p>x</p>"})
		if err := up.Admin.Patch(t.Context(), "/items/posts/"+harness.OfficialID("posts/today"), map[string]any{"title": "Of this day"}); err != nil {
			t.Fatal(err)
		}
		b := harness.StartApp(t, up, harness.Fresh()).Browser(t, harness.Plain)
		for path, want := range map[string]bool{"/blog/hay": true, "/blog/moult": false, "/blog/today": false} {
			b.Open(path)
			b.WantStatus(http.StatusOK)
			day := time.Now().UTC().Format(time.DateOnly)
			has := b.Doc.Find(".updated time").AttrOr("datetime", "") == day
			if meta := b.Doc.Find(`meta[property="article:modified_time"]`).AttrOr("content", "") == day; has != want || meta != want {
				t.Errorf("%s: says that it was updated: %t, in its head: %t, want %t", path, has, meta, want)
			}
		}
	})
}

// The text of a page is searched whether or not the page that tells of its fields has one.
func TestSearchOfPagesWithoutText(t *testing.T) {
	up := harness.StartSandbox(t, sandbox.Options{})
	site := harness.StartApp(t, up, harness.Fresh())
	harness.ItemsAre("pages", "slug",
		map[string]any{"slug": "bare", "title": "Bare", "status": "published"},
		map[string]any{"slug": "garden", "title": "Garden", "status": "published", "content": "<p>Zucchini for everybody.</p>"})(t, up, site)
	b := site.Browser(t, harness.Plain)
	b.Open("/search?q=zucchini")
	b.WantText("1 result for", "Garden")
}
