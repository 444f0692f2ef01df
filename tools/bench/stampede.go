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
	shortlife = 3 * time.Second        // CACHE_FRESH of the Hutch that is watched
	slowness  = 200 * time.Millisecond // of Directus meanwhile: long enough for the whole crowd to be there
)

// measureStampede counts what Directus is asked while a crowd asks Hutch. It also
// learns which questions the pages ask at all.
func measureStampede(ctx context.Context, s *stage, r *report) error {
	var err error
	if s.watched, err = s.startHutch(ctx, map[string]string{"DIRECTUS_URL": s.proxy.url, "CACHE_FRESH": shortlife.String()}); err != nil {
		return err
	}
	blog, post := anonymous(s.blog(s.watched)), anonymous(s.post(s.watched))
	s.proxy.delay.Store(int64(slowness))

	// With nothing there yet, everybody has to wait. No bar, but good to know.
	var cold spread
	if cold, err = s.rush(ctx, cold, blog); err != nil {
		return err
	}
	if s.rawBlog, err = s.raw(ctx, s.proxy.posts(), "Hay by numbers", "Introducing two strangers"); err != nil {
		return err
	}
	if cold, err = s.rush(ctx, cold, post); err != nil {
		return err
	}
	if s.rawPost, err = s.raw(ctx, s.proxy.posts(), "I weighed everything that went into our hutches"); err != nil {
		return err
	}
	var asked spread
	for range r.rounds {
		for _, page := range []target{blog, post} {
			if err := settle(ctx, shortlife+200*time.Millisecond); err != nil {
				return err
			}
			s.proxy.forget()
			if asked, err = s.rush(ctx, asked, page); err != nil {
				return err
			}
		}
	}
	s.proxy.delay.Store(0)
	r.atMost("1,000 visitors at once on an expired entry: requests to Directus for one question", 1, spread{asked.most()}, "%.0f")
	r.absolute("requests for one question, 1,000 at once with nothing in the cache", spread{cold.most()}, "%.0f")

	r.note("Directus itself is asked for the list with `" + s.rawBlog.path + "`.")
	r.note("… and for the post with `" + s.rawPost.path + "`.")
	return nil
}

// rush has the crowd ask for a page, and adds how often the most asked question
// was asked.
func (s *stage) rush(ctx context.Context, asked spread, page target) (spread, error) {
	open := make([]*connection, 0, crowd)
	defer func() {
		for _, c := range open {
			c.close()
		}
	}()
	for range crowd {
		c, err := dial(ctx, page.address)
		if err != nil {
			return nil, err
		}
		open = append(open, c)
	}
	request, errs := page.request(), make([]error, crowd)
	start := make(chan struct{})
	var all sync.WaitGroup
	for i, c := range open {
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
		return nil, fmt.Errorf("not all of the crowd were served, such as: %s", said)
	}
	// What runs behind the answers comes to its end.
	if err := settle(ctx, slowness+500*time.Millisecond); err != nil {
		return nil, err
	}
	times := s.proxy.questions()
	if len(times) == 0 {
		return nil, fmt.Errorf("%s: Directus was asked nothing: the entry had not expired", page.path)
	}
	return append(asked, float64(slices.Max(slices.Collect(maps.Values(times))))), nil
}
