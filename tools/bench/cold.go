package main

import (
	"context"
	"slices"
	"time"
)

const coldPosts = 50

// coldCost is what one cold post cost.
type coldCost struct {
	total, waited, sum time.Duration // from request to response; while Directus was busy with it; of all calls
	calls, chain       int           // chain is how many of them were made one after another
}

// measureCold opens posts that are not in the cache, one at a time, and compares how long
// each took with how long Directus took.
func measureCold(ctx context.Context, s *stage, r *report) error {
	if err := s.fillCache(ctx); err != nil {
		return err
	}
	c, err := dial(ctx, s.full.address)
	if err != nil {
		return err
	}
	defer c.close()
	const first = 3 // which ask for the site's frame as well, if it is due
	var added, addedToSum, total, waited, calls, chain spread
	for i := range first + coldPosts {
		cost, err := s.coldPost(ctx, c, i)
		if err != nil {
			return err
		}
		if i < first {
			continue
		}
		added = append(added, milliseconds(cost.total-cost.waited))
		addedToSum = append(addedToSum, milliseconds(cost.total-cost.sum))
		total, waited = append(total, milliseconds(cost.total)), append(waited, milliseconds(cost.waited))
		calls, chain = append(calls, float64(cost.calls)), append(chain, float64(cost.chain))
	}
	r.atMost("a post that is not cached: what Hutch adds to the time in which it waits for Directus", 10, added, "%.1f ms")
	r.atMost("a post that is not cached: calls to Directus", 3, calls, "%.0f")
	r.atMost("… of which one after another", 1, chain, "%.0f")
	r.absolute("a post that is not cached, from request to response", total, "%.1f ms")
	r.absolute("… of which at least one call to Directus was open", waited, "%.1f ms")
	r.absolute("… minus the sum of all calls, which overlap", addedToSum, "%.1f ms")
	return nil
}

func (s *stage) coldPost(ctx context.Context, c *connection, i int) (coldCost, error) {
	page := s.archived(s.full, spreadOut(i, coldly))
	request := page.request()
	// What the last one left to do must not count.
	if err := settle(ctx, 20*time.Millisecond); err != nil {
		return coldCost{}, err
	}
	s.proxy.forget()
	began := time.Now()
	a, err := c.ask(request)
	ended := time.Now()
	if err != nil {
		return coldCost{}, err
	}
	if err := page.check(a); err != nil {
		return coldCost{}, err
	}
	return costOf(s.proxy.calls(), began, ended), nil
}

// costOf adds up the calls of one page. A call that has not ended by then counts until
// the page was there.
func costOf(calls []call, began, ended time.Time) coldCost {
	cost := coldCost{total: ended.Sub(began), calls: len(calls)}
	for i := range calls {
		if calls[i].ended.IsZero() || calls[i].ended.After(ended) {
			calls[i].ended = ended
		}
		cost.sum += calls[i].ended.Sub(calls[i].began)
	}
	slices.SortFunc(calls, func(a, b call) int { return a.ended.Compare(b.ended) })
	var last time.Time // end of the last call of the chain
	for _, call := range calls {
		if !call.began.Before(last) {
			cost.chain++
			last = call.ended
		}
	}
	slices.SortFunc(calls, func(a, b call) int { return a.began.Compare(b.began) })
	covered := began
	for _, call := range calls {
		if call.began.After(covered) {
			covered = call.began
		}
		if call.ended.After(covered) {
			cost.waited += call.ended.Sub(covered)
			covered = call.ended
		}
	}
	return cost
}

func milliseconds(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
