package metrics

import (
	"net/http"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// Metrics are the counters of one site.
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

// New returns metrics that begin at zero, those of Go and the process with them.
func New() *Metrics {
	m := &Metrics{
		registry: prometheus.NewRegistry(),
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "hutch_requests_total", Help: "Answered requests, by route and status.",
		}, []string{"method", "route", "status"}),
		durations: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "hutch_request_duration_seconds", Help: "From a request to the end of its answer, by route.",
			Buckets: []float64{.0005, .001, .005, .01, .05, .1, .5, 1, 5, 10},
		}, []string{"route"}),
		upstream: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "hutch_upstream_duration_seconds", Help: "From a call of Directus to its answer, by call.",
			Buckets: []float64{.001, .005, .01, .05, .1, .5, 1, 5, 10},
		}, []string{"call"}),
		failures: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "hutch_upstream_errors_total", Help: "Calls of Directus that failed, by call and kind.",
		}, []string{"call", "kind"}),
		breakers: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "hutch_breaker_state", Help: "1 for the state that a circuit breaker is in.",
		}, []string{"breaker", "state"}),
		events: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "hutch_security_events_total", Help: "Security events, by name: docs/operations.md.",
		}, []string{"event"}),
		throttled: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "hutch_throttled_total", Help: "Requests that a limit refused, by limit.",
		}, []string{"limit"}),
		sessions: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "hutch_session_outcomes_total", Help: "Sessions that were renewed, refused or found to be no good, by outcome.",
		}, []string{"outcome"}),
		shed: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "hutch_shed_total", Help: "Requests that there was no room for, by kind of route.",
		}, []string{"kind"}),
	}
	m.registry.MustRegister(m.requests, m.durations, m.upstream, m.failures, m.breakers, m.events, m.throttled, m.sessions, m.shed,
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

// Handler shows the metrics at every path.
func (m *Metrics) Handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{MaxRequestsInFlight: 4})
}

// Request counts an answered request. The route is its pattern; "" for none.
func (m *Metrics) Request(method, route string, status int, took time.Duration) {
	if m == nil {
		return
	}
	m.requests.WithLabelValues(method, route, strconv.Itoa(status)).Inc()
	m.durations.WithLabelValues(route).Observe(took.Seconds())
}

// Upstream counts a call of Directus; kind "" is one that it answered.
func (m *Metrics) Upstream(call, kind string, took time.Duration) {
	if m == nil {
		return
	}
	m.upstream.WithLabelValues(call).Observe(took.Seconds())
	if kind != "" {
		m.failures.WithLabelValues(call, kind).Inc()
	}
}

// Breaker notes the state that a circuit breaker has come to.
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

// Throttled counts a request that a limit refused.
func (m *Metrics) Throttled(limit string) {
	if m != nil {
		m.throttled.WithLabelValues(limit).Inc()
	}
}

// Session counts what became of the session that a request came with.
func (m *Metrics) Session(outcome string) {
	if m != nil {
		m.sessions.WithLabelValues(outcome).Inc()
	}
}

// Shed counts a request that there was no room for.
func (m *Metrics) Shed(kind string) {
	if m != nil {
		m.shed.WithLabelValues(kind).Inc()
	}
}
