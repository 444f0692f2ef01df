package content_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"image/png"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"
	"github.com/mmcdole/gofeed"
	"golang.org/x/net/html"

	"hutch/e2e/harness"
	"hutch/internal/collections"
	"hutch/internal/directus"
	"hutch/internal/secret"
	"hutch/sandbox"
	"hutch/tools/realbrowser"
)

// What is published: lists, posts, authors, feeds, and what stands around them.

func TestPost(t *testing.T) {
	harness.OnEachDirectus(t, func(t *testing.T, up harness.Upstream) {
		b := harness.StartApp(t, up, nil).Browser(t, harness.Plain)
		b.Open("/blog/hay-by-numbers")
		b.WantText("31 October 2026", "Tomasz Wren", "min read", "Older: The binky, explained", "Newer: The night list", "Read next", "Share")
		for what, want := range map[string]string{
			`link[rel="canonical"]`:                   harness.PublicURL + "/blog/hay-by-numbers",
			`meta[property="og:url"]`:                 harness.PublicURL + "/blog/hay-by-numbers",
			`meta[property="og:type"]`:                "article",
			`meta[property="og:title"]`:               "Hay by numbers",
			`meta[property="og:site_name"]`:           "Hutch",
			`meta[name="description"]`:                "Eight weeks of weighing what went into our hutches, and what came out again uneaten.",
			`meta[property="og:description"]`:         "Eight weeks of weighing what went into our hutches, and what came out again uneaten.",
			`meta[name="twitter:card"]`:               "summary_large_image",
			`meta[property="article:published_time"]`: "2026-10-31",
		} {
			found := b.Doc.Find(what)
			if got := found.AttrOr("content", found.AttrOr("href", "")); found.Length() != 1 || got != want {
				t.Errorf("%s: %q, want %q", what, got, want)
			}
		}
		if image := b.Doc.Find(`meta[property="og:image"]`).AttrOr("content", ""); !strings.HasPrefix(image, harness.PublicURL+"/assets/") {
			t.Errorf("og:image is %q", image)
		}
		var data struct {
			Type      string `json:"@type"`
			Headline  string
			Published string `json:"datePublished"`
			Author    struct{ Name string }
		}
		if err := json.Unmarshal([]byte(b.Doc.Find(`script[type="application/ld+json"]`).Text()), &data); err != nil ||
			data.Type != "BlogPosting" || data.Headline != "Hay by numbers" || data.Published != "2026-10-31" || data.Author.Name != "Tomasz Wren" {
			t.Errorf("JSON-LD: %+v, %v", data, err)
		}
		if datetime := b.Doc.Find("main time").AttrOr("datetime", ""); datetime != "2026-10-31" {
			t.Errorf("datetime is %q", datetime)
		}
		image := b.Doc.Find("main .lead-image")
		if image.AttrOr("width", "") != "1600" || !strings.Contains(image.AttrOr("srcset", ""), "1600w") {
			t.Errorf("the image: %s", outer(image))
		}

		b.Open(b.Doc.Find("main .byline a").AttrOr("href", ""))
		b.WantStatus(http.StatusOK)
		b.WantText("Tomasz Wren", "Hay by numbers", "A hutch from old doors", "Introducing two strangers")
		if b.Doc.Find("main .card").Length() != 3 {
			t.Errorf("%d posts by the author", b.Doc.Find("main .card").Length())
		}
		slug := b.Path
		var authors []struct{ ID json.Number }
		if err := up.Admin.Get(t.Context(), "/items/authors", url.Values{"filter[name][_eq]": {"Tomasz Wren"}, "fields": {"id"}}, &authors); err != nil || len(authors) != 1 {
			t.Fatal(authors, err)
		}
		b.Open("/blog/authors/" + authors[0].ID.String())
		b.WantText("Hay by numbers")
		if canonical := b.Doc.Find(`link[rel="canonical"]`).AttrOr("href", ""); canonical != harness.PublicURL+slug {
			t.Errorf("by its key the author's page is canonical at %q, not %q", canonical, harness.PublicURL+slug)
		}
		for _, none := range []string{"/blog/authors/0", "/blog/authors/nobody", "/blog/authors/1?page=2", "/blog/authors/' or 1=1", "/blog/authors/99999999999999999999"} {
			b.Open((&url.URL{Path: strings.Split(none, "?")[0]}).EscapedPath() + strings.TrimPrefix(none, strings.Split(none, "?")[0]))
			b.WantStatus(http.StatusNotFound)
		}
	})
}

