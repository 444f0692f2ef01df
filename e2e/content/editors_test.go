package content_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"hutch/e2e/harness"
	"hutch/sandbox"

	"github.com/PuerkitoBio/goquery"
)

// What editors may make with Directus' editors besides HTML without surprises.

// dot is a picture of one dot, as it is pasted.
const dot = `<img src="data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==" alt="A dot">`

func newItem(t *testing.T, up harness.Upstream, collection string, item map[string]any) {
	t.Helper()
	key := "/items/" + collection + "/" + item["slug"].(string)
	if err := up.Admin.Post(t.Context(), "/items/"+collection, item, nil); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = up.Admin.Delete(t.Context(), key) })
}

// What editors write arrives as they mean it, on a Directus whose content may change.
func TestWhatEditorsWrite(t *testing.T) {
	harness.OnDirectusOfItsOwn(t, func(t *testing.T, up harness.Upstream) {
		t.Run("contents", func(t *testing.T) { contentsOfEachEditor(t, up) })
		t.Run("pasted pictures", func(t *testing.T) { pastedPictures(t, up) })
		t.Run("plain texts", func(t *testing.T) { plainTextsWithMarkup(t, up) })
		t.Run("names of nothing", func(t *testing.T) { namesOfNothing(t, up) })
	})
}

// contentsOfEachEditor: HTML, Markdown and blocks become what they mean, of pages
// and of posts.
func contentsOfEachEditor(t *testing.T, up harness.Upstream) {
	b := harness.StartApp(t, up, nil).Browser(t, harness.Plain)
	blocks, err := json.Marshal(map[string]any{"time": 1, "version": "2.31.5", "blocks": []map[string]any{
		{"type": "header", "data": map[string]any{"text": "Hay", "level": 2}},
		{"type": "checklist", "data": map[string]any{"items": []map[string]any{{"text": "cut", "checked": true}}}},
		{"type": "chart", "data": map[string]any{}},
	}})
	if err != nil {
		t.Fatal(err)
	}
	for i, content := range []struct{ text, element, says string }{
		{"<h2>Hay</h2><p>a *b*</p>", "h2", "Haya *b*"},
		{"## Hay\n\n| a | b |\n|---|---|\n| c | **d** |\n", "table td strong", "Hay a b c d"},
		{"- [x] cut\n- [ ] dried", "ul li", "☑ cut ☐ dried"},
		{string(blocks), "h2", "Hay ☑ cut This part can't be shown here."},
	} {
		for collection, folder := range map[string]string{"pages": "/pages/", "posts": "/blog/"} {
			slug := fmt.Sprintf("written-%d", i)
			newItem(t, up, collection, map[string]any{"slug": slug, "title": "Written", "status": "published", "content": content.text})
			b.Open(folder + slug)
			b.WantStatus(http.StatusOK)
			article := b.Doc.Find("main article")
			article.Find("share-page, .anchor").Remove()
			if says := harness.Squeeze(article.Text()); article.Find(content.element).Length() == 0 || !strings.HasSuffix(says, content.says) {
				t.Errorf("%s shows %s", b.Path, says)
			}
		}
	}
}

// Whatever a field named content holds, its page is shown, and says so if nothing else
// can be.
func TestContentsOfAnyType(t *testing.T) {
	app := harness.StartApp(t, harness.StartSandbox(t, sandbox.Options{}), nil)
	b := app.Browser(t, harness.Plain)
	for _, content := range []struct{ json, says string }{
		{`{"time":1,"blocks":[{"type":"paragraph","data":{"text":"Fresh <b>hay</b>"}}]}`, "Fresh hay"},
		{`{"time":1,"blocks":[]}`, ""}, {`null`, ""},
		{`{"type":"doc","content":[]}`, "This part can't be shown here."},
		{`[1,2]`, "This part can't be shown here."}, {`["a"]`, "This part can't be shown here."}, {`3`, "This part can't be shown here."}, {`true`, "This part can't be shown here."},
	} {
		app.Wire.Rewrite(func(w http.ResponseWriter, r *http.Request) bool {
			item := `{"slug":"odd","title":"Odd","status":"published","content":` + content.json + `}`
			switch r.URL.Path {
			case "/items/pages", "/items/posts":
				w.Header().Set("Content-Type", "application/json")
				_, _ = w.Write([]byte(`{"data":[` + item + `],"meta":{"filter_count":1}}`))
				return true
			}
			return false
		})
		for _, path := range []string{"/pages/odd", "/blog/odd", "/blog", "/blog/rss.xml", "/blog/feed.json", "/sitemap.xml"} {
			b.Request(http.MethodGet, path, nil, nil)
			b.WantStatus(http.StatusOK)
			if path == "/pages/odd" || path == "/blog/odd" {
				b.Open(path)
				if !strings.Contains(b.Text(), content.says) {
					t.Errorf("%s of %s says %s", path, content.json, b.Text())
				}
			}
		}
	}
	if log := app.Log.String(); !strings.Contains(log, "collection=pages item=odd field=content") || !strings.Contains(log, "collection=posts item=odd field=content") {
		t.Errorf("the log does not name the item: %s", log)
	}
}

