package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// pairs is how many requests of each kind one number is based on.
const pairs = 100

// measureProfile compares the profile with Directus' answer for the same member: on
// the newest version whose members can read their own row, which is what the bars
// are for, and on the stage's own Directus, which without a licence does not let
// them, so that Hutch has to ask twice.
func measureProfile(ctx context.Context, s *stage, r *report) (err error) {
	readable, err := s.beside(ctx, "readable", readableVersion)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, readable.clear()) }()
	p, err := readable.compareProfile(ctx, r)
	if err != nil {
		return err
	}
	r.atMost("median latency that `/profile` adds to `/users/me`, one connection, on "+readableVersion, 0.8, p.added, "%.2f ms")
	r.atLeast("`/profile` ÷ Directus `/users/me`, on "+readableVersion, 0.95, p.perSecond.over(p.directusPerSecond), "%.2f")
	r.profile(readableVersion, p)
	if err := readable.clear(); err != nil {
		return err
	}
	if p, err = s.compareProfile(ctx, r); err != nil {
		return err
	}
	r.absolute("median latency that `/profile` adds to `/users/me`, on "+directusVersion, p.added, "%.2f ms")
	r.absolute("`/profile` ÷ Directus `/users/me`, on "+directusVersion, p.perSecond.over(p.directusPerSecond), "%.2f")
	r.profile(directusVersion, p)
	return nil
}

// comparison compares the profile with the data that it shows.
type comparison struct {
	latency, directusLatency, added spread // in milliseconds, over one connection
	perSecond, directusPerSecond    spread
	calls                           []string // to Directus, for one view
}

func (r *report) profile(version string, p comparison) {
	r.absolute("median latency of `/profile`, on "+version, p.latency, "%.2f ms")
	r.absolute("median latency of Directus "+version+" `/users/me`", p.directusLatency, "%.2f ms")
	r.absolute("`/profile`, on "+version, p.perSecond, "%.0f requests/s")
	r.absolute("`/users/me`, Directus "+version, p.directusPerSecond, "%.0f requests/s")
	r.note("On Directus " + version + ", one view of `/profile` calls: " + strings.Join(p.calls, ", ") + ".")
}

func (s *stage) compareProfile(ctx context.Context, r *report) (c comparison, err error) {
	if c.calls, err = s.listen(ctx); err != nil {
		return c, err
	}
	if s.cookie, err = s.signIn(ctx, s.hutch); err != nil {
		return c, err
	}
	if err := s.timeProfile(ctx, r, &c); err != nil {
		return c, err
	}
	return c, s.loadProfile(ctx, r, &c)
}

// listen records what one view of the profile asks of Directus once the caches are
// filled.
func (s *stage) listen(ctx context.Context) (calls []string, err error) {
	watched, err := s.startHutch(ctx, map[string]string{"DIRECTUS_URL": s.proxy.url})
	if err != nil {
		return nil, err
	}
	defer func() { _ = watched.stop() }()
	if s.cookie, err = s.signIn(ctx, watched); err != nil {
		return nil, err
	}
	if _, err := fetchRight(ctx, s.profile(watched)); err != nil {
		return nil, err
	}
	s.proxy.forget()
	if _, err := fetchRight(ctx, s.profile(watched)); err != nil {
		return nil, err
	}
	for question, times := range s.proxy.questions() {
		call, _, _ := strings.Cut(question, "?")
		if strings.Contains(call, "/users/") && !strings.HasSuffix(call, "/me") {
			call = "GET /users/:id"
		}
		calls = append(calls, fmt.Sprintf("%d × `%s`", times, call))
	}
	slices.Sort(calls)
	return calls, nil
}

// timeProfile requests the profile from Hutch and the member from Directus,
// alternately, over one connection each.
func (s *stage) timeProfile(ctx context.Context, r *report, c *comparison) error {
	profile, me := s.profile(s.hutch), s.me()
	toHutch, err := dial(ctx, profile.address)
	if err != nil {
		return err
	}
	defer toHutch.close()
	toDirectus, err := dial(ctx, me.address)
	if err != nil {
		return err
	}
	defer toDirectus.close()
	// Built once: the bytes sent are the same each time.
	askProfile, askMe := profile.request(), me.request()
	for round := -1; round < r.rounds; round++ {
		var hutch, directus spread
		for range pairs {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			took, err := timed(toHutch, askProfile, profile)
			if err != nil {
				return err
			}
			hutch = append(hutch, took)
			if took, err = timed(toDirectus, askMe, me); err != nil {
				return err
			}
			directus = append(directus, took)
		}
		if round < 0 {
			continue // the warm-up
		}
		c.latency, c.directusLatency = append(c.latency, hutch.median()), append(c.directusLatency, directus.median())
		c.added = append(c.added, hutch.median()-directus.median())
	}
	return nil
}

// timed returns the duration of one request in milliseconds. The response is
// checked after the clock has stopped.
func timed(c *connection, request []byte, t target) (float64, error) {
	began := time.Now()
	a, err := c.ask(request)
	took := time.Since(began)
	if err != nil {
		return 0, err
	}
	return float64(took.Microseconds()) / 1000, t.check(a)
}

// loadProfile runs wrk against both.
func (s *stage) loadProfile(ctx context.Context, r *report, c *comparison) error {
	profile, me := &contender{target: s.profile(s.hutch)}, &contender{target: s.me()}
	err := askInTurn(ctx, s, r, profile, me)
	c.perSecond, c.directusPerSecond = profile.perSecond, me.perSecond
	return err
}
