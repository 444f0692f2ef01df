package content_test

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"
	"github.com/mmcdole/gofeed"

	"hutch/e2e/harness"
	"hutch/internal/collections"
	"hutch/sandbox"
)

// What posts are sorted by is on their pages and above the blog, has pages and feeds of its
// own, and stands in the sitemap.
func TestTags(t *testing.T) {
	harness.OnEachDirectus(t, func(t *testing.T, up harness.Upstream) {
		up.BothWays(t, func(t *testing.T, how harness.Way) {
			b := harness.StartApp(t, up, nil).Browser(t, how)
			b.Open("/blog")
			if got := tagsOn(b); len(got) != 9 || got[0] != "Care /blog/tags/care" || got[1] != "Counting /blog/tags/counting" {
				t.Errorf("the blog offers %q", got)
			}
			b.Open("/blog/the-night-list") // for members, and sorted like any other
			if got, want := tagsOn(b), []string{"Care /blog/tags/care", "Winter /blog/tags/winter"}; !slices.Equal(got, want) {
				t.Errorf("a post has %q, want %q", got, want)
			}
			if data := b.Doc.Find(`script[type="application/ld+json"]`).Text(); !strings.Contains(data, `"keywords":["Care","Winter"]`) {
				t.Errorf("what machines read of a post: %s", data)
			}
			b.Open("/blog/tags/care")
			b.WantStatus(http.StatusOK)
			b.WantText("4 posts", "The night list", "Members only")
			if h1 := b.Doc.Find("h1").Text(); !strings.Contains(h1, "Care") {
				t.Errorf("the heading is %q", h1)
			}
			cards := b.Doc.Find("main .card")
			if first := cards.First().Find("a").AttrOr("href", ""); cards.Length() != 4 || first != "/blog/first-frost-checklist" {
				t.Errorf("%d posts, the first %s", cards.Length(), first)
			}
			if current := b.Doc.Find(`.tags [aria-current="page"]`).Text(); current != "Care" {
				t.Errorf("the tag shown is %q", current)
			}
			for what, selector := range map[string]string{
				"leads back": `main .after a[href="/blog"]`, "shows its feed": `main a[href="/blog/tags/care/rss.xml"]`,
				"names its feed": `link[rel="alternate"][href="/blog/tags/care/rss.xml"]`, "has one address": `link[rel="canonical"][href="` + harness.PublicURL + `/blog/tags/care"]`,
			} {
				if b.Doc.Find(selector).Length() != 1 {
					t.Errorf("the page of a tag: nothing %s", what)
				}
			}
			for path, target := range map[string]string{
				"/blog?tag=Care": "/blog/tags/care", "/blog?tag=": "/blog", "/blog?tag=/": "/blog", "/blog?tag=..": "/blog", "/blog?tag=a/b+C%2B%2B": "/blog/tags/a-b-c++",
				"/blog?tag=//evil.example": "/blog/tags/evil.example", "/blog/tags/CARE": "/blog/tags/care", "/blog/tags/care/": "/blog/tags/care",
			} {
				if got := b.Request(http.MethodGet, path, nil, nil).Header.Get("Location"); got != target || b.Status != http.StatusPermanentRedirect {
					t.Errorf("%s leads to %q (%d), want %q", path, got, b.Status, target)
				}
			}
			for _, none := range []string{"/blog/tags/tractor", "/blog/tags/tractor/rss.xml", "/blog/tags/care?page=2", "/blog/tags/care?page=x", "/blog/tags/care/x", "/blog/tags"} {
				if b.Request(http.MethodGet, none, nil, nil); b.Status != http.StatusNotFound {
					t.Errorf("%s: %d", none, b.Status)
				}
			}
		})
		b := harness.StartApp(t, up, nil).Browser(t, harness.Plain)
		for _, file := range []string{"rss.xml", "atom.xml", "feed.json"} {
			b.Request(http.MethodGet, "/blog/tags/care/"+file, nil, nil)
			feed, err := gofeed.NewParser().ParseString(b.Raw)
			if err != nil {
				t.Fatalf("%s: %v", file, err)
			}
			if len(feed.Items) != 4 || feed.Title != "Hutch: Care" || feed.Link != harness.PublicURL+"/blog/tags/care" || !strings.Contains(b.Raw, harness.PublicURL+"/blog/tags/care/"+file) {
				t.Errorf("%s: %q of %s with %d entries", file, feed.Title, feed.Link, len(feed.Items))
			}
			if !slices.Equal(feed.Items[0].Categories, []string{"Care", "Winter"}) {
				t.Errorf("%s: the first entry has %q", file, feed.Items[0].Categories)
			}
		}
		b.Request(http.MethodGet, "/sitemap.xml", nil, nil)
		if n := strings.Count(b.Raw, harness.PublicURL+"/blog/tags/"); n != 9 {
			t.Errorf("the sitemap has %d tags", n)
		}
	})
}

