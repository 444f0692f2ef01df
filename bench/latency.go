package main

import (
	"context"
	"time"
)

// pairs is how many requests of each kind stand behind one number.
const pairs = 200

// measureLatency asks Hutch for the profile and Directus for the same member, one
// request here and one there, over one connection each.
func measureLatency(ctx context.Context, s *stage, r *report) error {
	var err error
	if s.cookie, err = s.signIn(ctx, s.hutch); err != nil {
		return err
	}
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
	// Made once: what is sent is the same each time.
	askProfile, askMe := profile.request(), me.request()

	var added, ours, theirs spread // milliseconds, one for each round
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
		ours, theirs = append(ours, hutch.median()), append(theirs, directus.median())
		added = append(added, hutch.median()-directus.median())
	}
	r.atMost("median latency that `/profile` adds to `/users/me`, one connection", 1, added, "%.2f ms")
	r.absolute("median latency of `/profile`", ours, "%.2f ms")
	r.absolute("median latency of Directus' `/users/me`", theirs, "%.2f ms")
	return nil
}

// timed is one request, in milliseconds. Whether the answer is right is looked at
// after the clock.
func timed(c *connection, request []byte, t target) (float64, error) {
	began := time.Now()
	a, err := c.ask(request)
	took := time.Since(began)
	if err != nil {
		return 0, err
	}
	return float64(took.Microseconds()) / 1000, t.check(a)
}
