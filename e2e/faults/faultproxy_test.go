package faults_test

import (
	"bytes"
	"fmt"
	"hutch/e2e/harness"
	"hutch/tools/toolcache"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// faultProxy stands between the app and Directus, on an address of its own, and
// spoils what passes: before Directus has seen it, or after.
type faultProxy struct {
	address string
	proxy   *httputil.ReverseProxy

	mu     sync.Mutex
	server *http.Server // nil: nothing listens
	fault  *upstreamFault

	asked     atomic.Int64 // requests that have come
	bitten    atomic.Int64 // of them, spoilt
	now, peak atomic.Int64 // connections
}

// upstreamFault is a way to be in trouble. One of these three does it.
type upstreamFault struct {
	name string
	// before answers in Directus' place, and reports whether it did.
	before func(http.ResponseWriter, *http.Request) bool
	// after sends what Directus has answered.
	after func(http.ResponseWriter, *http.Request, *httptest.ResponseRecorder)
	// down: nothing listens.
	down bool

	harmless bool // visitors do not notice
	limited  bool // visitors may be told to come less often
	rarely   bool // only one answer in eight: it is work to spoil
	foreign  bool // what should be a picture is none
	patient  bool // calls may take as long as they usually may
	brief    bool // make test has it as well; the others only make test-all
}

func newFaultProxy(t *testing.T, directusURL string) *faultProxy {
	t.Helper()
	target, err := url.Parse(directusURL)
	if err != nil {
		t.Fatal(err)
	}
	transport := &http.Transport{MaxIdleConnsPerHost: 64, DisableCompression: true}
	t.Cleanup(transport.CloseIdleConnections)
	p := &faultProxy{proxy: &httputil.ReverseProxy{
		Transport: transport,
		Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(target)
			r.Out.Header["X-Forwarded-For"] = r.In.Header["X-Forwarded-For"]
		},
		ErrorHandler: func(w http.ResponseWriter, _ *http.Request, _ error) { w.WriteHeader(http.StatusBadGateway) },
	}}
	p.listen(t)
	t.Cleanup(p.close)
	return p
}

func (p *faultProxy) url() string { return "http://" + p.address }

// listen begins, or begins again at the same address.
func (p *faultProxy) listen(t *testing.T) {
	t.Helper()
	address := p.address
	if address == "" {
		port, err := toolcache.FreePort()
		if err != nil {
			t.Fatal(err)
		}
		address = net.JoinHostPort("127.0.0.1", strconv.Itoa(port))
	}
	listener, err := net.Listen("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	p.address = listener.Addr().String()
	server := &http.Server{Handler: p, ConnState: p.count, IdleTimeout: 5 * time.Second} //nolint:gosec // as Node does
	p.mu.Lock()
	p.server = server
	p.mu.Unlock()
	go func() { _ = server.Serve(listener) }()
}

func (p *faultProxy) close() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.server != nil {
		_ = p.server.Close()
		p.server = nil
	}
}

func (p *faultProxy) count(_ net.Conn, state http.ConnState) {
	switch state {
	case http.StateNew:
		n := p.now.Add(1)
		for old := p.peak.Load(); n > old && !p.peak.CompareAndSwap(old, n); old = p.peak.Load() {
		}
	case http.StateClosed, http.StateHijacked:
		p.now.Add(-1)
	case http.StateActive, http.StateIdle:
	}
}

func (p *faultProxy) inject(f *upstreamFault) {
	p.mu.Lock()
	p.fault = f
	p.mu.Unlock()
	if f.down {
		p.close()
	}
}

func (p *faultProxy) mend(t *testing.T) {
	t.Helper()
	p.mu.Lock()
	p.fault = nil
	down := p.server == nil
	p.mu.Unlock()
	if down {
		p.listen(t)
	}
}

func (p *faultProxy) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	n := p.asked.Add(1)
	// A client that leaves is noticed only once its request has been read.
	sent, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	r.Body = io.NopCloser(bytes.NewReader(sent))
	p.mu.Lock()
	f := p.fault
	p.mu.Unlock()
	if f != nil && f.rarely && n%8 != 0 {
		f = nil
	}
	if f != nil && f.before != nil {
		p.bitten.Add(1)
		if f.before(w, r) {
			return
		}
	}
	answer := httptest.NewRecorder()
	p.proxy.ServeHTTP(answer, r)
	for name, values := range answer.Header() {
		w.Header()[name] = values
	}
	if f != nil && f.after != nil {
		p.bitten.Add(1)
		f.after(w, r, answer)
		return
	}
	w.WriteHeader(answer.Code)
	_, _ = w.Write(answer.Body.Bytes())
}

// wait ends early if the client leaves, and reports whether it is still there.
func wait(r *http.Request, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-r.Context().Done():
		return false
	}
}

