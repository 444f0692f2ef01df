package content_test

import (
	"fmt"
	"html"
	"net/http"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/fstest"
	"time"

	"hutch/e2e/harness"
	"hutch/sandbox"
)

// pasted is a text with a picture in it, as editors paste them.
func pasted(text string, size int) string {
	return `<p>` + text + ` of the hutch.</p><p><img src="data:image/png;base64,` + strings.Repeat("A", size) + `"></p><p>The end of it.</p>`
}

// Pasted pictures make contents larger than any answer may be: that closes no list, no
// feed and no search.
func TestLargePostsCloseNothing(t *testing.T) {
	harness.TakesSeconds(t)
	up := harness.StartSandbox(t, sandbox.Options{})
	site := harness.StartApp(t, up, harness.Fresh())
	var posts []map[string]any
	for i := range 12 {
		posts = append(posts, map[string]any{
			"slug": fmt.Sprintf("large-%02d", i), "title": fmt.Sprintf("Large %d", i), "author": 1,
			"publish_date": fmt.Sprintf("2026-10-%02d", 30-i), "content": pasted(fmt.Sprintf("Beginning %d", i), 800_000),
		})
	}
	posts[0]["teaser"] = "What stands before it."
	posts[5]["members_only"] = true
	posts[6]["content"] = nil
	harness.PostsAre(posts...)(t, up, site)
	// One is too large by itself, and so is a page.
	site.Wire.Rewrite(func(w http.ResponseWriter, r *http.Request) bool {
		query := r.URL.Query()
		fields, filter := strings.Split(query.Get("fields"), ","), query.Get("filter")
		large := (slices.Contains(fields, "content") || slices.Contains(fields, "*")) && (strings.Contains(filter, "large-03") || strings.Contains(filter, "about"))
		if large {
			harness.WriteJSON(w, `[{"slug":"large-03","content":"`+strings.Repeat("A", 9<<20)+`"}]`)
		}
		return large
	})

	b := site.Browser(t, harness.Plain)
	b.Open("/blog")
	b.WantStatus(http.StatusOK)
	b.WantText("12 posts", "What stands before it.", "Beginning 1 of the hutch. The end of it.", "Beginning 11 of the hutch.", "Members only")
	cards := b.Doc.Find("main .card")
	if cards.Length() != 12 || strings.Contains(b.Raw, "AAAA") {
		t.Errorf("%d posts in the list, with a picture: %t", cards.Length(), strings.Contains(b.Raw, "AAAA"))
	}
	for at, without := range []int{3, 5, 6} {
		if cards.Eq(without).Find(".excerpt").Length() != 0 {
			t.Errorf("%d: post %d has an excerpt: %s", at, without, cards.Eq(without).Text())
		}
	}
	if text := cards.Eq(1).Find(".byline").Text(); !strings.Contains(text, "1 min read") {
		t.Errorf("the list does not say how long it takes: %s", text)
	}
	for path, title := range map[string]string{"/blog/large-03": "Large 3", "/pages/about": "About"} {
		b.Open(path)
		b.WantStatus(http.StatusOK)
		b.WantText(title, "This page is too large to be shown in full.")
	}
	for _, path := range []string{"/blog/authors/1", "/blog/rss.xml", "/blog/atom.xml", "/blog/feed.json", "/sitemap.xml", "/"} {
		if b.Request(http.MethodGet, path, nil, nil); b.Status != http.StatusOK {
			t.Errorf("%s: %d", path, b.Status)
		}
	}
	b.Request(http.MethodGet, "/blog/feed.json", nil, nil)
	for i, want := range map[int]bool{0: true, 1: true, 3: false, 5: false, 6: false} {
		if has := strings.Contains(b.Raw, fmt.Sprintf("Beginning %d of the hutch", i)); has != want {
			t.Errorf("the feed has the content of post %d: %t", i, has)
		}
	}
	b.Open("/blog?q=beginning+11")
	b.WantText("1 post matches", "Large 11")
}

