// Command bench measures whether Hutch meets its performance bars, in one run:
//
//	go run ./tools/bench
//
// It prints a table (measure, bar, reached, met or missed), and writes it with all
// details into docs/performance.md. While you work on one bar, take only what you need:
//
//	go run ./tools/bench -rounds 2 -duration 1s -doc '' -go '' -only speed,peak
//
//	stage ──▶ a real Directus, prepared by setup, with one member and 60,000 posts
//	      ├─▶ hutch, as in production       each a process of its own
//	      ├─▶ hutch, full                   behind a recording proxy, its cache filled first
//	      ├─▶ hutch, otherwise empty        its cache holds the two pages of speed
//	      └─▶ bare Gin, Caddy               the same bytes and headers, nothing else
//
//	binary, visit, start, idle
//	crawl      1,500 posts ─▶ a full cache, and what they cost Hutch
//	cold       one post at a time ─▶ what Hutch adds to the calls of Directus
//	stampede   1,000 simultaneous requests ─▶ what Directus was asked
//	speed      wrk against each of them in turn, in rounds ─▶ ratios per round
//	profile    alternating requests, and wrk: on this Directus, and on the newest
//	           whose members can read their own row
//	peak       1,000 wait at the full one ─▶ its memory
//	rude       one visitor asks for all that is not cached ─▶ what another one gets
//	Go benchmarks
//
// Ratios are computed within a round, since the machine's speed drifts between
// rounds. A response that is not the right page fails the run: a fast error is not a
// result. Beside the rude visitor it is a miss, which is counted.
//
// It measures from outside, by HTTP and by what the system reports about a process,
// so that it can compare Hutch before and after a change. It owns the processes that
// it starts and the document, and never looks inside Hutch.
package main
