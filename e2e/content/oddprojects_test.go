package content_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"
	"github.com/mmcdole/gofeed"

	"hutch/e2e/harness"
	"hutch/internal/collections"
	"hutch/internal/directus"
	"hutch/sandbox"
	"hutch/setup"
)

// Projects that somebody has made in their own way: types, values and collections that
// Hutch would not make. No page may fail for that, no link may lead nowhere, and setup
// names what an editor should look at.

// oddProject is one of them. Its collections take the place of Hutch's own.
type oddProject struct {
	collections collections.Table
	items       []oddItem
	env         map[string]string
	published   []string // as env says
	setup       []string // what setup says of the collections themselves
	look        func(t *testing.T, b *harness.Browser)
}

// oddItem is an item, and what setup says of it: each is part of one sentence.
type oddItem struct {
	collection string
	values     map[string]any
	setup      []string
}

func col(name string, fields ...collections.Field) collections.Collection {
	return collections.Collection{Name: name, Fields: fields, Reads: collections.Everybody(), Writes: collections.Nobody()}
}

func of(fieldType string, names ...string) []collections.Field {
	var fields []collections.Field
	for _, name := range names {
		f := collections.Field{Name: name, Type: fieldType}
		switch fieldType {
		case "json", "boolean":
			f.Special = []string{"cast-" + fieldType}
		case "key":
			f.Type, f.Key = "integer", true
		}
		fields = append(fields, f)
	}
	return fields
}

func fields(groups ...[]collections.Field) (all []collections.Field) {
	for _, group := range groups {
		all = append(all, group...)
	}
	return all
}

func oddProjects() map[string]oddProject {
	return map[string]oddProject{"nested": nestedProject(), "numbers": numbersProject(), "lacking": lackingProject()}
}

