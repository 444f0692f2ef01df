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

// Listen does what the other replicas say until ctx ends, and then closes the
// connection to Redis. While Redis is away it keeps trying.
func (r *Replica) Listen(ctx context.Context) {
	defer r.client.Close()
	pause, said := r.shortest, false
	for {
		began := time.Now()
		connected, err := r.hear(ctx)
		if ctx.Err() != nil {
			return
		}
		if connected || !said { // once for each outage
			r.options.Log.Warn("changes that other replicas are told of are not heard here: Redis does not answer", "error", err)
			said = true
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

// hear listens until the connection is lost, and tells whether there was one. A
// panic is a loss like another: here it would end the process.
func (r *Replica) hear(ctx context.Context) (connected bool, err error) {
	defer func() {
		if recovered := recover(); recovered != nil {
			r.options.Log.Error("panic", "where", "replicas", "panic", recovered, "stack", string(debug.Stack()))
			err = fmt.Errorf("replicas: panic: %v", recovered)
		}
	}()
	subscription := r.client.Subscribe(ctx) // to nothing yet, as this tells no error
	defer subscription.Close()
	// Waiting for a message does not look at the context.
	defer context.AfterFunc(ctx, func() { _ = subscription.Close() })()
	if err := subscription.Subscribe(ctx, r.channel); err != nil {
		return false, err
	}
	for asked := true; ; {
		received, err := subscription.ReceiveTimeout(ctx, r.silence)
		if isTimeout(err) && !asked {
			// A connection that was cut somewhere on its way looks like silence.
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
			r.options.Log.Info("connected to the other replicas; what they said before is not known, so all content is asked for anew", "values", r.options.PurgeAll())
		case *redis.Message:
			r.obey(received.Payload)
		}
	}
}

func isTimeout(err error) bool {
	var failed net.Error
	return errors.As(err, &failed) && failed.Timeout()
}

func (r *Replica) obey(payload string) {
	said, err := decode(payload)
	switch {
	case err != nil:
		r.options.Log.Warn("a message of another replica is not understood", "error", err)
	case said.From == r.name: // done before it was sent
	case said.All:
		r.options.Log.Info("content purged for another replica", "values", r.options.PurgeAll())
	default:
		r.options.Log.Info("content purged for another replica", "values", r.options.Purge(said.Tags...))
	}
}
