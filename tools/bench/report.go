package main

import (
	"fmt"
	"io"
	"os"
	"runtime"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"
)

// report collects the measurements and writes them down.
type report struct {
	options
	began    time.Time
	load     string // the machine's load average at the beginning
	versions string
	bars     []bar
	numbers  []number
	notes    []string
	goBench  []*goBenchmark
}

// bar is a value that must be reached.
type bar struct {
	measure, wanted, reached, verdict string
}

// number is a measurement without a bar.
type number struct{ what, value string }

func newReport(o options) *report {
	return &report{options: o, began: time.Now(), load: loadAverage()}
}

// The unit of a bar is taken from the format.

func (r *report) atLeast(measure string, wanted float64, reached spread, format string) {
	r.bar(measure, "≥", wanted, reached, format, reached.median() >= wanted)
}

func (r *report) atMost(measure string, wanted float64, reached spread, format string) {
	r.bar(measure, "≤", wanted, reached, format, reached.median() <= wanted)
}

func (r *report) bar(measure, sign string, wanted float64, reached spread, format string, met bool) {
	_, unit, _ := strings.Cut(format, "f")
	verdict := "met"
	if !met {
		verdict = "**missed**"
	}
	r.bars = append(r.bars, bar{measure, fmt.Sprintf("%s %g%s", sign, wanted, unit), reached.show(format), verdict})
}

// notMeasured is for a bar whose other side cannot be had on this machine.
func (r *report) notMeasured(measure string, wanted float64) {
	r.bars = append(r.bars, bar{measure, fmt.Sprintf("≥ %g", wanted), "", "not measured"})
}

func (r *report) absolute(what string, value spread, format string) {
	r.numbers = append(r.numbers, number{what, value.show(format)})
}

func (r *report) note(sentence string) { r.notes = append(r.notes, sentence) }

// figures describes the numbers of the table, whose value depends on the machine.
func (r *report) figures() string {
	description := fmt.Sprintf("median of %d rounds (least to most)", r.rounds)
	if r.busy() {
		return "on a busy machine: " + description
	}
	return "measured: " + description
}

// busy reports whether others used the machine when the run began.
func (r *report) busy() bool {
	load, err := strconv.ParseFloat(r.load, 64)
	return err != nil || load > 1
}

// print writes the table for the terminal.
func (r *report) print(out io.Writer) {
	fmt.Fprintln(out)
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "MEASURE\tBAR\tREACHED\t")
	for _, b := range r.bars {
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\n", b.measure, b.wanted, b.reached, strings.Trim(b.verdict, "*"))
	}
	fmt.Fprintln(w, "\t\t\t\nNUMBER\t\t\t")
	for _, n := range r.numbers {
		fmt.Fprintf(w, "%s\t\t%s\t\n", n.what, n.value)
	}
	w.Flush()
	for _, sentence := range r.notes {
		fmt.Fprintln(out, sentence)
	}
	fmt.Fprintf(out, "%s; load average before the run %s\n", r.machine(), r.load)
	if r.busy() {
		fmt.Fprintln(out, "MEASURED ON A BUSY MACHINE")
	}
}

// write writes the document.
func (r *report) write(file string) error {
	var b strings.Builder
	fmt.Fprintf(&b, "# Performance\n\nWritten by `make bench` on %s; edit only the last section.\n\n", r.began.UTC().Format("2 January 2006"))
	if r.busy() {
		fmt.Fprintf(&b, "**Measured on a busy machine** (load average %s before the run): the figures are not good for comparison.\n\n", r.load)
	}
	fmt.Fprintf(&b, "%s. %s.\n\n| measure | bar | %s | |\n|---|---|---|---|\n", r.machine(), r.versions, r.figures())
	for _, m := range r.bars {
		fmt.Fprintf(&b, "| %s | %s | %s | %s |\n", m.measure, m.wanted, m.reached, m.verdict)
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
	b.WriteString(r.method())
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
