package content

import (
	"cmp"
	"context"
	"time"

	"github.com/gin-gonic/gin"
	"golang.org/x/sync/semaphore"

	"hutch/handlers/web"
	"hutch/internal/cache"
	"hutch/internal/directus"
	"hutch/internal/secret"
	"hutch/internal/sitefolder"
	"hutch/static"
	"hutch/templates"
)

// Handler answers one request for content. It is handed who asks, and learns
// nothing else of them.
type Handler func(c *gin.Context, v web.Visitor) (web.Response, error)

// Source is where content comes from.
type Source struct {
	Directus  *directus.Client
	Cache     *cache.Cache     // of what everybody may see
	Now       func() time.Time // for what is published later
	TimeZone  *time.Location   // of dates and times that have none
	Log       *web.Log
	Templates *templates.Set // reads what editors wrote
	SiteName  string         // empty: what editors call it
	// Published are the values of the field status that count as published.
	Published []string
	// Collections are those of the team's own that are shown.
	Collections []sitefolder.Collection
	Menu        sitefolder.Menu // for a Directus without links
	// Untitled is what is called so that editors gave no title.
	Untitled string
	Format   Format // of contents
	// FormsAsPublic means that visitors' forms are stored without a token.
	FormsAsPublic bool
	// Development has pages tell their authors what visitors do not see.
	Development bool
	// FrameTimeout bounds how long a page waits for the name and the navigation of
	// the site if none is cached yet.
	FrameTimeout time.Duration
	// Stamp and Stamped say when a form was made: see [hutch/session.Manager].
	Stamp   func() string
	Stamped func(stamp string) (age time.Duration, genuine bool)
}

// named returns a title or a name as it is shown.
func (s *Source) named(title string) string { return cmp.Or(templates.PlainText(title), s.Untitled) }

// Config is what the handlers need.
type Config struct {
	Source
	Responder *web.Responder
	Static    *static.Files
	PublicURL string // scheme and host under which visitors see the site
	// Purge invalidates cached content with any of these tags, here and on every
	// replica, and returns how many entries it dropped here.
	Purge func(ctx context.Context, tags ...string) (purged int)
	// HookSecret is what Directus shows when it reports changes; empty: no report
	// is accepted.
	HookSecret secret.Text
	// SecurityContact is whom to tell of a weakness; empty: nobody is named.
	SecurityContact string
	// FormsToken may add what visitors send by forms, and nothing else; empty: the
	// public may. FormsFolder is where their files go; empty: no folder.
	FormsToken  secret.Text
	FormsFolder string
}

// Handlers are the handlers of this room.
type Handlers struct {
	Config
	staticEncodings staticEncodings
	long            longPages
	sentFiles       *semaphore.Weighted // bytes of files that are being stored
}

// New returns the handlers.
func New(config Config) *Handlers {
	return &Handlers{Config: config, long: newLongPages(), sentFiles: semaphore.NewWeighted(3 * MaxFormFiles)}
}
