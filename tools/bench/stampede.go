package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"
)

const (
	crowd     = 1000
	stampedes = 3                      // of each page
	shortlife = 3 * time.Second        // CACHE_FRESH of the watched Hutch
	slowness  = 200 * time.Millisecond // of Directus meanwhile: long enough for the whole crowd to arrive
)

// measureStampede counts what Directus is asked while a crowd requests pages from
// Hutch.
func measureStampede(ctx context.Context, s *stage, r *report) error {
	watched, err := s.startHutch(ctx, map[string]string{"DIRECTUS_URL": s.proxy.url, "CACHE_FRESH": shortlife.String()})
	if err != nil {
		return err
	}
	defer func() { _ = watched.stop() }()
	pages := []target{anonymous(s.blog(watched)), anonymous(s.post(watched))}
	s.proxy.delay.Store(int64(slowness))
	defer s.proxy.delay.Store(0)

	var cold, asked spread
	for attempt := range 1 + stampedes {
		for _, page := range pages {
			if attempt > 0 {
				if err := settle(ctx, shortlife+200*time.Millisecond); err != nil {
					return err
				}
			}
			s.proxy.forget()
			most, err := s.rush(ctx, page)
			if err != nil {
				return err
			}
			if attempt == 0 { // everybody has to wait: without a bar, but good to know
				cold = append(cold, most)
			} else {
				asked = append(asked, most)
			}
		}
	}
	r.atMost("1,000 visitors at once on an expired entry: calls to Directus per query", 1, spread{asked.most()}, "%.0f")
	r.absolute("calls to Directus per query, 1,000 at once with an empty cache", spread{cold.most()}, "%.0f")
	return nil
}

// rush lets the crowd request a page, and returns how often the most frequent query
// was made.
func (s *stage) rush(ctx context.Context, page target) (float64, error) {
	open := make([]*connection, 0, crowd)
	defer func() {
		for _, c := range open {
			c.close()
		}
	}()
	for range crowd {
		c, err := dial(ctx, page.address)
		if err != nil {
			return 0, err
		}
		open = append(open, c)
	}
	errs := make([]error, crowd)
	start := make(chan struct{})
	var all sync.WaitGroup
	for i, c := range open {
		page := page
		page.header = fromBrowser(oneOfMany(i))
		request := page.request()
		all.Go(func() {
			<-start
			a, err := c.ask(request)
			if err == nil {
				err = page.check(a)
			}
			errs[i] = err
		})
	}
	close(start)
	all.Wait()
	if err := errors.Join(errs...); err != nil {
		said, _, _ := strings.Cut(err.Error(), "\n")
		return 0, fmt.Errorf("some of the crowd were not served, for example: %s", said)
	}
	// Let the work behind the responses finish.
	if err := settle(ctx, slowness+500*time.Millisecond); err != nil {
		return 0, err
	}
	times := s.proxy.questions()
	if len(times) == 0 {
		return 0, fmt.Errorf("%s: Directus was not called: the entry had not expired", page.path)
	}
	return float64(slices.Max(slices.Collect(maps.Values(times)))), nil
}
