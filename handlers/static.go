package handlers

import (
	"mime"
	"net/http"
	"path"
	"sync"

	"github.com/gin-gonic/gin"

	"hutch/static"
)

// staticFile serves what the binary carries.
func (s *site) staticFile(c *gin.Context) (reply, error) {
	file, has := s.Static.File(c.Param("file"))
	if !has {
		return nil, errNotFound
	}
	return asset{file}, nil
}

// asset is a file of the binary.
type asset struct{ file static.File }

func (asset) reply() {}

// staticEncodings are the files that were asked for, by name, each encoded once.
type staticEncodings struct{ byName sync.Map }

func (s *site) respondAsset(c *gin.Context, r asset) {
	h := c.Writer.Header()
	var encoding string
	body := r.file.Content
	if r.file.Forever {
		h.Set("Cache-Control", "public, max-age=31536000, immutable")
		all, has := s.staticEncodings.byName.Load(r.file.Name)
		if !has {
			all, _ = s.staticEncodings.byName.LoadOrStore(r.file.Name, s.compressor.encode(r.file.Content))
		}
		encoding, body = all.(encodings).choose(c.GetHeader("Accept-Encoding"))
	} else {
		h.Set("Cache-Control", "no-cache")
		encoding, body = s.compressor.encodeFor(c.GetHeader("Accept-Encoding"), body)
	}
	h.Set("Vary", "Accept-Encoding")
	send(c, http.StatusOK, mime.TypeByExtension(path.Ext(r.file.Name)), encoding, body)
}
