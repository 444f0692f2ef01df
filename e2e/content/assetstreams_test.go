package content_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"hutch/e2e/harness"
	"hutch/sandbox"
	"hutch/sandbox/sample"
)

const mega = 1 << 20

// large answers in Directus' place with an image of many megabytes, and lets the
// test say when each goes on.
type large struct {
	size int // in megabytes
	// next is asked before each but the first; false: the connection is cut.
	next func(r *http.Request, sent int) bool
}

func (l large) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	chunk := make([]byte, mega)
	w.Header().Set("Content-Type", "image/tiff")
	w.Header().Set("Content-Disposition", "inline")
	w.Header().Set("Content-Length", fmt.Sprint(l.size*mega))
	for sent := range l.size {
		if sent > 0 && !l.next(r, sent) {
			panic(http.ErrAbortHandler)
		}
		if _, err := w.Write(chunk); err != nil {
			return
		}
		_ = http.NewResponseController(w).Flush()
	}
}

// visit opens an image without reading it.
func visit(t *testing.T, ctx context.Context, app *harness.App) *http.Response {
	t.Helper()
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second) // the test fails instead of hanging
	t.Cleanup(cancel)
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, app.URL+"/assets/"+sample.Images()[0].ID, nil)
	if err != nil {
		t.Fatal(err)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { res.Body.Close() })
	return res
}

func TestImagesStreamThrough(t *testing.T) {
	app := harness.StartApp(t, harness.StartSandbox(t, sandbox.Options{}), nil)
	arrived := make(chan struct{})
	app.Wire.BreakOn("GET /assets", large{64, func(r *http.Request, _ int) bool {
		select {
		case <-arrived: // Directus sends no second megabyte before the first is here
			return true
		case <-r.Context().Done():
			return false
		}
	}}.ServeHTTP)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	res := visit(t, t.Context(), app)
	if _, err := io.CopyN(io.Discard, res.Body, mega/2); err != nil {
		t.Fatal(err)
	}
	close(arrived)
	rest, err := io.Copy(io.Discard, res.Body)
	if err != nil || rest != 64*mega-mega/2 {
		t.Errorf("%d bytes more, %v", rest, err)
	}
	runtime.ReadMemStats(&after)
	if took := (after.TotalAlloc - before.TotalAlloc) / 1024; took > 4*1024 {
		t.Errorf("64 MB took %d KB of memory", took)
	} else {
		t.Logf("64 MB took %d KB of memory, at all three ends", took)
	}
}

func TestImagesThatEndEarly(t *testing.T) {
	app := harness.StartApp(t, harness.StartSandbox(t, sandbox.Options{}), nil)
	app.Wire.BreakOn("GET /assets", large{4, func(_ *http.Request, sent int) bool { return sent < 2 }}.ServeHTTP)
	res := visit(t, t.Context(), app)
	if got, err := io.Copy(io.Discard, res.Body); !errors.Is(err, io.ErrUnexpectedEOF) || got > 2*mega {
		t.Errorf("half of an image: %d bytes, %v", got, err)
	}
	if log := app.Log.String(); strings.Contains(log, "panic") || !strings.Contains(log, "route=/assets/:id") {
		t.Errorf("the log says %s", log)
	}
}

func TestVisitorsWhoDoNotWaitForAnImage(t *testing.T) {
	app := harness.StartApp(t, harness.StartSandbox(t, sandbox.Options{}), nil)
	left := make(chan struct{})
	app.Wire.BreakOn("GET /assets", large{64, func(r *http.Request, _ int) bool {
		<-r.Context().Done() // ends when Hutch hangs up
		close(left)
		return false
	}}.ServeHTTP)
	ctx, leave := context.WithCancel(t.Context())
	res := visit(t, ctx, app)
	if _, err := io.CopyN(io.Discard, res.Body, mega/2); err != nil {
		t.Fatal(err)
	}
	leave()
	select {
	case <-left:
	case <-time.After(30 * time.Second):
		t.Error("Hutch goes on reading for nobody")
	}
}

// More visitors than there are turns open a large image and read none of it. Others
// see their small ones meanwhile, and the slow ones are cut off.
func TestSlowReadersOfImagesHoldUpNobody(t *testing.T) {
	harness.TakesSeconds(t)
	t.Parallel()
	app := harness.StartApp(t, harness.StartSandbox(t, sandbox.Options{}), nil)
	var open sync.WaitGroup
	var begun atomic.Int64
	app.Wire.BreakOn("GET /assets/"+sample.Images()[0].ID, func(w http.ResponseWriter, r *http.Request) {
		open.Add(1)
		defer open.Done()
		begun.Add(1)
		large{64, func(r *http.Request, _ int) bool { return r.Context().Err() == nil }}.ServeHTTP(w, r)
	})
	const readers = 80
	for range readers {
		conn, err := net.Dial("tcp", strings.TrimPrefix(app.URL, "http://"))
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		_ = conn.(*net.TCPConn).SetReadBuffer(4 << 10)
		_, _ = fmt.Fprintf(conn, "GET /assets/%s HTTP/1.1\r\nHost: x\r\n\r\n", sample.Images()[0].ID)
	}
	for end := time.Now().Add(20 * time.Second); begun.Load() < 64; time.Sleep(20 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("only %d have begun", begun.Load())
		}
	}
	b := app.Browser(t, harness.Plain)
	for range 10 {
		if b.Request(http.MethodGet, "/assets/"+sample.Images()[1].ID+"?width=320", nil, nil); b.Status != http.StatusOK {
			t.Fatalf("others get %d", b.Status)
		}
	}
	gone := make(chan struct{})
	go func() { open.Wait(); close(gone) }()
	select {
	case <-gone:
	case <-time.After(40 * time.Second): // four times as long as it should take, and less than a whole answer may
		t.Error("who reads nothing is still sent it")
	}
}

