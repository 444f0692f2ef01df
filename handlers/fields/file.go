package fields

import (
	"io"
	"mime"
	"net/http"
	"path"
	"strings"
	"unicode/utf8"

	"github.com/gin-gonic/gin"

	"hutch/handlers/web"
	"hutch/internal/i18n"
	"hutch/templates"
)

const (
	// MaxFile bounds a file of a form, in bytes.
	MaxFile = 5 << 20
	// AcceptedFiles is what browsers offer to choose from.
	AcceptedFiles = ".pdf,.txt,.jpg,.jpeg,.png,.gif,.webp"
)

// File is a file that a visitor or a member chose. It is a PDF, a picture or plain text, which its
// content tells.
type File struct {
	Name     string
	Content  []byte
	TooLarge bool
}

// Check returns what is wrong with a file; "" if nothing is. No file was chosen if f is nil.
func (f *File) Check(required bool) i18n.Message {
	switch {
	case f == nil && required:
		return MsgChooseFile
	case f == nil:
		return ""
	case f.TooLarge:
		return MsgFileLarge
	}
	if mediaType, _ := f.Kind(); mediaType == "" {
		return MsgFileType
	}
	return ""
}

// Kind returns the media type and the ending of the name; "" if it is none of those that
// are accepted.
func (f *File) Kind() (mediaType, ending string) {
	mediaType, _, _ = mime.ParseMediaType(http.DetectContentType(f.Content))
	if mediaType == "text/plain" && !utf8.Valid(f.Content) {
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

// FileName returns the name for editors: the visitor's, with the ending of what it is.
func (f *File) FileName(ending string) string {
	name := path.Base(strings.ReplaceAll(templates.PlainText(f.Name), `\`, "/"))
	name = strings.TrimSuffix(name, path.Ext(name))
	if len(name) > 100 {
		name = strings.ToValidUTF8(name[:100], "")
	}
	if strings.Trim(name, ". /") == "" {
		name = "file"
	}
	return name + ending
}

// ReadFiles reads a form with files: the fields into the request, where they are looked
// for when it cannot be sent.
func ReadFiles(c *gin.Context) (map[string]*File, error) {
	files := map[string]*File{}
	err := web.ReadParts(c, func(field, name string, content io.Reader) error {
		read, err := io.ReadAll(io.LimitReader(content, MaxFile+1))
		if len(read) > MaxFile {
			files[field] = &File{TooLarge: true}
		} else if len(read) > 0 {
			files[field] = &File{Name: name, Content: read}
		}
		return err
	})
	return files, err
}
