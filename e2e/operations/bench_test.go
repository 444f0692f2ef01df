package operations_test

import (
	"bufio"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"hutch/app"
	"hutch/e2e/harness"
	"hutch/handlers"
	"hutch/sandbox"
)

// benchPages are those that visitors see most, as a browser asks for them.
var benchPages = []struct {
	name, path, shows string
	signedIn          bool
}{
	{"blog", "/blog", "Hay by numbers", false},
	{"post", "/blog/hay-by-numbers", "I weighed everything", false},
	{"blog-signed-in", "/blog", "/logout", true},
	{"entries", "/diary", "Hay by numbers", false}, // the same items as a collection of site.toml
	{"entry", "/diary/hay-by-numbers", "I weighed everything", false},
}

// BenchmarkCachedPage is the whole site as one handler, without a network: what
// a page costs when Directus need not be asked.
func BenchmarkCachedPage(b *testing.B) {
	handler, cookie := benchSite(b)
	for _, page := range benchPages {
		b.Run(page.name, func(b *testing.B) {
			request := benchRequest(page.path, cookie, page.signedIn)
			benchShows(b, handler, request, page.shows)
			first := httptest.NewRecorder()
			handler.ServeHTTP(first, request)
			var asked http.Request
			b.ReportAllocs()
			for b.Loop() {
				asked = *request // the site puts its own body into it
				w := benchWriter{header: http.Header{}}
				handler.ServeHTTP(&w, &asked)
				if w.status != http.StatusOK || w.written != first.Body.Len() {
					b.Fatalf("not the page: %d, %d bytes", w.status, w.written)
				}
			}
		})
	}
}

// BenchmarkCachedPageOverHTTP is the same behind the server that main starts,
// with one connection: `make profile` looks at this one. The asking is done on
// the bare socket, so that little of it stands in the profile.
func BenchmarkCachedPageOverHTTP(b *testing.B) {
	handler, cookie := benchSite(b)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	server := handlers.NewServer(listener.Addr().String(), handler, slog.New(slog.DiscardHandler))
	go func() { _ = server.Serve(listener) }()
	b.Cleanup(func() { _ = server.Close() })
	for _, page := range benchPages {
		b.Run(page.name, func(b *testing.B) {
			conn, err := net.Dial("tcp", listener.Addr().String())
			if err != nil {
				b.Fatal(err)
			}
			defer conn.Close()
			var asked strings.Builder
			request := benchRequest(page.path, cookie, page.signedIn)
			benchShows(b, handler, request, page.shows)
			if err := request.Write(&asked); err != nil {
				b.Fatal(err)
			}
			reader := bufio.NewReader(conn)
			b.ReportAllocs()
			for b.Loop() {
				if _, err := io.WriteString(conn, asked.String()); err != nil {
					b.Fatal(err)
				}
				answer, err := http.ReadResponse(reader, nil)
				if err != nil {
					b.Fatal(err)
				}
				if n, err := io.Copy(io.Discard, answer.Body); err != nil || n < 1000 || answer.StatusCode != http.StatusOK {
					b.Fatalf("not the page: %s, %d bytes, %v", answer.Status, n, err)
				}
			}
		})
	}
}

// BenchmarkOutage is a page that cannot be shown, while Directus is not called any more.
func BenchmarkOutage(b *testing.B) {
	handler := productionSite(b, "http://127.0.0.1:1")
	ask := func(address string) int {
		r := benchRequest("/blog", nil, false)
		r.RemoteAddr = address + ":1234" // each visitor may have Directus asked
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, r)
		return w.Code
	}
	var all sync.WaitGroup
	for i := range 60 { // opens the breaker
		all.Go(func() { ask(fmt.Sprintf("203.0.113.%d", i)) })
	}
	all.Wait()
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		if status := ask(fmt.Sprintf("10.0.%d.%d", i>>8&255, i&255)); status != http.StatusServiceUnavailable {
			b.Fatal(status)
		}
	}
}

// benchSite is the site as in production, with its content in the cache already,
// and the cookie of a member's session.
func benchSite(b *testing.B) (handler http.Handler, cookie *http.Cookie) {
	b.Helper()
	handler = productionSite(b, harness.StartSandbox(b, sandbox.Options{}).URL)
	form := url.Values{"email": {sandbox.MemberEmail}, "password": {sandbox.MemberPassword}}
	signIn := httptest.NewRequest(http.MethodPost, "/signin", strings.NewReader(form.Encode()))
	signIn.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	signIn.Header.Set("Origin", benchURL)
	answer := httptest.NewRecorder()
	handler.ServeHTTP(answer, signIn)
	for _, c := range answer.Result().Cookies() {
		if strings.HasSuffix(c.Name, "session") {
			return handler, c
		}
	}
	b.Fatalf("the member was not signed in: %d", answer.Code)
	return nil, nil
}

const benchURL = "https://www.example.com"

func productionSite(b *testing.B, directusURL string) http.Handler {
	b.Helper()
	given := map[string]string{
		"APP_ENV": "production", "DIRECTUS_URL": directusURL, "PUBLIC_URL": benchURL,
		"SESSION_SECRET": strings.Repeat("s", app.MinSecret), "CACHE_FRESH": "1h", // nothing is asked meanwhile
	}
	config, err := app.Read(func(name string) string { return given[name] })
	if err != nil {
		b.Fatal(err)
	}
	const diary = "[[collection]]\nname = \"posts\"\npath = \"/diary\"\nread = \"everybody\"\n"
	handler, err := app.New(b.Context(), app.Options{Config: config, DirectusURL: config.DirectusURL, Folder: fstest.MapFS{"site.toml": {Data: []byte(diary)}}, Closing: b.Context(), Now: time.Now, Log: app.NewLog(config, io.Discard)})
	if err != nil {
		b.Fatal(err)
	}
	return handler
}

func benchRequest(path string, session *http.Cookie, signedIn bool) *http.Request {
	r := httptest.NewRequest(http.MethodGet, "http://www.example.com"+path, nil)
	r.Header.Set("Accept-Encoding", "gzip, deflate, br, zstd")
	r.Header.Set("Accept-Language", "en-GB,en;q=0.9")
	r.Header.Set("User-Agent", "Mozilla/5.0 (X11; Linux x86_64) Hutch-Bench")
	if signedIn {
		r.AddCookie(session)
	}
	return r
}

// benchShows wants the page to be what it should be, without compression.
func benchShows(b *testing.B, handler http.Handler, request *http.Request, shows string) {
	b.Helper()
	plain := request.Clone(b.Context())
	plain.Header.Del("Accept-Encoding")
	w := httptest.NewRecorder()
	handler.ServeHTTP(w, plain)
	if w.Code != http.StatusOK || !strings.Contains(w.Body.String(), shows) {
		b.Fatalf("%s does not show %q: %d\n%s", request.URL.Path, shows, w.Code, w.Body)
	}
}

// benchWriter counts what is written, and keeps nothing.
type benchWriter struct {
	header          http.Header
	status, written int
}

func (w *benchWriter) Header() http.Header    { return w.header }
func (w *benchWriter) WriteHeader(status int) { w.status = status }
func (w *benchWriter) Write(p []byte) (int, error) {
	w.written += len(p)
	return len(p), nil
}
