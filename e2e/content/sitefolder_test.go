package content_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"hutch/e2e/harness"
	"hutch/sandbox"
)

// inProduction is the environment of a site that reads its folder when it is told to.
func inProduction(more ...string) map[string]string {
	return harness.Fresh(append([]string{"APP_ENV", "production", "PUBLIC_URL", "https://www.example.com", "SESSION_SECRET", strings.Repeat("s", 32)}, more...)...)
}

const french = "[language]\nname = \"Français\"\nprofile = \"fr-FR\"\ndirection = \"ltr\"\n[signin]\ntitle = \"Se connecter\"\n"

// Files of a team's own are sent like ours, and can run nothing when they are opened by
// themselves.
func TestOwnStaticFiles(t *testing.T) {
	up := harness.StartSandbox(t, sandbox.Options{})
	up.Folder = harness.NewSiteFolder(t, map[string]string{
		"static/site.css":        ":root { --radius: 0rem }",
		"static/hutch.css":       `@font-face { font-family: Own; src: url("fonts/one.woff2") } ` + strings.Repeat("a { color: red } ", 200),
		"static/fonts/one.woff2": "a font",
		"static/icon.svg":        `<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>`,
		"static/menu.pdf":        "%PDF-1.4",
	})
	for _, env := range []map[string]string{harness.Fresh(), inProduction()} {
		b := harness.StartApp(t, up, env).Browser(t, harness.Plain)
		b.Open("/blog")
		stylesheet := b.Doc.Find(`link[rel=stylesheet]`).First().AttrOr("href", "")
		if own := b.Doc.Find(`link[rel=stylesheet]`).Eq(1).AttrOr("href", ""); !strings.HasPrefix(own, "/static/site.") {
			t.Errorf("%s follows our stylesheet", own)
		}
		icon := b.Doc.Find(`link[rel=icon]`).First().AttrOr("href", "")
		page := b.Request(http.MethodGet, "/blog", nil, nil)
		if policy := page.Header.Get("Content-Security-Policy"); !strings.Contains(policy, "font-src 'self'") {
			t.Errorf("pages may load no fonts: %s", policy)
		}
		for _, want := range []struct {
			path, kind, body string
			forever, alone   bool
		}{
			{stylesheet, "text/css; charset=utf-8", "font-family: Own", true, false},
			{icon, "image/svg+xml", "<script>", true, true},
			{"/static/fonts/one.woff2", "font/woff2", "a font", false, true}, // as the stylesheet names it
			{"/static/icon.svg", "image/svg+xml", "<script>", false, true},
			{"/static/menu.pdf", "application/pdf", "%PDF", false, false}, // which the browser's own viewer shows
		} {
			res := b.Request(http.MethodGet, want.path, nil, nil)
			policy := res.Header.Get("Content-Security-Policy")
			if res.StatusCode != http.StatusOK || res.Header.Get("Content-Type") != want.kind || !strings.Contains(b.Raw, want.body) ||
				strings.Contains(res.Header.Get("Cache-Control"), "immutable") != want.forever || res.Header.Get("X-Content-Type-Options") != "nosniff" ||
				strings.HasSuffix(policy, "; sandbox") != want.alone {
				t.Errorf("%s: %d %v %.60s", want.path, res.StatusCode, res.Header, b.Raw)
			}
			if strings.Contains(policy, "script-src") != (want.path == stylesheet) { // which is no document
				t.Errorf("%s may run scripts: %s", want.path, policy)
			}
			again := b.Request(http.MethodGet, want.path, nil, http.Header{"If-None-Match": {res.Header.Get("Etag")}})
			if again.StatusCode != http.StatusNotModified {
				t.Errorf("%s is sent again: %d", want.path, again.StatusCode)
			}
		}
		packed := b.Request(http.MethodGet, stylesheet, nil, http.Header{"Accept-Encoding": {"gzip"}})
		if packed.Header.Get("Content-Encoding") != "gzip" && packed.ContentLength > 1000 {
			t.Errorf("the stylesheet has %d bytes", packed.ContentLength)
		}
		for _, path := range []string{"/static/fonts", "/static/fonts/", "/static/../site.toml", "/static/fonts/two.woff2"} {
			if res := b.Request(http.MethodGet, path, nil, nil); res.StatusCode != http.StatusNotFound {
				t.Errorf("%s: %d", path, res.StatusCode)
			}
		}
	}
}

