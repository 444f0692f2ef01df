package harness

import (
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// Wire stands between the app and Directus. It remembers what went through, and
// breaks on demand.
type Wire struct {
	URL string

	Mu      sync.Mutex
	calls   []string // "POST /auth/login"
	bearers []string // Authorization of each of them
	whole   []string // each with its query: "GET /items/posts?limit=13"
	seen    []string // session tokens that Directus gave out
	running atomic.Int64
	// instead answers in Directus' place, and reports whether it did.
	instead func(http.ResponseWriter, *http.Request) bool
}

func NewWire(t *testing.T, upstream string) *Wire {
	t.Helper()
	target, err := url.Parse(upstream)
	if err != nil {
		t.Fatal(err)
	}
	w := &Wire{}
	proxy := &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(target)
			r.Out.Header["X-Forwarded-For"] = r.In.Header["X-Forwarded-For"]
		},
		ModifyResponse: func(r *http.Response) error {
			for _, cookie := range r.Cookies() {
				if cookie.Value != "" {
					w.Mu.Lock()
					w.seen = append(w.seen, cookie.Value)
					w.Mu.Unlock()
				}
			}
			return nil
		},
		ErrorLog: slog.NewLogLogger(slog.DiscardHandler, slog.LevelError),
	}
	server := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		w.running.Add(1)
		defer w.running.Add(-1)
		w.Mu.Lock()
		w.calls = append(w.calls, r.Method+" "+r.URL.Path)
		w.whole = append(w.whole, r.Method+" "+r.URL.RequestURI())
		w.bearers = append(w.bearers, r.Header.Get("Authorization"))
		instead := w.instead
		w.Mu.Unlock()
		if instead == nil || !instead(rw, r) {
			proxy.ServeHTTP(rw, r)
		}
	}))
	t.Cleanup(server.Close)
	w.URL = server.URL
	return w
}

// Rewrite lets how answer in Directus' place wherever it returns true.
func (w *Wire) Rewrite(how func(http.ResponseWriter, *http.Request) bool) {
	w.Mu.Lock()
	defer w.Mu.Unlock()
	w.instead = how
}

// WaitForRest waits until every call has been answered to its end.
func (w *Wire) WaitForRest(t *testing.T) {
	t.Helper()
	for deadline := time.Now().Add(Patience); w.running.Load() > 0; time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%d calls to Directus are under way", w.running.Load())
		}
	}
}

func (w *Wire) Mend() { w.Rewrite(nil) }

func (w *Wire) BreakWith(how http.HandlerFunc) { w.BreakOn("", how) }

// BreakOn breaks only the calls that begin with prefix, such as "PATCH".
func (w *Wire) BreakOn(prefix string, how http.HandlerFunc) {
	w.Rewrite(func(rw http.ResponseWriter, r *http.Request) bool {
		if !strings.HasPrefix(r.Method+" "+r.URL.Path, prefix) {
			return false
		}
		how(rw, r)
		return true
	})
}

func (w *Wire) FailOn(prefix string, status int) {
	w.BreakOn(prefix, func(rw http.ResponseWriter, _ *http.Request) { http.Error(rw, "upstream-secret", status) })
}

// Refuse answers as Directus does when it refuses.
func Refuse(w http.ResponseWriter, status int, code string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = fmt.Fprintf(w, `{"errors":[{"message":"upstream-secret","extensions":{"code":%q}}]}`, code)
}

func WriteJSON(w http.ResponseWriter, data string) {
	w.Header().Set("Content-Type", "application/json")
	_, _ = io.WriteString(w, `{"data":`+data+`}`)
}

// Count is how many calls have begun with prefix since the last forget.
func (w *Wire) Count(prefix string) int {
	w.Mu.Lock()
	defer w.Mu.Unlock()
	n := 0
	for _, call := range w.calls {
		if strings.HasPrefix(call, prefix) {
			n++
		}
	}
	return n
}

func (w *Wire) CountToken(token string) int {
	w.Mu.Lock()
	defer w.Mu.Unlock()
	n := 0
	for _, bearer := range w.bearers {
		if bearer == "Bearer "+token {
			n++
		}
	}
	return n
}

func (w *Wire) Forget() {
	w.Mu.Lock()
	defer w.Mu.Unlock()
	w.calls, w.bearers, w.whole = nil, nil, nil
}

// Questions are the calls since the last forget, and how often each was made.
func (w *Wire) Questions() map[string]int {
	w.Mu.Lock()
	defer w.Mu.Unlock()
	asked := map[string]int{}
	for _, call := range w.whole {
		asked[call]++
	}
	return asked
}

func (w *Wire) Tokens() []string {
	w.Mu.Lock()
	defer w.Mu.Unlock()
	return slices.Clone(w.seen)
}

// The ways in which an upstream breaks.
var Breakages = map[string]http.HandlerFunc{
	"cut": func(w http.ResponseWriter, _ *http.Request) {
		conn, _, err := http.NewResponseController(w).Hijack()
		if err == nil {
			_ = conn.Close()
		}
	},
	"HTML for JSON": func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		_, _ = io.WriteString(w, "<h1>nginx: upstream-secret</h1>")
	},
	"a proxy's 401": func(w http.ResponseWriter, _ *http.Request) {
		http.Error(w, "<h1>upstream-secret: 401 Authorization Required</h1>", http.StatusUnauthorized)
	},
	"500 with a stack": func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusInternalServerError)
		_, _ = io.WriteString(w, `{"errors":[{"message":"upstream-secret: select * from","extensions":{"code":"INTERNAL_SERVER_ERROR"}}]}`)
	},
	"JSON cut short": func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, `{"data":{"upstream-secret`)
	},
	"no data": func(w http.ResponseWriter, _ *http.Request) { WriteJSON(w, "null") },
	"503": func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusServiceUnavailable)
		_, _ = io.WriteString(w, `{"errors":[{"message":"upstream-secret","extensions":{"code":"SERVICE_UNAVAILABLE"}}]}`)
	},
	"429": func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Retry-After", "17")
		w.WriteHeader(http.StatusTooManyRequests)
		_, _ = io.WriteString(w, `{"errors":[{"message":"upstream-secret","extensions":{"code":"REQUESTS_EXCEEDED"}}]}`)
	},
}
