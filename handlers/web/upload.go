package web

import (
	"errors"
	"fmt"
	"hutch/internal/limits"
	"io"
	"net/http"
	"os"
	"sync"
	"time"

	"github.com/gin-gonic/gin"
)

// An upload waits on disk until it has arrived to its end. Until then it takes up
// neither room nor memory, so that senders who are slow, or many, keep nobody out.

const (
	// UploadsPerMember is how many uploads of a member, or of an address that has not
	// signed in, may be under way at a time.
	UploadsPerMember = 2
	// uploadTime allows for a slow line; answerTime is for what follows, which the
	// server would otherwise count from the start of the upload.
	uploadTime = 2 * time.Minute
	answerTime = time.Minute
)

// uploads counts those that are under way.
type uploads struct {
	most int // of all members together, which bounds the disk that they take up

	mu  sync.Mutex
	of  map[string]int // by member or address
	all int
	// strangers are those of all that nobody signed in has sent; they keep half of the
	// room free.
	strangers int
}

// newUploads has a quarter of the site's capacity.
func newUploads(maxRequests int) *uploads {
	return &uploads{most: max(UploadsPerMember, maxRequests/4), of: map[string]int{}}
}

// enter lets an upload begin, or returns why it may not; it leaves when it has been
// handled.
func (u *uploads) enter(sender string, stranger bool) error {
	u.mu.Lock()
	defer u.mu.Unlock()
	switch {
	case u.of[sender] >= UploadsPerMember:
		return errUploading
	case u.all >= u.most, stranger && u.strangers >= u.most/2:
		return ErrOverloaded
	}
	u.of[sender]++
	u.all++
	if stranger {
		u.strangers++
	}
	return nil
}

func (u *uploads) leave(sender string, stranger bool) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if stranger {
		u.strangers--
	}
	if u.all--; u.of[sender] > 1 {
		u.of[sender]--
	} else {
		delete(u.of, sender)
	}
}

// receiveUpload puts the body of a request into a file before the request goes on. What
// is refused is read to its end, since no browser reads a response while it still
// sends.
func (r *Responder) receiveUpload(c *gin.Context, limit int64, under *uploads) {
	body := http.MaxBytesReader(c.Writer, watched{c.Request.Body, c}, limit)
	c.Request.Body = body
	sender := r.sessions.MemberOf(c.Request) // whose session it is, the session room says
	// Of a form with more than files, the rest is kept until its member has signed in again.
	stranger := sender == "" && (routeOf(c).Open || routeOf(c).Form.Keeps != nil)
	if stranger {
		sender = "address " + limits.NetworkOf(c.ClientIP())
	}
	if sender == "" {
		_, _ = io.Copy(io.Discard, body)
		return
	}
	if err := under.enter(sender, stranger); err != nil {
		refused := r.Problem(c, err) // with what was typed, which comes with the files
		_, _ = io.Copy(io.Discard, body)
		if errors.Is(err, ErrOverloaded) {
			r.log.metrics.Shed("uploads")
			r.log.Event(c, EventOverloaded, "kind", "uploads")
		} else {
			r.log.Throttled(c, "uploads-member")
		}
		r.Respond(c, refused)
		return
	}
	defer under.leave(sender, stranger)
	file, err := os.CreateTemp("", "hutch-upload-*")
	if err != nil {
		refused := r.Problem(c, fmt.Errorf("store an upload: %w", err))
		_, _ = io.Copy(io.Discard, body)
		r.Respond(c, refused)
		return
	}
	defer os.Remove(file.Name())
	defer file.Close()

	connection, end := http.NewResponseController(c.Writer), time.Now().Add(uploadTime)
	_, err = io.CopyBuffer(struct{ io.Writer }{file}, &arriving{Reader: body, connection: connection, end: end}, make([]byte, pieceSize))
	var tooLarge *http.MaxBytesError
	switch {
	case err == nil:
		err = io.EOF
	case errors.As(err, &tooLarge): // which its form says
	default: // it stopped, or came too slowly; net/http waits no longer for the rest
		r.Respond(c, r.Problem(c, ErrBadRequest))
		return
	}
	late := errors.Join(connection.SetReadDeadline(end.Add(answerTime)), connection.SetWriteDeadline(end.Add(answerTime)))
	if _, rewound := file.Seek(0, io.SeekStart); rewound != nil || late != nil && !errors.Is(late, http.ErrNotSupported) {
		r.Respond(c, r.Problem(c, fmt.Errorf("store an upload: %w", errors.Join(rewound, late))))
		return
	}
	c.Request.Body = io.NopCloser(io.MultiReader(file, failing{err}))
	c.Next()
}

// arriving is a body of which each piece has to come in time, as a piece of a response
// has to be read in time.
type arriving struct {
	io.Reader
	connection *http.ResponseController
	end        time.Time
	left       int // of the piece
}

func (a *arriving) Read(p []byte) (int, error) {
	if a.left <= 0 {
		deadline := time.Now().Add(pieceTime)
		if deadline.After(a.end) {
			deadline = a.end
		}
		if err := a.connection.SetReadDeadline(deadline); err != nil && !errors.Is(err, http.ErrNotSupported) {
			return 0, err
		}
		a.left = pieceSize
	}
	n, err := a.Reader.Read(p[:min(len(p), a.left)])
	a.left -= n
	return n, err
}