// What has no date comes after all that has one, on every database: on each page of a
// list, in feeds, in what a search finds. Links without a place come last as well.
func TestWhatHasNoDateComesLast(t *testing.T) {
	harness.OnDirectusOfItsOwn(t, func(t *testing.T, up harness.Upstream) {
		add := func(collection string, item map[string]any) {
			t.Helper()
			if err := up.Admin.Post(t.Context(), "/items/"+collection, item, nil); err != nil {
				t.Fatal(err)
			}
		}
		var want []string
		for n := range 28 { // two pages and a half, of which four have no date
			post := map[string]any{"slug": fmt.Sprintf("dated-%02d", n), "title": "Zwetschge", "publish_date": fmt.Sprintf("2025-01-%02d", 28-n), "content": "<p>x</p>", "status": "published", "author": 2}
			if n >= 24 {
				post["slug"], post["publish_date"] = fmt.Sprintf("a-undated-%02d", n), nil
			}
			add("posts", post)
			want = append(want, fmt.Sprint(post["slug"]))
		}
		for _, link := range []string{"Nowhere", "Anywhere"} {
			add("navigation", map[string]any{"label": link, "url": "/blog"})
		}
		b := harness.StartApp(t, up, nil).Browser(t, harness.Plain)
		listed := func(path string) (slugs []string) {
			for next := path; next != ""; next = b.Doc.Find(`main a[rel="next"]`).AttrOr("href", "") {
				b.Open(next)
				b.WantStatus(http.StatusOK)
				b.Doc.Find(`main .card h2 a`).Each(func(_ int, link *goquery.Selection) {
					slugs = append(slugs, strings.TrimPrefix(link.AttrOr("href", ""), "/blog/"))
				})
			}
			return slugs
		}
		all := listed("/blog")
		if undated := append(slices.Clone(want[24:]), "notes-for-a-spring-issue"); len(all) != 28+13 || !slices.Equal(all[12:36], want[:24]) || !slices.Equal(all[36:], undated) {
			t.Errorf("the blog lists %q", all)
		}
		if got := listed("/blog?q=zwetschge"); !slices.Equal(got, want) {
			t.Errorf("a search finds %q, want %q", got, want)
		}
		if got := listed("/blog/authors/tomasz-wren"); len(got) != 31 || !slices.Equal(got[3:], want) {
			t.Errorf("the author's page lists %q", got)
		}
		for _, feed := range []string{"/blog/rss.xml", "/blog/atom.xml", "/blog/feed.json"} {
			if b.Request(http.MethodGet, feed, nil, nil); strings.Contains(b.Raw, "undated") || !strings.Contains(b.Raw, "dated-07") {
				t.Errorf("%s has what has no date before what has one", feed)
			}
		}
		b.Open("/")
		if links := harness.Squeeze(b.Doc.Find(".menu").Text()); !strings.Contains(links, "Home") || strings.Index(links, "Nowhere") < strings.Index(links, "Blog") || strings.Index(links, "Anywhere") < strings.Index(links, "Nowhere") {
			t.Errorf("the links are %q", links)
		}
	})
}

