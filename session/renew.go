package session

import (
	"context"
	"errors"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/maypok86/otter/v2"
)

const (
	// renewTimeout bounds one refresh. It does not run on the visitor's
	// connection: Directus may have committed it when they leave.
	renewTimeout = 5 * time.Second
	// keepRenewal is for late-comers: requests that left the browser with the
	// old cookie before the answer with the new one arrived there.
	keepRenewal = 60 * time.Second
	// keepTrouble spares a Directus in trouble, and visitors the wait. It is
	// shorter than the 10 s in which Directus answers a repeated refresh with
	// the same successor: an answer that was lost on the way can be had again.
	keepTrouble = 3 * time.Second
	// maxRenewals bounds the memory for results.
	maxRenewals = 100_000
)

// Renew asks for the successor of a token, on behalf of the visitor with this
// address and user agent. It returns [ErrRefused] only if Directus itself has
// definitively refused the token.
type Renew func(ctx context.Context, token, ip, userAgent string) (Grant, error)

// ErrRefused says that a token is dead for good.
var ErrRefused = errors.New("session: the token was refused")

// renewal is the outcome of one refresh, the same for all who asked for it.
type renewal struct {
	session Session
	sealed  string
	err     error
}

func newRenewals() (*otter.Cache[string, renewal], error) {
	return otter.New(&otter.Options[string, renewal]{
		MaximumSize: maxRenewals,
		ExpiryCalculator: otter.ExpiryCreatingFunc(func(e otter.Entry[string, renewal]) time.Duration {
			if e.Value.err != nil && !errors.Is(e.Value.err, ErrRefused) {
				return keepTrouble
			}
			return keepRenewal
		}),
	})
}

// renew returns the session with the successor of its token. However many
// requests come with one token, it is refreshed once in this process.
func (k *Keeper) renew(c *gin.Context, s Session) renewal {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(c.Request.Context()), renewTimeout)
	defer cancel()
	result, err := k.renewals.Get(ctx, s.Token, otter.LoaderFunc[string, renewal](
		func(ctx context.Context, token string) (renewal, error) {
			grant, err := k.config.Renew(ctx, token, c.ClientIP(), c.Request.UserAgent())
			if err != nil {
				return renewal{err: err}, nil
			}
			if grant.MemberID != s.MemberID {
				return renewal{err: errors.New("session: the successor is another member's")}, nil
			}
			next := s.renewed(grant, k.config.Now())
			sealed, err := k.seal(next)
			return renewal{session: next, sealed: sealed, err: err}, nil
		}))
	if err != nil {
		return renewal{err: err}
	}
	return result
}