// The list of a tag has pages like that of all posts.
func TestTagsHavePages(t *testing.T) {
	harness.OnDirectusOfItsOwn(t, func(t *testing.T, up harness.Upstream) {
		site := harness.StartApp(t, up, nil)
		harness.PostsAre(harness.ManyPosts()...)(t, up, site)
		b := site.Browser(t, harness.Plain)
		seen := map[string]bool{}
		for path, want := range map[string]int{"/blog/tags/notes": 13, "/blog/tags/notes?page=2": 12, "/blog/tags/notes?page=3": 5} {
			b.Open(path)
			b.WantText("30 posts")
			cards := b.Doc.Find("main .card")
			if cards.Length() != want {
				t.Errorf("%s has %d posts, want %d", path, cards.Length(), want)
			}
			cards.Find("h2").Each(func(_ int, heading *goquery.Selection) { seen[heading.Text()] = true })
		}
		if len(seen) != 30 {
			t.Errorf("%d of 30 posts are on a page", len(seen))
		}
		b.Open("/blog/tags/notes?page=4")
		b.WantStatus(http.StatusNotFound)
	})
}

// Editors write tags in every way. What can be shown is, once.
func TestOddTags(t *testing.T) {
	harness.OnDirectusOfItsOwn(t, func(t *testing.T, up harness.Upstream) {
		site := harness.StartApp(t, up, harness.Fresh("HOOK_SECRET", harness.HookSecret))
		long := strings.Repeat("ü", 200)
		var posts []map[string]any
		for i, tags := range []any{
			nil, []any{"Go", "go", "GO "}, []any{"C++", "C#", "C"}, []any{"a/b", "a b", `..\x`, "../x", "..", ".", "/"}, []any{"", " ", nil, 7, true, []any{"deep"}, map[string]any{"a": 1}},
			[]any{"🐇", "Größe", "Gro\u0308ße", long, long + long}, map[string]any{"a": 1}, "one word", []any{"<b>bold</b>", "rss.xml", "2026", "{{x}}", "שלום"}, 4711, []any{},
		} {
			posts = append(posts, map[string]any{"slug": fmt.Sprintf("post-%d", i), "title": "T", "status": "published", "publish_date": fmt.Sprintf("2026-01-%02d", 28-i), "content": "<p>x</p>", "tags": tags})
		}
		posts = append(posts,
			map[string]any{"slug": "post-11", "title": "T", "status": "published", "publish_date": "2099-01-01", "content": "<p>x</p>", "tags": []any{"to come", "go"}},
			map[string]any{"slug": "post-12", "title": "T", "status": "draft", "content": "<p>x</p>", "tags": []any{"kept back", "go"}})
		harness.PostsAre(posts...)(t, up, site)
		b := site.Browser(t, harness.Plain)
		want := map[int][]string{
			1: {"Go /blog/tags/go"}, 2: {"C /blog/tags/c", "C# /blog/tags/c%23", "C++ /blog/tags/c++"}, 3: {"../x /blog/tags/..-x", "a/b /blog/tags/a-b"}, 4: {"deep /blog/tags/deep"},
			5: {"Größe /blog/tags/gr%C3%B6%C3%9Fe", long + " /blog/tags/" + url.PathEscape(long), "🐇 /blog/tags/%F0%9F%90%87"}, 7: {"one word /blog/tags/one-word"},
			8: {"2026 /blog/tags/2026", "bold /blog/tags/bold", "rss.xml /blog/tags/rss.xml", "{{x}} /blog/tags/%7B%7Bx%7D%7D", "שלום /blog/tags/%D7%A9%D7%9C%D7%95%D7%9D"},
		}
		for _, hidden := range []string{"/blog/tags/to-come", "/blog/tags/kept-back"} {
			b.Open(hidden)
			b.WantStatus(http.StatusNotFound)
		}
		for i := range posts[:11] {
			b.Open(fmt.Sprintf("/blog/post-%d", i))
			b.WantStatus(http.StatusOK)
			got := tagsOn(b)
			slices.Sort(got)
			if slices.Sort(want[i]); !slices.Equal(got, want[i]) && !(i == 3 && len(got) == 2) {
				t.Errorf("post %d has %q, want %q", i, got, want[i])
			}
			for _, tag := range got {
				_, path, _ := strings.Cut(tag, " /")
				b.Open("/" + path)
				b.WantStatus(http.StatusOK)
				b.WantText("1 post")
				if canonical := b.Doc.Find(`link[rel="canonical"]`).AttrOr("href", ""); canonical != harness.PublicURL+"/"+path {
					t.Errorf("%s is canonical at %s", path, canonical)
				}
				for _, file := range []string{"/rss.xml", "/atom.xml", "/feed.json"} {
					if b.Request(http.MethodGet, "/"+path+file, nil, nil); b.Status != http.StatusOK {
						t.Errorf("%s%s: %d", path, file, b.Status)
					}
				}
			}
		}
		for _, path := range []string{"/", "/blog", "/blog/rss.xml", "/sitemap.xml", "/blog/tags/%00", "/blog/tags/%FF", "/blog/tags/%2e%2e"} {
			if b.Request(http.MethodGet, path, nil, nil); b.Status >= http.StatusInternalServerError {
				t.Errorf("%s: %d", path, b.Status)
			}
		}
		// What changes is there as soon as Directus says so.
		if err := up.Admin.Patch(t.Context(), "/items/posts/post-0", map[string]any{"tags": []any{"late"}}); err != nil {
			t.Fatal(err)
		}
		site.Hook(t, `{"collection":"posts","key":"post-0"}`)
		b.Open("/blog/tags/late")
		b.WantStatus(http.StatusOK)
	})
}

