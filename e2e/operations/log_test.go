package operations_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"hutch/app"
	"hutch/e2e/harness"
	"hutch/internal/logbuffer"
	"hutch/sandbox"
)

// logged are the lines of a log in JSON.
func logged(t *testing.T, log string) []map[string]any {
	t.Helper()
	var lines []map[string]any
	for line := range strings.Lines(log) {
		var read map[string]any
		if err := json.Unmarshal([]byte(line), &read); err != nil {
			t.Fatalf("a line of the log is no JSON: %q", line)
		}
		lines = append(lines, read)
	}
	return lines
}

// startLogging starts an app that logs as in production.
func startLogging(t *testing.T, up harness.Upstream, env map[string]string) *harness.App {
	t.Helper()
	log := &logbuffer.Buffer{}
	return harness.StartAppLoggingTo(t, up, env, log, app.NewLog(app.Config{Production: true}, log))
}

// Every line of the log says whose request it is about, in the way that was
// promised, and the same request has the same name here, in the answer and at
// Directus.
func TestLogLines(t *testing.T) {
	site := startLogging(t, harness.StartSandbox(t, sandbox.Options{}), nil)
	atDirectus := map[string]bool{}
	site.Wire.Rewrite(func(_ http.ResponseWriter, r *http.Request) bool {
		if id := r.Header.Get("X-Request-Id"); id != "" {
			site.Wire.Mu.Lock()
			atDirectus[id] = true
			site.Wire.Mu.Unlock()
		}
		return false
	})
	b := site.Browser(t, harness.Plain)
	b.SignUp()
	b.Open("/blog?q=what-somebody-is-looking-for")
	b.Open("/blog/hay-by-numbers")
	b.Open("/nope")
	b.Open("/profile")
	shown := b.Header.Get("X-Request-Id")

	requests := 0
	members := map[string]bool{}
	for _, line := range logged(t, site.Log.String()) {
		at, err := time.Parse(time.RFC3339Nano, line["time"].(string))
		if err != nil || at.Location() != time.UTC {
			t.Errorf("the time of %v is not UTC: %v", line, err)
		}
		if line["msg"] != "request" {
			continue
		}
		requests++
		for _, field := range []string{"request", "address", "method", "route", "status", "duration", "upstream"} {
			if _, has := line[field]; !has {
				t.Errorf("the line lacks %s: %v", field, line)
			}
		}
		if line["address"] != b.IP {
			t.Errorf("the address is %v, want %s", line["address"], b.IP)
		}
		if strings.ContainsAny(line["route"].(string), "?") {
			t.Errorf("the route has a query: %v", line)
		}
		if member, has := line["member"].(string); has {
			members[member] = true
		}
		if line["route"] == "/blog/:slug" && line["upstream"].(float64) <= 0 {
			t.Errorf("a page that was asked for anew waited for nobody: %v", line)
		}
		if line["request"] == shown {
			if line["route"] != "/profile" || line["upstream"].(float64) <= 0 || line["upstream"].(float64) > 4*line["duration"].(float64) {
				t.Errorf("the line of the profile: %v", line)
			}
		}
	}
	if requests < 6 || len(members) != 1 {
		t.Errorf("%d requests of %d members in the log", requests, len(members))
	}
	for member := range members {
		if len(member) != 16 {
			t.Errorf("the member is called %q", member)
		}
	}
	site.Wire.Mu.Lock()
	defer site.Wire.Mu.Unlock()
	if !atDirectus[shown] {
		t.Errorf("Directus was not told of request %s, but of %v", shown, atDirectus)
	}
	if strings.Contains(site.Log.String(), "looking-for") {
		t.Error("the log has what was searched for")
	}
}

