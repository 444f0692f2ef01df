package web

import (
	"context"
	"net/http"
	"time"

	"github.com/gin-gonic/gin"
)

// Requests for which there is no room are turned away at once, politely, so that
// those inside are answered: in a rush, waiting longer only makes all of them late.

// longestWait is how long a request waits for room.
const longestWait = 250 * time.Millisecond

// bulkhead divides the capacity by kind of request, so that a crowd of one kind
// does not keep out the others.
type bulkhead struct {
	pages   compartment
	forms   compartment // each may have Directus work on a password for half a second
	files   compartment // each may go to a slow reader for a minute
	uploads compartment // each has a picture in memory
	// apologies limits how many rejected forms are sent back filled in, which costs
	// work as well.
	apologies compartment
}

func newBulkhead(size int) bulkhead {
	return bulkhead{
		newCompartment("pages", size), newCompartment("forms", max(1, size/8)), newCompartment("files", max(1, size/4)),
		newCompartment("uploads", max(1, size/16)), newCompartment("apologies", max(1, size/32)),
	}
}

func (b bulkhead) of(c *gin.Context) compartment {
	switch route := routeOf(c); {
	case route.Upload > 0:
		return b.uploads
	case route.Load == Files:
		return b.files
	case c.Request.Method == http.MethodPost:
		return b.forms
	}
	return b.pages
}

// compartment lets this many requests in at a time, and a quarter as many wait.
type compartment struct {
	kind            string
	inside, waiting chan struct{}
}

func newCompartment(kind string, size int) compartment {
	return compartment{kind, make(chan struct{}, size), make(chan struct{}, max(1, size/4))}
}

// enter reports whether there is room; the caller leaves afterwards.
func (p compartment) enter(ctx context.Context) bool {
	if p.enterNow() {
		return true
	}
	select {
	case p.waiting <- struct{}{}:
		defer func() { <-p.waiting }()
	default:
		return false
	}
	patience := time.NewTimer(longestWait)
	defer patience.Stop()
	select {
	case p.inside <- struct{}{}:
		return true
	case <-patience.C:
	case <-ctx.Done():
	}
	return false
}

// enterNow is enter without waiting.
func (p compartment) enterNow() bool {
	select {
	case p.inside <- struct{}{}:
		return true
	default:
		return false
	}
}

func (p compartment) leave() { <-p.inside }

// Shed turns away requests beyond this many at a time. Probes always get in.
func (r *Responder) Shed(maxRequests int) gin.HandlerFunc {
	b := newBulkhead(maxRequests)
	return func(c *gin.Context) {
		if routeOf(c).Load == Probes {
			return
		}
		compartment := b.of(c)
		if !compartment.enter(c.Request.Context()) {
			if hasLeft(c) {
				noteLeft(c)
				c.Abort()
				return
			}
			r.turnAway(c, compartment.kind, b.apologies)
			return
		}
		defer compartment.leave()
		c.Next()
	}
}

func (r *Responder) turnAway(c *gin.Context, kind string, apologies compartment) {
	r.log.metrics.Shed(kind)
	r.log.Event(c, EventOverloaded, "kind", kind)
	if c.Request.Method == http.MethodPost && apologies.enterNow() {
		defer apologies.leave()
		r.Respond(c, r.Problem(c, ErrOverloaded)) // with what was typed
		return
	}
	RetryAfter(c, 5*time.Second)
	r.sendPrepared(c, http.StatusServiceUnavailable, r.busy)
	c.Abort()
}