// Pages cost Directus few questions, and lists none that grows with what editors write.
func TestPagesAskFewQuestions(t *testing.T) {
	harness.OnEachDirectus(t, func(t *testing.T, up harness.Upstream) {
		up.Folder = fstest.MapFS{"site.toml": {Data: []byte("[[collection]]\nname = \"posts\"\npath = \"/diary\"\nread = \"everybody\"\nsearch = [\"title\"]\nfeed = { title = \"Diary\" }\n")}}
		site := harness.StartApp(t, up, harness.Fresh("HOOK_SECRET", harness.HookSecret))
		b := site.Browser(t, harness.Plain)
		for _, test := range []struct {
			path string
			most int // questions, a cold cache given for the first
		}{
			{"/blog", 14}, // the tags of all posts among them
			{"/blog/rss.xml", 3}, {"/blog/atom.xml", 0}, {"/blog/feed.json", 0}, {"/blog?q=rabbit", 4}, {"/blog", 0},
			// A post, the one before it, the one after it; what else its author wrote, with and without a date, for the first alone.
			{"/blog/hay-by-numbers", 5}, {"/blog/a-hutch-from-old-doors", 3},
			// As a collection of site.toml: what its fields are, for the first alone.
			{"/diary", 9}, {"/diary?page=2", 1}, {"/diary/hay-by-numbers", 1}, {"/diary/a-hutch-from-old-doors", 1}, {"/diary/rss.xml", 1}, {"/diary/atom.xml", 0},
		} {
			site.Wire.Forget()
			if b.Request(http.MethodGet, test.path, nil, nil); b.Status != http.StatusOK {
				t.Errorf("%s: %d", test.path, b.Status)
			}
			asked, n := site.Wire.Questions(), 0
			for question, times := range asked {
				n += times
				if strings.Contains(question, "/items/posts") && strings.Contains(question, "fields=%2A") && !strings.Contains(question, "limit=1&") && !strings.Contains(question, "limit=2&") && !strings.Contains(question, "limit=20") && !strings.HasSuffix(question, "limit=1") {
					t.Errorf("%s asks for everything: %s", test.path, question)
				}
			}
			if up.Postgres && test.most > 0 { // where posts without a date are asked for apart
				test.most += 2
			}
			if n > test.most {
				t.Errorf("%s asks %d questions, want at most %d: %v", test.path, n, test.most, asked)
			}
		}
	})
}

// What changes in a post changes in the lists.
func TestExcerptsChangeWithTheirPosts(t *testing.T) {
	up := harness.StartSandbox(t, sandbox.Options{})
	site := harness.StartApp(t, up, harness.Fresh("HOOK_SECRET", harness.HookSecret))
	harness.PostsAre(
		map[string]any{"slug": "one", "title": "One", "publish_date": "2026-10-02", "content": "<p>First words of one.</p>"},
		map[string]any{"slug": "two", "title": "Two", "publish_date": "2026-10-01", "content": "<p>First words of two.</p>"},
	)(t, up, site)
	b := site.Browser(t, harness.Plain)
	b.Open("/blog")
	b.WantText("First words of one.", "First words of two.")
	change := func(fields map[string]any, hook string) {
		t.Helper()
		if err := up.Admin.Patch(t.Context(), "/items/posts/two", fields); err != nil {
			t.Fatal(err)
		}
		site.Hook(t, hook)
		b.Open("/blog")
	}
	change(map[string]any{"content": "<p>Other words of two.</p>"}, `{"collection":"posts","keys":["two"]}`)
	b.WantText("First words of one.", "Other words of two.")
	change(map[string]any{"content": "<p>Third words of two.</p>"}, `{"collection":"posts"}`)
	b.WantText("Third words of two.")
	change(map[string]any{"members_only": true}, `{"collection":"posts","keys":["two"]}`)
	b.WantText("First words of one.", "Members only")
	if strings.Contains(b.Text(), "words of two") {
		t.Errorf("what is for members now still stands in the list: %s", b.Text())
	}
	// In trouble, the list is better without excerpts than not there.
	cold := harness.StartApp(t, up, harness.Fresh())
	cold.Wire.Rewrite(func(w http.ResponseWriter, r *http.Request) bool {
		if !slices.Contains(strings.Split(r.URL.Query().Get("fields"), ","), "content") {
			return false
		}
		harness.Breakages["503"](w, r)
		return true
	})
	b = cold.Browser(t, harness.Plain)
	b.Open("/blog")
	b.WantStatus(http.StatusOK)
	b.WantText("One", "Two")
}