// nestedProject has JSON where text belongs, text where something else belongs, and
// every kind of slug.
func nestedProject() oddProject {
	authors := collections.Field{Name: "author", Related: "authors", Special: []string{"m2o"}}
	return oddProject{
		collections: collections.Table{
			col("global", fields(of("key", "id"), of("string", "title", "logo"), of("json", "description", "color"))...),
			col("pages", fields(of("key", "id"), of("string", "slug", "title"), of("boolean", "status"), of("text", "content"))...),
			col("authors", fields(of("key", "id"), of("string", "name", "slug", "image"), of("json", "bio"))...),
			col("posts", fields(of("key", "id"), of("string", "slug", "title", "status", "publish_date", "members_only", "image"), of("json", "teaser"), of("text", "content"),
				[]collections.Field{authors})...),
			col("navigation", fields(of("key", "number"), of("json", "label"), of("string", "url"))...),
			col("redirects", fields(of("key", "id"), of("string", "url_from", "url_to", "response_code"), of("boolean", "status"))...),
		},
		items: []oddItem{
			{"global", map[string]any{"title": "The first", "description": []any{"x"}, "logo": "no id"}, []string{"Items 1, 2: description is a list instead of text, so it is left out"}},
			{"global", map[string]any{"title": "The second", "description": []any{"y"}}, nil},
			{"pages", map[string]any{"slug": "undecided", "title": "Undecided", "status": nil}, []string{"1 item without a status: not shown."}},
			{"pages", map[string]any{"slug": "shown", "title": "Shown", "status": true, "content": "<p>x</p>"}, nil},
			{"pages", map[string]any{"slug": "kept-back", "title": "Kept back", "status": false, "content": "<p>x</p>"}, nil},
			{"pages", map[string]any{"slug": "deep/er/down", "title": "Further down", "status": true, "content": "<p>x</p>"}, nil},
			{"pages", map[string]any{"slug": "/about", "title": "With a slash", "status": true}, []string{`slug is "/about", which cannot be part of an address, so it has no address and is not listed`}},
			{"pages", map[string]any{"slug": nil, "title": "Nowhere", "status": true}, []string{"Item 6: slug is empty, so it has no address and is not listed. Fill it in."}},
			{"authors", map[string]any{"name": "Ada", "slug": "ada/of/old", "bio": map[string]any{"a": 1}, "image": "x"}, []string{"Item 1: bio is an object instead of text, so it is left out"}},
			{"authors", map[string]any{"slug": "nobody"}, []string{"Item 2: name is empty, so the author is not shown"}},
			{"posts", map[string]any{"slug": "plain", "title": "Plain", "status": "published", "teaser": "Text in JSON", "publish_date": "2026-10-31", "content": "<p>x</p>", "author": 1, "image": "x"}, nil},
			{"posts", map[string]any{"slug": "listed", "title": "Listed", "status": "published", "teaser": []any{"a", 1}, "content": "<p>The beginning.</p>", "author": 2}, []string{"Item 2: teaser is a list instead of text, so it is left out. Change its type to text in Directus' data model."}},
			{"posts", map[string]any{"slug": "blocks", "title": "Blocks", "status": "published", "teaser": map[string]any{"blocks": []any{}}, "content": "<p>x</p>"}, []string{"Item 3: teaser is an object instead of text"}},
			{"posts", map[string]any{"slug": "numbered", "title": "Numbered", "status": "published", "teaser": 4711, "content": "<p>x</p>"}, nil},
			{"posts", map[string]any{"slug": nil, "title": "No address", "status": "published", "content": "<p>x</p>"}, []string{"slug is empty"}},
			{"posts", map[string]any{"slug": "../up", "title": "Up", "status": "published", "content": "<p>x</p>"}, []string{`slug is "../up", which cannot be part of an address`}},
			{"posts", map[string]any{"slug": "nameless", "title": nil, "status": "published", "content": "<p>x</p>", "author": 1}, []string{"title is empty, so the site calls it “Untitled”"}},
			{"posts", map[string]any{"slug": "a/b c/ü", "title": "With slashes", "status": "published", "content": "<p>x</p>", "members_only": "false"}, nil},
			{"posts", map[string]any{"slug": "twice", "title": "Once", "status": "published", "content": "<p>x</p>", "publish_date": "2026-10-01"}, nil},
			{"posts", map[string]any{"slug": "twice", "title": "Once more", "status": "published", "content": "<p>x</p>", "publish_date": "2026-10-02"}, []string{`Item 10: slug is "twice", as that of item 9, so only one of them has this address`}},
			{"posts", map[string]any{"slug": "someday", "title": "Someday", "status": "published", "publish_date": "soon", "content": "<p>x</p>"}, []string{"publish_date is no date, so the item stays hidden"}},
			{"posts", map[string]any{"slug": "perhaps", "title": "Perhaps", "status": "published", "members_only": "perhaps", "content": "<p>the secret</p>"}, []string{"members_only is neither yes nor no, so it counts as yes"}},
			{"posts", map[string]any{"slug": "alive", "title": "Alive", "status": "live", "content": "<p>x</p>"}, nil},
			{"posts", map[string]any{"slug": "other", "title": "In review", "status": "in_review", "content": "<p>x</p>"}, []string{`1 item with the status "in_review": not shown`, "PUBLISHED_STATUS"}},
			{"posts", map[string]any{"slug": "authors/late", "title": "Like an author", "status": "published", "content": "<p>x</p>"}, []string{`slug is "authors/late", which the site uses itself`}},
			{"navigation", map[string]any{"label": []any{}, "url": "/blog"}, []string{"label is a list instead of text, so the link is left out"}},
			{"navigation", map[string]any{"label": "Posts", "url": "/blog"}, nil},
			{"navigation", map[string]any{"label": "About", "url": "about"}, []string{`url is "about", which is neither a path nor an address, so the link is left out`}},
			{"redirects", map[string]any{"url_from": "/old", "url_to": "/pages/shown", "response_code": "301", "status": true}, nil},
			{"redirects", map[string]any{"url_from": "/odd", "url_to": "/pages/shown", "response_code": "for ever", "status": true}, []string{"response_code is no number"}},
			{"redirects", map[string]any{"url_from": "/gone", "url_to": "undefined", "response_code": "301", "status": true}, []string{`url_to is "undefined", which is neither a path nor an address, so nobody is redirected`}},
			{"redirects", map[string]any{"url_from": nil, "url_to": "/blog", "status": true}, []string{"url_from is empty, so nobody is redirected"}},
			{"redirects", map[string]any{"url_from": "/off", "url_to": "/blog", "status": false}, nil},
			{"redirects", map[string]any{"url_from": "/elsewhere", "url_to": "https://elsewhere.example/", "status": true}, []string{"Redirects lead to elsewhere.example", "REDIRECT_HOSTS"}},
		},
		env: map[string]string{"PUBLISHED_STATUS": "published,live"}, published: []string{"published", "live"},
		setup: []string{"It is a list of items instead of a singleton. Hutch uses the first item.", "Its field teaser has the type json instead of text.", "Its field status is a boolean: an item is published if it is true."},
		look: func(t *testing.T, b *harness.Browser) {
			wantPages(b, map[string]int{
				"/pages/shown": 200, "/pages/kept-back": 404, "/pages/undecided": 404, "/pages/deep/er/down": 200, "/pages/deep%2Fer%2fdown": 200, "/pages/deep": 404, "/pages/deep/er": 404, "/pages/about": 404, "/pages//about": 404,
				"/blog/plain": 200, "/blog/listed": 200, "/blog/blocks": 200, "/blog/numbered": 200, "/blog/a/b%20c/%C3%BC": 200, "/blog/a%2Fb%20c%2F%C3%BC": 200, "/blog/a": 404, "/blog/a/b": 404,
				"/blog/up": 404, "/blog/null": 404, "/blog/nameless": 200, "/blog/twice": 200, "/blog/someday": 404, "/blog/perhaps": 200, "/blog/alive": 200, "/blog/other": 404,
				"/blog/authors/ada/of/old": 200, "/blog/authors/ada%2Fof%2Fold": 200, "/blog/authors/1": 200, "/blog/authors/nobody": 404, "/blog/authors/2": 404,
				"/old": 301, "/odd": 302, "/gone": 404, "/off": 404, "/elsewhere": 404,
			})
			b.Open("/")
			wantInHeader(b, "The first", "Posts")
			b.Open("/blog")
			b.WantText("Plain", "Text in JSON", "Listed", "The beginning.", "Untitled", "With slashes", "Once more", "Alive")
			for _, hidden := range []string{"No address", "Like an author", "Someday", "In review", "the secret", "Up "} {
				if strings.Contains(b.Text(), hidden) {
					t.Errorf("the blog shows %q", hidden)
				}
			}
			if n := b.Doc.Find(`main .card a[href="/blog/twice"]`).Length(); n != 1 {
				t.Errorf("%d links lead to one post", n)
			}
			b.Open("/blog?page=2")
			b.WantText("Numbered", "4711", "Perhaps")
			b.Open("/blog/twice")
			b.WantText("Once more")
			b.Open("/blog/a%2Fb%20c%2F%C3%BC")
			if canonical := b.Doc.Find(`link[rel="canonical"]`).AttrOr("href", ""); canonical != harness.PublicURL+"/blog/a/b%20c/%C3%BC" {
				t.Errorf("the canonical address is %q", canonical)
			}
			b.Open("/blog/perhaps")
			b.WantText("This post is for members")
			if strings.Contains(b.Raw, "the secret") {
				t.Error("what may be for members is shown to everybody")
			}
			if b.App.Up.Sandbox { // where members may read it
				member := b.App.Browser(t, harness.Plain)
				member.SignUp()
				member.Open("/blog/perhaps")
				member.WantText("the secret")
				member.Open("/blog/a/b%20c/%C3%BC")
				member.WantStatus(http.StatusOK)
			}
			b.Open("/blog/nameless")
			b.WantText("Untitled", "Ada", "Read next")
			if title := b.Title(); !strings.HasPrefix(title, "Untitled") {
				t.Errorf("the title is %q", title)
			}
			if said := strings.Count(b.App.Log.String(), "field=teaser"); said != 2 { // of two items
				t.Errorf("the log speaks %d times of odd teasers", said)
			}
		},
	}
}

