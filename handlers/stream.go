package handlers

import (
	"errors"
	"io"
	"net/http"
	"time"
)

const (
	// pieceSize is what a visitor has to take of a file within pieceTime: a bad
	// line does, who only holds on to the connection does not.
	pieceSize = 32 << 10
	pieceTime = 10 * time.Second
	// downloadTime is for the whole of it.
	downloadTime = time.Minute
)

// stream sends a body piece by piece, to a visitor who takes the pieces in time.
func stream(w http.ResponseWriter, body io.Reader) error {
	to := inTime{w, http.NewResponseController(w), time.Now().Add(downloadTime)}
	_, err := io.CopyBuffer(to, struct{ io.Reader }{body}, make([]byte, pieceSize)) // nothing but a Reader, or it would come in one piece
	return err
}

// inTime is a writer whose every Write has its deadline.
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
