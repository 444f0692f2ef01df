package operations_test

import (
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"

	"hutch/e2e/harness"
	"hutch/sandbox"
)

// walked is one answer of the walk through every route.
type walked struct {
	what   string // "POST /signin, member, 429"
	status int
	header http.Header
	body   string
}

// Every answer of every kind tells the browser what it may do: every route, by
// every method, to strangers and members, while Directus is well and in each kind
// of trouble, in production.
func TestHeadersOfEveryAnswer(t *testing.T) {
	harness.TakesSeconds(t)
	const publicURL = "https://www.example.com"
	site := harness.StartApp(t, harness.StartSandbox(t, sandbox.Options{}), map[string]string{
		"APP_ENV": "production", "PUBLIC_URL": publicURL, "SESSION_SECRET": strings.Repeat("s", 32),
	})
	b := site.Browser(t, harness.Plain)
	who := harness.NewAccount()
	b.Request(http.MethodPost, "/signup", harness.Form(who), http.Header{"Sec-Fetch-Site": nil, "Origin": {publicURL}})
	member := ""
	for _, cookie := range (&http.Response{Header: b.Header}).Cookies() {
		if cookie.Name == "__Host-session" {
			member = cookie.Name + "=" + cookie.Value
		}
	}
	if member == "" {
		t.Fatal("nobody is signed in")
	}
	b.Request(http.MethodGet, "/", nil, nil)
	b.Load()
	stylesheet := b.Doc.Find(`link[rel="stylesheet"]`).AttrOr("href", "")
	b.Request(http.MethodGet, "/blog/hay-by-numbers", nil, nil)
	b.Load()
	image := b.Doc.Find("img.lead-image").AttrOr("src", "")
	theme := "/theme/2a5f47.css"

	states := map[string]func(http.ResponseWriter, *http.Request){
		"ok": nil, "503": harness.Breakages["503"], "500": harness.Breakages["500 with a stack"], "429": harness.Breakages["429"],
	}
	var paths []string
	for _, r := range harness.RoutesOfTheApp(t) {
		paths = append(paths, strings.NewReplacer(":slug", "hay-by-numbers", ":id", "no-such-id", ":file", "no-such-file").Replace(r.Path))
	}
	slices.Sort(paths)
	paths = append(slices.Compact(paths), "/no-such-page", "/blog/no-such-post", stylesheet, image, theme)
	methods := []string{"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND"}

	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	ask := func(method, path, cookie, body string, header http.Header) walked {
		req, err := http.NewRequestWithContext(t.Context(), method, site.URL+path, strings.NewReader(body))
		if err != nil {
			t.Error(err)
			return walked{}
		}
		req.Header.Set("Sec-Fetch-Site", "same-origin")
		req.Header.Set("X-Forwarded-For", b.IP)
		if body != "" {
			req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		}
		if cookie != "" {
			req.Header.Set("Cookie", cookie)
		}
		for name, values := range header {
			req.Header[name] = values
		}
		res, err := client.Do(req)
		if err != nil {
			t.Errorf("%s %s: %v", method, path, err)
			return walked{}
		}
		defer res.Body.Close()
		text, err := io.ReadAll(res.Body)
		if err != nil {
			t.Errorf("%s %s: %v", method, path, err)
		}
		return walked{fmt.Sprintf("%s %s", method, path), res.StatusCode, res.Header, string(text)}
	}

	var mu sync.Mutex
	seen := map[int]int{}
	check := func(w walked) {
		if w.status == 0 {
			return
		}
		mu.Lock()
		defer mu.Unlock()
		seen[w.status]++
		for _, fault := range headerFaults(w) {
			t.Errorf("%s: %d: %s", w.what, w.status, fault)
		}
	}
	for name, state := range states {
		site.Wire.Mend()
		if state != nil {
			site.Wire.BreakWith(state)
		}
		var group sync.WaitGroup
		turns := make(chan struct{}, 16)
		for _, path := range paths {
			for _, method := range methods {
				for _, cookie := range []string{"", member} {
					if path == "/logout" && method == "POST" && cookie != "" || path == "/profile/delete" && method == "POST" {
						continue // after the walk
					}
					turns <- struct{}{}
					group.Go(func() {
						defer func() { <-turns }()
						body := ""
						if method == "POST" || method == "PUT" || method == "PATCH" {
							body = "email=a%40example.com&password=x"
						}
						w := ask(method, path, cookie, body, nil)
						w.what += fmt.Sprintf(", member: %t, Directus: %s", cookie != "", name)
						check(w)
						if name != "ok" || method != "POST" {
							return
						}
						for what, odd := range map[string]walked{
							"too large":    ask(method, path, cookie, "a="+strings.Repeat("x", 9<<20), nil),
							"not a form":   ask(method, path, cookie, "%zz=%", nil),
							"cross-origin": ask(method, path, cookie, "a=b", http.Header{"Sec-Fetch-Site": {"cross-site"}}),
							"htmx": ask(method, path, cookie, "a=b", http.Header{
								"Hx-Request": {"true"}, "Hx-Request-Type": {"partial"}, "Hx-Target": {"main#main"},
							}),
						} {
							odd.what += ", " + what
							check(odd)
						}
					})
				}
			}
		}
		group.Wait()
	}
	site.Wire.Mend()
	check(ask(http.MethodPost, "/logout", member, "", nil))
	for _, status := range []int{200, 303, 400, 401, 403, 404, 405, 413, 422, 429, 503} {
		if seen[status] == 0 {
			t.Errorf("no answer had the status %d", status)
		}
	}
	t.Logf("answers by status: %v", seen)
}