// A search finds every word, in any order, where people can read it.
func TestSearchFindsEveryWord(t *testing.T) {
	up := harness.StartSandbox(t, sandbox.Options{})
	site := harness.StartApp(t, up, nil)
	b := site.Browser(t, harness.Plain)
	posts := []map[string]any{
		{"slug": "frost", "title": "A checklist for the first frost", "teaser": "Straw and water", "content": `<h2 class="lantern">Fish &amp; chips</h2><p>Turn the <em>hutch</em>. See <a href="/orchard">this</a>, 100% of it.</p>`},
		{"slug": "kept", "title": "A second frost", "members_only": true, "content": "<p>Turn the gravel.</p>"},
		{"slug": "plain", "title": "Published", "content": "<p>Nothing else, frost or not.</p>"},
	}
	harness.PostsAre(posts...)(t, up, site)
	for words, want := range map[string]string{
		"frost checklist": "1 post matches", "checklist frost": "1 post matches", "FIRST straw turn": "1 post matches", "water hutch fish": "1 post matches",
		"frost": "3 posts match", "first frost": "1 post matches", "fish & chips": "1 post matches", "100%": "1 post matches", "100% chips": "1 post matches",
		"published": "1 post matches", "null": "No posts", "true": "No posts",
		// Not in what people read.
		"draft": "No posts", "<p>": "No posts", "class": "No posts", "lantern": "No posts", "orchard": "No posts", "href": "No posts", "em": "No posts", "amp": "No posts", "h2": "No posts",
		"checklist zzz": "No posts", "%": "1 post matches", "_": "No posts", "frost_checklist": "No posts",
		// For members only.
		"gravel": "No posts", "second gravel": "No posts", "second frost": "1 post matches",
	} {
		b.Open("/blog?q=" + strings.NewReplacer("%", "%25", "&", "%26", " ", "+").Replace(words))
		if text := b.Text(); !strings.Contains(text, want) || b.Status != http.StatusOK {
			t.Errorf("%q: %d, want %q: %s", words, b.Status, want, text)
		}
	}

	// Pages are whole, whatever had to be dropped.
	var many []map[string]any
	for i := range 90 {
		content := "<p>Clover</p>"
		if i%2 == 1 {
			content = `<p class="clover strong">Other</p>`
		}
		many = append(many, map[string]any{"slug": fmt.Sprintf("p-%02d", i), "title": "Note", "publish_date": fmt.Sprintf("2026-0%d-%02d", 1+i/28, 1+i%28), "content": content + "<p><b>Rabbit</b></p>"})
	}
	harness.PostsAre(many...)(t, up, site)
	for query, want := range map[string]string{
		"q=clover": "30 posts match", "q=clover&page=3": "Page 3 of 3", // of the newest 60
		"q=rabbit": "90 posts match", "q=rabbit&page=8": "Page 8 of 8", "q=rabbit+note&page=5": "Page 5 of 8", "q=strong": "No posts",
	} {
		b.Open("/blog?" + query)
		b.WantText(want)
		if want := map[string]int{"q=clover": 12, "q=clover&page=3": 6, "q=rabbit": 12, "q=rabbit&page=8": 6, "q=rabbit+note&page=5": 12}[query]; b.Doc.Find("main .card").Length() != want {
			t.Errorf("%s shows %d posts, want %d", query, b.Doc.Find("main .card").Length(), want)
		}
	}
}

