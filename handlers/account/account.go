package account

import (
	"context"
	"sync/atomic"
	"time"

	"github.com/gin-gonic/gin"
	"golang.org/x/sync/singleflight"

	"hutch/handlers/fields"
	"hutch/handlers/web"
	"hutch/internal/directus"
	"hutch/internal/i18n"
	"hutch/internal/limits"
	"hutch/internal/secret"
	"hutch/session"
	"hutch/templates"
)

// Config is what the handlers need.
type Config struct {
	Directus  *directus.Client
	Sessions  *session.Manager
	Limits    *limits.Limits // of guessing, mailing and signing up
	Responder *web.Responder
	Log       *web.Log
	Words     *i18n.Catalogue
	// ServiceToken does for members what Directus lets no member do themselves: it
	// reads their own row (member.go), keeps their recovery codes (recoverycodes.go),
	// deletes their account (deleteaccount.go). Empty: not configured.
	ServiceToken secret.Text
	PublicURL    string        // scheme and host that mails lead to
	Fresh        time.Duration // how long what a member may do is known
	// RefusedAfter is how long the refusal of a sign-in takes, or a multiple: as long
	// for addresses that have an account as for others. 0: as long as it happens to.
	RefusedAfter time.Duration
	// Outbox returns what the sandbox keeps instead of passing it on; nil: not the
	// sandbox.
	Outbox func(context.Context) (templates.Outbox, error)
}

// Handlers are the handlers of this room.
type Handlers struct {
	Config
	permissions *fields.Cache
	rowsClosed  atomic.Bool        // members have been seen to be unable to read their own row
	links       singleflight.Group // mailed links that are being used, by token
	recoveries  singleflight.Group // recovery codes that are being used, by code and account
	avatarTurns web.Turns          // of members who change their picture
}

// New returns the handlers.
func New(config Config) (*Handlers, error) {
	known, err := fields.NewCache(config.Fresh)
	return &Handlers{Config: config, permissions: known}, err
}

// ShowOutbox shows the mails that a real Directus would have sent, and the forms that it
// would have kept. The route exists only in development, with the sandbox: see [Config].
func (h *Handlers) ShowOutbox(c *gin.Context) (web.Response, error) {
	outbox, err := h.Outbox(c.Request.Context())
	return web.OK(outbox), err
}