// The name of a request is a trusted proxy's, and nobody else's.
func TestRequestIDs(t *testing.T) {
	up := harness.StartSandbox(t, sandbox.Options{})
	for proxies, trusted := range map[string]bool{"127.0.0.1": true, "127.0.0.0/8": true, "": false, "10.0.0.1": false} {
		site := harness.StartApp(t, up, map[string]string{"TRUSTED_PROXIES": proxies})
		b := site.Browser(t, harness.Plain)
		for given, good := range map[string]bool{
			"0123456789abcdef":                         true,
			"7f0c1de2-5a4b-4c3d-9e8f-001122334455":     true,
			"Root=1-67891233-abcdef012345678912345678": true,
			"short":                  false,
			"a line\u2028break here": false,
			`quoted"quoted"`:         false,
			"<script>alert</script>": false,
			strings.Repeat("a", 129): false,
			"":                       false,
		} {
			b.Request(http.MethodGet, "/healthz", nil, http.Header{"X-Request-Id": {given}})
			got := b.Header.Get("X-Request-Id")
			if (got == given) != (trusted && good) || len(got) < 8 {
				t.Errorf("TRUSTED_PROXIES=%q, given %q: %q", proxies, given, got)
			}
		}
	}
}

// What visitors send cannot make lines of its own, nor hide in one.
func TestLogCannotBeForged(t *testing.T) {
	site := startLogging(t, harness.StartSandbox(t, sandbox.Options{}), nil)
	b := site.Browser(t, harness.Plain)
	const attack = "x%0a{\"level\":\"ERROR\",\"msg\":\"forged\"}%1b[31m"
	b.Request(http.MethodGet, "/blog?q="+attack, nil, http.Header{"User-Agent": {"x\u2028{\"msg\":\"forged\"}"}})
	b.Request(http.MethodGet, "/"+attack, nil, nil)
	b.Request("FORGED", "/", nil, nil)
	b.Request(http.MethodPost, "/signin", url.Values{"email": {"a@example.com\n{\"msg\":\"forged\"}"}, "password": {"x"}}, nil)
	shown := httptest.NewRecorder()
	site.Metrics.Handler().ServeHTTP(shown, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	if strings.Contains(shown.Body.String(), "FORGED") {
		t.Error("anybody can make metrics")
	}
	if log := site.Log.String(); strings.Contains(strings.ToLower(log), "forged") || strings.Contains(log, "\x1b") {
		t.Errorf("the log repeats what was sent: %s", log)
	}
	logged(t, site.Log.String())
}

// eventsOf are the events in a log, in the order in which they were logged.
func eventsOf(t *testing.T, site *harness.App) []string {
	t.Helper()
	var events []string
	for _, line := range logged(t, site.Log.String()) {
		if event, is := line["event"].(string); is {
			events = append(events, event)
			if line["request"] == "" || line["address"] == "" || line["msg"] != "security" {
				t.Errorf("the event %s does not say of whom: %v", event, line)
			}
		}
	}
	return events
}

// Each thing that happens is one event.
func TestSecurityEvents(t *testing.T) {
	up := harness.StartSandbox(t, sandbox.Options{})
	site := startLogging(t, up, nil)
	b := site.Browser(t, harness.Plain)
	expect := func(t *testing.T, do func(), events ...string) {
		t.Helper()
		before := len(eventsOf(t, site))
		do()
		if got := eventsOf(t, site)[before:]; strings.Join(got, " ") != strings.Join(events, " ") {
			t.Errorf("the events are %v, want %v", got, events)
		}
	}
	who := harness.NewAccount()
	expect(t, func() { b.Request(http.MethodPost, "/signup", harness.Form(who), nil) }, "signed_up", "signed_in")
	expect(t, func() { b.Open("/profile") })
	expect(t, func() {
		b.Request(http.MethodPost, "/profile/email", url.Values{"email": {"other@example.com"}, "current_password": {"not-the-right-clover"}}, nil)
	}, "proof_refused")
	changed := harness.NewAccount()
	expect(t, func() {
		b.Request(http.MethodPost, "/profile/email", url.Values{"email": {changed.Email}, "current_password": {who.Password}}, nil)
	}, "email_changed")
	expect(t, func() {
		b.Request(http.MethodPost, "/profile/password", url.Values{"current_password": {who.Password}, "password": {"teapot-orchard-gravel"}}, nil)
	}, "password_changed")
	expect(t, func() { b.Request(http.MethodPost, "/logout", url.Values{}, nil) }, "signed_out")
	expect(t, func() { b.Request(http.MethodPost, "/signin", harness.Form(who), nil) }, "sign_in_refused")
	expect(t, func() { b.Request(http.MethodPost, "/password/forgot", url.Values{"email": {changed.Email}}, nil) }, "password_reset_requested")
	expect(t, func() {
		b.Request(http.MethodPost, "/signin", harness.Form(who), http.Header{"Sec-Fetch-Site": {"cross-site"}})
	}, "cross_origin_refused")
	expect(t, func() { b.Request(http.MethodPost, "/hooks/directus", url.Values{}, nil) }, "hook_refused")
	changed.Password = "teapot-orchard-gravel"
	expect(t, func() { b.Request(http.MethodPost, "/signin", harness.Form(changed), nil) }, "signed_in")
	cookie := b.SessionCookie()
	forged := *cookie
	forged.Value = cookie.Value[:len(cookie.Value)-4] + "AAAA"
	thief := site.Browser(t, harness.Plain)
	thief.SetSession(&forged)
	expect(t, func() { thief.Open("/blog") }, "forged_cookie")
	expect(t, func() {
		b.Request(http.MethodPost, "/profile/delete", url.Values{"email": {changed.Email}, "current_password": {changed.Password}}, nil)
	}, "account_deleted")
	shown := httptest.NewRecorder()
	site.Metrics.Handler().ServeHTTP(shown, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	for _, counted := range []string{`hutch_security_events_total{event="signed_in"} 2`, `hutch_requests_total{method="POST",route="/signin",status="403"} 1`} {
		if !strings.Contains(shown.Body.String(), counted) {
			t.Errorf("the metrics do not say %s:\n%s", counted, shown.Body.String())
		}
	}
}

// There is nothing at the addresses that scanners try, and a private page is at its
// own address alone, so that no cache takes it for a file.
func TestProbes(t *testing.T) {
	site := harness.StartApp(t, harness.StartSandbox(t, sandbox.Options{}), harness.Fresh())
	b := site.Browser(t, harness.Plain)
	who := b.SignUp()
	b.Open("/")
	for _, path := range []string{
		"/.git/config", "/.git/HEAD", "/.env", "/.env.local", "/.htaccess", "/.svn/entries", "/.DS_Store", "/.well-known/security",
		"/debug/pprof/", "/debug/pprof/heap", "/debug/vars", "/metrics", "/actuator", "/actuator/env", "/server-status", "/phpinfo.php",
		"/wp-login.php", "/wp-admin/", "/admin", "/admin/login", "/graphql", "/api", "/items/posts", "/users/me", "/auth/login",
		"/config.go", "/main.go", "/go.mod", "/Makefile", "/README.md", "/templates/layout.html", "/templates/", "/static/", "/static/../main.go",
		"/static/%2e%2e/main.go", "/static/..%2fmain.go", "/assets/", "/backup.zip", "/dump.sql", "/sandbox.db",
	} {
		for _, visitor := range []*harness.Browser{b, site.Browser(t, harness.Plain)} {
			visitor.Request(http.MethodGet, path, nil, nil)
			if visitor.Status != http.StatusNotFound && visitor.Status != http.StatusBadRequest {
				t.Errorf("%s: %d", path, visitor.Status)
			}
			if strings.Contains(visitor.Raw, "package main") || strings.Contains(visitor.Raw, "<pre>") {
				t.Errorf("%s shows a file or a listing", path)
			}
		}
	}
	for _, path := range []string{"/profile/x.css", "/profile.css", "/profile/email/a.js", "/profile;x.css", "/profile%2fx.css", "/profile/%0a.css", "/profile/..;/a.png"} {
		b.Request(http.MethodGet, path, nil, nil)
		if b.Status != http.StatusNotFound && b.Status != http.StatusBadRequest || strings.Contains(b.Raw, who.Email) {
			t.Errorf("%s: %d, with the member's address: %t", path, b.Status, strings.Contains(b.Raw, who.Email))
		}
		if b.Header.Get("Cache-Control") != "no-store" {
			t.Errorf("%s: Cache-Control %q", path, b.Header.Get("Cache-Control"))
		}
	}
}

func TestMain(m *testing.M) { harness.Main(m) }
