package content

import (
	"strings"
	"sync"

	"github.com/gin-gonic/gin"

	"hutch/handlers/web"
	"hutch/static"
)

// staticEncodings are the files that were asked for, by name, each encoded once.
type staticEncodings struct{ byName sync.Map }

// StaticFile answers with a file of the binary, or of the team's own.
func (h *Handlers) StaticFile(c *gin.Context, _ web.Visitor) (web.Response, error) {
	file, has := h.Static.File(strings.TrimPrefix(c.Param("file"), "/"))
	if !has {
		return nil, web.ErrNotFound
	}
	if file.Document() { // a picture with a script, above all
		c.Header("Content-Security-Policy", policyOf(file.Type))
	}
	if !file.Forever { // it may change at any time
		return web.Document{CacheControl: "no-cache", Body: web.Plain(file.Type, file.Content)}, nil
	}
	encoded, has := h.staticEncodings.byName.Load(file.Name)
	if !has {
		encoded, _ = h.staticEncodings.byName.LoadOrStore(file.Name, h.encoded(file))
	}
	return web.Document{CacheControl: immutable, Body: encoded.(web.Body)}, nil
}

func (h *Handlers) encoded(file static.File) web.Body {
	if !file.Compresses() {
		return web.Plain(file.Type, file.Content)
	}
	return h.Responder.Encode(file.Type, file.Content)
}

// immutable is for what changes its address when it changes.
const immutable = "public, max-age=31536000, immutable"
