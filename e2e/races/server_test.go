// Package races_test has the tests of a whole site in which much happens at the same
// time, in one process: make test runs them with the race detector.
package races_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/net/netutil"

	"hutch/app"
	"hutch/e2e/harness"
	"hutch/handlers"
	"hutch/internal/directus"
	"hutch/internal/logbuffer"
	"hutch/sandbox"
)

// When there are too many at once, those that there is no room for are told so at
// once, those inside are answered, and whether the process lives can still be seen.
func TestMoreRequestsThanThereIsRoomFor(t *testing.T) {
	up := harness.StartSandbox(t, sandbox.Options{})
	up.Treated = &directus.Options{}
	site := harness.StartApp(t, up, map[string]string{"MAX_REQUESTS": "8"})
	b := site.Browser(t, harness.Plain)
	b.SignUp()
	b.Open("/profile")
	release := make(chan struct{})
	site.Wire.Rewrite(func(http.ResponseWriter, *http.Request) bool { <-release; return false })
	defer site.Wire.Mend()
	type answer struct {
		status int
		after  time.Duration
		header http.Header
		body   string
	}
	answers := make(chan answer, 40)
	for range 40 {
		go func() {
			began := time.Now()
			req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, site.URL+"/blog?page=7", nil)
			if err != nil {
				t.Error(err)
				return
			}
			res, err := http.DefaultTransport.RoundTrip(req)
			if err != nil {
				t.Error(err)
				answers <- answer{}
				return
			}
			defer res.Body.Close()
			body, _ := io.ReadAll(res.Body)
			answers <- answer{res.StatusCode, time.Since(began), res.Header, string(body)}
		}()
	}
	for range 32 { // 8 are inside
		got := <-answers
		if got.status != http.StatusServiceUnavailable || got.header.Get("Retry-After") == "" || got.header.Get("Content-Security-Policy") == "" ||
			!strings.Contains(got.body, "very busy right now") {
			t.Errorf("turned away with %d: %v", got.status, got.header)
		}
	}
	for _, path := range []string{"/healthz"} {
		if b.Request(http.MethodGet, path, nil, nil); b.Status != http.StatusOK {
			t.Errorf("%s: %d while there is no room", path, b.Status)
		}
	}
	// A crowd before the pages does not close the forms.
	res := b.Request(http.MethodPost, "/appearance", map[string][]string{"appearance": {"dark"}}, nil)
	if res.StatusCode != http.StatusSeeOther {
		t.Errorf("a form: %d while there is no room for pages", res.StatusCode)
	}
	// What was typed into a form that there is no room for comes back.
	waiting := make(chan int, 1)
	go func() {
		visitor := site.Browser(t, harness.Plain)
		waiting <- visitor.Request(http.MethodPost, "/password/forgot", map[string][]string{"email": {"a@example.com"}}, nil).StatusCode
	}()
	for site.Wire.Count("POST /auth/password/request") == 0 {
		time.Sleep(5 * time.Millisecond)
	}
	b.Request(http.MethodPost, "/password/forgot", map[string][]string{"email": {"typed@example.com"}}, nil)
	b.Load()
	if b.Status != http.StatusServiceUnavailable || b.Doc.Find(`main form input[value="typed@example.com"]`).Length() != 1 {
		t.Errorf("a form that there is no room for: %d, %s", b.Status, b.Text())
	}
	close(release)
	<-waiting
	for range 8 {
		if got := <-answers; got.status != http.StatusOK && got.status != http.StatusNotFound {
			t.Errorf("one that was inside got %d", got.status)
		}
	}
	b.Open("/blog")
	b.WantStatus(http.StatusOK)
	if n := strings.Count(site.Log.String(), "event=overloaded"); n != 33 {
		t.Errorf("%d events for 33 that were turned away", n)
	}
}