// tagsOn are the tags that a page offers, with their addresses.
func tagsOn(b *harness.Browser) []string {
	return b.Doc.Find("main .tags a").Map(func(_ int, link *goquery.Selection) string {
		return link.Text() + " " + link.AttrOr("href", "")
	})
}

// What a project does without costs it nothing.
func TestWithoutTagsNothingIsAsked(t *testing.T) {
	site := harness.StartApp(t, harness.StartOfficialSandbox(t), harness.Fresh())
	b := site.Browser(t, harness.Plain)
	for _, path := range []string{"/blog", "/blog/hay", "/blog/rss.xml", "/sitemap.xml"} {
		if b.Request(http.MethodGet, path, nil, nil); b.Status != http.StatusOK || strings.Contains(b.Raw, "/blog/tags/") {
			t.Errorf("%s: %d", path, b.Status)
		}
	}
	for question := range site.Wire.Questions() {
		if strings.Contains(question, "tags") || strings.Contains(question, "categor") {
			t.Errorf("asks %s", question)
		}
	}
}

// sorting is how a project sorts its posts.
type sorting struct {
	field  collections.Field // of posts; none: what refers to them is listed in categories
	more   collections.Table // what it refers to
	posts  [3]any            // the values of the field
	items  map[string][]map[string]any
	closed bool        // to the public
	want   [4][]string // what is on each post, and on the blog
}

