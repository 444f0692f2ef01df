package main

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"hutch/tools/toolcache"
)

const connections = 16

// provideWrk installs wrk if it is missing. On a machine with two cores the load
// generator competes with what it measures, and wrk, in C and without a garbage
// collector, takes less than any Go library.
func provideWrk(ctx context.Context, progress io.Writer) error {
	if _, err := exec.LookPath("wrk"); err == nil {
		return nil
	}
	c, err := toolcache.Open()
	if err != nil {
		return err
	}
	r := toolcache.NewReport("bench", progress)
	unlock, err := c.Lock(ctx, "install", func() { r.Say("waiting for another installation") })
	if err != nil {
		return err
	}
	defer unlock()
	return toolcache.Provide(ctx, r, []toolcache.Tool{{Command: "wrk", Use: "makes the load", Debian: "wrk"}}, "brew install wrk")
}

func wrkVersion(ctx context.Context) (string, error) {
	said, err := exec.CommandContext(ctx, "wrk", "-v").Output()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) { // it exits with 1
		return "", err
	}
	fields := strings.Fields(string(said))
	if len(fields) < 2 {
		return "", fmt.Errorf("wrk -v printed %q", said)
	}
	return strings.TrimPrefix(fields[1], "debian/"), nil
}

// wrkScript prints wrk's counters. It defines no function for requests or
// responses, which would slow wrk down.
//
//go:embed wrk.lua
var wrkScript []byte

// load runs wrk against a target, and returns the responses per second. It fails on
// errors, refusals, and responses that do not have the right size.
func load(ctx context.Context, dir string, t target, d time.Duration) (perSecond float64, err error) {
	right, err := fetchRight(ctx, t)
	if err != nil {
		return 0, err
	}
	script := filepath.Join(dir, "wrk.lua")
	if err := os.WriteFile(script, wrkScript, 0o600); err != nil {
		return 0, err
	}
	args := []string{"-c", strconv.Itoa(connections), "-t", "2", "-d", strconv.Itoa(int(d.Seconds())) + "s", "--timeout", "10s", "-s", script}
	for _, line := range t.header {
		args = append(args, "-H", line)
	}
	said, err := toolcache.Output(ctx, dir, os.Environ(), "wrk", append(args, "http://"+t.address+t.path)...)
	if err != nil {
		return 0, err
	}
	_, line, _ := strings.Cut(string(said), "counted ")
	var requests, microseconds, bytes, connect, read, write, refused, timeout float64
	if _, err := fmt.Sscan(line, &requests, &microseconds, &bytes, &connect, &read, &write, &refused, &timeout); err != nil {
		return 0, fmt.Errorf("wrk printed %q: %w", said, err)
	}
	if faults := connect + read + write + refused + timeout; faults > 0 || requests == 0 {
		return 0, fmt.Errorf("%s: of %.0f requests %.0f got an error status, and %.0f failed", t.path, requests, refused, faults-refused)
	}
	// A response cut off at the end counts in bytes but not as a response.
	if off := math.Abs(bytes/requests - float64(right.wire)); off > 0.02*float64(right.wire)+connections*float64(right.wire)/requests {
		return 0, fmt.Errorf("%s: a response has %.0f bytes under load, and %d without", t.path, bytes/requests, right.wire)
	}
	if _, err := fetchRight(ctx, t); err != nil {
		return 0, fmt.Errorf("after the load: %w", err)
	}
	return requests / (microseconds / 1e6), nil
}
