package main

import (
	"context"
	"log/slog"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// proxy sits between a Hutch and Directus, and records the requests.
type proxy struct {
	url    string
	delay  atomic.Int64 // in nanoseconds: makes Directus slower
	server *http.Server

	mu    sync.Mutex
	asked []*call
}

// call is one request to Directus. It ends when its response has been passed on.
type call struct {
	question     string // "GET /items/posts?…"
	began, ended time.Time
}

func startProxy(upstream string) (*proxy, error) {
	base, err := url.Parse(upstream)
	if err != nil {
		return nil, err
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	p := &proxy{url: "http://" + listener.Addr().String()}
	forward := &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(base)
			r.Out.Header["X-Forwarded-For"] = r.In.Header["X-Forwarded-For"]
		},
		// Shorter than Node keeps idle connections.
		Transport: &http.Transport{MaxIdleConnsPerHost: 64, IdleConnTimeout: 4 * time.Second},
		ErrorLog:  slog.NewLogLogger(slog.DiscardHandler, slog.LevelError),
	}
	p.server = &http.Server{ReadHeaderTimeout: 5 * time.Second, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ended := p.record(r.Method + " " + r.URL.RequestURI())
		defer ended()
		time.Sleep(time.Duration(p.delay.Load()))
		forward.ServeHTTP(w, r)
	})}
	go func() { _ = p.server.Serve(listener) }()
	return p, nil
}

func (p *proxy) record(question string) (ended func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	c := &call{question: question, began: time.Now()}
	p.asked = append(p.asked, c)
	return func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		c.ended = time.Now()
	}
}

// forget clears the record.
func (p *proxy) forget() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.asked = nil
}

// calls returns the requests since then.
func (p *proxy) calls() (list []call) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, c := range p.asked {
		list = append(list, *c)
	}
	return list
}

// questions returns them, with how often each was made.
func (p *proxy) questions() map[string]int {
	times := map[string]int{}
	for _, c := range p.calls() {
		times[c.question]++
	}
	return times
}

// posts returns those of them that query posts.
func (p *proxy) posts() map[string]int {
	times := p.questions()
	for question := range times {
		if !strings.HasPrefix(question, "GET /items/posts") {
			delete(times, question)
		}
	}
	return times
}

func (p *proxy) close() error {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	if p.server.Shutdown(ctx) != nil {
		return p.server.Close()
	}
	return nil
}