func sortings() map[string]sorting {
	const hay, ears = "Hay & straw /blog/tags/hay", "Ears /blog/tags/ears"
	withKeys := []map[string]any{{"name": "Hay & straw", "slug": "hay", "status": "published"}, {"name": "Ears", "slug": "ears", "status": "published"}, {"name": "Kept back", "slug": "kept", "status": "draft"}}
	named := []map[string]any{{"name": "Hay & straw", "slug": "hay", "status": "published"}, {"name": "Ears", "status": "published"}, {"name": "Kept back", "status": "draft"}}
	topics := col("topics", fields(of("key", "id"), of("string", "name", "slug", "status"))...)
	keyed := col("topics", fields(of("string", "slug", "name", "status"))...)
	keyed.Fields[0].Key, keyed.Fields[0].Typed = true, true
	to := func(name, collection, list, joins string) []collections.Field {
		return []collections.Field{{Name: name, Related: collection, List: list, Joins: joins, Special: []string{"m2o"}}}
	}
	owned := col("topics", fields(of("key", "id"), of("string", "name", "slug", "status"), to("posts_slug", "posts", "categories", ""))...)
	joined := col("posts_topics", fields(of("key", "id"), to("posts_slug", "posts", "categories", "topics_id"), to("topics_id", "topics", "", ""))...)
	both := sorting{
		more: collections.Table{topics, joined}, want: [4][]string{{hay, ears}, {hay}, nil, {hay, ears}},
		items: map[string][]map[string]any{"topics": named, "posts_topics": {
			{"posts_slug": "p0", "topics_id": 1}, {"posts_slug": "p0", "topics_id": 2}, {"posts_slug": "p1", "topics_id": 1}, {"posts_slug": "p1", "topics_id": 3}, {"posts_slug": "p2", "topics_id": nil},
		}},
	}
	closed := both
	closed.closed, closed.want = true, [4][]string{}
	return map[string]sorting{
		"csv": {
			field: collections.Field{Name: "tags", Type: "csv", Special: []string{"cast-csv"}, Interface: "tags"},
			posts: [3]any{[]string{"Hay", "Ears"}, []string{"Hay"}}, want: [4][]string{{"Hay /blog/tags/hay", ears}, {"Hay /blog/tags/hay"}, nil, {"Hay /blog/tags/hay", ears}},
		},
		"many to many": both, "many to many closed": closed,
		"one to many": {
			more: collections.Table{owned}, want: [4][]string{{ears, hay}, nil, nil, {ears, hay}},
			items: map[string][]map[string]any{"topics": {
				{"name": "Hay & straw", "slug": "hay", "status": "published", "posts_slug": "p0"}, {"name": "Ears", "status": "published", "posts_slug": "p0"}, {"name": "Kept back", "status": "draft", "posts_slug": "p1"},
			}},
		},
		"many to one": {
			field: to("category", "topics", "", "")[0], more: collections.Table{topics}, items: map[string][]map[string]any{"topics": named},
			posts: [3]any{1, 1, 3}, want: [4][]string{{hay}, {hay}, nil, {hay}},
		},
		"many to one by text": {
			field: to("category", "topics", "", "")[0], more: collections.Table{keyed}, items: map[string][]map[string]any{"topics": withKeys},
			posts: [3]any{"hay", "hay", "kept"}, want: [4][]string{{hay}, {hay}, nil, {hay}},
		},
		"one word": {
			field: collections.Field{Name: "category", Type: "string"},
			posts: [3]any{"Hay", nil, "Ears"}, want: [4][]string{{"Hay /blog/tags/hay"}, nil, {ears}, {ears, "Hay /blog/tags/hay"}},
		},
	}
}

// Tags may be of another type, or items that posts refer to; what the public may not read is
// left out.
func TestTagsOfProjects(t *testing.T) {
	t.Parallel()
	for name, project := range sortings() {
		if project.field.Related != "" { // to a collection that the sandbox makes later
			continue
		}
		t.Run("sandbox/"+name, func(t *testing.T) {
			t.Parallel()
			posts, _ := collections.All().Find("posts")
			posts.Fields = slices.DeleteFunc(slices.Clone(posts.Fields), func(f collections.Field) bool { return f.Name == "tags" })
			more := project.more
			if project.field.Name != "" {
				posts.Fields = append(posts.Fields, project.field)
			}
			for i := range more {
				if more = slices.Clone(more); project.closed {
					more[i].Reads = collections.Nobody()
				}
			}
			project.walk(t, harness.StartSandbox(t, sandbox.Options{Instead: collections.Table{posts}, Collections: more}))
		})
	}
	harness.OnEachReal(t, func(t *testing.T, version string) {
		for name, project := range sortings() {
			t.Run(name, func(t *testing.T) {
				up := harness.StartReal(t, version)
				project.make(t, up)
				project.walk(t, up)
			})
		}
	})
}

