package web

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/maypok86/otter/v2"

	"hutch/internal/i18n"
	"hutch/session"
	"hutch/static"
	"hutch/templates"
)

// Handler answers one request: with a response, or with an error that becomes a
// page.
type Handler func(c *gin.Context) (Response, error)

// Response is what a handler answers. It writes itself; nothing else writes.
type Response interface {
	Write(c *gin.Context, r *Responder)
}

// DefaultName is the name of a site that nobody has named.
const DefaultName = "Hutch"

// Config is what a [Responder] needs.
type Config struct {
	Sessions  *session.Manager
	Templates *templates.Set
	Static    *static.Files
	Words     *i18n.Catalogue
	Log       *Log
	// SiteInfo returns what the layout shows of the site.
	SiteInfo      func(context.Context) templates.Site
	PublicURL     string   // scheme and host under which visitors see the site
	SiteName      string   // empty: what editors call it
	RedirectHosts []string // other sites that editors may redirect to
	Production    bool
	HSTS          string // Strict-Transport-Security; empty: none
}

// Responder has what responses need to write themselves, whichever room made them.
type Responder struct {
	config     Config
	log        *Log
	sessions   *session.Manager
	origins    *http.CrossOriginProtection
	compressor *compressor
	ofPages    http.Header         // of every whole page
	broken     map[string]prepared // by language
	busy       map[string]prepared // by language
	outages    *otter.Cache[string, []byte]
}

// New returns a responder with its prepared pages.
func New(config Config) (*Responder, error) {
	config.SiteName = cmp.Or(config.SiteName, DefaultName)
	r := &Responder{config: config, log: config.Log, sessions: config.Sessions}
	var err error
	if r.ofPages, err = config.pageHeader(); err != nil {
		return nil, err
	}
	if r.compressor, err = newCompressor(); err != nil {
		return nil, err
	}
	if r.origins, err = config.sameOrigin(); err != nil {
		return nil, err
	}
	if r.outages, err = newOutages(); err != nil {
		return nil, err
	}
	return r, r.preparePages()
}

// Respond writes a response and ends the request.
func (r *Responder) Respond(c *gin.Context, response Response) {
	r.sessions.BeforeWrite(c)
	noteIfLeft(c)
	if response == nil {
		r.failsafe(c, errors.New("the handler returned neither a response nor an error"))
	} else {
		response.Write(c, r)
	}
	c.Abort()
}

// Text is a short plain text, for machines.
type Text struct {
	Status int
	Text   string
}

// Write implements [Response].
func (t Text) Write(c *gin.Context, _ *Responder) {
	c.Header("Cache-Control", "no-store")
	send(c, t.Status, "text/plain; charset=utf-8", "", []byte(t.Text+"\n"))
}

// File is a stream with its own headers.
type File struct {
	Status int
	Header http.Header
	Body   io.ReadCloser // nil: none
}

// Write implements [Response].
func (f File) Write(c *gin.Context, _ *Responder) {
	for name, values := range f.Header {
		c.Writer.Header()[name] = values
	}
	c.Status(f.Status)
	c.Writer.WriteHeaderNow()
	if f.Body == nil {
		return
	}
	defer f.Body.Close()
	if c.Request.Method == http.MethodHead {
		return
	}
	if err := stream(c.Writer, f.Body); err != nil {
		noteIfLeft(c)
		// The status is out. A broken connection tells the browser not to keep
		// the half it has.
		panic(http.ErrAbortHandler)
	}
}

// Document is a whole body that is the same for everybody: a feed, a stylesheet, a
// file of the binary.
type Document struct {
	CacheControl string
	Body         Body
}

// Write implements [Response].
func (d Document) Write(c *gin.Context, _ *Responder) {
	h := c.Writer.Header()
	h.Set("Vary", "Accept-Encoding")
	h.Set("Cache-Control", d.CacheControl)
	d.Body.write(c)
}

// send writes a body that is sent once, in an encoding; "" is none.
func send(c *gin.Context, status int, contentType, encoding string, body []byte) {
	noteIfLeft(c) // waiting for the site's name
	h := c.Writer.Header()
	if encoding != "" {
		h.Set("Content-Encoding", encoding)
	}
	h.Set("Content-Length", strconv.Itoa(len(body)))
	c.Data(status, contentType, body)
}

// setCacheControl says who may store a response. One for a single visitor, or one
// that sets a cookie, nobody may.
func setCacheControl(h http.Header, personal bool, otherwise string) {
	if personal || session.SetsCookie(h) {
		otherwise = "no-store"
	}
	h.Set("Cache-Control", otherwise)
}

// RetryAfter says when to come back.
func RetryAfter(c *gin.Context, wait time.Duration) {
	c.Header("Retry-After", strconv.Itoa(int((wait+time.Second-1)/time.Second)))
}

const (
	// pieceSize is what a visitor has to read of a file within pieceTime: a bad
	// line can, somebody who only holds the connection open cannot.
	pieceSize = 32 << 10
	pieceTime = 10 * time.Second
	// downloadTime bounds the whole download.
	downloadTime = time.Minute
)

// stream sends a body piece by piece, as long as the visitor reads the pieces in
// time.
func stream(w http.ResponseWriter, body io.Reader) error {
	to := inTime{w, http.NewResponseController(w), time.Now().Add(downloadTime)}
	_, err := io.CopyBuffer(to, struct{ io.Reader }{body}, make([]byte, pieceSize)) // hides WriterTo, which would copy in one piece
	return err
}

// inTime is a writer that gives each Write a deadline.
type inTime struct {
	http.ResponseWriter
	connection *http.ResponseController
	end        time.Time
}

func (w inTime) Write(piece []byte) (int, error) {
	deadline := time.Now().Add(pieceTime)
	if deadline.After(w.end) {
		deadline = w.end
	}
	if err := w.connection.SetWriteDeadline(deadline); err != nil && !errors.Is(err, http.ErrNotSupported) {
		return 0, err
	}
	return w.ResponseWriter.Write(piece)
}

// HashOf names a body by its content.
func HashOf(body []byte) string {
	sum := sha256.Sum256(body)
	return hex.EncodeToString(sum[:12])
}

// EntityTag returns the strong tag of a body in an encoding: each is a
// representation of its own.
func EntityTag(hash, encoding string) string {
	if encoding == "" {
		return `"` + hash + `"`
	}
	return `"` + hash + "-" + encoding + `"`
}

// HasRepresentation reports whether the browser says that it has the
// representation with this entity tag (RFC 9110, 13.1.2).
func HasRepresentation(r *http.Request, etag string) bool {
	known := strings.Join(r.Header["If-None-Match"], ",")
	return known != "" && (strings.TrimSpace(known) == "*" || etag != "" && slices.Contains(entityTags.FindAllString(known, -1), etag))
}

// entityTags finds those of a list, without the W/ that a proxy may have put before
// one: it makes no difference here.
var entityTags = regexp.MustCompile(`"[^"]*"`)
