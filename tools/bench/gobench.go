package main

import (
	"context"
	"fmt"
	"os"
	"strconv"
	"strings"

	"hutch/tools/toolcache"
)

// goBenchmark is the result of one benchmark.
type goBenchmark struct {
	name                       string
	nanoseconds, bytes, allocs spread
}

// runGoBenchmarks runs the Go benchmarks, and saves their output for benchstat.
func runGoBenchmarks(ctx context.Context, root, file string) ([]*goBenchmark, error) {
	said, err := toolcache.Output(ctx, root, os.Environ(), "go", "test", "-run", "^$", "-bench", ".", "-benchmem",
		"-benchtime", "500ms", "-count", "6", "-timeout", "20m", "./session", "./templates", "./e2e/operations")
	if err != nil {
		return nil, err
	}
	if err := os.WriteFile(file, said, 0o644); err != nil { //nolint:gosec // numbers
		return nil, err
	}
	return readGoBenchmarks(string(said))
}

// readGoBenchmarks parses lines such as
//
//	BenchmarkOpen-2   395838   3017 ns/op   1080 B/op   20 allocs/op
func readGoBenchmarks(said string) ([]*goBenchmark, error) {
	var all []*goBenchmark
	byName := map[string]*goBenchmark{}
	for line := range strings.Lines(said) {
		fields := strings.Fields(line)
		if len(fields) < 8 || !strings.HasPrefix(fields[0], "Benchmark") {
			continue
		}
		name := strings.TrimPrefix(fields[0], "Benchmark")
		if at := strings.LastIndex(name, "-"); at > 0 {
			name = name[:at]
		}
		b := byName[name]
		if b == nil {
			b = &goBenchmark{name: name}
			byName[name] = b
			all = append(all, b)
		}
		for i := 2; i+1 < len(fields); i += 2 {
			value, err := strconv.ParseFloat(fields[i], 64)
			if err != nil {
				return nil, fmt.Errorf("a Go benchmark printed %q: %w", line, err)
			}
			switch fields[i+1] {
			case "ns/op":
				b.nanoseconds = append(b.nanoseconds, value)
			case "B/op":
				b.bytes = append(b.bytes, value)
			case "allocs/op":
				b.allocs = append(b.allocs, value)
			}
		}
	}
	if len(all) == 0 {
		return nil, fmt.Errorf("no Go benchmark in %q", said)
	}
	return all, nil
}
