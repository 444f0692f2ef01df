// Package metrics counts what the site does, for Prometheus.
//
//	handlers, session, directus ─▶ *Metrics ─▶ GET /metrics, on its own listener
//
// The package owns the names of the metrics and the handler that serves them. It
// never sees a request, an address or a member: labels are routes, statuses and names
// in the code, so there are few of them and none identifies anybody. A nil *Metrics
// counts nothing, for a site without metrics.
package metrics
