package main

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"
)

const (
	cachedPosts = 1500 // visited to fill a cache
	crawled     = 1000 // of them, whose cost is measured
	crawlers    = 4
)

// Hutch counts what a visitor has Directus do by the address that the reverse proxy
// names, so those who are no single visitor each have their own. 198.18.0.0/15 is
// reserved for benchmarks.

// reader is the address of the visitor who opens the n-th post of the archive.
func reader(n int) string { return fmt.Sprintf("X-Forwarded-For: 198.18.%d.%d", n>>8, n&255) }

// oneOfMany is the address of the n-th of a crowd.
func oneOfMany(n int) string { return fmt.Sprintf("X-Forwarded-For: 198.19.%d.%d", n>>8, n&255) }

// spreadOut returns the number of a post, such that the first few are of all years and
// consecutive ones never of one day. Different series have no post in common.
func spreadOut(i, series int) int {
	const places, stride = cachedPosts + 1, 577 // which have no divisor in common
	return i*stride%places*(archivePosts/places) + series
}

// The series of posts that measures visit.
const (
	filling = iota
	coldly
	waitedFor
	besideTheRude
)

// fillCache starts a Hutch behind the proxy and fills its cache with posts. It is done
// once, by the first measure that needs it.
func (s *stage) fillCache(ctx context.Context) (err error) {
	if s.full != nil {
		return nil
	}
	fmt.Fprintf(s.out, "  Filling a cache with %d posts\n", cachedPosts)
	full, err := s.startHutch(ctx, map[string]string{"DIRECTUS_URL": s.proxy.url})
	if err != nil {
		return err
	}
	if err := s.recordQueries(ctx, full); err != nil {
		return err
	}
	if err := s.crawl(ctx, full, 0, cachedPosts-crawled); err != nil {
		return err
	}
	before, err := full.processor()
	if err != nil {
		return err
	}
	began := time.Now()
	if err := s.crawl(ctx, full, cachedPosts-crawled, cachedPosts); err != nil {
		return err
	}
	s.crawlTook = time.Since(began)
	after, err := full.processor()
	s.crawlCost, s.full = after-before, full
	return err
}

// recordQueries records what Hutch asks Directus for the blog and for a post.
func (s *stage) recordQueries(ctx context.Context, at *process) (err error) {
	s.proxy.forget()
	if _, err := fetchRight(ctx, s.blog(at)); err != nil {
		return err
	}
	if s.rawBlog, err = s.raw(ctx, s.proxy.posts(), "Hay by numbers", "Introducing two strangers"); err != nil {
		return err
	}
	s.proxy.forget()
	if _, err := fetchRight(ctx, s.post(at)); err != nil {
		return err
	}
	s.rawPost, err = s.raw(ctx, s.proxy.posts(), "I weighed everything that went into our hutches")
	return err
}

// crawl opens posts of the first series, a few at a time.
func (s *stage) crawl(ctx context.Context, at *process, first, end int) error {
	var next atomic.Int64
	next.Store(int64(first))
	var all sync.WaitGroup
	errs := make([]error, crawlers)
	for i := range crawlers {
		all.Go(func() {
			c, err := dial(ctx, at.address)
			if err != nil {
				errs[i] = err
				return
			}
			defer c.close()
			for n := next.Add(1) - 1; n < int64(end) && errs[i] == nil && ctx.Err() == nil; n = next.Add(1) - 1 {
				_, errs[i] = c.askRight(s.archived(at, spreadOut(int(n), filling)))
			}
		})
	}
	all.Wait()
	return errors.Join(append(errs, ctx.Err())...)
}

// measureCrawl reports what posts that nobody has opened before cost Hutch itself.
func measureCrawl(ctx context.Context, s *stage, r *report) error {
	if err := s.fillCache(ctx); err != nil {
		return err
	}
	perPage := s.crawlCost.Seconds() * 1000 / crawled
	r.atMost("crawl of 1,000 posts: processor time of Hutch per page", 8, spread{perPage}, "%.1f ms")
	r.absolute("crawl: posts per second, Directus included", spread{crawled / s.crawlTook.Seconds()}, "%.0f")
	return nil
}
