package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
	"time"
)

// options come from the command line.
type options struct {
	rounds   int
	duration time.Duration // of one wrk run in one round
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
	if err := provideWrk(ctx, out); err != nil {
		return err
	}
	r := newReport(o)
	s, err := setTheStage(ctx, out, directusVersion)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.clear()) }()
	if r.versions, err = s.versions(ctx); err != nil {
		return err
	}
	for _, measure := range []struct {
		what string
		do   func(context.Context, *stage, *report) error
	}{
		{"bytes of a first visit", measureFirstVisit},
		{"start to first page", measureStart},
		{"idle memory", measureIdle},
		{"visitors arriving at once", measureStampede},
		{"requests per second", measureSpeed},
		{"the profile", measureProfile},
		{"peak memory", measurePeak}, // last, after everything that could raise it
	} {
		fmt.Fprintf(out, "Measuring: %s\n", measure.what)
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
