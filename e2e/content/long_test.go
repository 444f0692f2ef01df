package content_test

import (
	"fmt"
	"html"
	"net/http"
	"regexp"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"hutch/e2e/harness"
	"hutch/sandbox"
)

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
	if sixty > 5*one { // it would be sixty times as much
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