// A setting decides where a text could be read in two ways.
func TestTheFormatIsASetting(t *testing.T) {
	up := harness.StartSandbox(t, sandbox.Options{})
	newItem(t, up, "pages", map[string]any{"slug": "both", "title": "Both", "content": "Hay is *fresh*<br>here", "status": "published"})
	for format, want := range map[string]string{"": "Hay is *fresh*here", "html": "Hay is *fresh*here", "markdown": "Hay is freshhere"} {
		b := harness.StartApp(t, up, map[string]string{"CONTENT_FORMAT": format}).Browser(t, harness.Plain)
		b.Open("/pages/both")
		if !strings.Contains(b.Text(), want) {
			t.Errorf("%q: %s", format, b.Text())
		}
	}
}

// pastedPictures: those that were pasted are served by an address of their own, to those who may
// read the text, for as long as it is published.
func pastedPictures(t *testing.T, up harness.Upstream) {
	app := harness.StartApp(t, up, nil)
	b := app.Browser(t, harness.Plain)
	for _, item := range []struct{ collection, folder string }{{"posts", "/blog/"}, {"pages", "/pages/"}} {
		newItem(t, up, item.collection, map[string]any{"slug": "pasted", "title": "Pasted", "status": "published", "content": "<p>Hay " + dot + "</p>"})
		b.Open(item.folder + "pasted")
		image := b.Doc.Find("main article p img")
		address := image.AttrOr("src", "")
		if image.AttrOr("alt", "") != "A dot" || !strings.HasPrefix(address, "/pictures/"+item.collection+"/") || strings.Contains(b.Raw, "base64") {
			t.Fatalf("the page has %q", address)
		}
		for _, list := range []string{"/blog", "/blog/rss.xml", "/blog/atom.xml", "/blog/feed.json"} {
			if b.Request(http.MethodGet, list, nil, nil); strings.Contains(b.Raw, "base64") {
				t.Errorf("the picture stands in %s", list)
			}
		}
		replica := harness.StartApp(t, up, nil).Browser(t, harness.Plain)
		for _, b := range []*harness.Browser{b, replica} {
			b.Request(http.MethodGet, address, nil, nil)
			if b.Status != http.StatusOK || b.Header.Get("Content-Type") != "image/png" || !strings.HasPrefix(b.Raw, "\x89PNG") || b.Header.Get("Content-Length") != fmt.Sprint(len(b.Raw)) ||
				b.Header.Get("Content-Security-Policy") != "default-src 'none'; frame-ancestors 'none'; sandbox" || b.Header.Get("X-Content-Type-Options") != "nosniff" || b.Header.Get("Cache-Control") != "public, max-age=3600" {
				t.Errorf("the picture: %d, %v", b.Status, b.Header)
			}
		}
		known := http.Header{"If-None-Match": {b.Header.Get("Etag")}}
		if b.Request(http.MethodGet, address, nil, known); b.Status != http.StatusNotModified {
			t.Errorf("the same picture once more: %d", b.Status)
		}
		if b.Request(http.MethodHead, address, nil, nil); b.Status != http.StatusOK || b.Raw != "" || b.Header.Get("Content-Type") != "image/png" {
			t.Errorf("HEAD: %d, %v", b.Status, b.Header)
		}
		hash := strings.Split(address, "/")[3]
		for _, other := range []string{
			strings.Replace(address, hash, strings.Repeat("0", 32), 1), strings.Replace(address, "pasted", "nope", 1), strings.TrimSuffix(address, "pasted"),
			strings.Replace(address, item.collection, "authors", 1), strings.Replace(address, item.collection, "directus_users", 1), strings.Replace(address, hash, strings.ToUpper(hash), 1),
		} {
			if b.Request(http.MethodGet, other, nil, nil); b.Status != http.StatusNotFound {
				t.Errorf("%s: %d", other, b.Status)
			}
		}
		if err := up.Admin.Patch(t.Context(), "/items/"+item.collection+"/pasted", map[string]any{"status": "draft"}); err != nil {
			t.Fatal(err)
		}
		if b.Request(http.MethodGet, address, nil, known); b.Status != http.StatusNotFound {
			t.Errorf("of a draft: %d", b.Status)
		}
	}

	newItem(t, up, "posts", map[string]any{"slug": "members-dot", "title": "For members", "status": "published", "members_only": true, "content": dot})
	member := app.Browser(t, harness.Plain)
	member.SignUp()
	member.Open("/blog/members-dot")
	address := member.Doc.Find("main article img").AttrOr("src", "/none")
	if member.Request(http.MethodGet, address, nil, nil); member.Status != http.StatusOK || member.Header.Get("Cache-Control") != "private, no-cache" {
		t.Errorf("a member's picture at %s: %d, %v", address, member.Status, member.Header)
	}
	if b.Request(http.MethodGet, address, nil, nil); b.Status != http.StatusNotFound {
		t.Errorf("a member's picture for a stranger: %d", b.Status)
	}
}

