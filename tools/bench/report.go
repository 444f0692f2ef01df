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

// report collects what was measured, and says it.
type report struct {
	options
	began    time.Time
	busy     string // what the machine did besides, at the beginning
	versions string
	bars     []bar
	numbers  []number
	notes    []string
	goBench  []*goBenchmark
}

// bar is something that must be reached.
type bar struct {
	measure, wanted, reached string
	met                      bool
}

// number is what stands behind the bars.
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

// print is for the terminal.
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
	fmt.Fprintf(out, "%s; load average at the beginning %s\n", r.machine(), r.busy)
}

// write makes the document.
func (r *report) write(file string) error {
	var b strings.Builder
	fmt.Fprintf(&b, `# Performance

Written by %s on %s; do not edit, but for the part at the end.

%s. %s.

| measure | bar | reached: median of %d rounds (least to most) | |
|---|---|---|---|
`, "`make bench`", r.began.UTC().Format("2 January 2006"), r.machine(), r.versions, r.rounds)
	for _, m := range r.bars {
		fmt.Fprintf(&b, "| %s | %s | %s | %s |\n", m.measure, m.wanted, m.reached, m.verdict())
	}
	b.WriteString("\n## Numbers behind it\n\n| what | median (least to most) |\n|---|---|\n")
	for _, n := range r.numbers {
		fmt.Fprintf(&b, "| %s | %s |\n", n.what, n.value)
	}
	b.WriteString("\n")
	for _, sentence := range r.notes {
		fmt.Fprintf(&b, "- %s\n", sentence)
	}
	if len(r.goBench) > 0 {
		b.WriteString("\n## Go benchmarks\n\nOne operation on one core at a time, Directus not asked; six runs each.\n\n| benchmark | time | memory | allocations |\n|---|---|---|---|\n")
		for _, g := range r.goBench {
			fmt.Fprintf(&b, "| %s | %s | %s | %s |\n", g.name, micro(g.nanoseconds).show("%.1f µs"), g.bytes.show("%.0f B"), g.allocs.show("%.0f"))
		}
	}
	fmt.Fprintf(&b, `
## How it was measured

One run of one program, %[1]s, on one machine: the load, Hutch and Directus share its cores, so absolute numbers are lower than on machines of their own. Hutch is the binary, as README builds and starts it for production, its log thrown away; Directus is a real one with the sample content (12 posts), prepared by %[2]s; all of them are processes of their own and speak HTTP over 127.0.0.1.

- **Requests a second**: wrk, %[3]d connections, two threads, %[4]s each after a warm-up. In each of %[5]d rounds everybody is asked once, every second round backwards; ratios are made within a round, and the median of them counts. Requests carry the headers of a browser, with %[6]s. The run fails if one answer has an error status, if a request fails, if answers under load are not as large as the right one, or if the page before and after the load does not show what it should.
- **Bare Gin** is a process with %[7]s and nothing else, which writes the bytes and headers that Hutch has just answered.
- **Directus** is asked the question that Hutch asks it for the same content, found by a proxy behind a second Hutch; for the profile, %[8]s with a session of the same member.
- **The profile** is measured with two versions of Directus. The bars are held to the newest whose members can read their own row. Directus 12 lets no member do that without a licence and answers %[8]s with nothing but an id, so that Hutch has to ask for the row besides, with the service token: two questions to a server that answers one at a time.
- **Latency**: %[9]d pairs of requests a round, one to Hutch and one to Directus in turn, over one open connection each; the difference of the medians.
- **1,000 at once**: 1,000 open connections, all of which ask at the same time when the entry has expired, of the list and of the post in turn; a proxy counts what Directus is asked, and makes it 200 ms slower, so that the whole crowd is there while it is asked. The number is that of the question asked most often in any round.
- **Start**: from starting the process to the first 200 for %[10]s, which is asked for without pause; %[11]d starts, with Directus running and nothing in the cache.
- **Memory**: what Linux counts as the process's own (resident set): idle two seconds after the first page, and the peak of all loads above.
- **First visit**: the page and all files that it names (stylesheets, scripts, icons, images, preloads), each once, as transferred to a browser that takes gzip, Brotli and zstd.

How noisy it was is in the table: least and most of the rounds. The load average before the run was %[12]s; on an idle machine it is near 0.
`, "`go run ./tools/bench`", "`hutch setup`", connections, r.duration, r.rounds, "`Accept-Encoding: gzip, deflate, br, zstd`", "`gin.New()`", "`/users/me`", pairs, "`/blog`", starts, r.busy)
	b.WriteString(writtenByHand(file))
	return os.WriteFile(file, []byte(b.String()), 0o644) //nolint:gosec // for everybody
}

// byHand heads what people add at the end of the document, which stays there.
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
		return "processor unknown"
	}
	for line := range strings.Lines(string(info)) {
		if name, value, _ := strings.Cut(line, ":"); strings.TrimSpace(name) == "model name" {
			return strings.TrimSpace(value)
		}
	}
	return "processor unknown"
}

// loadAverage is how many wanted to run at a time, of the last minute.
func loadAverage() string {
	load, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		return "unknown"
	}
	first, _, _ := strings.Cut(string(load), " ")
	return first
}
