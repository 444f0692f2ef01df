package handlers

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/gin-gonic/gin"
)

// Requests that there is no room for are turned away at once, in words, so that
// those inside are answered: in a rush, waiting longer only makes all of them late.

// longestWait is how long a request waits for room.
const longestWait = 250 * time.Millisecond

// gate lets so many requests in at a time, and a quarter as many wait before it.
type gate struct {
	kind            string
	inside, waiting chan struct{}
}

func newGate(kind string, size int) gate {
	return gate{kind, make(chan struct{}, size), make(chan struct{}, max(1, size/4))}
}

// gates are one for each kind of route, so that a crowd before one does not close
// the others.
type gates struct {
	pages gate
	forms gate // each may have Directus work on a password for half a second
	files gate // each may go to a slow reader for a minute
	// uploads may come from a slow sender for two.
	uploads gate
	// apologies are for forms that there is no room for: they come back with what was
	// typed, which is work too.
	apologies gate
}

func newGates(size int) gates {
	return gates{
		newGate("pages", size), newGate("forms", max(1, size/8)), newGate("files", max(1, size/4)), newGate("uploads", max(1, size/16)),
		newGate("apologies", max(1, size/32)),
	}
}

func (all gates) of(c *gin.Context) gate {
	switch route := c.FullPath(); {
	case isUpload(c):
		return all.uploads
	case strings.HasPrefix(route, "/assets/"), strings.HasPrefix(route, avatarPath), route == "/profile/export":
		return all.files
	case c.Request.Method == http.MethodPost:
		return all.forms
	}
	return all.pages
}

// enter reports whether there is room, which the caller leaves again.
func (g gate) enter(ctx context.Context) bool {
	if g.enterNow() {
		return true
	}
	select {
	case g.waiting <- struct{}{}:
		defer func() { <-g.waiting }()
	default:
		return false
	}
	patience := time.NewTimer(longestWait)
	defer patience.Stop()
	select {
	case g.inside <- struct{}{}:
		return true
	case <-patience.C:
	case <-ctx.Done():
	}
	return false
}

// enterNow is enter for who does not wait.
func (g gate) enterNow() bool {
	select {
	case g.inside <- struct{}{}:
		return true
	default:
		return false
	}
}

func (g gate) leave() { <-g.inside }

// shed turns away what there is no room for. Whether the process lives, it always
// tells.
func (s *site) shed(all gates) gin.HandlerFunc {
	return func(c *gin.Context) {
		if isHealth(c) {
			return
		}
		g := all.of(c)
		if !g.enter(c.Request.Context()) {
			s.Metrics.Shed(g.kind)
			s.event(c, eventOverloaded, "kind", g.kind)
			if c.Request.Method == http.MethodPost && all.apologies.enterNow() {
				defer all.apologies.leave()
				s.respond(c, s.problem(c, errOverloaded)) // with what was typed
				return
			}
			retryAfter(c, 5)
			s.respondPrepared(c, http.StatusServiceUnavailable, s.busy)
			c.Abort()
			return
		}
		defer g.leave()
		c.Next()
	}
}

func isHealth(c *gin.Context) bool { return c.FullPath() == "/healthz" || c.FullPath() == "/readyz" }

func isUpload(c *gin.Context) bool {
	return c.Request.Method == http.MethodPost && c.FullPath() == avatarPath
}

// receive takes a form in before it counts as inside, so that slow senders keep
// nobody out. What is wrong with its body, who reads it learns. An upload is read
// by who handles it, as it comes; a stranger's is of no use, and no browser reads
// an answer while it still sends.
func (s *site) receive(c *gin.Context) {
	if len(c.Request.TransferEncoding) > 0 {
		// It may have come with a length as well, which net/http drops. Whoever stands
		// in between and believed the length takes the rest for a request of its own
		// (RFC 9112, 6.1).
		c.Header("Connection", "close")
	}
	if isUpload(c) {
		c.Request.Body = http.MaxBytesReader(c.Writer, c.Request.Body, maxUpload)
		if !s.Sessions.Carries(c.Request) {
			_, _ = io.Copy(io.Discard, c.Request.Body)
		}
		return
	}
	if c.Request.Body == http.NoBody {
		return
	}
	received, err := io.ReadAll(http.MaxBytesReader(c.Writer, c.Request.Body, maxForm))
	if err == nil {
		err = io.EOF
	}
	c.Request.Body = io.NopCloser(io.MultiReader(bytes.NewReader(received), failing{err}))
}

type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }
