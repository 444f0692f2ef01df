package directus

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/url"
	"time"

	"golang.org/x/net/idna"
	"golang.org/x/sync/semaphore"

	"hutch/internal/secret"
)

const (
	dialTimeout = 2 * time.Second
	tlsTimeout  = 3 * time.Second
	// slotWait is how long a call waits for a slot.
	slotWait = 2 * time.Second
	// idleTimeout is shorter than the 5 s after which Node closes an idle
	// connection, so that no call is sent on a connection that is being closed.
	idleTimeout = 4 * time.Second
	// maxHeader bounds the size of response headers.
	maxHeader = 64 << 10

	// How many calls of a kind are made at once.
	signInCalls = 32 // Directus stalls each for half a second or more
	otherCalls  = 64
	searchCalls = 2  // each has Directus read all items
	assetCalls  = 64 // until a file is in memory, or is large and has begun
	// assetDownloads is how many large files can stream in addition, each for as
	// long as its visitor reads.
	assetDownloads = 64
)

// pool serves one kind of call to Directus. It has its own connections, breaker and
// retries, so that trouble with one kind does not affect the others.
type pool struct {
	http    *http.Client
	slots   chan struct{} // as many as there may be calls at once
	breaker *breaker
	retries retryBudget

	// For files only, see assets.go.
	downloads chan struct{}       // large files on their way to visitors
	memory    *semaphore.Weighted // bytes of the other files
}

// pools are the pools of a [Client]; each call says which it uses.
type pools struct {
	signIn   *pool // sign-in, sign-up, renewals, passwords
	content  *pool // what everybody may read and asks alike
	items    *pool // what everybody may read, of a name that a visitor has written
	searches *pool // what everybody may read, if Directus has to look through it
	members  *pool // what needs a token
	assets   *pool // files: separate, because they take long
}

func newPools(base *url.URL, options Options) pools {
	return pools{
		signIn:   newPool("sign-in", base, options, signInCalls, 0, 0),
		content:  newPool("content", base, options, otherCalls, 0, readTimeout),
		items:    newPool("items", base, options, otherCalls, 0, readTimeout),
		searches: newPool("searches", base, options, searchCalls, 0, readTimeout),
		members:  newPool("members", base, options, otherCalls, 0, 0),
		assets:   newPool("assets", base, options, assetCalls, assetDownloads, assetHeaderTimeout),
	}
}

// newPool returns a pool for this many concurrent calls, plus downloads.
// headerTimeout is for pools whose calls are all alike; others only have each
// call's own deadline.
func newPool(name string, base *url.URL, options Options, calls, downloads int, headerTimeout time.Duration) *pool {
	dialer := &net.Dialer{Timeout: dialTimeout}
	address := addressOf(base)
	p := &pool{
		slots:     make(chan struct{}, calls),
		breaker:   newBreaker(name, options),
		downloads: make(chan struct{}, downloads),
		memory:    semaphore.NewWeighted(maxKeptTogether),
	}
	p.retries.left = retrySpared
	p.http = &http.Client{
		Transport: &http.Transport{
			// Whatever the request's address, dial only Directus, and no proxy from
			// the environment.
			DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
				return dialer.DialContext(ctx, network, address)
			},
			TLSHandshakeTimeout:    tlsTimeout,
			ResponseHeaderTimeout:  options.patience(headerTimeout),
			MaxResponseHeaderBytes: maxHeader,
			MaxConnsPerHost:        calls + downloads,
			MaxIdleConnsPerHost:    calls / 2,
			IdleConnTimeout:        idleTimeout,
		},
		// Directus redirects nowhere useful, and a token must not travel to another
		// address.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	return p
}

// addressOf returns the address to dial for a URL.
func addressOf(base *url.URL) string {
	host, port := base.Hostname(), base.Port()
	if ascii, err := idna.Lookup.ToASCII(host); err == nil {
		host = ascii
	}
	if port == "" {
		port = "80"
		if base.Scheme == "https" {
			port = "443"
		}
	}
	return net.JoinHostPort(host, port)
}

// of returns the pool for reading with or without a token.
func (p pools) of(token secret.Text) *pool {
	if token.Empty() {
		return p.content
	}
	return p.members
}

// reading is of, for items of this lane.
func (p pools) reading(token secret.Text, lane Lane) *pool {
	switch {
	case !token.Empty() || lane == Common:
		return p.of(token)
	case lane == Named:
		return p.items
	default:
		return p.searches
	}
}

var errBusy = errors.New("too many calls at once")

// acquire waits for a slot, which the caller must release.
func (p *pool) acquire(ctx context.Context) error {
	select {
	case p.slots <- struct{}{}:
		return nil
	default:
	}
	timer := time.NewTimer(slotWait)
	defer timer.Stop()
	select {
	case p.slots <- struct{}{}:
		return nil
	case <-timer.C:
		return errBusy
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (p *pool) release() { <-p.slots }