// make changes a Directus that setup has prepared.
func (s sorting) make(t *testing.T, up harness.Upstream) {
	t.Helper()
	post := func(path string, body map[string]any) {
		t.Helper()
		if err := up.Admin.Post(t.Context(), path, body, nil); err != nil {
			t.Fatal(path, err)
		}
	}
	field := func(f collections.Field) map[string]any {
		switch other, _ := s.more.Find(f.Related); {
		case f.Related == "posts":
			f.Type = "string"
		case f.Related != "":
			f.Type = other.Fields[0].Type
		}
		return map[string]any{"field": f.Name, "type": f.Type, "meta": f.Described(), "schema": map[string]any{"is_primary_key": f.Key, "has_auto_increment": f.Key && !f.Typed}}
	}
	if err := up.Admin.Delete(t.Context(), "/fields/posts/tags"); err != nil {
		t.Fatal(err)
	}
	rows := s.more
	for _, c := range s.more {
		var made []map[string]any
		for _, f := range c.Fields {
			made = append(made, field(f))
		}
		post("/collections", map[string]any{"collection": c.Name, "schema": map[string]any{}, "meta": map[string]any{}, "fields": made})
		if !s.closed {
			up.EverybodyMay(t, "read", c.Name, "*")
		}
	}
	if s.field.Name == "" {
		post("/fields/posts", map[string]any{"field": "categories", "type": "alias", "meta": map[string]any{"special": []string{"o2m"}}})
	} else {
		post("/fields/posts", field(s.field))
		rows = append(slices.Clone(rows), col("posts", s.field))
	}
	for _, c := range rows {
		for _, f := range c.Fields {
			meta := map[string]any{}
			if f.List != "" {
				meta["one_field"] = f.List
			}
			if f.Joins != "" {
				meta["junction_field"] = f.Joins
			}
			if f.Related != "" {
				post("/relations", map[string]any{"collection": c.Name, "field": f.Name, "related_collection": f.Related, "meta": meta})
			}
		}
	}
}

// walk looks at three posts, and at the blog.
func (s sorting) walk(t *testing.T, up harness.Upstream) {
	up.EverybodyMay(t, "read", "posts", "*")
	site := harness.StartApp(t, up, harness.Fresh("HOOK_SECRET", harness.HookSecret))
	b := site.Browser(t, harness.Plain)
	add := func(collection string) {
		for _, item := range s.items[collection] {
			if err := up.Admin.Post(t.Context(), "/items/"+collection, item, nil); err != nil {
				t.Fatal(err)
			}
		}
	}
	var posts []map[string]any
	for n := range 3 {
		post := map[string]any{"slug": fmt.Sprint("p", n), "title": "T", "status": "published", "publish_date": fmt.Sprint("2026-01-0", n+1), "content": "<p>x</p>"}
		if s.field.Name != "" {
			post[s.field.Name] = s.posts[n]
		}
		posts = append(posts, post)
	}
	refers := s.field.Related != ""
	if refers {
		add("topics")
	}
	harness.PostsAre(posts...)(t, up, site)
	if !refers {
		add("topics")
	}
	add("posts_topics")
	for n, path := range []string{"/blog/p0", "/blog/p1", "/blog/p2", "/blog"} {
		b.Open(path)
		b.WantStatus(http.StatusOK)
		if got := tagsOn(b); !slices.Equal(got, s.want[n]) {
			t.Errorf("%s has %q, want %q", path, got, s.want[n])
		}
	}
	b.Open("/blog/tags/hay")
	if s.closed {
		b.WantStatus(http.StatusNotFound)
		return
	}
	b.WantStatus(http.StatusOK)
	b.WantText("Hay")
	if s.more == nil {
		return
	}
	key := "1"
	if s.more[0].Fields[0].Typed {
		key = "hay"
	}
	if err := up.Admin.Patch(t.Context(), "/items/topics/"+key, map[string]any{"name": "Straw"}); err != nil {
		t.Fatal(err)
	}
	site.Hook(t, `{"collection":"topics","key":"`+key+`"}`)
	b.Open("/blog/tags/hay")
	b.WantText("Straw")
}
