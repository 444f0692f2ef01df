package content

import (
	"context"

	"github.com/gin-gonic/gin"

	"hutch/handlers/web"
	"hutch/internal/cache"
	"hutch/templates"
)

// cachedPage is a page, or a fragment of one, as it is sent.
type cachedPage struct {
	web.Rendered
	gated bool // a post of which members may see more
}

// publishedPage makes the page that answers a query, the same for every visitor.
type publishedPage func(ctx context.Context, q contentQuery) (templates.Page, error)

// published serves a rendered, compressed copy until the content changes. known
// lists the query parameters the page depends on.
func (h *Handlers) published(c *gin.Context, v web.Visitor, make publishedPage, known ...string) (web.Response, error) {
	return h.answer(c, v, make, h.parseQuery(c, known...))
}

func (h *Handlers) answer(c *gin.Context, v web.Visitor, make publishedPage, q contentQuery) (web.Response, error) {
	fragment := h.Responder.KnownFragment(c)
	if fragment == "" && h.Responder.HasNotice(c) {
		q.snapshot, q.turn = h.Cache.Snapshot(), &turn{all: h.long} // a notice is for one visitor, once
		defer q.turn.end()
		p, err := make(c.Request.Context(), q)
		return web.OK(p), err
	}
	frame := h.Responder.Frame(c)
	seen := " as a visitor"
	if v.SignedIn {
		seen = " as a member"
	}
	key := q.key() + " " + fragment + " " + frame.Language.Tag + " " + frame.Appearance + seen
	if cached, has := cache.Derived[*cachedPage](h.Cache, key); has {
		return cached, nil
	}
	return h.render(c, v, make, q, frame, fragment, key)
}

// render is apart from answer, so that a page that is there costs no closure.
func (h *Handlers) render(c *gin.Context, v web.Visitor, make publishedPage, q contentQuery, frame templates.Frame, fragment, key string) (web.Response, error) {
	cached, err := cache.Derive(c.Request.Context(), h.Cache, key, q.paid(v), func(ctx context.Context, r *cache.Snapshot) (*cachedPage, int, error) {
		q.snapshot, q.turn = r, &turn{all: h.long}
		defer q.turn.end()
		p, err := make(ctx, q)
		if err != nil {
			return nil, 0, err
		}
		frame.Site = h.siteInfo(ctx, r)
		frame.Stale = r.Trouble()
		rendered, err := h.Responder.Render(p, frame, fragment)
		post, is := p.(templates.Post)
		return &cachedPage{rendered, is && post.Gated}, rendered.Size(), err
	})
	if err != nil {
		return nil, err
	}
	return cached, nil
}
