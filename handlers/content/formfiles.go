package content

import (
	"bytes"
	"crypto/sha256"
	"io"
	"mime"
	"net/http"
	"path"
	"strings"
	"unicode/utf8"

	"github.com/gin-gonic/gin"
	"github.com/google/uuid"

	"hutch/handlers/web"
	"hutch/internal/i18n"
	"hutch/templates"
)

const (
	// maxFormFile bounds a file of a form, in bytes, and MaxFormFiles the form with all of
	// its files.
	maxFormFile  = 5 << 20
	MaxFormFiles = 4*maxFormFile + 128<<10
	// acceptedFiles is what browsers offer to choose from.
	acceptedFiles = ".pdf,.txt,.jpg,.jpeg,.png,.gif,.webp"
)

// sentFile is a file that a visitor chose. It is a PDF, a picture or plain text, which its
// content tells.
type sentFile struct {
	name     string
	content  []byte
	tooLarge bool
}

// check returns what is wrong with a file; "" if nothing is. No file was chosen if f is nil.
func (f *sentFile) check(required bool) i18n.Message {
	switch {
	case f == nil && required:
		return msgFormFile
	case f == nil:
		return ""
	case f.tooLarge:
		return msgFormFileBig
	}
	if mediaType, _ := f.kind(); mediaType == "" {
		return msgFormFileType
	}
	return ""
}

// kind returns the media type and the ending of the name; "" if it is none of those that
// are accepted.
func (f *sentFile) kind() (mediaType, ending string) {
	mediaType, _, _ = mime.ParseMediaType(http.DetectContentType(f.content))
	if mediaType == "text/plain" && !utf8.Valid(f.content) {
		return "", ""
	}
	ending = map[string]string{
		"application/pdf": ".pdf", "text/plain": ".txt", "image/jpeg": ".jpg", "image/png": ".png", "image/gif": ".gif", "image/webp": ".webp",
	}[mediaType]
	if ending == "" {
		return "", ""
	}
	return mediaType, ending
}

// fileName returns the name for editors: the visitor's, with the ending of what it is.
func (f *sentFile) fileName(ending string) string {
	name := path.Base(strings.ReplaceAll(templates.PlainText(f.name), `\`, "/"))
	name = strings.TrimSuffix(name, path.Ext(name))
	if len(name) > 100 {
		name = strings.ToValidUTF8(name[:100], "")
	}
	if strings.Trim(name, ". /") == "" {
		name = "file"
	}
	return name + ending
}

// readFiles reads a form with files: the fields into the request, where they are looked
// for when it cannot be sent.
func readFiles(c *gin.Context) (map[string]*sentFile, error) {
	files := map[string]*sentFile{}
	err := web.ReadParts(c, func(field, name string, content io.Reader) error {
		read, err := io.ReadAll(io.LimitReader(content, maxFormFile+1))
		if len(read) > maxFormFile {
			files[field] = &sentFile{tooLarge: true}
		} else if len(read) > 0 {
			files[field] = &sentFile{name: name, content: read}
		}
		return err
	})
	return files, err
}

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
