package replicas

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"sync"
	"time"

	"github.com/gomodule/redigo/redis"
)

// publishTimeout bounds how long a purge waits for Redis.
const publishTimeout = 2 * time.Second

// Options configure a [Replica].
type Options struct {
	RedisURL string // see CheckURL
	// Site must be the same on all replicas of a site, and different from other
	// sites that share the Redis.
	Site string
	// Purge invalidates this replica's content with any of these tags, and PurgeAll
	// invalidates all of it. They return how many values they dropped.
	Purge    func(tags ...string) int
	PurgeAll func() int
	Log      *slog.Logger
}

// Replica is one of the processes of a site.
type Replica struct {
	options Options
	client  *Client
	channel string
	name    string // sender of its messages

	// How often Redis is pinged, and how long to wait before reconnecting: at first,
	// and at most.
	silence, shortest, longest time.Duration
}

// New returns a replica. It does not connect yet: Redis may be down.
func New(options Options) (*Replica, error) {
	client, err := NewClient(options.RedisURL)
	if err != nil {
		return nil, err
	}
	return &Replica{
		options: options,
		client:  client,
		channel: "hutch:" + options.Site + ":purge",
		name:    rand.Text(),
		silence: 15 * time.Second, shortest: 250 * time.Millisecond, longest: 10 * time.Second,
	}, nil
}

// Purge invalidates content with any of these tags: on this replica at once, on the
// others as soon as they receive the message. It returns how many values it dropped
// here. If Redis is down, it logs a warning.
func (r *Replica) Purge(ctx context.Context, tags ...string) (purged int) {
	purged = r.options.Purge(tags...)
	// Publishing goes on even if the caller hangs up.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), publishTimeout)
	defer cancel()
	err := r.client.Do(ctx, func(conn redis.Conn) error {
		_, err := redis.DoContext(conn, ctx, "PUBLISH", r.channel, encode(message{From: r.name, Tags: tags}))
		return err
	})
	if err != nil {
		r.options.Log.Warn("could not tell the other replicas of a change; they serve the old content until it expires", "error", err)
	}
	return purged
}

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
	conn, err := r.client.connect(ctx, 0)
	if err != nil {
		return false, err
	}
	subscription := redis.PubSubConn{Conn: conn}
	defer subscription.Close()
	if err := subscription.Subscribe(r.channel); err != nil {
		return false, err
	}
	var pings sync.WaitGroup
	defer pings.Wait()
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	pings.Go(func() { r.ping(ctx, subscription) })
	for silence := r.silence; ; {
		switch received := receiveWithin(ctx, silence, subscription).(type) {
		case error:
			return connected, received
		case redis.Subscription:
			connected, silence = true, 2*r.silence // a ping, and time for its reply
			r.options.Log.Info("connected to the other replicas; all content purged, since earlier purges may have been missed", "values", r.options.PurgeAll())
		case redis.Message:
			r.handle(string(received.Data))
		}
	}
}

// ping makes Redis answer regularly until ctx ends. Without that, a connection that
// was cut along the way would look like an idle one.
func (r *Replica) ping(ctx context.Context, subscription redis.PubSubConn) {
	due := time.NewTicker(r.silence)
	defer due.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-due.C:
			if subscription.Ping("") != nil { // receive gets an error as well
				return
			}
		}
	}
}

// receiveWithin returns the next message, or an error if Redis is silent for longer.
func receiveWithin(ctx context.Context, silence time.Duration, subscription redis.PubSubConn) any {
	ctx, cancel := context.WithTimeout(ctx, silence)
	defer cancel()
	return subscription.ReceiveContext(ctx)
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

// maxMessage bounds the size of a message in bytes.
const maxMessage = 64 << 10

// message is what replicas send each other.
type message struct {
	From string   `json:"from"`
	Tags []string `json:"tags,omitempty"`
	All  bool     `json:"all,omitempty"` // too many tags to list
}

func encode(m message) []byte {
	encoded, _ := json.Marshal(m) // strings always marshal
	if len(encoded) > maxMessage {
		return encode(message{From: m.From, All: true})
	}
	return encoded
}

func decode(encoded string) (message, error) {
	if len(encoded) > maxMessage {
		return message{}, fmt.Errorf("message of %d bytes is too long", len(encoded))
	}
	var m message
	if err := json.Unmarshal([]byte(encoded), &m); err != nil {
		return message{}, err
	}
	if m.From == "" {
		return message{}, errors.New("message has no sender")
	}
	return m, nil
}