// Posts of one day keep their order, and each has its neighbours, however many an import
// made.
func TestNeighboursOfOneDay(t *testing.T) {
	harness.OnDirectusOfItsOwn(t, func(t *testing.T, up harness.Upstream) {
		var posts []map[string]any
		write := func(slug, day string) {
			posts = append(posts, map[string]any{"slug": slug, "title": "Of one day, " + slug, "publish_date": day, "content": "<p>x</p>", "status": "published"})
		}
		for _, slug := range []string{"same-b", "same-a", "same-c"} {
			write(slug, "2026-01-01")
		}
		for i := range 60 {
			write(fmt.Sprintf("import-%02d", i), "2025-06-01")
		}
		if err := up.Admin.Post(t.Context(), "/items/posts", posts, nil); err != nil {
			t.Fatal(err)
		}
		site := harness.StartApp(t, up, nil)
		b := site.Browser(t, harness.Plain)
		for slug, want := range map[string][]string{
			"same-b":    {"Older: Of one day, same-c", "Newer: Of one day, same-a"},
			"same-a":    {"Older: Of one day, same-b", "Newer: The weigh-in at Saint Brigid’s"},
			"same-c":    {"Older: Of one day, import-00", "Newer: Of one day, same-b"},
			"import-00": {"Older: Of one day, import-01", "Newer: Of one day, same-c"},
			"import-30": {"Older: Of one day, import-31", "Newer: Of one day, import-29"},
			"import-59": {"Newer: Of one day, import-58"},
		} {
			b.Open("/blog/" + slug)
			b.WantText(want...)
			if older := b.Doc.Find(`main a[rel="next"]`).Length(); older != len(want)-1 {
				t.Errorf("%s has %d posts that are older", slug, older)
			}
		}
	})
}

// Of a site with sixty thousand posts, each stands in one sitemap, has its neighbours,
// and can be paged to.
func TestSixtyThousandPosts(t *testing.T) {
	harness.TakesSeconds(t)
	t.Parallel()
	posts := 12_000 // which need several sitemaps as well
	if harness.All() {
		posts = 60_000
	}
	up := harness.StartSandbox(t, sandbox.Options{})
	for day := range posts/55 + 1 { // an import of 55 a day, but for the last one
		var batch []map[string]any
		for n := day * 55; n < min((day+1)*55, posts); n++ {
			batch = append(batch, map[string]any{
				"slug": fmt.Sprintf("post-%05d", n), "title": fmt.Sprintf("Post %d", n), "status": "published", "content": "<p>x</p>",
				"publish_date": time.Date(2023, 1, 1+day, 0, 0, 0, 0, time.UTC).Format(time.DateOnly),
			})
		}
		if err := up.Admin.Post(t.Context(), "/items/posts", batch, nil); err != nil {
			t.Fatal(err)
		}
	}
	site := harness.StartApp(t, up, map[string]string{"CACHE_FRESH": "24h"})
	b := site.Browser(t, harness.Plain)

	b.Request(http.MethodGet, "/sitemap.xml", nil, nil)
	// The schema of an index differs from that of a sitemap in two names.
	wantValid(t, "sitemap-0.9.xsd", strings.NewReplacer("sitemapindex", "urlset", "sitemap>", "url>").Replace(b.Raw))
	parts := regexp.MustCompile(`<loc>`+harness.PublicURL+`(/sitemap/\d+\.xml)</loc>`).FindAllStringSubmatch(b.Raw, -1)
	if want := (posts + 13 + 4999) / 5000; len(parts) != want { // with those of the sample
		t.Fatalf("the index has %d parts, want %d:\n%s", len(parts), want, b.Raw)
	}
	listed := map[string]int{}
	for _, part := range parts {
		b.Request(http.MethodGet, part[1], nil, nil)
		wantValid(t, "sitemap-0.9.xsd", b.Raw)
		for _, loc := range regexp.MustCompile(`<loc>`+harness.PublicURL+`(/[^<]*)</loc>`).FindAllStringSubmatch(b.Raw, -1) {
			listed[loc[1]]++
		}
	}
	for n := range posts {
		if path := fmt.Sprintf("/blog/post-%05d", n); listed[path] != 1 {
			t.Fatalf("%s stands in the sitemaps %d times", path, listed[path])
		}
	}
	for _, path := range []string{"/", "/blog", "/pages/about", "/blog/hay-by-numbers", "/blog/authors/marjorie-thistlewood"} {
		if listed[path] != 1 {
			t.Errorf("%s stands in the sitemaps %d times", path, listed[path])
		}
	}
	for _, path := range []string{fmt.Sprintf("/sitemap/%d.xml", len(parts)+1), "/sitemap/0.xml", "/sitemap/01.xml", "/sitemap/1", "/sitemap/x.xml", "/sitemap/-1.xml"} {
		if status := b.Request(http.MethodGet, path, nil, nil).StatusCode; status != http.StatusNotFound {
			t.Errorf("%s: %d", path, status)
		}
	}

	for _, n := range []int{0, 53, 55, posts / 2, posts - 1} {
		b.Open(fmt.Sprintf("/blog/post-%05d", n))
		b.WantStatus(http.StatusOK)
		if found := b.Doc.Find(`main a[rel="next"], main a[rel="prev"]`).Length(); found != 2 {
			t.Errorf("post %d has %d neighbours", n, found)
		}
	}
	last := (posts + 12 + 11) / 12 // with those of the sample, of which one has no date; one more is on the first page
	b.Open(fmt.Sprint("/blog?page=", last))
	b.WantText("Post 44", "Post 54", "Notes for a spring issue")
	site.Wire.Forget()
	b.Open("/blog?page=9000")
	b.WantStatus(http.StatusNotFound)
	if asked := site.Wire.Count("GET /items/posts"); asked != 0 {
		t.Errorf("Directus was asked %d times for a page beyond the last", asked)
	}
}

