//go:build unix

package realbrowser

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"
)

// forLighthouse is for make test-all, which alone asks it for scores.
func forLighthouse(t *testing.T) {
	t.Helper()
	if os.Getenv("HUTCH_ALL") != "1" {
		t.Skip("takes minutes: make test-all")
	}
	ForTest(t)
}

func TestLighthouse(t *testing.T) {
	forLighthouse(t)
	site := newSite(t)
	r, err := Lighthouse(t.Context(), site.URL+"/members", http.Header{"Cookie": {"member=yes"}})
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("the good page: %+v", r)
	// Performance depends on the machine's load.
	if r.Accessibility != 100 || r.BestPractices != 100 || r.SEO != 100 || r.Performance < 50 {
		t.Errorf("the good page: %+v", r)
	}

	r, err = Lighthouse(t.Context(), site.URL+"/bad", nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("the bad page: %+v", r)
	if r.Accessibility > 80 || r.BestPractices == 100 || r.SEO > 80 {
		t.Errorf("the bad page: %+v", r)
	}
	for _, want := range []Cost{
		{ID: "document-title"},
		{ID: "html-has-lang"},
		{ID: "image-alt", Detail: "/missing.png"},
		{ID: "color-contrast", Detail: `class="menu"`},
		{ID: "errors-in-console", Detail: "404"},
		{ID: "meta-description"},
	} {
		wantCost(t, r, want)
	}
}

func wantCost(t *testing.T, r Report, want Cost) {
	t.Helper()
	for _, c := range r.Costs {
		if c.ID == want.ID && c.Title != "" && strings.Contains(c.Detail, want.Detail) {
			return
		}
	}
	t.Errorf("did not find %v", want)
}

// newSite serves /members only with a cookie, and redirects to it from /away.
func newSite(t *testing.T) *httptest.Server {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /members", func(w http.ResponseWriter, r *http.Request) {
		if c, err := r.Cookie("member"); err != nil || c.Value != "yes" {
			w.WriteHeader(http.StatusUnauthorized)
		}
		fmt.Fprint(w, goodPage)
	})
	mux.HandleFunc("GET /bad", func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, badPage) })
	mux.HandleFunc("GET /good", func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, goodPage) })
	mux.Handle("GET /away", http.RedirectHandler("/good", http.StatusSeeOther))
	site := httptest.NewServer(mux)
	t.Cleanup(site.Close)
	return site
}

// TestLighthouseOnAnotherPage: a redirect must not yield another page's scores.
func TestLighthouseOnAnotherPage(t *testing.T) {
	forLighthouse(t)
	site := newSite(t)
	for path, want := range map[string]string{"/members": "401", "/away": "another page"} {
		if r, err := Lighthouse(t.Context(), site.URL+path, nil); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %+v, %v", path, r, err)
		} else {
			t.Logf("%s: %.200s", path, err)
		}
	}
}

// TestLighthouseInTime: a page that never loads ends with the context, and leaves
// nothing behind.
func TestLighthouseInTime(t *testing.T) {
	forLighthouse(t)
	release := make(chan struct{})
	site := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-release }))
	defer site.Close()
	defer close(release)
	t.Setenv("TMPDIR", t.TempDir())
	ctx, cancel := context.WithTimeout(t.Context(), 4*time.Second)
	defer cancel()
	began := time.Now()
	_, err := Lighthouse(ctx, site.URL, nil)
	if !errors.Is(err, context.DeadlineExceeded) || time.Since(began) > 8*time.Second {
		t.Errorf("after %s: %v", time.Since(began), err)
	}
	if left, err := os.ReadDir(os.TempDir()); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}
