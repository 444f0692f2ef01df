package main

import (
	"context"
	"time"
)

const starts = 10

// measureStart starts Hutch again and again, and asks for the blog until it is
// there. Directus runs already; Hutch has nothing in its cache.
func measureStart(ctx context.Context, s *stage, r *report) error {
	var took spread // milliseconds
	for range starts {
		p, err := s.execHutch(nil)
		if err != nil {
			return err
		}
		err = p.awaitAnswer(ctx, "/blog")
		took = append(took, float64(time.Since(p.began).Microseconds())/1000)
		if err == nil {
			_, err = fetchRight(ctx, s.blog(p))
		}
		_ = p.stop()
		if err != nil {
			return err
		}
	}
	r.atMost("start to first page", 150, took, "%.0f ms")
	return nil
}
