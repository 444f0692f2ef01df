package main

import (
	"fmt"
	"io"
	"os"
	"runtime"
	"strings"
	"text/tabwriter"
	"time"
)

// report collects the measurements and writes them down.
type report struct {
	options
	began    time.Time
	busy     string // the machine's load at the beginning
	versions string
	bars     []bar
	numbers  []number
	notes    []string
	goBench  []*goBenchmark
}

// bar is a value that must be reached.
type bar struct {
	measure, wanted, reached string
	met                      bool
}

// number is a measurement without a bar.
type number struct{ what, value string }

func newReport(o options) *report {
	return &report{options: o, began: time.Now(), busy: loadAverage()}
}

func (r *report) atLeast(measure string, wanted float64, reached spread, format string) {
	r.bars = append(r.bars, bar{measure, fmt.Sprintf("≥ %g", wanted), reached.show(format), reached.median() >= wanted})
}

// atMost takes the unit of the bar from the format.
func (r *report) atMost(measure string, wanted float64, reached spread, format string) {
	_, unit, _ := strings.Cut(format, "f")
	r.bars = append(r.bars, bar{measure, fmt.Sprintf("≤ %g%s", wanted, unit), reached.show(format), reached.median() <= wanted})
}

func (r *report) absolute(what string, value spread, format string) {
	r.numbers = append(r.numbers, number{what, value.show(format)})
}

func (r *report) note(sentence string) { r.notes = append(r.notes, sentence) }

func (b bar) verdict() string {
	if b.met {
		return "met"
	}
	return "**missed**"
}

// print writes the table for the terminal.
func (r *report) print(out io.Writer) {
	fmt.Fprintln(out)
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "MEASURE\tBAR\tREACHED\t")
	for _, b := range r.bars {
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\n", b.measure, b.wanted, b.reached, strings.Trim(b.verdict(), "*"))
	}
	fmt.Fprintln(w, "\t\t\t\nNUMBER\t\t\t")
	for _, n := range r.numbers {
		fmt.Fprintf(w, "%s\t\t%s\t\n", n.what, n.value)
	}
	w.Flush()
	for _, sentence := range r.notes {
		fmt.Fprintln(out, sentence)
	}
	fmt.Fprintf(out, "%s; load average before the run %s\n", r.machine(), r.busy)
}

// write writes the document.
func (r *report) write(file string) error {
	var b strings.Builder
	fmt.Fprintf(&b, `# Performance

Written by %s on %s; edit only the last section.

%s. %s.

| measure | bar | measured: median of %d rounds (least to most) | |
|---|---|---|---|
`, "`make bench`", r.began.UTC().Format("2 January 2006"), r.machine(), r.versions, r.rounds)
	for _, m := range r.bars {
		fmt.Fprintf(&b, "| %s | %s | %s | %s |\n", m.measure, m.wanted, m.reached, m.verdict())
	}
	b.WriteString("\n## Details\n\n| what | median (least to most) |\n|---|---|\n")
	for _, n := range r.numbers {
		fmt.Fprintf(&b, "| %s | %s |\n", n.what, n.value)
	}
	b.WriteString("\n")
	for _, sentence := range r.notes {
		fmt.Fprintf(&b, "- %s\n", sentence)
	}
	if len(r.goBench) > 0 {
		b.WriteString("\n## Go benchmarks\n\nOne operation at a time on one core, without Directus; six runs each.\n\n| benchmark | time | memory | allocations |\n|---|---|---|---|\n")
		for _, g := range r.goBench {
			fmt.Fprintf(&b, "| %s | %s | %s | %s |\n", g.name, micro(g.nanoseconds).show("%.1f µs"), g.bytes.show("%.0f B"), g.allocs.show("%.0f"))
		}
	}
	fmt.Fprintf(&b, `
## How it was measured

One run of one program, %[1]s, on one machine: the load generator, Hutch and Directus share its cores, so absolute numbers are lower than on separate machines. Hutch is the binary, built and started as in README for production, with its log discarded. Directus is a real one with the sample content (12 posts), prepared by %[2]s. All are separate processes that speak HTTP over 127.0.0.1.

- **Requests per second**: wrk, %[3]d connections, two threads, %[4]s each after a warm-up. Each of the %[5]d rounds measures everything once, every second round in reverse order. Ratios are calculated within a round; the median counts. Requests carry a browser's headers, with %[6]s. The run fails if a response has an error status, if a request fails, if responses under load differ in size from the correct one, or if the page before or after the load is wrong.
- **Bare Gin** is a process with %[7]s and nothing else, which writes the bytes and headers that Hutch has just returned.
- **Directus** gets the same query that Hutch sends for the same content, recorded by a proxy behind a second Hutch; for the profile, %[8]s with a session of the same member.
- **The profile** is measured with two versions of Directus. The bars apply to the newest version whose members can read their own row. Directus 12 without a licence allows that to no member and answers %[8]s with an id only, so Hutch also has to read the row with the service token: two calls to a server that handles one at a time.
- **Latency**: %[9]d pairs of requests per round, one to Hutch and one to Directus in turn, over one open connection each; the difference of the medians.
- **1,000 at once**: 1,000 open connections that all ask at the same time when the entry has expired, for the list and for the post in turn. A proxy counts the requests to Directus and delays them by 200 ms, so that the whole crowd is waiting meanwhile. The number is that of the most frequent query in any round.
- **Start**: from starting the process to the first 200 for %[10]s, which is requested continuously; %[11]d starts, with Directus running and an empty cache.
- **Memory**: the resident set that Linux reports: idle two seconds after the first page, and the peak of all loads above.
- **First visit**: the page and all files that it refers to (stylesheets, scripts, icons, images, preloads), each once, as transferred to a browser that accepts gzip, Brotli and zstd.

The table shows how noisy the run was: least and most of the rounds. The load average before the run was %[12]s; on an idle machine it is near 0.
`, "`go run ./tools/bench`", "`hutch setup`", connections, r.duration, r.rounds, "`Accept-Encoding: gzip, deflate, br, zstd`", "`gin.New()`", "`/users/me`", pairs, "`/blog`", starts, r.busy)
	b.WriteString(writtenByHand(file))
	return os.WriteFile(file, []byte(b.String()), 0o644) //nolint:gosec // for everybody
}

// byHand marks the end of the generated part: what people add after it is kept.
const byHand = "\n## What was tried\n"

func writtenByHand(file string) string {
	earlier, err := os.ReadFile(file)
	if err != nil {
		return ""
	}
	if _, after, found := strings.Cut(string(earlier), byHand); found {
		return byHand + after
	}
	return ""
}

func micro(nanoseconds spread) spread {
	var s spread
	for _, n := range nanoseconds {
		s = append(s, n/1000)
	}
	return s
}

func (r *report) machine() string {
	return fmt.Sprintf("%d cores, %s, %s/%s", runtime.NumCPU(), cpuName(), runtime.GOOS, runtime.GOARCH)
}

func cpuName() string {
	info, err := os.ReadFile("/proc/cpuinfo")
	if err != nil {
		return "unknown processor"
	}
	for line := range strings.Lines(string(info)) {
		if name, value, _ := strings.Cut(line, ":"); strings.TrimSpace(name) == "model name" {
			return strings.TrimSpace(value)
		}
	}
	return "unknown processor"
}

// loadAverage returns the load average of the last minute.
func loadAverage() string {
	load, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		return "unknown"
	}
	first, _, _ := strings.Cut(string(load), " ")
	return first
}