func TestFeedsAreValid(t *testing.T) {
	realbrowser.ForTest(t)
	harness.OnEachDirectus(t, func(t *testing.T, up harness.Upstream) {
		b := harness.StartApp(t, up, nil).Browser(t, harness.Plain)
		b.Open("/blog")
		var paths []string
		b.Doc.Find(`link[rel="alternate"]`).Each(func(_ int, link *goquery.Selection) { paths = append(paths, link.AttrOr("href", "")) })
		if want := []string{"/blog/rss.xml", "/blog/atom.xml", "/blog/feed.json"}; !slices.Equal(paths, want) {
			t.Fatalf("the feeds are at %v, want %v", paths, want)
		}
		for _, path := range paths {
			answer := b.Request(http.MethodGet, path, nil, nil)
			if answer.StatusCode != http.StatusOK || answer.Header.Get("Content-Type") == "" || answer.Header.Get("ETag") == "" {
				t.Fatalf("%s: %d %v", path, answer.StatusCode, answer.Header)
			}
			feed, err := gofeed.NewParser().ParseString(b.Raw)
			if err != nil {
				t.Fatalf("%s: %v", path, err)
			}
			if len(feed.Items) != 13 || feed.Title != "Hutch" || feed.Items[0].Link != harness.PublicURL+"/blog/first-frost-checklist" ||
				!strings.Contains(feed.Items[0].Content, "Thursday morning") || feed.Items[0].PublishedParsed.Format("2006-01-02") != "2026-11-14" {
				t.Errorf("%s: %d entries of %q, the first %+v", path, len(feed.Items), feed.Title, feed.Items[0])
			}
			for _, hidden := range []string{"Tunnicliffe", "parsley", "One hundred and twenty-five"} {
				if strings.Contains(b.Raw, hidden) {
					t.Errorf("%s has %q", path, hidden)
				}
			}
			switch path {
			case "/blog/rss.xml":
				wantValid(t, "rss-2.0.rnc", b.Raw)
			case "/blog/atom.xml":
				wantValid(t, "atom-rfc4287.rnc", b.Raw)
			}
		}
		b.Request(http.MethodGet, "/sitemap.xml", nil, nil)
		wantValid(t, "sitemap-0.9.xsd", b.Raw)
		for _, page := range []string{"/", "/blog", "/pages/about", "/blog/hay-by-numbers", "/blog/the-night-list", "/blog/authors/tomasz-wren"} {
			if !strings.Contains(b.Raw, "<loc>"+harness.PublicURL+page+"</loc>") {
				t.Errorf("the sitemap lacks %s", page)
			}
		}
		if strings.Contains(b.Raw, "parsley") || strings.Contains(b.Raw, "one-hundred") {
			t.Errorf("the sitemap has what is not published: %s", b.Raw)
		}
		b.Request(http.MethodGet, "/robots.txt", nil, nil)
		if !strings.Contains(b.Raw, "Sitemap: "+harness.PublicURL+"/sitemap.xml") {
			t.Errorf("robots.txt: %s", b.Raw)
		}
	})
}

func wantValid(t *testing.T, grammar, document string) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "document.xml")
	if err := os.WriteFile(file, []byte(document), 0o600); err != nil {
		t.Fatal(err)
	}
	findings, err := realbrowser.ValidateXML(t.Context(), harness.Path("internal", "feeds", "testdata", grammar), file)
	if err != nil || len(findings) > 0 {
		t.Errorf("by %s: %v, %v", grammar, findings, err)
	}
}