// Slow senders take no room, and are cut off.
func TestSlowClients(t *testing.T) {
	site := harness.StartApp(t, harness.StartSandbox(t, sandbox.Options{}), map[string]string{"MAX_REQUESTS": "16"})
	server := handlers.NewServer("", site.Handler, site.Logger)
	server.ReadHeaderTimeout, server.ReadTimeout, server.WriteTimeout = 300*time.Millisecond, 700*time.Millisecond, time.Second
	address := serveForTest(t, server, 0)
	b := site.Browser(t, harness.Plain)
	b.Open("/")
	stylesheet := b.Doc.Find(`link[rel="stylesheet"]`).AttrOr("href", "")
	for name, sent := range map[string]string{
		"nothing":        "",
		"half a header":  "GET / HTTP/1.1\r\nHost: x\r\n",
		"half an upload": "POST /profile/avatar HTTP/1.1\r\nHost: x\r\nContent-Type: multipart/form-data; boundary=x\r\nContent-Length: 1000000\r\n\r\n--x\r\n",
		"half a form":    "POST /signin HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 1000\r\n\r\nemail=",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var conns []net.Conn
			for range 20 {
				conn, err := net.Dial("tcp", address)
				if err != nil {
					t.Fatal(err)
				}
				defer conn.Close()
				_, _ = io.WriteString(conn, sent)
				conns = append(conns, conn)
			}
			// There is room for others meanwhile.
			res, err := http.Post("http://"+address+"/appearance", "application/x-www-form-urlencoded", strings.NewReader("appearance=dark"))
			if err != nil {
				t.Fatal(err)
			}
			res.Body.Close()
			if res.StatusCode >= 500 {
				t.Errorf("others get %d", res.StatusCode)
			}
			for _, path := range []string{"/assets/nope", "/blog"} {
				b := site.Browser(t, harness.Plain)
				if b.Request(http.MethodGet, path, nil, nil); b.Status >= 500 {
					t.Errorf("others get %d at %s", b.Status, path)
				}
			}
			for _, conn := range conns {
				_ = conn.SetReadDeadline(time.Now().Add(20 * time.Second))
				if _, err := io.Copy(io.Discard, conn); err != nil && strings.Contains(err.Error(), "timeout") {
					t.Error("the connection is still open")
				}
			}
		})
	}
	t.Run("a slow reader", func(t *testing.T) {
		t.Parallel()
		conn, err := net.Dial("tcp", address)
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		// Many answers asked for on one connection, and none read.
		go func() {
			for range 4000 {
				if _, err := io.WriteString(conn, "GET "+stylesheet+" HTTP/1.1\r\nHost: x\r\n\r\n"); err != nil {
					return // cut off
				}
			}
		}()
		time.Sleep(4 * time.Second)
		_ = conn.SetReadDeadline(time.Now().Add(20 * time.Second))
		if n, err := io.Copy(io.Discard, conn); err != nil && strings.Contains(err.Error(), "timeout") {
			t.Errorf("the connection is still open after %d bytes", n)
		}
	})
}

// A header larger than the limit, and smuggling, are refused before anything is
// done.
func TestOddHeaders(t *testing.T) {
	site := harness.StartApp(t, harness.StartSandbox(t, sandbox.Options{}), nil)
	address := serveForTest(t, handlers.NewServer("", site.Handler, site.Logger), 0)
	for name, test := range map[string]struct {
		sent string
		want []int
	}{
		"a large header":              {"GET / HTTP/1.1\r\nHost: x\r\nX-A: " + strings.Repeat("a", 64<<10) + "\r\n\r\n", []int{431}},
		"length and chunks":           {"POST /signin HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /profile HTTP/1.1\r\nHost: x\r\n\r\n", []int{400, 403, 415, 422}},
		"two lengths":                 {"POST /signin HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nContent-Length: 5\r\n\r\nabcde", []int{400}},
		"an encoding that is not one": {"POST /signin HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n", []int{501}},
		"a space before the colon":    {"GET / HTTP/1.1\r\nHost : x\r\n\r\n", []int{400}},
		"two hosts":                   {"GET / HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n", []int{400}},
	} {
		t.Run(name, func(t *testing.T) {
			conn, err := net.Dial("tcp", address)
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close()
			_ = conn.SetDeadline(time.Now().Add(10 * time.Second))
			_, _ = io.WriteString(conn, test.sent)
			reader := bufio.NewReader(conn)
			res, err := http.ReadResponse(reader, nil)
			if err != nil {
				t.Fatal(err)
			}
			_, _ = io.Copy(io.Discard, res.Body)
			res.Body.Close()
			good := false
			for _, want := range test.want {
				good = good || res.StatusCode == want
			}
			if !good {
				t.Errorf("answered with %d, want one of %v", res.StatusCode, test.want)
			}
			if second, err := http.ReadResponse(reader, nil); err == nil {
				second.Body.Close()
				t.Errorf("a second request was answered, with %d", second.StatusCode)
			}
		})
	}
}

