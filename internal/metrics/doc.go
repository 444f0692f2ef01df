// Package metrics counts what the site does, for Prometheus.
//
//	handlers, session, directus ─▶ *Metrics ─▶ GET /metrics, on a listener of its own
//
// It owns the names of the metrics and the handler that shows them. It never sees
// a request, an address or a member: labels are routes, statuses and names that
// are in the code, so that there are few of them, and none is anybody's. A nil
// *Metrics counts nothing: that is the site without them.
package metrics
