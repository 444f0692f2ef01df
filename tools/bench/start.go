package main

import (
	"context"
	"time"
)

const starts = 10

// measureStart repeatedly starts Hutch and requests the blog until it is there.
// Directus is running already; Hutch's cache is empty.
func measureStart(ctx context.Context, s *stage, r *report) error {
	var took spread // in milliseconds
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