// What stands around the pages is the editors'.
func TestTheSitesLook(t *testing.T) {
	harness.OnDirectusOfItsOwn(t, func(t *testing.T, up harness.Upstream) {
		site := harness.StartApp(t, up, nil)
		b := site.Browser(t, harness.Plain)
		b.Open("/signin")
		header := b.Doc.Find("header nav a").Map(func(_ int, a *goquery.Selection) string { return a.Text() + " " + a.AttrOr("href", "") })
		if want := []string{"Home /", "About /pages/about", "Blog /blog", "Search /search", "Sign in /signin", "Sign up /signup"}; !slices.Equal(header, want) {
			t.Errorf("the header is %q, want %q", header, want)
		}
		footer := b.Doc.Find("footer nav a").Map(func(_ int, a *goquery.Selection) string { return a.Text() + " " + a.AttrOr("href", "") })
		if want := []string{"Code of Conduct /pages/conduct", "Privacy Policy /pages/privacy"}; !slices.Equal(footer, want) {
			t.Errorf("the footer is %q, want %q", footer, want)
		}

		const picture = "5f0e1b52-2a0c-4c5e-9d1f-0b8a6f4e1a0b"
		iconsAre(b, "") // ours
		look := map[string]any{"title": "Ears & Co", "description": "All about ears.", "color": "#FFCC00", "logo": picture, "favicon": picture}
		if err := up.Admin.Patch(t.Context(), "/items/global", look); err != nil {
			t.Fatal(err)
		}
		for _, link := range []map[string]any{
			{"label": "Shop", "url": "https://shop.example/?a=b&c=d", "sort": 90},
			{"label": "Über", "url": "/pages/über", "sort": 91},
			{"label": "Bad", "url": "javascript:alert(1)", "sort": 92},
		} {
			if err := up.Admin.Post(t.Context(), "/items/navigation", link, nil); err != nil {
				t.Fatal(err)
			}
		}
		b.Open("/signin")
		wantInHeader(b, "Ears & Co", "Shop", "Über")
		if strings.Contains(b.Raw, "javascript:") || strings.Contains(b.Doc.Find("header").Text(), "Bad") {
			t.Error("a link that runs something is there")
		}
		if shop := b.Doc.Find(`header a[href="https://shop.example/?a=b&c=d"]`); !strings.Contains(shop.AttrOr("rel", ""), "external") {
			t.Errorf("the link to the shop: %s", outer(shop))
		}
		if title := b.Doc.Find("title").Text(); !strings.HasSuffix(title, "· Ears & Co") {
			t.Errorf("the title is %q", title)
		}
		for _, file := range []string{"header .brand img", `link[rel="icon"]`} {
			found := b.Doc.Find(file)
			address := found.AttrOr("src", found.AttrOr("href", ""))
			if answer := b.Request(http.MethodGet, address, nil, nil); !strings.Contains(address, picture) || answer.StatusCode != http.StatusOK {
				t.Errorf("%s: %q, %d", file, address, answer.StatusCode)
			}
			b.Open("/signin")
		}
		if answer := b.Request(http.MethodGet, "/theme/ffcc00.css", nil, nil); answer.StatusCode != http.StatusOK || !strings.Contains(b.Raw, "--accent: light-dark(") {
			t.Errorf("the theme: %d %s", answer.StatusCode, b.Raw)
		}
		iconsAre(b, picture)
		if err := up.Admin.Post(t.Context(), "/items/pages", map[string]any{"slug": "ears", "title": " ears & co ", "status": "published", "content": "<p>Two each.</p>"}, nil); err != nil {
			t.Fatal(err)
		}
		b.Open("/pages/ears")
		if title := b.Doc.Find("title").Text(); strings.TrimSpace(title) != "ears & co" {
			t.Errorf("of a page that is called as the site, the title is %q", title)
		}
		b.Open("/")
		if title := b.Doc.Find("title").Text(); title != "Ears & Co" {
			t.Errorf("at home the title is %q", title)
		}
		b.WantText("All about ears.", "From the blog")
		if b.Doc.Find(`link[href="/theme/ffcc00.css"]`).Length() != 1 {
			t.Error("the theme is not on the page")
		}

		// Where there is no such content, the project's settings stand in.
		if err := up.Admin.Patch(t.Context(), "/settings", map[string]any{"project_name": "The project", "project_descriptor": "Of its settings", "project_color": "#123456"}); err != nil {
			t.Fatal(err)
		}
		site.Wire.Rewrite(func(w http.ResponseWriter, r *http.Request) bool {
			if r.URL.Path != "/items/global" && r.URL.Path != "/items/navigation" {
				return false
			}
			harness.Refuse(w, http.StatusForbidden, "FORBIDDEN")
			return true
		})
		defer site.Wire.Mend()
		b.Open("/signin")
		wantInHeader(b, "The project", "Home")
		if b.Doc.Find(`link[href="/theme/123456.css"]`).Length() != 1 {
			t.Error("the colour of the settings is not on the page")
		}
		b.Open("/")
		b.WantText("Of its settings")
	})
}

// iconsAre: what looks for an icon without asking a page gets this picture, or ours, and
// may keep it.
func iconsAre(b *harness.Browser, picture string) {
	b.T.Helper()
	if picture != "" {
		client, err := directus.New(b.App.Up.URL)
		if err != nil {
			b.T.Fatal(err)
		}
		made, err := client.Asset(b.T.Context(), directus.Visitor{}, secret.Text{}, picture, directus.Transform{Width: 160, Height: 160, Format: "png"}, "")
		if err != nil {
			b.T.Fatal(err)
		}
		content, err := io.ReadAll(made.Body)
		if err = errors.Join(err, made.Body.Close()); err != nil {
			b.T.Fatal(err)
		}
		picture = string(content)
	}
	for _, path := range []string{"/favicon.ico", "/apple-touch-icon.png", "/apple-touch-icon-precomposed.png"} {
		answer := b.Request(http.MethodGet, path, nil, nil)
		shown, err := png.DecodeConfig(strings.NewReader(b.Raw))
		if b.Status != http.StatusOK || answer.Header.Get("Content-Type") != "image/png" || err != nil || shown.Width != shown.Height || picture != "" && b.Raw != picture {
			b.T.Errorf("%s: %d, %s, %d×%d, %v", path, b.Status, answer.Header.Get("Content-Type"), shown.Width, shown.Height, err)
		}
		if kept := answer.Header.Get("Cache-Control"); !strings.Contains(kept, "max-age=") || answer.Header.Get("Set-Cookie") != "" {
			b.T.Errorf("%s: Cache-Control %q, Set-Cookie %q", path, kept, answer.Header.Get("Set-Cookie"))
		}
		known := http.Header{"If-None-Match": {answer.Header.Get("ETag")}}
		if tag := known.Get("If-None-Match"); tag != "" {
			if b.Request(http.MethodGet, path, nil, known); b.Status != http.StatusNotModified {
				b.T.Errorf("%s: %d to who has it already", path, b.Status)
			}
		}
	}
}

