package content

import (
	"mime"
	"path"
	"sync"

	"github.com/gin-gonic/gin"

	"hutch/handlers/web"
)

// staticEncodings are the files that were asked for, by name, each encoded once.
type staticEncodings struct{ byName sync.Map }

// StaticFile answers with a file of the binary.
func (h *Handlers) StaticFile(c *gin.Context, _ web.Visitor) (web.Response, error) {
	file, has := h.Static.File(c.Param("file"))
	if !has {
		return nil, web.ErrNotFound
	}
	contentType := mime.TypeByExtension(path.Ext(file.Name))
	if !file.Forever { // in development, where it may change at any time
		return web.Document{CacheControl: "no-cache", Body: web.Plain(contentType, file.Content)}, nil
	}
	encoded, has := h.staticEncodings.byName.Load(file.Name)
	if !has {
		encoded, _ = h.staticEncodings.byName.LoadOrStore(file.Name, h.Responder.Encode(contentType, file.Content))
	}
	return web.Document{CacheControl: immutable, Body: encoded.(web.Body)}, nil
}

// immutable is for what changes its address when it changes.
const immutable = "public, max-age=31536000, immutable"