// headerFaults are what the headers of an answer lack.
func headerFaults(w walked) (faults []string) {
	h := w.header
	for name, want := range map[string]string{
		"X-Content-Type-Options":       "nosniff",
		"Referrer-Policy":              "same-origin",
		"Cross-Origin-Opener-Policy":   "same-origin",
		"Cross-Origin-Resource-Policy": "same-origin",
		"X-Frame-Options":              "DENY",
		"Strict-Transport-Security":    "max-age=63072000",
	} {
		if values := h.Values(name); len(values) != 1 || values[0] != want {
			faults = append(faults, fmt.Sprintf("%s is %q", name, values))
		}
	}
	for _, unwanted := range []string{"Server", "X-Powered-By", "Access-Control-Allow-Origin", "Access-Control-Allow-Credentials"} {
		if h.Get(unwanted) != "" {
			faults = append(faults, unwanted+" is sent")
		}
	}
	policy := h.Get("Content-Security-Policy")
	for _, want := range []string{"default-src 'none'", "frame-ancestors 'none'"} {
		if !strings.Contains(policy, want) {
			faults = append(faults, fmt.Sprintf("Content-Security-Policy is %q", policy))
		}
	}
	if strings.Contains(policy, "unsafe") {
		faults = append(faults, "Content-Security-Policy has something unsafe: "+policy)
	}
	if policy := h.Get("Permissions-Policy"); !strings.Contains(policy, "camera=()") || !strings.Contains(policy, "fullscreen=(self)") || len(h.Get("X-Request-Id")) < 8 {
		faults = append(faults, "no Permissions-Policy or request id")
	}
	caching := h.Get("Cache-Control")
	switch {
	case caching == "" && w.status != http.StatusNotModified:
		faults = append(faults, "no Cache-Control")
	case (w.status >= 400 || strings.Contains(w.what, "member: true") && strings.Contains(w.what, "/profile")) && strings.Contains(caching, "public"):
		faults = append(faults, "Cache-Control is "+caching)
	case strings.Contains(w.what, "member: true") && strings.Contains(w.what, "/profile") && caching != "no-store":
		faults = append(faults, "a member's answer may be kept: "+caching)
	}
	if kind := h.Get("Content-Type"); strings.HasPrefix(kind, "text/") && !strings.Contains(kind, "charset=utf-8") {
		faults = append(faults, "no charset: "+kind)
	}
	switch w.status {
	case http.StatusTooManyRequests, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		if h.Get("Retry-After") == "" && !strings.Contains(w.what, "/readyz") {
			faults = append(faults, "no Retry-After")
		}
	case http.StatusMethodNotAllowed:
		if h.Get("Allow") == "" {
			faults = append(faults, "no Allow")
		}
	}
	if w.status == http.StatusOK && strings.HasPrefix(w.what, "TRACE") {
		faults = append(faults, "TRACE is answered")
	}
	for _, line := range h.Values("Set-Cookie") {
		name, _, _ := strings.Cut(line, "=")
		if !strings.HasPrefix(name, "__Host-") || !strings.Contains(line, "; Secure") || !strings.Contains(line, "; HttpOnly") ||
			!strings.Contains(line, "; Path=/;") || strings.Contains(line, "Domain=") || !strings.Contains(line, "; SameSite=") {
			faults = append(faults, "a cookie without its attributes: "+name)
		}
	}
	return faults
}
