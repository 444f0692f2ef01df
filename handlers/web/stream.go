package web

import (
	"errors"
	"io"
	"net/http"
	"time"
)

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