// Search engines are told when an item has changed, if Directus keeps that.
func TestSitemapsKnowWhatHasChanged(t *testing.T) {
	site := harness.StartApp(t, harness.StartSandbox(t, sandbox.Options{}), harness.Fresh())
	items := map[string]string{
		"/items/posts": `[{"slug":"a","publish_date":"2026-03-01","date_updated":"2026-05-02T10:11:12Z"},
			{"slug":"b","publish_date":"2026-03-01","date_updated":null},
			{"slug":"c","publish_date":"2026-03-01","date_updated":"2026-02-01T10:11:12Z"},
			{"slug":"d","publish_date":"2026-03-01","date_updated":"2199-02-01T10:11:12Z"},
			{"slug":"e","publish_date":"2026-03-01","date_updated":{"odd":[1]}}]`,
		"/items/pages": `[{"slug":"f","status":"published","date_updated":"2026-05-02T10:11:12"}]`,
	}
	site.Wire.Rewrite(func(w http.ResponseWriter, r *http.Request) bool {
		data, has := items[r.URL.Path]
		if has {
			harness.WriteJSON(w, data)
		}
		return has
	})
	b := site.Browser(t, harness.Plain)
	b.Request(http.MethodGet, "/sitemap.xml", nil, nil)
	wantValid(t, "sitemap-0.9.xsd", b.Raw)
	for path, want := range map[string]string{
		"/blog/a": "<lastmod>2026-05-02T10:11:12Z</lastmod>", "/blog/b": "<lastmod>2026-03-01</lastmod>", "/blog/c": "<lastmod>2026-03-01</lastmod>",
		"/blog/d": "<lastmod>2026-03-01</lastmod>", "/blog/e": "<lastmod>2026-03-01</lastmod>", "/pages/f": "<lastmod>2026-05-02T10:11:12Z</lastmod>",
		"/blog": "", "/": "",
	} {
		if entry := "<loc>" + harness.PublicURL + path + "</loc>" + want + "</url>"; !strings.Contains(b.Raw, entry) {
			t.Errorf("no %s in\n%s", entry, b.Raw)
		}
	}
}

// paragraphs is a text of this size.
func paragraphs(size int) string {
	const paragraph = `<p>The <em>hay</em> of the <a href=\"/blog\">hutch</a> is turned, dried and turned again until it rustles.</p>`
	return strings.Repeat(paragraph, size/len(paragraph)+1)
}

// longPosts has Directus send a post with a content of some megabytes for each slug
// such as 2mb-7.
func longPosts(site *harness.App) {
	slug := regexp.MustCompile(`"((\d+)mb-\d+)"`)
	texts := map[string]string{"2": paragraphs(2 << 20), "4": paragraphs(4 << 20), "6": paragraphs(6 << 20)}
	site.Wire.Rewrite(func(w http.ResponseWriter, r *http.Request) bool {
		found := slug.FindStringSubmatch(r.URL.Query().Get("filter"))
		if found != nil {
			harness.WriteJSON(w, fmt.Sprintf(`[{"id":"%[1]s","slug":"%[1]s","title":"Long","status":"published","members_only":false,"content":"%[2]s"}]`, found[1], texts[found[2]]))
		}
		return found != nil
	})
}