// From the signal on the process is not ready and still answers; what runs when it
// closes comes to its end; then it is gone.
func TestClosing(t *testing.T) {
	up := harness.StartSandbox(t, sandbox.Options{})
	wire := harness.NewWire(t, up.URL)
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	getenv := map[string]string{"DIRECTUS_URL": wire.URL, "PORT": "0", "SHUTDOWN_DELAY": "1s", "METRICS_ADDRESS": "127.0.0.1:0", "CACHE_FRESH": "0s"}
	out := &logbuffer.Buffer{}
	ended := make(chan error, 1)
	go func() { ended <- app.Run(ctx, nil, func(name string) string { return getenv[name] }, out) }()
	address := waitFor(t, out, "Hutch is running at ")
	metricsAt := waitFor(t, out, "metrics are at ")

	get := func(url string) (int, string) {
		res, err := http.Get(url)
		if err != nil {
			return 0, err.Error()
		}
		defer res.Body.Close()
		body, _ := io.ReadAll(res.Body)
		return res.StatusCode, string(body)
	}
	if status, body := get(address + "/readyz"); status != http.StatusOK {
		t.Fatalf("not ready: %d %s", status, body)
	}
	if status, body := get(metricsAt); status != http.StatusOK || !strings.Contains(body, "hutch_requests_total") {
		t.Errorf("metrics: %d %s", status, body)
	}
	if status, _ := get(address + "/metrics"); status != http.StatusNotFound {
		t.Errorf("the site shows metrics: %d", status)
	}

	var asked atomic.Bool
	release := make(chan struct{})
	wire.Rewrite(func(http.ResponseWriter, *http.Request) bool { asked.Store(true); <-release; return false })
	running := make(chan string, 1)
	go func() {
		status, body := get(address + "/blog?page=3")
		running <- fmt.Sprint(status, " ", len(body) > 500)
	}()
	for !asked.Load() {
		time.Sleep(5 * time.Millisecond)
	}
	stop()
	wire.Mend()
	sawNotReady := false
	for range 100 {
		if status, body := get(address + "/readyz"); status == http.StatusServiceUnavailable && strings.Contains(body, "about to end") {
			sawNotReady = true
			break
		}
	}
	if !sawNotReady {
		t.Error("it is ready until it ends")
	}
	if status, _ := get(address + "/healthz"); status != http.StatusOK {
		t.Errorf("it does not answer any more before the delay is over: %d", status)
	}
	time.Sleep(1200 * time.Millisecond)
	select {
	case err := <-ended:
		t.Fatalf("it ended with a request running: %v", err)
	default:
	}
	if status, _ := get(address + "/healthz"); status != 0 {
		t.Errorf("it still takes requests: %d", status)
	}
	close(release)
	if got := <-running; !strings.HasSuffix(got, " true") || strings.HasPrefix(got, "0") {
		t.Errorf("the request that was running got %s", got)
	}
	if err := <-ended; err != nil {
		t.Errorf("it ended with %v", err)
	}
}

// More connections than there may be wait their turn.
func TestConnectionsAreBounded(t *testing.T) {
	var open, most atomic.Int64
	server := &http.Server{Handler: http.NotFoundHandler(), ReadHeaderTimeout: time.Second, ConnState: func(_ net.Conn, state http.ConnState) {
		switch state {
		case http.StateNew:
			for now := open.Add(1); now > most.Load(); {
				most.Store(now)
			}
		case http.StateClosed:
			open.Add(-1)
		}
	}}
	address := serveForTest(t, server, 4)
	var group sync.WaitGroup
	for range 12 {
		group.Go(func() {
			client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
			res, err := client.Get("http://" + address)
			if err != nil {
				t.Error(err)
				return
			}
			res.Body.Close()
		})
	}
	group.Wait()
	if most.Load() > 4 {
		t.Errorf("%d connections at once", most.Load())
	}
}

// serveForTest serves until the test ends; connections 0: as many as come.
func serveForTest(t *testing.T, server *http.Server, connections int) (address string) {
	t.Helper()
	listener := httptest.NewUnstartedServer(nil).Listener
	address = listener.Addr().String()
	if connections > 0 {
		listener = netutil.LimitListener(listener, connections)
	}
	go func() { _ = server.Serve(listener) }()
	t.Cleanup(func() { _ = server.Close() })
	return address
}

// waitFor waits for an address in the output, after these words.
func waitFor(t *testing.T, out *logbuffer.Buffer, words string) (address string) {
	t.Helper()
	for range 600 {
		if _, after, found := strings.Cut(out.String(), words); found && strings.ContainsAny(after, "\" \n") {
			return strings.FieldsFunc(after, func(r rune) bool { return strings.ContainsRune("\" \n", r) })[0]
		}
		time.Sleep(50 * time.Millisecond)
	}
	t.Fatalf("it does not say %q: %s", words, out)
	return ""
}

func TestAThousandVisitorsAskDirectusOnce(t *testing.T) {
	harness.TakesSeconds(t)
	up := harness.StartSandbox(t, sandbox.Options{})
	site := harness.StartApp(t, up, harness.Fresh())
	site.Browser(t, harness.Plain).Open("/blog")
	for _, expired := range []bool{false, true} {
		if expired {
			site.Pass(2 * time.Minute)
		}
		site.Wire.Forget()
		var group sync.WaitGroup
		for range 100 {
			group.Go(func() {
				for range 10 {
					b := site.Browser(t, harness.Plain)
					if b.Request(http.MethodGet, "/blog", nil, nil).StatusCode != http.StatusOK {
						t.Error(b.Raw)
					}
				}
			})
		}
		group.Wait()
		time.Sleep(50 * time.Millisecond)
		asked := site.Wire.Questions()
		if expired != (len(asked) > 0) {
			t.Errorf("expired: %t: Directus was asked %v", expired, asked)
		}
		for question, times := range asked {
			if times != 1 {
				t.Errorf("expired: %t: Directus was asked %d times for %s", expired, times, question)
			}
		}
	}
}

func TestMain(m *testing.M) { harness.Main(m) }