// A few lines replace single messages, and a file adds a language to choose.
func TestOwnWords(t *testing.T) {
	up := harness.StartSandbox(t, sandbox.Options{})
	up.Folder = harness.NewSiteFolder(t, map[string]string{"i18n/en.toml": "[signin]\ntitle = \"Come in\"\n", "i18n/fr.toml": french})
	b := harness.StartApp(t, up, harness.Fresh()).Browser(t, harness.Plain)
	b.Open("/signin")
	b.WantText("Come in")
	if choice := b.Doc.Find(`form[action="/language"] button[value=fr]`).Text(); choice != "Français" {
		t.Errorf("the language can be chosen as %q", choice)
	}
	b.Request(http.MethodPost, "/language", url.Values{"language": {"fr"}}, nil)
	b.Open("/signin")
	harness.WantLanguage(t, b, "fr")
	b.WantText("Se connecter", "No account yet?") // what it lacks is English
}

// In development, what is edited is seen at the next request. With a fault, each page says
// that something went wrong, and the log says what; files and probes go on.
func TestTheFolderWhileItIsEdited(t *testing.T) {
	up := harness.StartSandbox(t, sandbox.Options{})
	folder := harness.NewSiteFolder(t, map[string]string{"i18n/en.toml": "[blog]\ntitle = \"News\"\n"})
	up.Folder = folder
	site := harness.StartApp(t, up, harness.Fresh("CACHE_FRESH", "1h"))
	b := site.Browser(t, harness.Plain)
	b.SignUp()
	b.Open("/blog")
	b.WantText("News")
	folder.Write("i18n/en.toml", "[blog]\ntitle = \"Latest news\"\n")
	b.Open("/blog")
	b.WantText("Latest news")
	folder.Write("static/new.css", "a{}")
	b.Request(http.MethodGet, "/static/new.css", nil, nil)
	b.WantStatus(http.StatusOK)

	folder.Write("i18n/en.toml", "[blog]\ntitel = \"News\"\n")
	for _, path := range []string{"/blog", "/profile", "/signin", "/none"} {
		b.Open(path)
		b.WantStatus(http.StatusInternalServerError)
		b.WantText("Something went wrong")
	}
	for _, path := range []string{"/healthz", "/readyz", "/static/hutch.css"} {
		if res := b.Request(http.MethodGet, path, nil, nil); res.StatusCode != http.StatusOK {
			t.Errorf("%s: %d", path, res.StatusCode)
		}
	}
	const fault = "i18n/en.toml:2: there is no message blog.titel"
	if log := site.Log.String(); strings.Count(log, `the site folder has a fault" fault="`+fault) != 1 || strings.Count(log, `error="`+fault) != 4 {
		t.Errorf("the log says:\n%s", log)
	}
	folder.Write("i18n/en.toml", "[blog]\ntitle = \"News again\"\n")
	b.Open("/blog")
	b.WantText("News again")
	b.WantSignedIn(true)
}

// In production, what is edited is seen when the folder is read again; pages that are cached
// are made anew, of the answers that are there. A fault leaves the site as it is.
func TestTheFolderIsReadAgain(t *testing.T) {
	up := harness.StartSandbox(t, sandbox.Options{})
	folder := harness.NewSiteFolder(t, map[string]string{"i18n/en.toml": "[blog]\ntitle = \"News\"\n"})
	up.Folder = folder
	site := harness.StartApp(t, up, inProduction("CACHE_FRESH", "1h"))
	b := site.Browser(t, harness.Plain)
	b.Open("/blog")
	b.WantText("News")
	ready := b.Request(http.MethodGet, "/readyz", nil, nil)
	site.Wire.FailOn("", http.StatusBadGateway)
	defer site.Wire.Mend()
	site.Wire.Forget()

	folder.Write("i18n/en.toml", "[blog]\ntitle = \"Latest news\"\n")
	b.Open("/signin")
	if b.Open("/blog"); strings.Contains(b.Text(), "Latest news") {
		t.Error("it is read by itself")
	}
	if err := site.Site.Reload(); err != nil {
		t.Fatal(err)
	}
	b.Open("/blog")
	b.WantText("Latest news")
	if asked := site.Wire.Count(""); asked != 0 {
		t.Errorf("Directus was asked %d times", asked)
	}
	if again := b.Request(http.MethodGet, "/readyz", nil, nil); ready.StatusCode != http.StatusOK || again.StatusCode != http.StatusOK {
		t.Errorf("it was ready (%d), and with Directus away it is not any more (%d)", ready.StatusCode, again.StatusCode)
	}

	folder.Write("site.toml", "[[collection]]\nname = \"events\"\n")
	folder.Write("static/page.html", "<p>")
	err := site.Site.Reload()
	for _, fault := range []string{"site.toml:1: a collection needs a path", "static/page.html: this kind of file is not served"} {
		if err == nil || !strings.Contains(err.Error(), fault) {
			t.Errorf("told is %v", err)
		}
	}
	b.Open("/blog")
	b.WantStatus(http.StatusOK)
	b.WantText("Latest news")
}
