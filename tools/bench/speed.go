package main

import (
	"cmp"
	"context"
	_ "embed"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"hutch/tools/toolcache"
)

// contender is one of the servers that are compared.
type contender struct {
	name string
	target
	connections int           // of wrk; 0: as many as usual
	longer      time.Duration // for wrk, if one response takes long; 0: as usual
	perSecond   spread        // one value per round
}

// measureSpeed compares cached pages of a Hutch with a full cache with the same bytes
// from others: a Hutch whose cache holds only them, a bare Gin, Caddy; and with Directus.
func measureSpeed(ctx context.Context, s *stage, r *report) (err error) {
	if err := s.fillCache(ctx); err != nil {
		return err
	}
	if s.cookie, err = s.signIn(ctx, s.full); err != nil {
		return err
	}
	empty, err := s.startHutch(ctx, nil)
	if err != nil {
		return err
	}
	pages := []*compared{
		{path: "`/blog`", page: s.blog, raw: s.rawBlog},
		{path: "`/blog/:slug`", page: s.post, raw: s.rawPost},
	}
	bare, err := s.startBare(ctx, s.blog(s.full), s.post(s.full))
	if err != nil {
		return err
	}
	var caddy *process // nil: not available
	if s.caddy != "" {
		if caddy, err = s.startCaddy(ctx, s.caddy, s.blog(s.full), s.post(s.full)); err != nil {
			return err
		}
	}
	var all []*contender
	for _, c := range pages {
		all = append(all, c.enter(s, empty, bare, caddy)...)
	}
	if err := askInTurn(ctx, s, r, all...); err != nil {
		return err
	}
	for _, c := range pages {
		c.report(r)
	}
	for _, c := range all {
		r.absolute(c.name, c.perSecond, "%.0f requests/s")
	}
	return nil
}

// compared is one page, and who serves it.
type compared struct {
	path string
	page func(*process) target
	raw  target // Directus' part of it

	full, empty, member, bare, caddy, directus *contender
}

func (c *compared) enter(s *stage, empty, bare, caddy *process) []*contender {
	c.bare = &contender{name: c.path + ", bare Gin", target: anonymous(c.page(bare))}
	c.full = &contender{name: c.path + ", anonymous", target: anonymous(c.page(s.full))}
	c.empty = &contender{name: c.path + ", anonymous, cache otherwise empty", target: anonymous(c.page(empty))}
	c.member = &contender{name: c.path + ", signed in", target: s.signedIn(c.page(s.full))}
	c.directus = &contender{name: c.path + ", Directus' part", target: c.raw, connections: directusConnections, longer: slowList}
	all := []*contender{c.bare, c.full, c.empty, c.member, c.directus}
	if caddy != nil {
		c.caddy = &contender{name: c.path + ", Caddy", target: anonymous(c.page(caddy))}
		all = slices.Insert(all, 2, c.caddy) // beside what it is compared with
	}
	return all
}

func (c *compared) report(r *report) {
	ratio := func(name string, wanted float64, a, b *contender, format string) {
		if b == nil {
			r.notMeasured(c.path+", "+name, wanted)
			return
		}
		r.atLeast(c.path+", "+name, wanted, a.perSecond.over(b.perSecond), format)
	}
	ratio("anonymous ÷ bare Gin", 0.8, c.full, c.bare, "%.2f")
	ratio("full cache ÷ otherwise empty one", 0.95, c.full, c.empty, "%.2f")
	ratio("anonymous ÷ a file from Caddy", 1.3, c.full, c.caddy, "%.2f")
	ratio("anonymous ÷ Directus", 60, c.full, c.directus, "%.0f")
	ratio("signed in ÷ anonymous", 0.7, c.member, c.full, "%.2f")
}

// askInTurn runs wrk against each contender in each round. Every second round is
// reversed, so that drift within a round favours nobody.
func askInTurn(ctx context.Context, s *stage, r *report, all ...*contender) error {
	all = slices.Clone(all)
	for _, c := range all { // the warm-up
		if _, err := load(ctx, s.dir, c.target, cmp.Or(c.connections, connections), max(c.longer, time.Second)); err != nil {
			return err
		}
	}
	for range r.rounds {
		for _, c := range all {
			perSecond, err := load(ctx, s.dir, c.target, cmp.Or(c.connections, connections), max(c.longer, r.duration))
			if err != nil {
				return err
			}
			c.perSecond = append(c.perSecond, perSecond)
		}
		slices.Reverse(all)
	}
	return nil
}

const (
	connections = 16
	// Directus makes one list at a time, and counts 60,000 posts for each: so few
	// connections suffice, and the load has to be this long.
	directusConnections = 2
	slowList            = 4 * time.Second
)

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
func load(ctx context.Context, dir string, t target, connections int, d time.Duration) (perSecond float64, err error) {
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
	if off := math.Abs(bytes/requests - float64(right.wire)); off > 0.02*float64(right.wire)+float64(connections)*float64(right.wire)/requests {
		return 0, fmt.Errorf("%s: a response has %.0f bytes under load, and %d without", t.path, bytes/requests, right.wire)
	}
	if _, err := fetchRight(ctx, t); err != nil {
		return 0, fmt.Errorf("after the load: %w", err)
	}
	return requests / (microseconds / 1e6), nil
}

// spread holds the results of repeated rounds.
type spread []float64

func (s spread) sorted() spread { return slices.Sorted(slices.Values(s)) }

func (s spread) median() float64 {
	sorted := s.sorted()
	middle := len(sorted) / 2
	if len(sorted)%2 == 0 {
		return (sorted[middle-1] + sorted[middle]) / 2
	}
	return sorted[middle]
}

func (s spread) least() float64 { return slices.Min(s) }
func (s spread) most() float64  { return slices.Max(s) }

// over divides round by round.
func (s spread) over(other spread) spread {
	ratios := make(spread, len(s))
	for i := range s {
		ratios[i] = s[i] / other[i]
	}
	return ratios
}

// show returns the median and the range. The format is for one number, with the
// unit after it.
func (s spread) show(format string) string {
	verb, unit, _ := strings.Cut(format, "f")
	verb += "f"
	shown := fmt.Sprintf(verb, s.median())
	if len(s) > 1 && s.least() < s.most() {
		shown += fmt.Sprintf(" ("+verb+" to "+verb+")", s.least(), s.most())
	}
	return shown + unit
}
