package handlers

import (
	"context"
	"errors"
	"net/http"

	"github.com/gin-gonic/gin"

	"hutch/session"
	"hutch/templates"
)

// post answers with what everybody may see of a post; to a member, where that is
// not all or nothing, with what Directus shows to their own token.
func (s *site) post(c *gin.Context) (reply, error) {
	q := s.ask(c)
	public, err := s.answerPublished(c, s.publicPost, q)
	own, signedIn := session.From(c)
	if !signedIn || !errors.Is(err, errNotFound) && !isGated(public) {
		return public, err
	}
	theirs, ownErr := s.membersPost(c, q, own)
	if errors.Is(ownErr, errNotFound) {
		return public, err
	}
	return theirs, ownErr
}

// isGated reports whether an answer is a post without its content.
func isGated(r reply) bool {
	switch r := r.(type) {
	case *kept:
		return r.gated
	case page: // made for one visitor, who is told something on it
		post, is := r.page.(templates.Post)
		return is && post.Gated
	}
	return false
}

// publicPost is the page of a post as everybody may see it.
func (s *site) publicPost(ctx context.Context, q question) (templates.Page, error) {
	found, err := q.post(ctx)
	if err != nil {
		return nil, err
	}
	n, err := q.around(ctx, found)
	return found.page(n, found.gated()), err
}

// membersPost is a post as the member may see it: read with their own token, and
// kept nowhere. Errors: errNotFound, also where they may not read it.
func (s *site) membersPost(c *gin.Context, q question, own session.Session) (reply, error) {
	ctx := c.Request.Context()
	q.reading = s.Cache.Snapshot()
	what, err := q.postQuery(ctx)
	if err != nil {
		return nil, err
	}
	var found []post
	err = s.Directus.Items(ctx, visitor(c), own.Token, "posts", what, &found)
	if found = q.visible(found); isForbidden(err) || err == nil && (len(found) == 0 || found[0].html() == "") {
		return nil, errNotFound
	}
	if err != nil {
		return nil, err
	}
	n, err := q.around(ctx, found[0])
	return page{http.StatusOK, found[0].page(n, false)}, err
}

// page is the post's own page. A gated one has no content.
func (p post) page(n neighbours, gated bool) templates.Post {
	page := templates.Post{
		PostSummary: p.summary(), Newer: links(n.newer), Older: links(n.older), ByAuthor: links(n.byAuthor),
	}
	page.Gated, page.HTML = gated, ""
	if !gated {
		page.HTML = p.html()
	}
	return page
}
