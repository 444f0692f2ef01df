package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"
	"time"
)

// options come from the command line.
type options struct {
	rounds   int
	duration time.Duration // of one wrk run in one round
	only     string        // names of measures, separated by commas; empty for all
	document string        // empty for none
	goBench  string        // file for the output of the Go benchmarks, for benchstat; if empty they do not run
}

func main() {
	if len(os.Args) == 3 && os.Args[1] == "bare" {
		exitOn(serveBare(os.Args[2]))
		return
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	var o options
	flag.IntVar(&o.rounds, "rounds", 7, "how often each thing is measured")
	flag.DurationVar(&o.duration, "duration", 2*time.Second, "how long wrk asks, each time; whole seconds")
	flag.StringVar(&o.only, "only", "", "the measures to take, separated by commas; empty: all")
	flag.StringVar(&o.document, "doc", "docs/performance.md", "the document to write; empty: none")
	flag.StringVar(&o.goBench, "go", "bench.txt", "the file for the output of the Go benchmarks; empty: they do not run")
	flag.Parse()
	err := run(ctx, o, os.Stdout)
	stop()
	exitOn(err)
}

func exitOn(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(ctx context.Context, o options, out io.Writer) (err error) {
	if o.rounds < 1 || o.duration < time.Second {
		return errors.New("-rounds must be 1 or more, -duration 1s or more")
	}
	chosen, err := chooseMeasures(o.only)
	if err != nil {
		return err
	}
	r := newReport(o) // before anything that keeps the machine busy
	if err := provideWrk(ctx, out); err != nil {
		return err
	}
	caddy, err := provideCaddy(ctx, out)
	if ctx.Err() != nil {
		return errors.New("interrupted")
	}
	if err != nil {
		fmt.Fprintln(out, "Going on without Caddy:", err)
		caddy = ""
	}
	s, err := setTheStage(ctx, out, directusVersion)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.clear()) }()
	s.caddy = caddy
	if r.versions, err = s.versions(ctx); err != nil {
		return err
	}
	for _, measure := range chosen {
		fmt.Fprintf(out, "%5s  Measuring: %s\n", time.Since(r.began).Round(time.Second), measure.what)
		err := measure.do(ctx, s, r)
		if ctx.Err() != nil {
			return errors.New("interrupted") // whatever failed, failed because of that
		}
		if err != nil {
			return fmt.Errorf("%s: %w", measure.what, err)
		}
	}
	if err := s.clear(); err != nil { // free the machine for the Go benchmarks
		return err
	}
	if o.goBench != "" {
		fmt.Fprintln(out, "Measuring: Go benchmarks")
		if r.goBench, err = runGoBenchmarks(ctx, s.root, o.goBench); err != nil {
			return err
		}
	}
	r.print(out)
	if o.document == "" {
		return nil
	}
	return r.write(o.document)
}

// measure is a part of the run.
type measure struct {
	name, what string
	do         func(context.Context, *stage, *report) error
}

// chooseMeasures returns the measures with these names, in the order in which they are
// taken.
func chooseMeasures(names string) ([]measure, error) {
	all := []measure{
		{"binary", "size of the program", measureBinary},
		{"visit", "bytes of a first visit", measureFirstVisit},
		{"start", "start to first page", measureStart},
		{"idle", "idle memory", measureIdle},
		{"crawl", "a crawl", measureCrawl},
		{"cold", "posts that are not cached", measureCold},
		{"stampede", "visitors arriving at once", measureStampede},
		{"speed", "requests per second", measureSpeed},
		{"blocks", "pages of blocks", measureBlocks},
		{"profile", "the profile", measureProfile},
		{"peak", "peak memory", measurePeak},    // after the loads that could raise it
		{"rude", "a rude visitor", measureRude}, // last, since it leaves Directus work
	}
	if names == "" {
		return all, nil
	}
	var chosen []measure
	wanted := strings.Split(names, ",")
	for _, m := range all {
		if slices.Contains(wanted, m.name) {
			chosen = append(chosen, m)
		}
	}
	if len(chosen) != len(wanted) {
		return nil, fmt.Errorf("-only %s: there is no such measure, or it is named twice", names)
	}
	return chosen, nil
}
