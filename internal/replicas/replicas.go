package replicas

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"time"

	"github.com/redis/go-redis/v9"
)

// tellTimeout is how long a purge waits for Redis at most.
const tellTimeout = 2 * time.Second

// Options say which site this is a replica of, and what it keeps.
type Options struct {
	RedisURL string // see CheckURL
	// Site is the same for all replicas of a site, and no other site's that has
	// the same Redis.
	Site string
	// Purge has this replica's content with one of these tags asked for anew, and
	// PurgeAll all of it. They return how many values that were.
	Purge    func(tags ...string) int
	PurgeAll func() int
	Log      *slog.Logger
}

// Replica is one of the processes of a site.
type Replica struct {
	options Options
	client  *redis.Client
	channel string
	name    string // whose message it is

	// How long Redis may be silent before it is asked whether it is there, and
	// how long to wait before it is tried again: at first, and at most.
	silence, shortest, longest time.Duration
}

// CheckURL reports why Redis cannot be at an address. The error does not repeat
// the address, which may have a password in it.
func CheckURL(address string) error {
	_, err := redisOptions(address)
	return err
}

func redisOptions(address string) (*redis.Options, error) {
	parsed, err := url.Parse(address)
	// The library would take options from the query, such as not to look at
	// certificates.
	if err == nil && (parsed.Scheme == "redis" || parsed.Scheme == "rediss") && parsed.Hostname() != "" && parsed.RawQuery == "" && parsed.Fragment == "" {
		if options, err := redis.ParseURL(address); err == nil {
			return options, nil
		}
	}
	return nil, errors.New("must be an address such as redis://:password@redis.example.com:6379/0, or with rediss for TLS, without query or fragment")
}

// Client speaks to the Redis at an address, for whatever else replicas share. The
// caller closes it. It does not connect yet: Redis may be away.
func Client(address string) (*redis.Client, error) {
	connection, err := redisOptions(address)
	if err != nil {
		return nil, fmt.Errorf("replicas: the address of Redis %w", err)
	}
	connection.ContextTimeoutEnabled = true
	connection.DialerRetries = 1 // Listen has a patience of its own
	connection.Protocol = 2      // the newer one is for what is not used here
	redis.SetLogger(silent{})
	return redis.NewClient(connection), nil
}

// New does not connect: Redis may be away.
func New(options Options) (*Replica, error) {
	client, err := Client(options.RedisURL)
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

// silent is for the library's own log, which it has one of for all of the
// process: what it says there, it returns as an error too.
type silent struct{}

func (silent) Printf(context.Context, string, ...any) {}

// Purge has content with one of these tags asked for anew: this replica's at
// once, that of the others as soon as they hear of it. It returns how many
// values that were here. Redis away is a line in the log.
func (r *Replica) Purge(ctx context.Context, tags ...string) (purged int) {
	purged = r.options.Purge(tags...)
	// Who has told us need not wait for what follows from it.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), tellTimeout)
	defer cancel()
	if err := r.client.Publish(ctx, r.channel, encode(message{From: r.name, Tags: tags})).Err(); err != nil {
		r.options.Log.Warn("the other replicas were not told of a change, and show the old until it is not fresh any more", "error", err)
	}
	return purged
}