// A long content is read and rendered once for each language, also if it is larger than
// its share of the cache; one that is too long says so.
func TestLongContents(t *testing.T) {
	harness.TakesSeconds(t)
	site := harness.StartApp(t, harness.StartSandbox(t, sandbox.Options{}), harness.Fresh("CACHE_SIZE", "4"))
	longPosts(site)
	b := site.Browser(t, harness.Plain)
	b.Open("/blog")
	for range 2 {
		b.Open("/blog/2mb-1")
		b.WantStatus(http.StatusOK)
		if n := strings.Count(b.Raw, "turned again until it rustles"); n < 15_000 {
			t.Errorf("the post has %d paragraphs", n)
		}
		b.Open("/blog")
	}
	site.Wire.Forget()
	b.Open("/blog/2mb-1")
	b.Open("/blog")
	if asked := site.Wire.Questions(); len(asked) > 0 {
		t.Errorf("asked again: %v", asked)
	}
	for accept, sentence := range map[string]string{"en": "This page is too large to be shown in full.", "de": "Diese Seite ist zu groß, um vollständig gezeigt zu werden."} {
		b.Request(http.MethodGet, "/blog/6mb-1", nil, http.Header{"Accept-Language": {accept}})
		if b.Status != http.StatusOK || !strings.Contains(html.UnescapeString(b.Raw), sentence) {
			t.Errorf("%s: %d, without %q", accept, b.Status, sentence)
		}
	}
}

// However many long posts are asked for at once, they take the memory of a few. The
// others are asked to come again.
func TestLongContentsTakeTurns(t *testing.T) {
	harness.TakesSeconds(t)
	site := harness.StartApp(t, harness.StartSandbox(t, sandbox.Options{}), harness.Fresh("CACHE_SIZE", "4"))
	longPosts(site)
	site.Browser(t, harness.Plain).Open("/blog")
	one := peakMemory(func() { site.Browser(t, harness.Plain).Open("/blog/4mb-0") })
	var shown, refused atomic.Int64
	sixty := peakMemory(func() {
		var all sync.WaitGroup
		for i := range 60 {
			b := site.Browser(t, harness.Plain)
			all.Go(func() {
				res := b.Request(http.MethodGet, fmt.Sprintf("/blog/4mb-%d", i+1), nil, http.Header{"Accept-Encoding": {"zstd"}})
				switch {
				case b.Status == http.StatusOK:
					shown.Add(1)
				case b.Status >= http.StatusServiceUnavailable && res.Header.Get("Retry-After") != "": // late on a busy machine
					refused.Add(1)
				default:
					t.Errorf("%d", b.Status)
				}
			})
		}
		all.Wait()
	})
	t.Logf("one takes %d MB, sixty take %d; %d are shown, %d refused", one>>20, sixty>>20, shown.Load(), refused.Load())
	if sixty > 10*one { // it would be sixty times as much; garbage counts, and one has little of it
		t.Errorf("sixty long posts take %d MB, one takes %d", sixty>>20, one>>20)
	}
	if shown.Load() == 0 {
		t.Error("none of sixty is shown")
	}
	b := site.Browser(t, harness.Plain)
	b.Open("/blog/4mb-61")
	b.WantStatus(http.StatusOK)
}

// peakMemory returns how much the heap grows at most while do runs, garbage included.
func peakMemory(do func()) uint64 {
	var stats runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&stats)
	before, most := stats.HeapAlloc, uint64(0)
	stop, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		for {
			runtime.ReadMemStats(&stats)
			most = max(most, stats.HeapAlloc)
			select {
			case <-stop:
				return
			case <-time.After(10 * time.Millisecond):
			}
		}
	}()
	do()
	close(stop)
	<-done
	return most - min(most, before)
}
