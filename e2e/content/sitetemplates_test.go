package content_test

import (
	"net/http"
	"strings"
	"testing"
	"testing/fstest"

	"hutch/e2e/harness"
)

// ofTheSite returns a site folder with these templates.
func ofTheSite(files map[string]string) fstest.MapFS {
	folder := fstest.MapFS{}
	for name, text := range files {
		folder["templates/"+name] = &fstest.MapFile{Data: []byte(text)}
	}
	return folder
}

// A file of the team's own replaces ours, and no other page changes.
func TestSiteTemplatesReplaceOurs(t *testing.T) {
	harness.OnEachDirectus(t, func(t *testing.T, up harness.Upstream) {
		up.Folder = ofTheSite(map[string]string{
			"post.html":      `{{define "title"}}{{.Page.Heading}}{{end}}{{define "main"}}<h1 class="own">{{.Page.Heading}}</h1>{{richtext .Page.HTML}}{{end}}`,
			"problem.html":   `<h1>Oh dear</h1><p id="said">{{t .Page.Heading}}</p>`, // nothing but the main part
			"._problem.html": "\x00\x05\x16\x07",
		})
		b := harness.StartApp(t, up, nil).Browser(t, harness.Plain)
		b.Open("/blog/hay-by-numbers")
		b.WantStatus(http.StatusOK)
		if b.Doc.Find("main h1.own").Length() != 1 || b.Doc.Find("header.site-header").Length() != 1 {
			t.Errorf("not the team's own: %s", b.Raw)
		}
		b.Open("/nowhere")
		b.WantStatus(http.StatusNotFound)
		b.WantText("Oh dear")
		if !strings.HasPrefix(b.Title(), "Oh dear · ") {
			t.Errorf("a file without a title is called %q", b.Title())
		}
		b.Open("/blog")
		b.WantStatus(http.StatusOK)
	})
}

const team = `{{define "description"}}Who we are{{end}}<article class="prose">
  <h1>The <em>team</em> &amp; its rabbits</h1>
  <p>{{t "nav.signin"}}</p>
</article>`

// A page that is a file and nothing else is a page like any other.
func TestSitePages(t *testing.T) {
	harness.OnEachDirectus(t, func(t *testing.T, up harness.Upstream) {
		up.Folder = ofTheSite(map[string]string{"pages/about/team.html": team, "pages/blog.html": "<h1>Never seen</h1>"})
		site := harness.StartApp(t, up, nil)
		b := site.Browser(t, harness.Plain)
		b.Open("/about/team")
		b.WantStatus(http.StatusOK)
		b.WantText("The team & its rabbits", "Sign in")
		if !strings.HasPrefix(b.Title(), "The team & its rabbits · ") {
			t.Errorf("its title is %q", b.Title())
		}
		if about, _ := b.Doc.Find(`meta[name="description"]`).Attr("content"); about != "Who we are" {
			t.Errorf("its description is %q", about)
		}
		if canonical, _ := b.Doc.Find(`link[rel="canonical"]`).Attr("href"); canonical != harness.PublicURL+"/about/team" {
			t.Errorf("its address is %q", canonical)
		}
		b.OpenAs("/about/team", http.Header{"Accept-Language": {"de"}})
		b.WantText("The team & its rabbits", "Anmelden")

		b.Request(http.MethodGet, "/about/team", nil, http.Header{"Hx-Request": {"true"}, "Hx-Request-Type": {"partial"}, "Hx-Target": {"main#main"}, "Accept-Encoding": {"identity"}})
		if !strings.Contains(b.Raw, "<title>The team &amp; its rabbits") || strings.Contains(b.Raw, "<html") {
			t.Errorf("htmx gets %s", b.Raw)
		}
		etag := b.Request(http.MethodGet, "/about/team", nil, nil).Header.Get("Etag")
		if again := b.Request(http.MethodGet, "/about/team", nil, http.Header{"If-None-Match": {etag}}); etag == "" || again.StatusCode != http.StatusNotModified {
			t.Errorf("with the ETag %q it answers %d", etag, again.StatusCode)
		}

		if to := b.Request(http.MethodGet, "/about/team/", nil, nil); to.StatusCode != http.StatusPermanentRedirect || to.Header.Get("Location") != "/about/team" {
			t.Errorf("with a slash at its end it answers %d to %q", to.StatusCode, to.Header.Get("Location"))
		}
		b.Open("/blog") // ours come first
		if strings.Contains(b.Raw, "Never seen") {
			t.Error("a page of the folder hides one of ours")
		}
		for _, odd := range []string{"/about/team.html", "/About/team", "/pages/about/team", "/about%2Fteam/x", "/about/..%2fteam"} {
			if response := b.Request(http.MethodGet, odd, nil, nil); response.StatusCode != http.StatusNotFound {
				t.Errorf("%s answers %d", odd, response.StatusCode)
			}
		}
		if response := b.Request(http.MethodPost, "/about/team", nil, nil); response.StatusCode != http.StatusNotFound {
			t.Errorf("a form that is sent there is answered %d", response.StatusCode)
		}
		if b.Request(http.MethodGet, "/sitemap.xml", nil, nil); strings.Count(b.Raw, "/about/team</loc>") != 1 {
			t.Errorf("the sitemap: %s", b.Raw)
		}
	})
}

// A template that fails is our page that says so, and a line of the log that says where.
func TestSiteTemplatesThatFail(t *testing.T) {
	harness.OnEachDirectus(t, func(t *testing.T, up harness.Upstream) {
		up.Folder = ofTheSite(map[string]string{
			"pages/field.html":  "<h1>A</h1>\n{{.Page.Nothing}}",
			"pages/loop.html":   `{{define "a"}}{{template "a" .}}{{end}}<p>{{template "a" .}}</p>`,
			"pages/count.html":  `{{range 100000000000}}{{range 100000000000}}{{end}}{{end}}`,
			"pages/large.html":  `{{range 100000000}}<p>All work and no play makes Jack a dull boy.</p>{{end}}`,
			"pages/double.html": `{{$x := "rabbits"}}{{range 60}}{{$x = printf "%s%s" $x $x}}{{end}}`,
			"pages/deep.html":   `{{define "b"}}{{template "c" (slice . 1)}}{{template "c" (slice . 1)}}{{end}}{{define "c"}}{{if gt (len .) 1}}{{template "b" .}}{{end}}{{end}}{{template "b" "` + strings.Repeat("x", 60) + `"}}`,
			"layout.html":       `{{define "layout"}}<html lang="en"><body>{{template "main" .}}{{.Frame.Nope}}</body></html>{{end}}{{define "tab"}}{{end}}{{define "stale"}}{{end}}`,
		})
		site := harness.StartApp(t, up, nil)
		b := site.Browser(t, harness.Plain)
		for path, where := range map[string]string{
			"/field":  "templates/pages/field.html:2: ",
			"/loop":   "templates/pages/loop.html:1: ",
			"/count":  "templates/pages/count.html: the page takes longer than 5s",
			"/large":  "templates/pages/large.html: the page is larger than 32 MB",
			"/double": "templates/pages/double.html:1: ",
			"/deep":   "templates/pages/deep.html: the page takes longer than 5s",
			"/blog":   "templates/layout.html:1: ",
		} {
			b.Open(path)
			b.WantStatus(http.StatusInternalServerError)
			b.WantText("Something went wrong")
			if b.Doc.Find("header.site-header").Length() != 1 { // of our own layout
				t.Errorf("%s answers %s", path, b.Raw)
			}
			if !strings.Contains(site.Log.String(), where) {
				t.Errorf("%s is logged as\n%s", path, site.Log)
			}
		}
	})
}