// resetPeer cuts the connection as a machine does that has restarted.
func resetPeer(w http.ResponseWriter) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		return
	}
	if tcp, is := conn.(*net.TCPConn); is {
		_ = tcp.SetLinger(0)
	}
	_ = conn.Close()
}

func late(d time.Duration) func(http.ResponseWriter, *http.Request) bool {
	return func(_ http.ResponseWriter, r *http.Request) bool { return !wait(r, d) }
}

// answering has Directus itself, or a proxy before it, say this.
func answering(status int, code string) func(http.ResponseWriter, *http.Request) bool {
	return func(w http.ResponseWriter, _ *http.Request) bool {
		if code == "" {
			http.Error(w, "<h1>upstream-secret</h1>", status)
			return true
		}
		if status == http.StatusTooManyRequests {
			w.Header().Set("Retry-After", "7")
		}
		harness.Refuse(w, status, code)
		return true
	}
}

// slowly sends the answer in pieces.
func slowly(piece func() int, pause time.Duration) func(http.ResponseWriter, *http.Request, *httptest.ResponseRecorder) {
	return func(w http.ResponseWriter, r *http.Request, answer *httptest.ResponseRecorder) {
		w.WriteHeader(answer.Code)
		flush := http.NewResponseController(w)
		for rest := answer.Body.Bytes(); len(rest) > 0; {
			n := min(piece(), len(rest))
			if _, err := w.Write(rest[:n]); err != nil || flush.Flush() != nil || !wait(r, pause) {
				return
			}
			rest = rest[n:]
		}
	}
}

// padded adds to an answer of JSON what makes it this large.
func padded(size int) func(http.ResponseWriter, *http.Request, *httptest.ResponseRecorder) {
	return func(w http.ResponseWriter, _ *http.Request, answer *httptest.ResponseRecorder) {
		body := answer.Body.Bytes()
		if end := bytes.LastIndexByte(body, '}'); end >= 0 && answer.Code < 300 && strings.HasPrefix(w.Header().Get("Content-Type"), "application/json") {
			body = append(body[:end:end], `,"padding":"`+strings.Repeat("x", size)+`"}`...)
			w.Header().Set("Content-Length", strconv.Itoa(len(body)))
		}
		w.WriteHeader(answer.Code)
		_, _ = w.Write(body)
	}
}

// faults are those of the fault matrix.
func faults() []*upstreamFault {
	return []*upstreamFault{
		{name: "none", brief: true, before: func(http.ResponseWriter, *http.Request) bool { return false }, harmless: true, patient: true},
		{name: "latency 300 ms", before: late(300 * time.Millisecond), harmless: true, patient: true},
		{name: "latency 10 s", before: late(10 * time.Second)},
		{name: "timeout", brief: true, before: late(time.Hour)},
		{name: "reset", before: func(w http.ResponseWriter, _ *http.Request) bool { resetPeer(w); return true }},
		{name: "cut after it was done", after: func(w http.ResponseWriter, _ *http.Request, _ *httptest.ResponseRecorder) { resetPeer(w) }},
		{name: "down", brief: true, down: true},
		{name: "slicer", after: slowly(func() int { return 1 + rand.N(1000) }, time.Millisecond), harmless: true, patient: true},
		{name: "1 kB/s", after: slowly(func() int { return 100 }, 100*time.Millisecond)},
		{name: "cut short", after: func(w http.ResponseWriter, _ *http.Request, answer *httptest.ResponseRecorder) {
			half := answer.Body.Bytes()[:answer.Body.Len()/2]
			w.Header().Set("Content-Length", strconv.Itoa(len(half)))
			w.WriteHeader(answer.Code)
			_, _ = w.Write(half)
		}},
		{name: "500", before: answering(http.StatusInternalServerError, "INTERNAL_SERVER_ERROR")},
		{name: "502", before: answering(http.StatusBadGateway, "")},
		{name: "503", brief: true, before: answering(http.StatusServiceUnavailable, "SERVICE_UNAVAILABLE")},
		{name: "429", before: answering(http.StatusTooManyRequests, "REQUESTS_EXCEEDED"), limited: true},
		{name: "HTML for JSON", before: func(w http.ResponseWriter, _ *http.Request) bool {
			w.Header().Set("Content-Type", "text/html")
			_, _ = fmt.Fprint(w, "<h1>upstream-secret</h1>")
			return true
		}, foreign: true},
		{name: "another content type", after: func(w http.ResponseWriter, _ *http.Request, answer *httptest.ResponseRecorder) {
			w.Header().Set("Content-Type", "application/octet-stream")
			w.WriteHeader(answer.Code)
			_, _ = w.Write(answer.Body.Bytes())
		}, foreign: true},
		{name: "5 MB", after: padded(5 << 20), harmless: true, rarely: true, patient: true},
		{name: "9 MB", after: padded(9 << 20), rarely: true, patient: true},
	}
}