// Directus 10 leaves files open that are not read to their end; and the
// connection can be used again.
func TestUnchangedImagesAreReadToTheirEnd(t *testing.T) {
	app := harness.StartApp(t, harness.StartSandbox(t, sandbox.Options{}), nil)
	b := app.Browser(t, harness.Plain)
	var connections []string
	app.Wire.BreakOn("GET /assets", func(w http.ResponseWriter, r *http.Request) {
		connections = append(connections, r.RemoteAddr)
		w.Header().Set("Content-Type", "image/jpeg")
		w.Header().Set("Content-Disposition", "inline")
		w.Header().Set("Last-Modified", "Sat, 01 Jan 2000 00:00:00 GMT")
		_, _ = w.Write(make([]byte, 400<<10))
	})
	for range 3 {
		b.Request(http.MethodGet, "/assets/"+sample.Images()[0].ID+"?width=960", nil, http.Header{"If-None-Match": {"*"}})
		if b.Status != http.StatusNotModified {
			t.Fatalf("%d", b.Status)
		}
	}
	if len(slices.Compact(connections)) != 1 {
		t.Errorf("images that were not read came by the connections %v", connections)
	}
}

// A list of pictures costs Directus nothing the second time: small renditions are kept
// for all visitors, until they are due or their file changes.
func TestSmallRenditionsAreKept(t *testing.T) {
	harness.OnEachDirectus(t, func(t *testing.T, up harness.Upstream) {
		site := harness.StartApp(t, up, harness.Fresh("CACHE_FRESH", "1m", "HOOK_SECRET", harness.HookSecret))
		small := publishHalves(t, up)
		big := publish(t, up, "big.png", "image/png", []byte(harness.AsPNG(t, harness.Painting(800, 800))))
		b := site.Browser(t, harness.Plain)
		want := func(what, path string, asked int, header http.Header) {
			t.Helper()
			site.Wire.Forget()
			first := b.Request(http.MethodGet, path, nil, header).Header
			for range 2 {
				again := b.Request(http.MethodGet, path, nil, header)
				if b.Status != http.StatusOK || again.Header.Get("Etag") != first.Get("Etag") || again.ContentLength != int64(len(b.Raw)) || len(b.Raw) == 0 {
					t.Errorf("%s: %d, %d bytes, ETag %s", what, b.Status, len(b.Raw), again.Header.Get("Etag"))
				}
			}
			if got := site.Wire.Count("GET /assets/"); got != asked {
				t.Errorf("%s: Directus was asked %d times, want %d", what, got, asked)
			}
		}
		crop := "/assets/" + small + "?width=320&height=213&format=auto"
		want("a small one", crop, 1, nil)
		want("as it is kept", crop, 0, nil)
		want("for another browser", crop, 1, http.Header{"Accept": {"image/webp,*/*"}})
		want("another rendition", "/assets/"+small+"?width=160", 1, nil)
		want("a large one", "/assets/"+big+"?width=800", 3, nil)
		want("an original", "/assets/"+small, 3, nil)

		tag := b.Request(http.MethodGet, crop, nil, nil).Header.Get("Etag")
		site.Wire.Forget()
		if b.Request(http.MethodGet, crop, nil, http.Header{"If-None-Match": {tag}}); b.Status != http.StatusNotModified || len(b.Raw) > 0 {
			t.Errorf("to who has it: %d with %d bytes", b.Status, len(b.Raw))
		}
		if b.Request(http.MethodHead, crop, nil, nil); b.Status != http.StatusOK || b.Header.Get("Content-Length") == "" {
			t.Errorf("HEAD: %d", b.Status)
		}
		if got := site.Wire.Count("GET /assets/"); got != 0 {
			t.Errorf("Directus was asked %d times for what is kept", got)
		}

		site.Hook(t, `{"collection":"directus_files","keys":["`+small+`"]}`)
		want("after a change", crop, 1, nil)
		site.Hook(t, `{"collection":"directus_files","keys":["`+big+`"]}`)
		want("after a change of another", crop, 0, nil)
		site.Pass(2 * time.Minute)
		want("when it is due", crop, 1, nil)
		site.Pass(2 * time.Minute)
		site.Wire.BreakWith(harness.Breakages["503"])
		if b.Request(http.MethodGet, crop, nil, nil); b.Status != http.StatusOK {
			t.Errorf("while Directus fails: %d", b.Status)
		}
		site.Wire.BreakWith(func(w http.ResponseWriter, _ *http.Request) { harness.Refuse(w, http.StatusForbidden, "FORBIDDEN") })
		if b.Request(http.MethodGet, crop, nil, nil); b.Status != http.StatusNotFound {
			t.Errorf("once it is not public any more: %d", b.Status)
		}
		site.Wire.BreakWith(harness.Breakages["503"])
		if b.Request(http.MethodGet, crop, nil, nil); b.Status != http.StatusServiceUnavailable {
			t.Errorf("in an outage after that: %d", b.Status)
		}
		site.Wire.Mend()
	})
}
