package content

import (
	"errors"
	"mime"
	"path"
	"sync"

	"github.com/gin-gonic/gin"

	"hutch/handlers/web"
	"hutch/internal/directus"
	"hutch/internal/secret"
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

// Icon answers where browsers and feed readers look for an icon without asking a page:
// with the editors', or with ours.
func (h *Handlers) Icon(c *gin.Context, v web.Visitor) (web.Response, error) {
	if id := h.SiteInfo(c.Request.Context()).Favicon; id != "" {
		v.Token = secret.Text{}
		icon, err := h.streamAsset(c, v, id, directus.Transform{Width: 160, Height: 160, Format: "png"})
		if !errors.Is(err, web.ErrNotFound) { // the public may not read it
			if err != nil {
				icon = h.Responder.BriefProblem(c, err)
			}
			return icon, nil
		}
	}
	file, has := h.Static.Named("icon.png")
	if !has {
		return nil, web.ErrNotFound
	}
	return web.Document{CacheControl: "public, max-age=3600", Body: web.Plain("image/png", file.Content)}, nil
}

// immutable is for what changes its address when it changes.
const immutable = "public, max-age=31536000, immutable"
