package web

import (
	"bytes"
	"io"
	"net/http"

	"github.com/gin-gonic/gin"
)

// maxForm bounds the body of a request, other than an upload.
const maxForm = 64 << 10

// Receive reads a form before the request takes up room, so that slow senders keep
// nobody out. What is wrong with the body, its reader learns. An upload is read by
// its handler as it arrives; a stranger's is discarded to its end, since no browser
// reads a response while it still sends.
func (r *Responder) Receive(c *gin.Context) {
	if len(c.Request.TransferEncoding) > 0 {
		// It may have come with a length as well, which net/http drops. A proxy that
		// believed the length takes the rest for a request of its own (RFC 9112, 6.1).
		c.Header("Connection", "close")
	}
	if limit := routeOf(c).Upload; limit > 0 {
		c.Request.Body = http.MaxBytesReader(c.Writer, c.Request.Body, limit)
		if !r.sessions.Carries(c.Request) {
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
