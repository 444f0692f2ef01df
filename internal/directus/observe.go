package directus

import (
	"context"
	"sync/atomic"
	"time"
)

// Observation is what can be told of one request to Directus, for metrics: there
// are few different ones, and none names anybody.
type Observation struct {
	Call     string        // "GET /users/:id"; ids are left out
	Status   int           // of the answer; 0: there was none
	Duration time.Duration // until the answer was read; for a large file, until it began
	Failure  Failure       // "": none
}

type waitedKey struct{}

// Measure returns a context, and a function that sums how long the calls under it
// have waited for Directus so far. Calls at the same time count each.
func Measure(ctx context.Context) (context.Context, func() time.Duration) {
	var waited atomic.Int64
	return context.WithValue(ctx, waitedKey{}, &waited), func() time.Duration { return time.Duration(waited.Load()) }
}

func addWaited(ctx context.Context, d time.Duration) {
	if waited, measured := ctx.Value(waitedKey{}).(*atomic.Int64); measured {
		waited.Add(int64(d))
	}
}