// numbersProject has numbers where text belongs, and text and JSON where numbers do.
func numbersProject() oddProject {
	global := col("global", fields(of("key", "id"), of("integer", "title"), of("boolean", "description"), of("json", "logo", "favicon"))...)
	global.Singleton = true
	return oddProject{
		collections: collections.Table{
			global,
			col("pages", fields(of("key", "id"), of("boolean", "slug"), of("float", "title"), of("integer", "status", "content"))...),
			col("authors", fields(of("key", "id"), of("integer", "name", "slug", "bio"), of("json", "image"))...),
			col("posts", fields(of("key", "id"), of("integer", "slug", "title", "status", "teaser", "publish_date"), of("json", "members_only", "image"), of("text", "content"), of("string", "author"))...),
			col("navigation", fields(of("key", "id"), of("integer", "label"), of("json", "url"), of("string", "sort"))...),
			col("redirects", fields(of("key", "id"), of("string", "url_from"), of("json", "url_to", "response_code"))...),
		},
		items: []oddItem{
			{"global", map[string]any{"title": 1984, "description": true}, nil},
			{"pages", map[string]any{"slug": true, "title": 2.5, "status": 1, "content": 12}, nil},
			{"authors", map[string]any{"name": 12, "slug": 34, "bio": 56, "image": []any{1}}, []string{"image is a list instead of a reference, so it is left out"}},
			{"posts", map[string]any{"slug": 7, "title": 77, "status": 1, "teaser": 777, "content": "<p>x</p>", "author": "Somebody", "image": map[string]any{"id": 1}}, nil},
			{"posts", map[string]any{"slug": 8, "title": 88, "status": 2, "content": "<p>x</p>"}, []string{`1 item with the status "2": not shown`}},
			{"posts", map[string]any{"slug": 9, "title": 99, "status": 1, "publish_date": 20260101, "content": "<p>x</p>"}, []string{"Item 3: publish_date is no date"}},
			{"posts", map[string]any{"slug": 10, "title": nil, "status": 1, "members_only": []any{}, "content": "<p>the secret</p>"}, []string{"Item 4: members_only is a list instead of a boolean, so it counts as yes", "title is empty"}},
			{"navigation", map[string]any{"label": 5, "url": "/blog", "sort": "first"}, []string{"sort is no number"}},
			{"navigation", map[string]any{"label": 6, "url": []any{"/blog"}, "sort": "1"}, []string{"url is a list instead of text"}},
			{"redirects", map[string]any{"url_from": "/old", "url_to": "/blog", "response_code": 308}, nil},
			{"redirects", map[string]any{"url_from": "/lists", "url_to": []any{"/blog"}, "response_code": []any{301}}, []string{"url_to is a list instead of text", "response_code is a list instead of a number"}},
		},
		env: map[string]string{"PUBLISHED_STATUS": "1"}, published: []string{"1"},
		setup: []string{"Its field slug has the type integer instead of string."},
		look: func(t *testing.T, b *harness.Browser) {
			wantPages(b, map[string]int{
				"/pages/true": 200, "/pages/x": 404, "/blog/7": 200, "/blog/8": 404, "/blog/9": 404, "/blog/10": 200, "/blog/x": 404, "/blog/7x": 404, "/blog/99999999999999999999": 404,
				"/blog/authors/34": 200, "/blog/authors/x": 404, "/old": 308, "/lists": 404,
			})
			b.Open("/")
			wantInHeader(b, "1984", "5")
			b.Open("/blog")
			b.WantText("77", "777", "Untitled")
			b.Open("/blog/10")
			b.WantText("This post is for members")
		},
	}
}

