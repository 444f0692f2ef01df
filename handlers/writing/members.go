package writing

import (
	"context"
	"time"

	"github.com/gin-gonic/gin"

	"hutch/handlers/fields"
	"hutch/handlers/web"
	"hutch/internal/directus"
	"hutch/internal/sitefolder"
	"hutch/templates"
)

// Config is what the handlers need.
type Config struct {
	Directus  *directus.Client
	Responder *web.Responder
	Log       *web.Log
	Fresh     time.Duration // how long what a member may do is known
	TimeZone  *time.Location
	Now       func() time.Time
	Published []string // the values of the field status that count as published
	// Changed has cached pages follow that an item was added, changed or deleted.
	Changed func(ctx context.Context, collection, key string)
	// Refill puts back what was typed into a form before its session ended.
	Refill func(*gin.Context, *templates.Form)
}

// Handlers make those of each collection.
type Handlers struct {
	Config
	permissions *fields.Cache
}

// New returns them.
func New(config Config) (*Handlers, error) {
	known, err := fields.NewCache(config.Fresh)
	return &Handlers{config, known}, err
}

// Collection has the handlers of a collection that members may write.
type Collection struct {
	*Handlers
	of sitefolder.Collection
}

// Of returns them.
func (h *Handlers) Of(of sitefolder.Collection) Collection { return Collection{h, of} }

// MaxUpload bounds a form with its files, in bytes.
const MaxUpload = 2*fields.MaxFile + 128<<10

// What the page after a redirect says.
var (
	noticeAdded     = web.Notice{Text: "entry.added"}
	noticeSaved     = web.Notice{Text: "entry.saved"}
	noticeUnchanged = web.Notice{Text: "entry.unchanged"}
	noticeDeleted   = web.Notice{Text: "entry.deleted"}
)
