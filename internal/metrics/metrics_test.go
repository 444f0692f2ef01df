package metrics

import (
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// Everything counted is shown. A nil *Metrics accepts every call.
func TestMetrics(t *testing.T) {
	for _, m := range []*Metrics{nil, New()} {
		for range 2 {
			m.Request("GET", "/blog/:slug", 200, 20*time.Millisecond)
			m.Upstream("GET /items/posts", "", time.Millisecond)
			m.Upstream("GET /items/posts", "timeout", time.Second)
			m.Breaker("content", "open")
			m.Breaker("content", "closed")
			m.Event("signed_in")
			m.Throttled("signin-address")
			m.Session("renewed")
			m.Shed("pages")
		}
		if m == nil {
			continue
		}
		w := httptest.NewRecorder()
		m.Handler().ServeHTTP(w, httptest.NewRequest("GET", "/metrics", nil))
		for _, line := range []string{
			`hutch_requests_total{method="GET",route="/blog/:slug",status="200"} 2`,
			`hutch_request_duration_seconds_bucket{route="/blog/:slug",le="0.01"} 0`,
			`hutch_request_duration_seconds_bucket{route="/blog/:slug",le="0.05"} 2`,
			`hutch_upstream_duration_seconds_count{call="GET /items/posts"} 4`,
			`hutch_upstream_errors_total{call="GET /items/posts",kind="timeout"} 2`,
			`hutch_breaker_state{breaker="content",state="closed"} 1`,
			`hutch_security_events_total{event="signed_in"} 2`,
			`hutch_throttled_total{limit="signin-address"} 2`,
			`hutch_session_outcomes_total{outcome="renewed"} 2`,
			`hutch_shed_total{kind="pages"} 2`,
		} {
			if !strings.Contains(w.Body.String(), line+"\n") {
				t.Errorf("not shown: %s\n%s", line, w.Body.String())
			}
		}
		if strings.Contains(w.Body.String(), `state="open"`) {
			t.Error("a breaker is in two states")
		}
	}
}
