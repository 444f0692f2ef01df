package replicas

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"time"

	"github.com/redis/go-redis/v9"
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
	client  *redis.Client
	channel string
	name    string // sender of its messages

	// How long Redis may be silent before it is pinged, and how long to wait before
	// reconnecting: at first, and at most.
	silence, shortest, longest time.Duration
}

// CheckURL returns an error if the address is not a Redis URL. The error does not
// repeat the address, which may contain a password.
func CheckURL(address string) error {
	_, err := redisOptions(address)
	return err
}

func redisOptions(address string) (*redis.Options, error) {
	parsed, err := url.Parse(address)
	// The library would accept options in the query, such as one that skips
	// certificate checks.
	if err == nil && (parsed.Scheme == "redis" || parsed.Scheme == "rediss") && parsed.Hostname() != "" && parsed.RawQuery == "" && parsed.Fragment == "" {
		if options, err := redis.ParseURL(address); err == nil {
			return options, nil
		}
	}
	return nil, errors.New("must be a URL such as redis://:password@redis.example.com:6379/0 (rediss:// for TLS), without a query or fragment")
}

// Client returns a client for the Redis at an address, for other state that
// replicas share. The caller closes it. It does not connect yet: Redis may be down.
func Client(address string) (*redis.Client, error) {
	connection, err := redisOptions(address)
	if err != nil {
		return nil, fmt.Errorf("replicas: the Redis URL %w", err)
	}
	connection.ContextTimeoutEnabled = true
	connection.DialerRetries = 1 // Listen retries by itself
	connection.Protocol = 2      // the newer one adds nothing we use
	redis.SetLogger(silent{})
	return redis.NewClient(connection), nil
}

// New returns a replica. It does not connect yet: Redis may be down.
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

// silent discards the library's log, which is shared by the whole process. Whatever
// it would say is also returned as an error.
type silent struct{}

func (silent) Printf(context.Context, string, ...any) {}

// Purge invalidates content with any of these tags: on this replica at once, on the
// others as soon as they receive the message. It returns how many values it dropped
// here. If Redis is down, it logs a warning.
func (r *Replica) Purge(ctx context.Context, tags ...string) (purged int) {
	purged = r.options.Purge(tags...)
	// Publishing goes on even if the caller hangs up.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), publishTimeout)
	defer cancel()
	if err := r.client.Publish(ctx, r.channel, encode(message{From: r.name, Tags: tags})).Err(); err != nil {
		r.options.Log.Warn("could not tell the other replicas of a change; they serve the old content until it expires", "error", err)
	}
	return purged
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
