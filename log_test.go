package main

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

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
func startLogging(t *testing.T, up upstream, env map[string]string) *app {
	t.Helper()
	log := &lockedBuffer{}
	return startAppLoggingTo(t, up, env, log, newLog(config{production: true}, log))
}

// Every line of the log says whose request it is about, in the way that was
// promised, and the same request has the same name here, in the answer and at
// Directus.
func TestLogLines(t *testing.T) {
	site := startLogging(t, startSandbox(t, sandbox.Options{}), nil)
	atDirectus := map[string]bool{}
	site.wire.rewrite(func(_ http.ResponseWriter, r *http.Request) bool {
		if id := r.Header.Get("X-Request-Id"); id != "" {
			site.wire.mu.Lock()
			atDirectus[id] = true
			site.wire.mu.Unlock()
		}
		return false
	})
	b := site.browser(t, plain)
	b.signUp()
	b.open("/blog?q=what-somebody-is-looking-for")
	b.open("/blog/hay-by-numbers")
	b.open("/nope")
	b.open("/profile")
	shown := b.header.Get("X-Request-Id")

	requests := 0
	members := map[string]bool{}
	for _, line := range logged(t, site.log.String()) {
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
		if line["address"] != b.ip {
			t.Errorf("the address is %v, want %s", line["address"], b.ip)
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
	site.wire.mu.Lock()
	defer site.wire.mu.Unlock()
	if !atDirectus[shown] {
		t.Errorf("Directus was not told of request %s, but of %v", shown, atDirectus)
	}
	if strings.Contains(site.log.String(), "looking-for") {
		t.Error("the log has what was searched for")
	}
}

// The name of a request is a trusted proxy's, and nobody else's.
func TestRequestIDs(t *testing.T) {
	up := startSandbox(t, sandbox.Options{})
	for proxies, trusted := range map[string]bool{"127.0.0.1": true, "127.0.0.0/8": true, "": false, "10.0.0.1": false} {
		site := startApp(t, up, map[string]string{"TRUSTED_PROXIES": proxies})
		b := site.browser(t, plain)
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
			b.request(http.MethodGet, "/healthz", nil, http.Header{"X-Request-Id": {given}})
			got := b.header.Get("X-Request-Id")
			if (got == given) != (trusted && good) || len(got) < 8 {
				t.Errorf("TRUSTED_PROXIES=%q, given %q: %q", proxies, given, got)
			}
		}
	}
}

// What visitors send cannot make lines of its own, nor hide in one.
func TestLogCannotBeForged(t *testing.T) {
	site := startLogging(t, startSandbox(t, sandbox.Options{}), nil)
	b := site.browser(t, plain)
	const attack = "x%0a{\"level\":\"ERROR\",\"msg\":\"forged\"}%1b[31m"
	b.request(http.MethodGet, "/blog?q="+attack, nil, http.Header{"User-Agent": {"x\u2028{\"msg\":\"forged\"}"}})
	b.request(http.MethodGet, "/"+attack, nil, nil)
	b.request("FORGED", "/", nil, nil)
	b.request(http.MethodPost, "/signin", url.Values{"email": {"a@example.com\n{\"msg\":\"forged\"}"}, "password": {"x"}}, nil)
	shown := httptest.NewRecorder()
	site.metrics.Handler().ServeHTTP(shown, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	if strings.Contains(shown.Body.String(), "FORGED") {
		t.Error("anybody can make metrics")
	}
	if log := site.log.String(); strings.Contains(strings.ToLower(log), "forged") || strings.Contains(log, "\x1b") {
		t.Errorf("the log repeats what was sent: %s", log)
	}
	logged(t, site.log.String())
}

// eventsOf are the events in a log, in the order in which they were logged.
func eventsOf(t *testing.T, site *app) []string {
	t.Helper()
	var events []string
	for _, line := range logged(t, site.log.String()) {
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
	up := startSandbox(t, sandbox.Options{})
	site := startLogging(t, up, nil)
	b := site.browser(t, plain)
	expect := func(t *testing.T, do func(), events ...string) {
		t.Helper()
		before := len(eventsOf(t, site))
		do()
		if got := eventsOf(t, site)[before:]; strings.Join(got, " ") != strings.Join(events, " ") {
			t.Errorf("the events are %v, want %v", got, events)
		}
	}
	who := newAccount()
	expect(t, func() { b.request(http.MethodPost, "/signup", form(who), nil) }, "signed_up", "signed_in")
	expect(t, func() { b.open("/profile") })
	expect(t, func() {
		b.request(http.MethodPost, "/profile/email", url.Values{"email": {"other@example.com"}, "current_password": {"not-the-right-clover"}}, nil)
	}, "proof_refused")
	changed := newAccount()
	expect(t, func() {
		b.request(http.MethodPost, "/profile/email", url.Values{"email": {changed.email}, "current_password": {who.password}}, nil)
	}, "email_changed")
	expect(t, func() {
		b.request(http.MethodPost, "/profile/password", url.Values{"current_password": {who.password}, "password": {"teapot-orchard-gravel"}}, nil)
	}, "password_changed")
	expect(t, func() { b.request(http.MethodPost, "/logout", url.Values{}, nil) }, "signed_out")
	expect(t, func() { b.request(http.MethodPost, "/signin", form(who), nil) }, "sign_in_refused")
	expect(t, func() { b.request(http.MethodPost, "/password/forgot", url.Values{"email": {changed.email}}, nil) }, "password_reset_requested")
	expect(t, func() {
		b.request(http.MethodPost, "/signin", form(who), http.Header{"Sec-Fetch-Site": {"cross-site"}})
	}, "cross_origin_refused")
	expect(t, func() { b.request(http.MethodPost, "/hooks/directus", url.Values{}, nil) }, "hook_refused")
	changed.password = "teapot-orchard-gravel"
	expect(t, func() { b.request(http.MethodPost, "/signin", form(changed), nil) }, "signed_in")
	cookie := b.sessionCookie()
	forged := *cookie
	forged.Value = cookie.Value[:len(cookie.Value)-4] + "AAAA"
	thief := site.browser(t, plain)
	thief.setSession(&forged)
	expect(t, func() { thief.open("/blog") }, "forged_cookie")
	expect(t, func() {
		b.request(http.MethodPost, "/profile/delete", url.Values{"email": {changed.email}, "current_password": {changed.password}}, nil)
	}, "account_deleted")
	shown := httptest.NewRecorder()
	site.metrics.Handler().ServeHTTP(shown, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	for _, counted := range []string{`hutch_security_events_total{event="signed_in"} 2`, `hutch_requests_total{method="POST",route="/signin",status="403"} 1`} {
		if !strings.Contains(shown.Body.String(), counted) {
			t.Errorf("the metrics do not say %s:\n%s", counted, shown.Body.String())
		}
	}
}
