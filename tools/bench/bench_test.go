package main

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/zstd"
	"go.uber.org/goleak"

	"hutch/sandbox/sample"
)

const rightPage = "<html>Hay by numbers</html>"

func targetOf(t *testing.T, handler http.HandlerFunc) target {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	return target{address: strings.TrimPrefix(server.URL, "http://"), path: "/blog", header: fromBrowser(), shows: []string{"Hay by numbers"}}
}

// A page counts as right in any compression, and nothing else does.
func TestFetchRight(t *testing.T) {
	encoders := map[string]func(io.Writer) io.WriteCloser{
		"gzip": func(w io.Writer) io.WriteCloser { return gzip.NewWriter(w) },
		"br":   func(w io.Writer) io.WriteCloser { return brotli.NewWriter(w) },
		"zstd": func(w io.Writer) io.WriteCloser {
			encoder, err := zstd.NewWriter(w)
			if err != nil {
				t.Fatal(err)
			}
			return encoder
		},
	}
	for name, encoder := range encoders {
		var body bytes.Buffer
		w := encoder(&body)
		if _, err := io.WriteString(w, rightPage); err != nil {
			t.Fatal(err)
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		a, err := fetchRight(t.Context(), targetOf(t, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Encoding", name)
			_, _ = w.Write(body.Bytes())
		}))
		if err != nil || !bytes.Equal(a.body, body.Bytes()) || a.wire <= len(a.body) {
			t.Errorf("%s: %v, %d bytes of %d, %d on the wire", name, err, len(a.body), body.Len(), a.wire)
		}
	}
	for what, handler := range map[string]http.HandlerFunc{
		"status 500":           func(w http.ResponseWriter, _ *http.Request) { http.Error(w, rightPage, http.StatusInternalServerError) },
		"status 303":           func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/signin", http.StatusSeeOther) },
		`lacks "Hay by`:        func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "<html>nothing</html>") },
		`unrequested encoding`: func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("Content-Encoding", "x") },
	} {
		if _, err := fetchRight(t.Context(), targetOf(t, handler)); err == nil || !strings.Contains(err.Error(), what) {
			t.Errorf("%s: %v", what, err)
		}
	}
}

// Whatever goes wrong under load is no result.
func TestLoadFailsLoudly(t *testing.T) {
	if testing.Short() {
		t.Skip("wrk runs for seconds: not with -short")
	}
	if _, err := exec.LookPath("wrk"); err != nil {
		if os.Getenv("HUTCH_REQUIRE_ALL") != "1" {
			t.Skip("needs wrk: apt-get install wrk, or make bench")
		}
		if err := provideWrk(t.Context(), os.Stderr); err != nil {
			t.Fatal(err)
		}
	}
	right := func(w http.ResponseWriter) { _, _ = io.WriteString(w, rightPage) }
	if perSecond, err := load(t.Context(), t.TempDir(), targetOf(t, func(w http.ResponseWriter, _ *http.Request) { right(w) }), connections, time.Second); err != nil || perSecond < 10 {
		t.Errorf("nothing goes wrong: %v, %f", err, perSecond)
	}
	for what, wrong := range map[string]http.HandlerFunc{
		"error status": func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "", http.StatusServiceUnavailable) },
		"bytes under load": func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "/signin", http.StatusSeeOther)
		},
		"failed": func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) },
	} {
		var asked atomic.Int64
		_, err := load(t.Context(), t.TempDir(), targetOf(t, func(w http.ResponseWriter, r *http.Request) {
			if asked.Add(1) == 1 { // before the load all is well
				right(w)
				return
			}
			wrong(w, r)
		}), connections, time.Second)
		if err == nil || !strings.Contains(err.Error(), what) {
			t.Errorf("%s: %v", what, err)
		}
	}
}

// A crowd is counted by the question that was asked most often.
func TestRush(t *testing.T) {
	directus := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "{}") }))
	t.Cleanup(directus.Close)
	p, err := startProxy(directus.URL)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = p.close() })
	var visits atomic.Int64
	page := targetOf(t, func(w http.ResponseWriter, _ *http.Request) {
		if n := visits.Add(1); n <= 3 { // a Hutch that asks too often
			res, err := http.Get(fmt.Sprintf("%s/items/posts?page=%d", p.url, n/2))
			if err != nil {
				t.Error(err)
				return
			}
			_ = res.Body.Close()
		}
		_, _ = io.WriteString(w, rightPage)
	})
	asked, err := (&stage{proxy: p}).rush(t.Context(), page)
	if err != nil || asked != 2 || visits.Load() != crowd {
		t.Errorf("asked %v, %v; %d visits", asked, err, visits.Load())
	}
}

