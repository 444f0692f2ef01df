package content

import (
	"context"
	"errors"

	"github.com/gin-gonic/gin"

	"hutch/handlers/web"
	"hutch/internal/collections"
	"hutch/internal/directus"
	"hutch/templates"
)

// Post answers with what everybody may see of a post; to a member, if that is not
// all of it, or nothing, with what Directus shows to their own token.
func (h *Handlers) Post(c *gin.Context, v web.Visitor) (web.Response, error) {
	q := h.parseQuery(c)
	public, err := h.answer(c, v, h.publicPost, q)
	if !v.SignedIn || !errors.Is(err, web.ErrNotFound) && !isGated(public) {
		return public, err
	}
	theirs, ownErr := h.membersPost(c, v, q)
	if errors.Is(ownErr, web.ErrNotFound) {
		return public, err
	}
	return theirs, ownErr
}

// isGated reports whether a response is a post without its content.
func isGated(r web.Response) bool {
	switch r := r.(type) {
	case *cachedPage:
		return r.gated
	case web.Page: // made for one visitor, with a notice
		post, is := r.Page.(templates.Post)
		return is && post.Gated
	}
	return false
}

// publicPost is the page of a post as everybody may see it.
func (h *Handlers) publicPost(ctx context.Context, q contentQuery) (templates.Page, error) {
	found, err := q.post(ctx)
	if err != nil {
		return nil, err
	}
	n, err := q.around(ctx, found)
	return h.postPage(found, n, found.gated()), err
}

// membersPost answers with a post as the member may see it: read with their own
// token and stored nowhere. Errors: web.ErrNotFound, also if they may not read it.
func (h *Handlers) membersPost(c *gin.Context, v web.Visitor, q contentQuery) (web.Response, error) {
	ctx := c.Request.Context()
	q.snapshot, q.turn = h.Cache.Snapshot(), &turn{all: h.long}
	defer q.turn.end()
	found, err := h.membersRead(c, v, q)
	if err != nil {
		return nil, err
	}
	n, err := q.around(ctx, found)
	return web.OK(h.postPage(found, n, false)), err
}

// membersRead reads the post that the address names with the member's own token.
// Errors: web.ErrNotFound, also if they may not read its content.
func (h *Handlers) membersRead(c *gin.Context, v web.Visitor, q contentQuery) (post, error) {
	done, err := v.Pay(web.Reading)
	if err != nil {
		return post{}, err
	}
	defer done()
	ctx := c.Request.Context()
	what, err := q.postQuery(ctx)
	if err != nil {
		return post{}, err
	}
	list, err := q.ask(ctx, web.OnBehalfOf(c), v.Token, "posts", what)
	var found []post
	if err == nil {
		err = decode(list.Items, &found)
	}
	if err == nil && len(found) > 0 {
		err = q.turn.take(ctx, found[0].Content)
	}
	if found = q.visible("posts", found); errors.Is(err, directus.Forbidden) || errors.Is(err, directus.InvalidQuery) || err == nil && (len(found) == 0 || found[0].html == "") {
		return post{}, web.ErrNotFound
	}
	if err != nil {
		return post{}, err
	}
	return found[0], nil
}

// postPage is the post's own page. A gated one has no content.
func (h *Handlers) postPage(p post, n neighbours, gated bool) templates.Post {
	html := ""
	if !gated {
		html = p.html
	}
	page := templates.Post{
		PostSummary: p.summary(h.brief(html)), HTML: html,
		Newer: links(n.newer), Older: links(n.older), Others: summaries(n.others, nil), SEO: seoOf(p.SEO), Tags: n.tags,
	}
	for i := range page.Others {
		page.Others[i].Nested = true
	}
	page.Gated = gated
	// What is corrected within a day is not news.
	if updated := h.date(collections.TextOf(p.Updated)); !p.published.IsZero() && updated.After(p.published.AddDate(0, 0, 1)) && updated.Before(h.Now()) {
		page.Updated = updated
	}
	return page
}
