package directus

import (
	"context"
	"errors"
	"hutch/internal/secret"
	"net"
	"net/http"
	"net/url"
	"time"

	"golang.org/x/net/idna"
	"golang.org/x/sync/semaphore"
)

const (
	dialTimeout = 2 * time.Second
	tlsTimeout  = 3 * time.Second
	// laneWait is how long a call waits for its turn.
	laneWait = 2 * time.Second
	// idleTimeout is shorter than the 5 s after which Node closes an idle
	// connection, so that a call never goes out on one that is being closed.
	idleTimeout = 4 * time.Second
	// maxHeader bounds the header of an answer.
	maxHeader = 64 << 10

	// How many calls of a kind are made at once.
	signInCalls = 32 // Directus stalls them for half a second and more
	otherCalls  = 64
	assetCalls  = 64 // until they are in memory, or begin and are large
	// assetDownloads are the large files beside them, each as long as its visitor
	// reads.
	assetDownloads = 64
)

// lane is the way of one kind of calls to Directus. It has connections, a breaker
// and retries of its own, so that trouble with one kind leaves the others alone.
type lane struct {
	http    *http.Client
	turns   chan struct{} // as many as there are calls at once
	breaker *breaker
	retries retryBudget

	// For files alone: assetbody.go.
	downloads chan struct{}       // the large ones on their way to visitors
	memory    *semaphore.Weighted // bytes of the others
}

// lanes are those of a [Client], by what is asked.
type lanes struct {
	signIn  *lane // whoever signs in or up, renewals, passwords
	content *lane // what everybody may read
	members *lane // what needs a token
	assets  *lane // files: apart, since they take long
}

func newLanes(base *url.URL, options Options) lanes {
	return lanes{
		signIn:  newLane("sign-in", base, options, signInCalls, 0, 0),
		content: newLane("content", base, options, otherCalls, 0, readTimeout),
		members: newLane("members", base, options, otherCalls, 0, 0),
		assets:  newLane("assets", base, options, assetCalls, assetDownloads, assetHeaderTimeout),
	}
}

// newLane makes a lane for this many calls at once, and downloads beside them. The
// header timeout is for a lane whose calls are all alike; others have their own
// deadline alone.
func newLane(name string, base *url.URL, options Options, calls, downloads int, headerTimeout time.Duration) *lane {
	dialer := &net.Dialer{Timeout: dialTimeout}
	address := addressOf(base)
	l := &lane{
		turns:     make(chan struct{}, calls),
		breaker:   newBreaker(name, options),
		downloads: make(chan struct{}, downloads),
		memory:    semaphore.NewWeighted(maxKeptTogether),
	}
	l.retries.left = retrySpared
	l.http = &http.Client{
		Transport: &http.Transport{
			// Whatever address a request has, no other than Directus' is dialled; no
			// proxy of the environment either.
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
		// Directus redirects nowhere that we want to go, and a token must not
		// travel to another address.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	return l
}

// addressOf is what to dial for a URL.
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

// of returns the lane for reading with a token, or without one.
func (l lanes) of(token secret.Text) *lane {
	if token.Empty() {
		return l.content
	}
	return l.members
}

var errBusy = errors.New("too many calls at once")

// take waits for a turn, which the caller gives back.
func (l *lane) take(ctx context.Context) error {
	select {
	case l.turns <- struct{}{}:
		return nil
	default:
	}
	timer := time.NewTimer(laneWait)
	defer timer.Stop()
	select {
	case l.turns <- struct{}{}:
		return nil
	case <-timer.C:
		return errBusy
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (l *lane) giveBack() { <-l.turns }
