package operations_test

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httptrace"
	"net/url"
	"strings"
	"testing"
	"time"

	"hutch/e2e/harness"
	"hutch/sandbox"
)

// A visitor who hangs up is neither trouble of Directus nor a fault of the site,
// whatever they had asked for.
func TestVisitorsHangUp(t *testing.T) {
	up := harness.StartSandbox(t, sandbox.Options{})
	site := harness.StartApp(t, up, map[string]string{"MAX_REQUESTS": "24"})
	member := site.Browser(t, harness.Plain)
	who := member.SignUp()
	arrived, release := make(chan struct{}, 1000), make(chan struct{})
	site.Wire.BreakWith(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body) // so that the server notices who hangs up
		arrived <- struct{}{}
		select {
		case <-release:
		case <-r.Context().Done():
		}
		http.Error(w, "", http.StatusServiceUnavailable)
	})
	defer site.Wire.Mend()
	defer close(release)

	email := url.Values{"email": {who.Email}}
	for _, test := range []struct {
		method, path, route string
		form                url.Values
		member              bool
	}{
		{"GET", "/", "/", nil, false},
		{"GET", "/", "/", nil, true},
		{"GET", "/blog", "/blog", nil, false},
		{"HEAD", "/blog?page=1", "/blog", nil, false},
		{"GET", "/blog?q=hay", "/blog", nil, false},
		{"GET", "/blog/hay-by-numbers", "/blog/:slug", nil, false},
		{"GET", "/blog/authors/1", "/blog/authors/:slug", nil, false},
		{"GET", "/pages/about", "/pages/:slug", nil, false},
		{"GET", "/blog/atom.xml", "/blog/atom.xml", nil, false},
		{"GET", "/sitemap.xml", "/sitemap.xml", nil, false},
		{"GET", "/assets/5f0e1b52-2a0c-4c5e-9d1f-0b8a6f4e1a01", "/assets/:id", nil, false},
		{"GET", "/no-such-page", "", nil, false},
		{"GET", "/signup", "/signup", nil, false}, // waits for the site's name alone
		{"POST", "/signin", "/signin", harness.Form(who), false},
		{"POST", "/signup", "/signup", harness.Form(harness.NewAccount()), false},
		{"POST", "/password/forgot", "/password/forgot", email, false},
		{"GET", "/profile/password", "/profile/password", nil, true},
		{"POST", "/profile/email", "/profile/email", url.Values{"email": {"x@example.com"}, "current_password": {who.Password}}, true},
		{"GET", "/profile/export", "/profile/export", nil, true},
		{"POST", "/profile/avatar/remove", "/profile/avatar/remove", url.Values{}, true},
	} {
		what := fmt.Sprintf("%s %s (member: %t)", test.method, test.path, test.member)
		ctx, hangUp := context.WithCancel(t.Context())
		sent := make(chan struct{})
		ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{WroteRequest: func(httptrace.WroteRequestInfo) { close(sent) }})
		req, err := http.NewRequestWithContext(ctx, test.method, site.URL+test.path, strings.NewReader(test.form.Encode()))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Sec-Fetch-Site", "same-origin")
		if test.form != nil {
			req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		}
		if test.member {
			req.AddCookie(member.SessionCookie())
		}
		for len(arrived) > 0 {
			<-arrived // of an earlier one
		}
		before := strings.Count(site.Log.String(), "msg=request")
		ended := make(chan struct{})
		go func() {
			defer close(ended)
			if res, err := http.DefaultTransport.RoundTrip(req); err == nil {
				res.Body.Close()
				t.Errorf("%s was answered: %d", what, res.StatusCode)
			}
		}()
		<-sent
		select {
		case <-arrived:
		case <-time.After(50 * time.Millisecond): // it waits for what an earlier one asked for
		}
		hangUp()
		<-ended
		line := lineAfter(t, site, before, what)
		if !strings.Contains(line, "level=INFO") || !strings.Contains(line, "status=499") || !strings.Contains(line, fmt.Sprintf("route=%s ", orQuotes(test.route))) {
			t.Errorf("%s is logged as %s", what, line)
		}
	}
	for _, level := range []string{"level=WARN", "level=ERROR"} {
		for line := range strings.Lines(site.Log.String()) {
			// Directus, which does not answer, is another matter.
			if strings.Contains(line, level) && !strings.Contains(line, "serving the last good version") {
				t.Errorf("of visitors who hung up, the log says %s", line)
			}
		}
	}
	counted := httptest.NewRecorder()
	site.Metrics.Handler().ServeHTTP(counted, httptest.NewRequest(http.MethodGet, "/", nil))
	if said := counted.Body.String(); !strings.Contains(said, `route="/blog/:slug",status="499"} 1`) || strings.Contains(said, `status="50`) || !strings.Contains(said, `route="/profile",status="200"}`) {
		t.Errorf("the metrics do not say who hung up:\n%s", said)
	}
}

