package content

import (
	"bytes"
	"crypto/sha256"
	"hutch/handlers/fields"

	"github.com/google/uuid"
)

// MaxFormFiles bounds a form with all of its files, in bytes.
const MaxFormFiles = 4*fields.MaxFile + 128<<10

// A file that a visitor has sent has an id that tells so: the project may let everybody
// read all of its files, and those are only for editors.

func newSentFileID() string {
	id := uuid.New()
	copy(id[10:], markOf(id))
	return id.String()
}

func isSentFile(id string) bool {
	parsed, err := uuid.Parse(id)
	return err == nil && bytes.Equal(parsed[10:], markOf(parsed))
}

func markOf(id uuid.UUID) []byte {
	sum := sha256.Sum256(append([]byte("hutch: sent by a visitor "), id[:10]...))
	return sum[:6]
}
