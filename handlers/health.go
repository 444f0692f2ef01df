package handlers

import (
	"context"
	"errors"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/gin-gonic/gin"
	"golang.org/x/sync/singleflight"

	"hutch/internal/directus"
)

// alive says that this process answers.
func (s *site) alive(*gin.Context) (reply, error) {
	return text{http.StatusOK, "ok"}, nil
}

// ready says whether to send visitors here, and why not. Once Directus has answered,
// a site stays ready while Directus is away: it shows what it has kept, and there
// is no better replica to send visitors to. It stops before the process does.
func (s *site) ready(c *gin.Context) (reply, error) {
	if s.Closing.Err() != nil {
		return text{http.StatusServiceUnavailable, "not ready: about to end"}, nil
	}
	err := s.pings.ping(c.Request.Context(), s.Directus, min(s.Fresh, time.Second))
	if err == nil {
		s.reached.Store(true)
		return text{http.StatusOK, "ok"}, nil
	}
	why := "Directus does not answer at /server/ping"
	var refusal *directus.Error
	switch {
	case errors.As(err, &refusal) && refusal.Status == http.StatusTooManyRequests:
		why = "Directus limits our requests"
	case errors.As(err, &refusal):
		why = "Directus answers /server/ping with an error"
	default:
		s.Log.Warn("directus does not answer", "error", err)
	}
	if s.reached.Load() {
		return text{http.StatusOK, "ready, though " + why}, nil
	}
	return text{http.StatusServiceUnavailable, "not ready: " + why}, nil
}

// pings ask Directus whether it is there: once for all who ask at the same time,
// since everybody may.
type pings struct {
	flight singleflight.Group
	last   atomic.Pointer[pinged]
}

type pinged struct {
	at  time.Time
	err error
}

func (p *pings) ping(ctx context.Context, d *directus.Client, good time.Duration) error {
	if last := p.last.Load(); last != nil && time.Since(last.at) < good {
		return last.err
	}
	_, err, _ := p.flight.Do("", func() (any, error) {
		err := contained(func() error { return d.Ping(context.WithoutCancel(ctx)) })
		p.last.Store(&pinged{time.Now(), err})
		return nil, err
	})
	return err
}
