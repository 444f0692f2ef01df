package races_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"hutch/app"
	"hutch/e2e/harness"
	"hutch/internal/logbuffer"
	"hutch/sandbox"
)

// wordsOf is what en.toml says after so many changes.
func wordsOf(n int) string { return fmt.Sprintf("[blog]\ntitle = \"News %d\"\n", n) }

// While the folder is read again, time after time, nobody who reads, signs in or saves a
// form notices, and from then on everybody sees what it says.
func TestReloadUnderLoad(t *testing.T) {
	harness.TakesSeconds(t)
	up := harness.StartSandbox(t, sandbox.Options{})
	folder := harness.NewSiteFolder(t, map[string]string{"i18n/en.toml": wordsOf(0), "static/own.css": "a{}"})
	up.Folder = folder
	// In development, as production takes no sessions without https; requests notice the
	// changes, too.
	site := harness.StartApp(t, up, harness.Fresh())
	var requests, failed atomic.Int64
	done := make(chan struct{})
	var group sync.WaitGroup
	answered := func(b *harness.Browser, want int) {
		if requests.Add(1); b.Status != want {
			failed.Add(1)
			t.Errorf("%s: %d", b.Path, b.Status)
		}
	}
	until := func(step func(int)) {
		group.Go(func() {
			for i := 0; ; i++ {
				select {
				case <-done:
					return
				default:
					step(i)
				}
			}
		})
	}
	for range 3 {
		b := site.Browser(t, harness.Plain)
		until(func(i int) {
			for _, path := range []string{"/blog", "/", "/blog/hay-by-numbers", fmt.Sprint("/search?q=hay", i), "/static/own.css", "/blog/rss.xml", "/readyz"} {
				b.Request(http.MethodGet, path, nil, nil)
				answered(b, http.StatusOK)
			}
			b.Open("/blog") // with the stylesheet of before, if it has changed since
			b.Request(http.MethodGet, b.Doc.Find("link[rel=stylesheet]").First().AttrOr("href", ""), nil, nil)
			answered(b, http.StatusOK)
		})
	}
	for range 2 {
		b := site.Browser(t, harness.Plain)
		b.SignUp()
		until(func(i int) {
			b.Open("/profile")
			answered(b, http.StatusOK)
			b.Submit("#edit-profile", map[string]string{"first_name": fmt.Sprint("Name ", i)})
			answered(b, http.StatusOK)
			b.WantSignedIn(true)
		})
	}
	for i := 1; i <= 20; i++ {
		folder.Write("i18n/en.toml", wordsOf(i))
		folder.Write("static/hutch.css", strings.Repeat("a{} ", 500+i))
		if err := site.Site.Reload(); err != nil {
			t.Error(err)
		}
		b := site.Browser(t, harness.Plain)
		if b.Open("/blog"); b.Doc.Find("h1").Text() != fmt.Sprint("News ", i) {
			t.Errorf("after change %d, the heading is %q", i, b.Doc.Find("h1").Text())
		}
	}
	close(done)
	group.Wait()
	if requests.Load() < 50 || failed.Load() != 0 {
		t.Errorf("%d of %d requests failed", failed.Load(), requests.Load())
	}
	t.Logf("%d requests, %d failed", requests.Load(), failed.Load())
}

// SIGHUP has the process read the folder again; what is broken is told, and the old goes on.
func TestHangup(t *testing.T) {
	up := harness.StartSandbox(t, sandbox.Options{})
	folder := harness.NewSiteFolder(t, map[string]string{"i18n/en.toml": wordsOf(0)})
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	getenv := map[string]string{
		"APP_ENV": "production", "PUBLIC_URL": "https://www.example.com", "SESSION_SECRET": strings.Repeat("s", 32),
		"DIRECTUS_URL": up.URL, "PORT": "0", "SITE_DIR": string(folder.Folder),
	}
	out, ended := &logbuffer.Buffer{}, make(chan error, 1)
	go func() { ended <- app.Run(ctx, nil, func(name string) string { return getenv[name] }, out) }()
	address := waitFor(t, out, "Hutch is running at ")
	heading := func() string {
		res, err := http.Get(address + "/blog")
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		body, err := io.ReadAll(res.Body)
		if err != nil || res.StatusCode != http.StatusOK {
			t.Fatalf("%d, %v", res.StatusCode, err)
		}
		_, after, _ := strings.Cut(string(body), "<h1")
		return after[:min(len(after), 40)]
	}
	hangup := func(told string, times int) {
		t.Helper()
		if err := syscall.Kill(syscall.Getpid(), syscall.SIGHUP); err != nil {
			t.Fatal(err)
		}
		for deadline := time.Now().Add(time.Minute); strings.Count(out.String(), told) < times; time.Sleep(10 * time.Millisecond) {
			if time.Now().After(deadline) {
				t.Fatalf("the log does not say %q:\n%s", told, out)
			}
		}
	}
	if got := heading(); !strings.Contains(got, "News 0") {
		t.Errorf("the heading is %q", got)
	}
	folder.Write("i18n/en.toml", wordsOf(1))
	hangup("the site folder was read again", 1)
	if got := heading(); !strings.Contains(got, "News 1") {
		t.Errorf("after the signal, the heading is %q", got)
	}
	folder.Write("i18n/en.toml", "[blog]\ntitle = {{")
	hangup("the site goes on as it was", 1)
	if !strings.Contains(out.String(), "i18n/en.toml:2: ") {
		t.Errorf("the log does not name the fault:\n%s", out)
	}
	if got := heading(); !strings.Contains(got, "News 1") {
		t.Errorf("with a fault, the heading is %q", got)
	}
	folder.Write("i18n/en.toml", wordsOf(2))
	hangup("the site folder was read again", 2)
	if got := heading(); !strings.Contains(got, "News 2") {
		t.Errorf("after the fault, the heading is %q", got)
	}
	stop()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

// A folder that cannot be served ends the start, with all that is wrong with it.
func TestABrokenFolderEndsTheStart(t *testing.T) {
	folder := harness.NewSiteFolder(t, map[string]string{"i18n/en.toml": "[blog]\ntitel = \"News\"\n", "static/page.html": "", "site.toml": "collections = 1"})
	getenv := map[string]string{"PORT": "0", "SANDBOX_DB": ":memory:", "SITE_DIR": string(folder.Folder)}
	out := &logbuffer.Buffer{}
	err := app.Run(t.Context(), nil, func(name string) string { return getenv[name] }, out)
	for _, fault := range []string{"site.toml:1: ", "i18n/en.toml:2: there is no message blog.titel", "static/page.html: this kind"} {
		if err == nil || !strings.Contains(err.Error(), "\n"+fault) {
			t.Errorf("it ends with %v, and does not name %s", err, fault)
		}
	}
}