func wantInHeader(b *harness.Browser, texts ...string) {
	b.T.Helper()
	for _, text := range texts {
		if said := b.Doc.Find("header").Text(); !strings.Contains(said, text) {
			b.T.Errorf("the header does not say %q, but %q", text, strings.Join(strings.Fields(said), " "))
		}
	}
}

func outer(selection *goquery.Selection) string {
	var text strings.Builder
	for _, node := range selection.Nodes {
		_ = html.Render(&text, node)
	}
	return text.String()
}

// Dates and times without a zone are those of TIME_ZONE, wherever Directus runs; what
// has a zone is the same moment everywhere.
func TestTimeZone(t *testing.T) {
	own := collections.Table{
		{Name: "pages", Fields: []collections.Field{{Name: "publish_date", Type: "dateTime"}}},
		{Name: "authors", Fields: []collections.Field{{Name: "publish_date", Type: "timestamp"}}},
	}
	harness.OnDirectusOfItsOwnWith(t, own, func(t *testing.T, up harness.Upstream) {
		create := func(collection string, item map[string]any) {
			if err := up.Admin.Post(t.Context(), "/items/"+collection, item, nil); err != nil {
				t.Fatal(err)
			}
		}
		const local = "2006-01-02T15:04:05"
		now := time.Now()
		for name, moment := range map[string]time.Time{"past": now.Add(-time.Minute), "future": now.Add(time.Hour)} {
			create("authors", map[string]any{"name": name, "slug": name, "publish_date": moment.UTC().Format(time.RFC3339)})
			for _, zone := range []string{"UTC", "Asia/Kolkata", "America/New_York"} {
				place, err := time.LoadLocation(zone)
				if err != nil {
					t.Fatal(err)
				}
				create("pages", map[string]any{"slug": name + "-" + place.String()[:2], "title": name, "status": "published", "content": "<p>x</p>", "publish_date": moment.In(place).Format(local)})
			}
		}
		for zone, seen := range map[string][2][]string{
			"UTC":              {{"past-UT", "past-Am"}, {"future-UT", "past-As", "future-As"}},
			"Asia/Kolkata":     {{"past-As", "past-UT", "past-Am"}, {"future-As"}},
			"America/New_York": {{"past-Am"}, {"future-Am", "past-UT", "past-As"}},
		} {
			b := harness.StartApp(t, up, map[string]string{"TIME_ZONE": zone}).Browser(t, harness.Plain)
			for i, status := range []int{http.StatusOK, http.StatusNotFound} {
				for _, slug := range seen[i] {
					if b.Open("/pages/" + slug); b.Status != status {
						t.Errorf("with TIME_ZONE=%s, the page %s: %d, want %d", zone, slug, b.Status, status)
					}
				}
			}
			for name, status := range map[string]int{"past": http.StatusOK, "future": http.StatusNotFound} {
				if b.Open("/blog/authors/" + name); b.Status != status {
					t.Errorf("with TIME_ZONE=%s, the author %s: %d, want %d", zone, name, b.Status, status)
				}
			}
		}
	})
}

// A day begins, and is shown, in TIME_ZONE.
func TestDaysOfTheTimeZone(t *testing.T) {
	t.Parallel()
	up := harness.StartSandbox(t, sandbox.Options{})
	if err := up.Admin.Post(t.Context(), "/items/posts", map[string]any{
		"slug": "late", "title": "Late", "status": "published", "content": "<p>x</p>", "publish_date": "2026-03-01",
	}, nil); err != nil {
		t.Fatal(err)
	}
	for _, zone := range []string{"Pacific/Kiritimati", "UTC", "Pacific/Pago_Pago"} {
		b := harness.StartApp(t, up, map[string]string{"TIME_ZONE": zone}).Browser(t, harness.Plain)
		b.Open("/blog/late")
		if day := b.Doc.Find("main time").AttrOr("datetime", ""); day != "2026-03-01" {
			t.Errorf("with TIME_ZONE=%s the first of March is %q", zone, day)
		}
	}
}
