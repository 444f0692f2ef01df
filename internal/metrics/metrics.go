package metrics

import (
	"net/http"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// Metrics holds the metrics of one site.
type Metrics struct {
	registry  *prometheus.Registry
	requests  *prometheus.CounterVec
	durations *prometheus.HistogramVec
	upstream  *prometheus.HistogramVec
	failures  *prometheus.CounterVec
	breakers  *prometheus.GaugeVec
	events    *prometheus.CounterVec
	throttled *prometheus.CounterVec
	sessions  *prometheus.CounterVec
	shed      *prometheus.CounterVec
}

// New returns metrics that start at zero, including those of the Go runtime and the
// process.
func New() *Metrics {
	m := &Metrics{
		registry: prometheus.NewRegistry(),
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "hutch_requests_total", Help: "Answered requests, by route and status.",
		}, []string{"method", "route", "status"}),
		durations: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "hutch_request_duration_seconds", Help: "Time from a request to the end of its response, by route.",
			Buckets: []float64{.0005, .001, .005, .01, .05, .1, .5, 1, 5, 10},
		}, []string{"route"}),
		upstream: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "hutch_upstream_duration_seconds", Help: "Time from a call to Directus to its answer, by call.",
			Buckets: []float64{.001, .005, .01, .05, .1, .5, 1, 5, 10},
		}, []string{"call"}),
		failures: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "hutch_upstream_errors_total", Help: "Calls to Directus that failed, by call and kind.",
		}, []string{"call", "kind"}),
		breakers: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "hutch_breaker_state", Help: "1 for the current state of a circuit breaker.",
		}, []string{"breaker", "state"}),
		events: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "hutch_security_events_total", Help: "Security events, by name; see docs/operations.md.",
		}, []string{"event"}),
		throttled: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "hutch_throttled_total", Help: "Requests refused by a limit, by limit.",
		}, []string{"limit"}),
		sessions: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "hutch_session_outcomes_total", Help: "Sessions that were renewed, refused or invalid, by outcome.",
		}, []string{"outcome"}),
		shed: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "hutch_shed_total", Help: "Requests rejected because of overload, by kind of route.",
		}, []string{"kind"}),
	}
	m.registry.MustRegister(m.requests, m.durations, m.upstream, m.failures, m.breakers, m.events, m.throttled, m.sessions, m.shed,
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

// Handler serves the metrics at every path.
func (m *Metrics) Handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{MaxRequestsInFlight: 4})
}

// Request counts an answered request. route is its pattern, or "" if none matched.
func (m *Metrics) Request(method, route string, status int, took time.Duration) {
	if m == nil {
		return
	}
	m.requests.WithLabelValues(method, route, strconv.Itoa(status)).Inc()
	m.durations.WithLabelValues(route).Observe(took.Seconds())
}

// Upstream counts a call to Directus; kind is "" if it succeeded.
func (m *Metrics) Upstream(call, kind string, took time.Duration) {
	if m == nil {
		return
	}
	m.upstream.WithLabelValues(call).Observe(took.Seconds())
	if kind != "" {
		m.failures.WithLabelValues(call, kind).Inc()
	}
}

// Breaker records a circuit breaker's new state.
func (m *Metrics) Breaker(name, state string) {
	if m == nil {
		return
	}
	m.breakers.DeletePartialMatch(prometheus.Labels{"breaker": name})
	m.breakers.WithLabelValues(name, state).Set(1)
}

// Event counts a security event.
func (m *Metrics) Event(name string) {
	if m != nil {
		m.events.WithLabelValues(name).Inc()
	}
}

// Throttled counts a request refused by a limit.
func (m *Metrics) Throttled(limit string) {
	if m != nil {
		m.throttled.WithLabelValues(limit).Inc()
	}
}

// Session counts the outcome of a request's session.
func (m *Metrics) Session(outcome string) {
	if m != nil {
		m.sessions.WithLabelValues(outcome).Inc()
	}
}

// Shed counts a request rejected because of overload.
func (m *Metrics) Shed(kind string) {
	if m != nil {
		m.shed.WithLabelValues(kind).Inc()
	}
}
