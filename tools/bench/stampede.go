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
	shortlife = 3 * time.Second        // CACHE_FRESH of the watched Hutch
	slowness  = 200 * time.Millisecond // of Directus meanwhile: long enough for the whole crowd to arrive
)

// measureStampede counts what Directus is asked while a crowd requests pages from
// Hutch. It also records which queries the pages make at all.
func measureStampede(ctx context.Context, s *stage, r *report) error {
	var err error
	if s.watched, err = s.startHutch(ctx, map[string]string{"DIRECTUS_URL": s.proxy.url, "CACHE_FRESH": shortlife.String()}); err != nil {
		return err
	}
	blog, post := anonymous(s.blog(s.watched)), anonymous(s.post(s.watched))
	s.proxy.delay.Store(int64(slowness))

	// With an empty cache everybody has to wait. There is no bar for it, but it is
	// good to know.
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
	r.atMost("1,000 visitors at once on an expired entry: calls to Directus per query", 1, spread{asked.most()}, "%.0f")
	r.absolute("calls to Directus per query, 1,000 at once with an empty cache", spread{cold.most()}, "%.0f")

	r.note("The query for the list is `" + s.rawBlog.path + "`.")
	r.note("The query for the post is `" + s.rawPost.path + "`.")
	return nil
}

// rush lets the crowd request a page, and adds how often the most frequent query
// was made.
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
		return nil, fmt.Errorf("some of the crowd were not served, for example: %s", said)
	}
	// Let the work behind the responses finish.
	if err := settle(ctx, slowness+500*time.Millisecond); err != nil {
		return nil, err
	}
	times := s.proxy.questions()
	if len(times) == 0 {
		return nil, fmt.Errorf("%s: Directus was not called: the entry had not expired", page.path)
	}
	return append(asked, float64(slices.Max(slices.Collect(maps.Values(times))))), nil
}
