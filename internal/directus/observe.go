package directus

import (
	"context"
	"sync/atomic"
	"time"
)

// Observation describes one request to Directus for metrics: with few distinct
// values, none of which identifies anybody.
type Observation struct {
	Call     string        // "GET /users/:id"; ids are left out
	Status   int           // of the answer; 0 if there was none
	Duration time.Duration // until the answer was read, or for a large file until it began
	Failure  Failure       // "" for none
}

type waitedKey struct{}

// Measure returns a context, and a function that returns the total time that calls
// under it have waited for Directus so far. Concurrent calls count separately.
func Measure(ctx context.Context) (context.Context, func() time.Duration) {
	var waited atomic.Int64
	return context.WithValue(ctx, waitedKey{}, &waited), func() time.Duration { return time.Duration(waited.Load()) }
}

func addWaited(ctx context.Context, d time.Duration) {
	if waited, measured := ctx.Value(waitedKey{}).(*atomic.Int64); measured {
		waited.Add(int64(d))
	}
}
