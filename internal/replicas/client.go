package replicas

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/url"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gomodule/redigo/redis"
)

const (
	// connectTimeout bounds connecting to Redis, with the TLS handshake and the login.
	connectTimeout = 5 * time.Second
	// commandTimeout bounds sending a command, and waiting for its reply.
	commandTimeout = 5 * time.Second
	// idleTimeout is how long a connection is kept unused.
	idleTimeout = 30 * time.Minute
)

// CheckURL returns an error if the address is not a Redis URL. The error does not
// repeat the address, which may contain a password.
func CheckURL(address string) error {
	_, err := parseURL(address)
	return err
}

// endpoint is a parsed Redis URL.
type endpoint struct {
	address        string // host:port
	user, password string
	database       int
	tls            *tls.Config // nil without TLS
}

func parseURL(address string) (endpoint, error) {
	errNotRedis := errors.New("must be a URL such as redis://:password@redis.example.com:6379/0 (rediss:// for TLS), without a query or fragment")
	parsed, err := url.Parse(address)
	if err != nil || parsed.Scheme != "redis" && parsed.Scheme != "rediss" || parsed.Hostname() == "" || parsed.RawQuery != "" || parsed.Fragment != "" {
		return endpoint{}, errNotRedis
	}
	to := endpoint{address: net.JoinHostPort(parsed.Hostname(), cmp.Or(parsed.Port(), "6379")), user: parsed.User.Username()}
	to.password, _ = parsed.User.Password()
	if database := strings.Trim(parsed.Path, "/"); database != "" {
		if to.database, err = strconv.Atoi(database); err != nil || to.database < 0 {
			return endpoint{}, errNotRedis
		}
	}
	if parsed.Scheme == "rediss" {
		to.tls = &tls.Config{ServerName: parsed.Hostname(), MinVersion: tls.VersionTLS12}
	}
	return to, nil
}

// Client is a bounded pool of connections to Redis. It is safe for concurrent use.
type Client struct {
	endpoint endpoint
	dial     func(ctx context.Context, network, address string) (net.Conn, error)
	pool     *redis.Pool

	closing context.Context // ends with Close
	close   context.CancelFunc
	warming atomic.Bool
	warmed  sync.WaitGroup
}

// NewClient returns a client for the Redis at an address, which also serves for other
// state that replicas share. The caller closes it. It does not connect yet: Redis may
// be down.
func NewClient(address string) (*Client, error) {
	to, err := parseURL(address)
	if err != nil {
		return nil, fmt.Errorf("replicas: the Redis URL %w", err)
	}
	dialer := &net.Dialer{
		Timeout: connectTimeout,
		// Firewalls and load balancers drop idle connections, usually after a minute or
		// more.
		KeepAliveConfig: net.KeepAliveConfig{Enable: true, Idle: 30 * time.Second, Interval: 5 * time.Second, Count: 3},
	}
	c := &Client{endpoint: to, dial: dialer.DialContext}
	c.closing, c.close = context.WithCancel(context.Background())
	if to.tls != nil {
		// The library's own TLS handshake ignores the context.
		c.dial = (&tls.Dialer{NetDialer: dialer, Config: to.tls}).DialContext
	}
	most := 10 * runtime.GOMAXPROCS(0)
	c.pool = &redis.Pool{
		DialContext: func(ctx context.Context) (redis.Conn, error) { return c.connect(ctx, commandTimeout) },
		MaxActive:   most, MaxIdle: most, IdleTimeout: idleTimeout,
		Wait: true,
	}
	return c, nil
}

// Close closes idle connections at once, and the others after use. No call of [Client.Do]
// may be under way.
func (c *Client) Close() error {
	c.close()
	c.warmed.Wait() // the pool panics if somebody asks it for a connection meanwhile
	return c.pool.Close()
}

// Do calls use with a connection. It calls it again with another one if the first was
// lost, because an idle connection may have been cut long ago, by a restart of Redis
// for example.
func (c *Client) Do(ctx context.Context, use func(redis.Conn) error) error {
	for idle := c.pool.IdleCount(); ; idle-- {
		lost, err := c.try(ctx, use)
		if !lost || idle <= 0 || ctx.Err() != nil {
			return err
		}
	}
}

func (c *Client) try(ctx context.Context, use func(redis.Conn) error) (lost bool, err error) {
	conn, err := c.pool.GetContext(ctx)
	if err != nil {
		if ctx.Err() != nil {
			c.warmUp()
		}
		return false, err
	}
	defer conn.Close()
	err = use(conn)
	return err != nil && conn.Err() != nil, err
}

// warmUp opens a connection in the background. If DNS or TLS is slow, connecting may
// always take longer than callers wait; a later call finds this connection in the pool.
func (c *Client) warmUp() {
	if !c.warming.CompareAndSwap(false, true) {
		return
	}
	c.warmed.Go(func() {
		defer c.warming.Store(false)
		ctx, cancel := context.WithTimeout(c.closing, connectTimeout)
		defer cancel()
		if conn, err := c.pool.GetContext(ctx); err == nil {
			_ = conn.Close()
		}
	})
}

// connect opens and authenticates a connection. readTimeout bounds the wait for a
// reply; with 0 only the context of each call does.
func (c *Client) connect(ctx context.Context, readTimeout time.Duration) (redis.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, connectTimeout)
	defer cancel()
	conn, err := redis.DialContext(ctx, "tcp", c.endpoint.address,
		redis.DialContextFunc(c.dial), redis.DialReadTimeout(readTimeout), redis.DialWriteTimeout(commandTimeout))
	if err != nil {
		return nil, err
	}
	if err := c.endpoint.authenticate(ctx, conn); err != nil {
		_ = conn.Close()
		return nil, err
	}
	return conn, nil
}

// authenticate sends the password and selects the database. The library's options for
// both are not enough: without a user it sends the password alone, which a Redis that
// needs no password refuses.
func (e endpoint) authenticate(ctx context.Context, conn redis.Conn) error {
	if e.password != "" {
		_, err := redis.DoContext(conn, ctx, "AUTH", cmp.Or(e.user, "default"), e.password)
		if e.user == "" && errors.As(err, new(redis.Error)) { // Redis has had users since version 6
			_, err = redis.DoContext(conn, ctx, "AUTH", e.password)
		}
		if err != nil {
			return err
		}
	}
	if e.database == 0 {
		return nil
	}
	_, err := redis.DoContext(conn, ctx, "SELECT", e.database)
	return err
}
