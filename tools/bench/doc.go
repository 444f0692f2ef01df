// Command bench measures whether Hutch meets its performance bars, in one run:
//
//	go run ./tools/bench
//
// It prints a table (measure, bar, reached, met or missed), and writes it with all
// details into docs/performance.md.
//
//	stage ──▶ a real Directus, prepared by setup, with one member
//	      ├─▶ hutch, as in production       a process of its own
//	      ├─▶ hutch, watched                with a counting proxy behind it
//	      └─▶ bare Gin                      the same bytes and headers, nothing else
//
//	speed      wrk against each of them in turn, in rounds ─▶ ratios per round
//	profile    alternating requests, and wrk: on this Directus, and on the newest
//	           whose members can read their own row
//	stampede   1,000 simultaneous requests ─▶ what Directus was asked
//	start, memory, first visit, Go benchmarks
//
// Ratios are computed within a round, since the machine's speed drifts between
// rounds. A response that is not the right page fails the run: a fast error is not a
// result.
//
// It measures from outside, by HTTP and by what the system reports about a process,
// so that it can compare Hutch before and after a change. It owns the processes that
// it starts and the document, and never looks inside Hutch.
package main