// Nor is one who hangs up in the middle of what they send, or of what they read.
func TestVisitorsHangUpHalfway(t *testing.T) {
	site := harness.StartApp(t, harness.StartSandbox(t, sandbox.Options{}), nil)
	member := site.Browser(t, harness.Plain)
	member.SignUp()
	site.Wire.BreakOn("GET /assets/", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "image/png")
		w.Header().Set("Content-Disposition", "inline")
		for r.Context().Err() == nil {
			if _, err := w.Write(make([]byte, 1<<16)); err != nil {
				return
			}
		}
	})
	for what, sent := range map[string]string{
		"a form":    "POST /signin HTTP/1.1\r\nHost: hutch.test\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 1000\r\n\r\nemail=",
		"in pieces": "POST /signup HTTP/1.1\r\nHost: hutch.test\r\nContent-Type: application/x-www-form-urlencoded\r\nTransfer-Encoding: chunked\r\n\r\n64\r\nemail=",
		"a picture": "POST /profile/avatar HTTP/1.1\r\nHost: hutch.test\r\nSec-Fetch-Site: same-origin\r\nCookie: session=" + member.SessionCookie().Value +
			"\r\nContent-Type: multipart/form-data; boundary=x\r\nContent-Length: 100000\r\n\r\n--x\r\nContent-Disposition: form-data; name=\"picture\"; filename=\"x.png\"\r\n\r\n\x89PNG",
		"an image": "GET /assets/5f0e1b52-2a0c-4c5e-9d1f-0b8a6f4e1a01 HTTP/1.1\r\nHost: hutch.test\r\n\r\n",
	} {
		before := strings.Count(site.Log.String(), "msg=request")
		conn, err := net.Dial("tcp", strings.TrimPrefix(site.URL, "http://"))
		if err != nil {
			t.Fatal(err)
		}
		_, _ = io.WriteString(conn, sent)
		if what == "an image" {
			_, _ = io.ReadFull(conn, make([]byte, 1<<16))
		} else {
			time.Sleep(20 * time.Millisecond)
		}
		conn.Close()
		if line := lineAfter(t, site, before, what); !strings.Contains(line, "level=INFO") || !strings.Contains(line, "status=499") {
			t.Errorf("%s is logged as %s", what, line)
		}
	}
	if log := site.Log.String(); strings.Contains(log, "level=WARN") || strings.Contains(log, "level=ERROR") {
		t.Errorf("of visitors who hung up, the log says\n%s", log)
	}
	// Who stays is answered, and counted so.
	member.Open("/profile")
	if log := site.Log.String(); strings.Count(log, "route=/profile status=200") == 0 {
		t.Errorf("the log does not say who stayed:\n%s", log)
	}
}

// lineAfter waits for the line of the request that comes after so many.
func lineAfter(t *testing.T, site *harness.App, before int, what string) string {
	t.Helper()
	for deadline := time.Now().Add(harness.Patience); time.Now().Before(deadline); time.Sleep(5 * time.Millisecond) {
		n := 0
		for line := range strings.Lines(site.Log.String()) {
			if strings.Contains(line, "msg=request") {
				if n++; n > before {
					return line
				}
			}
		}
	}
	t.Fatalf("%s is not logged:\n%s", what, site.Log)
	return ""
}

func orQuotes(route string) string {
	if route == "" {
		return `""`
	}
	return route
}
