// Command bench measures the bars that Hutch holds itself to, in one run:
//
//	go run ./tools/bench
//
// prints a table (what, bar, reached, met or missed), and writes it with all that
// belongs to it into docs/performance.md.
//
//	stage ──▶ a real Directus, prepared by setup, with one member
//	      ├─▶ hutch, in production          as a process of its own
//	      ├─▶ hutch, watched                behind it a proxy that counts
//	      └─▶ bare Gin                      the same bytes and headers, nothing else
//
//	speed      wrk at each of them in turn, round after round ─▶ ratios of a round
//	profile    one request here, one there, again and again; and wrk: on this
//	           Directus, and on the newest whose members can read their own row
//	stampede   1,000 connections that ask at the same time ─▶ what Directus was asked
//	start, memory, first visit, Go benchmarks
//
// Ratios are made within a round, since the machine's speed drifts from one to
// the next. An answer that is not the page it should be ends the run: a fast
// error is no result.
//
// It measures from outside, by HTTP and by what the system says of a process, so
// that the same program judges Hutch before and after a change.
package main