// plainTextsWithMarkup: where plain text is wanted, a text from the rich text editor gives its words: in
// lists, on pages, in what search engines see, and in feeds.
func plainTextsWithMarkup(t *testing.T, up harness.Upstream) {
	app := harness.StartApp(t, up, nil)
	b := app.Browser(t, harness.Plain)
	const teaser, words = "<p>Eight weeks of <strong>weighing</strong> &amp; waiting.</p>", "Eight weeks of weighing & waiting."
	newItem(t, up, "posts", map[string]any{"slug": "rich-teaser", "title": "<p>Weighing <em>hay</em></p>", "teaser": teaser, "status": "published", "publish_date": "2026-11-20", "members_only": true, "content": "<p>x</p>"})
	newItem(t, up, "pages", map[string]any{"slug": "rich-title", "title": "<p>About <em>hay</em></p>", "status": "published", "content": "<p>x</p>"})
	for _, path := range []string{"/blog", "/blog/rich-teaser"} {
		b.Open(path)
		b.WantText("Weighing hay", words)
		if strings.Contains(b.Text(), "<p>") {
			t.Errorf("%s shows tags: %s", path, b.Text())
		}
	}
	for selector, want := range map[string]string{`meta[name="description"]`: words, `meta[property="og:description"]`: words, `meta[property="og:title"]`: "Weighing hay"} {
		if got := b.Doc.Find(selector).AttrOr("content", ""); got != want {
			t.Errorf("%s is %q", selector, got)
		}
	}
	for _, feed := range []string{"/blog/rss.xml", "/blog/atom.xml", "/blog/feed.json"} {
		b.Request(http.MethodGet, feed, nil, nil)
		if strings.Contains(b.Raw, "weighing</strong>") || strings.Contains(b.Raw, "weighing&lt;/strong") || strings.Contains(b.Raw, "weighing\\u003c") || !strings.Contains(b.Raw, "Eight weeks of weighing") {
			t.Errorf("%s has tags in a plain text", feed)
		}
	}
	if b.Open("/pages/rich-title"); b.Doc.Find("h1").Text() != "About hay" {
		t.Errorf("the page is called %q", b.Doc.Find("h1").Text())
	}
}

// namesOfNothing: whatever an editor leaves of a name, no page fails, and nothing that can be
// followed or stands above a text is without one.
func namesOfNothing(t *testing.T, up harness.Upstream) {
	b := harness.StartApp(t, up, nil).Browser(t, harness.Plain)
	b.Open("/blog/authors/marjorie-thistlewood")
	b.WantText("Marjorie Thistlewood")
	newItem(t, up, "posts", map[string]any{"slug": "nothing", "title": "x", "author": 1, "status": "published", "publish_date": "2026-11-20", "content": "<h2>x</h2>"})
	for _, name := range []string{"", " ", "<p>&nbsp;</p>", "<div style=\"color: red\"></div>", "<p><br></p>"} {
		for path, field := range map[string]string{
			"/items/global": "title", "/items/navigation/1": "label", "/items/posts/1": "title", "/items/pages/1": "title", "/items/authors/1": "name",
		} {
			if err := up.Admin.Patch(t.Context(), path, map[string]any{field: name}); err != nil {
				t.Fatal(err)
			}
		}
		for _, path := range []string{"/", "/blog", "/blog/first-frost-checklist", "/blog/nothing", "/blog/authors/marjorie-thistlewood", "/pages/about", "/signin"} {
			b.Open(path)
			if nobody := strings.Contains(path, "authors"); !nobody && b.Status != http.StatusOK || nobody && b.Status != http.StatusNotFound {
				t.Errorf("%s with names like %q: %d", path, name, b.Status)
			}
			for _, named := range b.Doc.Find("title, h1, h2, a:not(:has(img[alt]:not([alt=''])))").EachIter() {
				if strings.TrimSpace(named.Text()) == "" && named.AttrOr("aria-label", "") == "" {
					html, _ := goquery.OuterHtml(named)
					t.Errorf("%s with names like %q has %s", path, name, html)
				}
			}
		}
	}
}
