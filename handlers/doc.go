// Package handlers answers requests: HTTP in, HTML out. It stands on three floors;
// each imports downwards only.
//
//	routes.go   every address once, the middleware in order with the reason
//	   │
//	   ├─▶ content   what is published; sees neither sessions nor limits
//	   ├─▶ account   sign-in to deletion
//	   │      │
//	   └──────┴─▶ web   what both speak: responses, problem pages, forms, the log
//
// A row of routes.go holds all that is known of an address: who it is for, its
// handler, what may be kept of its form, which part of the capacity it takes up, and
// its line in the documentation. To add a page: a row here, a handler in the room
// that it belongs to, a type in templates.
//
// This top floor assembles (New), turns errors into responses (adapt.go), and
// answers the probes (probes.go). It has no page of its own.
package handlers