// What Hutch adds is the time in which no call is open.
func TestCostOf(t *testing.T) {
	began := time.Now()
	at := func(ms int) time.Time { return began.Add(time.Duration(ms) * time.Millisecond) }
	for what, test := range map[string]struct {
		calls       []call
		waited, sum int
		chain       int
	}{
		"none":                                 {nil, 0, 0, 0},
		"at the same time":                     {[]call{{"", at(11), at(30)}, {"", at(10), at(20)}, {"", at(10), at(15)}}, 20, 34, 1},
		"one after another, beside a long one": {[]call{{"", at(10), at(20)}, {"", at(10), at(60)}, {"", at(22), at(30)}}, 50, 68, 2},
		"with a pause":                         {[]call{{"", at(10), at(20)}, {"", at(40), at(50)}}, 20, 20, 2},
		"still open":                           {[]call{{"", at(90), time.Time{}}, {"", at(80), at(110)}}, 20, 30, 1},
	} {
		cost := costOf(test.calls, began, at(100))
		if milliseconds(cost.waited) != float64(test.waited) || milliseconds(cost.sum) != float64(test.sum) || cost.chain != test.chain || cost.calls != len(test.calls) || milliseconds(cost.total) != 100 {
			t.Errorf("%s: %+v", what, cost)
		}
	}
}

// The posts of the archive are as large as they are said to be, and the same each time.
func TestArchive(t *testing.T) {
	content, err := sample.Load()
	if err != nil {
		t.Fatal(err)
	}
	w, again := newWriter(content), newWriter(content)
	for n := range 500 {
		p := w.post(n)
		if len(p.html) < 4000 || len(p.html) > 9000 || p.html != again.post(n).html || (p.image == nil) != (n%3 == 0) {
			t.Errorf("%s has %d bytes", p.slug, len(p.html))
		}
	}
	seen := map[int]bool{}
	for _, series := range []int{filling, coldly, waitedFor, besideTheRude} {
		for i := range cachedPosts {
			n := spreadOut(i, series)
			if seen[n] || n >= archivePosts {
				t.Fatalf("post %d is in two series, or in none", n)
			}
			seen[n] = true
		}
	}
}

// Whatever is not the right page within two seconds is a miss.
func TestPolitely(t *testing.T) {
	for want, handler := range map[string]http.HandlerFunc{
		"":            func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, rightPage) },
		"wrong page":  func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "<html>nothing</html>") },
		"429":         func(w http.ResponseWriter, _ *http.Request) { http.Error(w, rightPage, http.StatusTooManyRequests) },
		"no response": func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) },
		"late with 200": func(w http.ResponseWriter, _ *http.Request) {
			time.Sleep(politePatience + 50*time.Millisecond)
			_, _ = io.WriteString(w, rightPage)
		},
	} {
		if want == "late with 200" && testing.Short() {
			continue
		}
		if _, why := politely(t.Context(), targetOf(t, handler)); why != want {
			t.Errorf("%q instead of %q", why, want)
		}
	}
	if said := tally([]string{"429", "200"}, nil, []string{"200"}); said != "2 × 200, 1 × 429" || tally(nil) != "none" {
		t.Error(said)
	}
}

func TestProcessor(t *testing.T) {
	p, err := startProcess("", t.TempDir(), nil, "/bin/sh", "-c", "while :; do :; done")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = p.stop() }()
	for deadline := time.Now().Add(20 * time.Second); time.Now().Before(deadline); time.Sleep(10 * time.Millisecond) {
		if used, err := p.processor(); err != nil || used > 50*time.Millisecond {
			if err != nil || used > time.Since(p.began)+50*time.Millisecond {
				t.Errorf("used %s, %v", used, err)
			}
			return
		}
	}
	t.Error("it uses no processor time")
}

func TestChooseMeasures(t *testing.T) {
	chosen, err := chooseMeasures("peak,crawl")
	if err != nil || len(chosen) != 2 || chosen[0].name != "crawl" {
		t.Errorf("%v, %v", chosen, err)
	}
	for _, names := range []string{"crwal", "crawl,", "crawl,crawl"} {
		if _, err := chooseMeasures(names); err == nil {
			t.Errorf("%q is accepted", names)
		}
	}
}

func TestFilesOf(t *testing.T) {
	files, err := filesOf([]byte(`<link rel="icon" href="/i.svg"><link rel="stylesheet" href="/a.css"><link rel="preload" href="/a.css">
		<link rel="canonical" href="/blog"><link rel="alternate" href="/feed"><script src="/b.js"></script><script>x</script>
		<img src="/i.svg"><img src="https://elsewhere.example/x.png">`))
	if err != nil || !slices.Equal(files, []string{"/i.svg", "/a.css", "/b.js"}) {
		t.Errorf("%q, %v", files, err)
	}
}

func TestReadGoBenchmarks(t *testing.T) {
	all, err := readGoBenchmarks("pkg: hutch\nBenchmarkX/blog-2  100  3000 ns/op  10 B/op  2 allocs/op\nBenchmarkX/blog-2  100  1000 ns/op  10 B/op  2 allocs/op\nPASS\n")
	if err != nil || len(all) != 1 || all[0].name != "X/blog" || all[0].nanoseconds.median() != 2000 || all[0].allocs.median() != 2 {
		t.Errorf("%+v, %v", all, err)
	}
	if _, err := readGoBenchmarks("PASS\n"); err == nil {
		t.Error("no benchmark is no result")
	}
}

func TestSpread(t *testing.T) {
	s := spread{4, 1, 3}
	if s.show("%.0f ms") != "3 (1 to 4) ms" || (spread{2, 2}).show("%.1f") != "2.0" || s.over(spread{2, 1, 1}).median() != 2 || (spread{1, 2}).median() != 1.5 {
		t.Errorf("%s, %v", s.show("%.0f"), s.over(spread{2, 1, 1}))
	}
}

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }
