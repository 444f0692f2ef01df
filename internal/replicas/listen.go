package replicas

import (
	"context"
	"errors"
	"fmt"
	"net"
	"runtime/debug"
	"time"

	"github.com/redis/go-redis/v9"
)

// Listen applies the other replicas' purges until ctx ends, and then closes the
// connection to Redis. It keeps trying while Redis is down.
func (r *Replica) Listen(ctx context.Context) {
	defer r.client.Close()
	pause, warned := r.shortest, false
	for {
		began := time.Now()
		connected, err := r.receive(ctx)
		if ctx.Err() != nil {
			return
		}
		if connected || !warned { // once per outage
			r.options.Log.Warn("purges of other replicas are not received: Redis does not answer", "error", err)
			warned = true
		}
		if connected && time.Since(began) > r.longest {
			pause = r.shortest
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(pause):
		}
		pause = min(2*pause, r.longest)
	}
}

// receive listens until the connection is lost, and reports whether it was ever
// established. A panic counts as a lost connection; otherwise it would end the
// process.
func (r *Replica) receive(ctx context.Context) (connected bool, err error) {
	defer func() {
		if recovered := recover(); recovered != nil {
			r.options.Log.Error("panic", "where", "replicas", "panic", recovered, "stack", string(debug.Stack()))
			err = fmt.Errorf("replicas: panic: %v", recovered)
		}
	}()
	subscription := r.client.Subscribe(ctx) // to nothing yet, since this returns no error
	defer subscription.Close()
	// Waiting for a message ignores the context.
	defer context.AfterFunc(ctx, func() { _ = subscription.Close() })()
	if err := subscription.Subscribe(ctx, r.channel); err != nil {
		return false, err
	}
	for asked := true; ; {
		received, err := subscription.ReceiveTimeout(ctx, r.silence)
		if isTimeout(err) && !asked {
			// A connection that was cut along the way looks like silence.
			asked = true
			err = subscription.Ping(ctx)
			if err == nil {
				continue
			}
		}
		if err != nil {
			return connected, err
		}
		asked = false
		switch received := received.(type) {
		case *redis.Subscription:
			connected = true
			r.options.Log.Info("connected to the other replicas; all content purged, since earlier purges may have been missed", "values", r.options.PurgeAll())
		case *redis.Message:
			r.handle(received.Payload)
		}
	}
}

func isTimeout(err error) bool {
	var failed net.Error
	return errors.As(err, &failed) && failed.Timeout()
}

func (r *Replica) handle(payload string) {
	m, err := decode(payload)
	switch {
	case err != nil:
		r.options.Log.Warn("ignored a malformed message from another replica", "error", err)
	case m.From == r.name: // already done before it was sent
	case m.All:
		r.options.Log.Info("content purged for another replica", "values", r.options.PurgeAll())
	default:
		r.options.Log.Info("content purged for another replica", "values", r.options.Purge(m.Tags...))
	}
}
