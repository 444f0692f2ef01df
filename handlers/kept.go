package handlers

import (
	"context"
	"fmt"
	"net/http"

	"github.com/gin-gonic/gin"

	"hutch/internal/cache"
	"hutch/templates"
)

// publishedPage makes the page that answers a question, whoever asks it.
type publishedPage func(ctx context.Context, q question) (templates.Page, error)

// published is the handler of such a page. What went out once goes out again until
// the content changes, as it is: rendered and compressed. Known are the parts of
// the query that the page depends on.
func (s *site) published(make publishedPage, known ...string) handler {
	return func(c *gin.Context) (reply, error) { return s.answerPublished(c, make, s.ask(c, known...)) }
}

func (s *site) answerPublished(c *gin.Context, make publishedPage, q question) (reply, error) {
	fragment := s.knownFragment(c)
	frame := s.frame(c)
	if fragment == "" && s.Sessions.HasNotice(c) {
		q.reading = s.Cache.Snapshot() // news is for one visitor, once
		p, err := make(c.Request.Context(), q)
		return page{http.StatusOK, p}, err
	}
	key := fmt.Sprintf("%s %s %s %s %t", q.key(), fragment, frame.Language.Tag, frame.Appearance, frame.SignedIn)
	k, err := cache.Derive(c.Request.Context(), s.Cache, key, func(ctx context.Context, r *cache.Snapshot) (*kept, int, error) {
		q.reading = r
		p, err := make(ctx, q)
		if err != nil {
			return nil, 0, err
		}
		frame.Site = s.look(ctx, r)
		frame.Stale = r.Trouble()
		return s.keep(p, frame, fragment)
	})
	if err != nil {
		return nil, err
	}
	return k, nil
}

// kept is a page, or a fragment of one, as it goes out.
type kept struct {
	gated    bool   // what stands here is not all that a member may see
	fragment string // "": a whole page
	body     encodings
	etag     string // without its quotes: each encoding has one of its own
}

func (*kept) reply() {}

func (s *site) keep(p templates.Page, frame templates.Frame, fragment string) (*kept, int, error) {
	if fragment != "" && !s.Templates.HasFragment(p, fragment) {
		fragment = "main"
	}
	k := &kept{fragment: fragment}
	html, err := s.Templates.Render(p, frame, fragment)
	if err != nil {
		return nil, 0, err
	}
	if post, is := p.(templates.Post); is {
		k.gated = post.Gated
	}
	k.body = s.compressor.encode(html)
	k.etag = hashOf(html)
	return k, k.body.size(), nil
}

// knownFragment is the fragment that htmx asks for, if any page has one of this
// name; "main" for any other.
func (s *site) knownFragment(c *gin.Context) string {
	if !wantsFragment(c) {
		return ""
	}
	if wanted := targetID(c); s.Templates.Knows(wanted) {
		return wanted
	}
	return "main"
}

func (s *site) respondKept(c *gin.Context, k *kept) {
	if k.fragment != "" && k.fragment != targetID(c) {
		retarget(c, k.fragment) // the page has no part of that name
	}
	h := c.Writer.Header()
	h["Vary"] = varyOfPages()
	if k.fragment == "" {
		h["Link"] = s.preload
	}
	// Anybody may keep it, and asks each time whether it is still the same.
	setCacheControl(h, signedIn(c), "public, no-cache")
	sendUnlessKnown(c, htmlType, k.etag, k.body)
}
