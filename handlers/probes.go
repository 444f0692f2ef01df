package handlers

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/gin-gonic/gin"
	"golang.org/x/sync/singleflight"

	"hutch/handlers/web"
	"hutch/internal/directus"
)

// probes answer the liveness and readiness probes.
type probes struct {
	directus *directus.Client
	log      *slog.Logger
	closing  context.Context //nolint:containedctx // a state, not a request's
	fresh    time.Duration
	reached  *atomic.Bool // Directus has answered since the start
	flight   singleflight.Group
	last     atomic.Pointer[pinged]
}

type pinged struct {
	at  time.Time
	err error
}

// alive says that this process answers.
func (p *probes) alive(*gin.Context) (web.Response, error) {
	return web.Text{Status: http.StatusOK, Text: "ok"}, nil
}

// ready says whether to send visitors here, and if not, why. Once Directus has
// answered, a site stays ready while Directus is away: it serves what it has cached,
// and no replica is better off. It stops being ready before the process ends.
func (p *probes) ready(c *gin.Context) (web.Response, error) {
	if p.closing.Err() != nil {
		return web.Text{Status: http.StatusServiceUnavailable, Text: "not ready: about to end"}, nil
	}
	err := p.ping(c.Request.Context(), min(p.fresh, time.Second))
	if err == nil {
		p.reached.Store(true)
		return web.Text{Status: http.StatusOK, Text: "ok"}, nil
	}
	why := "Directus does not answer at /server/ping"
	var refusal *directus.Error
	switch {
	case web.TooManyForDirectus(err):
		why = "Directus limits our requests"
	case errors.As(err, &refusal):
		why = "Directus answers /server/ping with an error"
	default:
		p.log.Warn("directus does not answer", "error", err)
	}
	if p.reached.Load() {
		return web.Text{Status: http.StatusOK, Text: "ready, though " + why}, nil
	}
	return web.Text{Status: http.StatusServiceUnavailable, Text: "not ready: " + why}, nil
}

// ping asks Directus whether it is there: once for all who ask at the same time,
// since everybody may.
func (p *probes) ping(ctx context.Context, good time.Duration) error {
	if last := p.last.Load(); last != nil && time.Since(last.at) < good {
		return last.err
	}
	_, err, _ := p.flight.Do("", func() (any, error) {
		err := web.Contained(func() error { return p.directus.Ping(context.WithoutCancel(ctx)) })
		p.last.Store(&pinged{time.Now(), err})
		return nil, err
	})
	return err
}