// lackingProject has none of the fields that addresses are made of, and one page where
// there should be many.
func lackingProject() oddProject {
	pages := col("pages", fields(of("key", "id"), of("string", "slug", "title"), of("text", "content"))...)
	pages.Singleton = true
	keyed := of("string", "code")
	keyed[0].Key, keyed[0].Typed = true, true
	return oddProject{
		collections: collections.Table{
			pages,
			col("authors", fields(keyed, of("string", "name"))...),
			col("posts", fields(of("key", "id"), of("string", "name"), of("text", "content"))...),
			col("navigation", fields(keyed, of("string", "label"))...),
			col("redirects", fields(of("key", "id"), of("string", "url_from"))...),
		},
		items: []oddItem{
			{"pages", map[string]any{"slug": "only", "title": "The only page", "content": "<p>x</p>"}, nil},
			{"authors", map[string]any{"code": "a", "name": "Ada"}, nil},
			{"posts", map[string]any{"name": "A post", "content": "<p>x</p>"}, nil},
			{"navigation", map[string]any{"code": "a", "label": "Home"}, nil},
			{"redirects", map[string]any{"url_from": "/old"}, nil},
		},
		setup: []string{"The existing collection is a singleton, and Hutch needs a list of items.", "field posts.slug", "field posts.title"},
		look: func(_ *testing.T, b *harness.Browser) {
			wantPages(b, map[string]int{"/pages/only": 200, "/pages/other": 404, "/blog/1": 404, "/blog/authors/a": 404, "/old": 404})
			b.Open("/blog")
			b.WantText("No posts yet.")
		},
	}
}

func TestOddProjects(t *testing.T) {
	t.Parallel()
	for name, project := range oddProjects() {
		t.Run("sandbox/"+name, func(t *testing.T) {
			t.Parallel()
			up := harness.StartSandbox(t, sandbox.Options{Instead: project.collections})
			project.fill(t, up)
			project.walk(t, up)
		})
	}
	harness.OnEachReal(t, func(t *testing.T, version string) {
		up := harness.StartReal(t, version)
		for name, project := range oddProjects() { // one after the other: each makes its collections anew
			if up.Postgres && (name == "nested" || name == "numbers") {
				continue // PostgreSQL takes no value of another type than its column's, such as words in a number
			}
			t.Run(name, func(t *testing.T) {
				for _, c := range project.collections {
					up.Remake(t, c)
				}
				project.fill(t, up)
				project.walk(t, up)
				project.prepare(t, up)
			})
		}
	})
}

func (p oddProject) fill(t *testing.T, up harness.Upstream) {
	t.Helper()
	for _, item := range p.items {
		path, write := "/items/"+item.collection, func(path string, body any) error { return up.Admin.Post(t.Context(), path, body, nil) }
		if c, _ := p.collections.Find(item.collection); c.Singleton {
			write = func(path string, body any) error { return up.Admin.Patch(t.Context(), path, body) }
		}
		if err := write(path, item.values); err != nil {
			t.Fatalf("%v: %v", item.values, err)
		}
	}
}

// walk opens every page that leads anywhere.
func (p oddProject) walk(t *testing.T, up harness.Upstream) {
	site := harness.StartApp(t, up, p.env)
	b := site.Browser(t, harness.Plain)
	p.look(t, b)
	open := []string{"/", "/blog", "/blog?page=2", "/blog?q=plain", "/blog?q=1", "/blog?q=%5B", "/blog/no-such", "/pages/no-such", "/blog/authors/no-such", "/no-such", "/signin"}
	for _, feed := range []string{"/blog/rss.xml", "/blog/atom.xml", "/blog/feed.json"} {
		b.Request(http.MethodGet, feed, nil, nil)
		read, err := gofeed.NewParser().ParseString(b.Raw)
		if b.Status != http.StatusOK || err != nil {
			t.Fatalf("%s: %d, %v", feed, b.Status, err)
		}
		for _, entry := range read.Items {
			if entry.Title == "" {
				t.Errorf("%s: an entry without a title: %s", feed, entry.Link)
			}
			open = append(open, strings.TrimPrefix(entry.Link, harness.PublicURL)+"?")
		}
	}
	b.Request(http.MethodGet, "/sitemap.xml", nil, nil)
	if b.Status != http.StatusOK {
		t.Errorf("the sitemap: %d", b.Status)
	}
	for _, part := range strings.Split(b.Raw, "<loc>")[1:] {
		address, _, _ := strings.Cut(part, "</loc>")
		open = append(open, strings.TrimPrefix(address, harness.PublicURL)+"?")
	}
	seen := map[string]bool{}
	for len(open) > 0 {
		path := open[0]
		open = open[1:]
		if seen[path] {
			continue
		}
		seen[path] = true
		b.Open(path)
		if linked := strings.HasSuffix(path, "?"); b.Status >= http.StatusInternalServerError || linked && b.Status != http.StatusOK {
			t.Errorf("%s: %d", path, b.Status)
		}
		b.Doc.Find("main .card a, main .byline a, main .neighbours a").Each(func(_ int, link *goquery.Selection) {
			if strings.TrimSpace(link.Text()) == "" {
				t.Errorf("%s has a link without a name: %s", path, outer(link))
			}
			open = append(open, link.AttrOr("href", "")+"?")
		})
	}
	if log := site.Log.String(); strings.Contains(log, "level=ERROR") || strings.Contains(log, "directus is in trouble") {
		t.Errorf("the log says: %s", log)
	}
}

// prepare checks what setup says.
func (p oddProject) prepare(t *testing.T, up harness.Upstream) {
	client, err := directus.New(up.URL)
	if err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	if err := setup.Run(t.Context(), client, up.AdminToken, setup.Options{DryRun: true, Published: p.published}, &out); err != nil {
		t.Log(err) // some collections cannot be used
	}
	said := strings.Join(strings.Fields(out.String()), " ")
	for _, item := range p.items {
		for _, want := range item.setup {
			if !strings.Contains(said, want) {
				t.Errorf("setup does not say of an item of %s: %q", item.collection, want)
			}
		}
	}
	for _, want := range p.setup {
		if !strings.Contains(said, want) {
			t.Errorf("setup does not say: %q", want)
		}
	}
	if t.Failed() {
		t.Log(out.String())
	}
}

func wantPages(b *harness.Browser, want map[string]int) {
	b.T.Helper()
	for path, status := range want {
		if b.Request(http.MethodGet, path, nil, nil); b.Status != status {
			b.T.Errorf("%s: %d, want %d", path, b.Status, status)
		}
	}
}
