package handlers

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"hutch/handlers/content"
	"hutch/handlers/web"
	"hutch/internal/directus"
	"hutch/internal/limits"
	"hutch/session"
)

// adapt makes a handler one of Gin's, and an error a response.
func (s *site) adapt(handle web.Handler) gin.HandlerFunc {
	return func(c *gin.Context) {
		response, err := handle(c)
		if to, done := response.(web.SeeOther); done && err == nil {
			if c.Request.Method == http.MethodPost {
				s.account.FormDone(c)
			}
			response = s.account.WithCookies(c, to)
		}
		if _, signedIn := session.From(c); signedIn && directus.TokenRefused(err) {
			// Directus has ended the session; the same page follows signing in.
			if response, err = s.account.SessionRefused(c), nil; response == nil {
				return
			}
		}
		if errors.Is(err, web.ErrNotFound) {
			if moved, unknown := s.content.MovedTo(c, false); moved != nil || unknown != nil {
				response, err = moved, unknown
			}
		}
		if err != nil {
			response = s.web.Problem(c, err)
		}
		s.web.Respond(c, response)
	}
}

// handedVisitor hands a handler of published content who asks.
func (s *site) handedVisitor(handle content.Handler) web.Handler {
	return func(c *gin.Context) (web.Response, error) {
		v := web.VisitorOf(c)
		v.Pay = func(work web.Work) (func(), error) { return s.pay(c, work) }
		return handle(c, v)
	}
}

// share is what a visitor may have Directus do of a kind of work: as counted, and at the
// same time. SQLite answers one question after the other, and a rendition keeps the
// thread busy that answers are read with.
type share struct {
	counted  limits.Action
	atOnce   int64
	patience time.Duration // how long it waits for their other work
}

var shares = map[web.Work]share{
	web.Reading:   {limits.Reading, 2, 5 * time.Second},
	web.Searching: {limits.Search, 1, 5 * time.Second},
	web.Filling:   {limits.Form, 1, 5 * time.Second},
	web.Sending:   {limits.File, 2, 30 * time.Second}, // a list has a dozen, of which Directus may make one a second
}

// refusalDelay is how long a refusal is held back: a client that is refused at once asks
// again at once, thousands of times a second.
const refusalDelay = 500 * time.Millisecond

// pay counts work that Directus does for a visitor, by their address, and has it wait for
// what is under way. Where they come from is all that is asked: known crawlers wait as
// well.
func (s *site) pay(c *gin.Context, work web.Work) (done func(), err error) {
	theirs := shares[work]
	_, err = s.limits.Take(c.Request.Context(), theirs.counted, limits.Who{IP: c.ClientIP()})
	var refused *limits.Refused
	if errors.As(err, &refused) {
		s.log.Throttled(c, refused.Limit.Name)
		s.holdBack(c.Request.Context())
		return nil, &web.TooMuch{After: refused.After}
	}
	ctx, cancel := context.WithTimeout(c.Request.Context(), theirs.patience)
	defer cancel()
	if done, err = s.turns.Take(ctx, string(work)+" "+limits.NetworkOf(c.ClientIP()), theirs.atOnce); err != nil {
		s.log.Throttled(c, string(work)+"-at-once")
		return nil, &web.TooMuch{After: time.Second}
	}
	return done, nil
}

// holdBack waits before a refusal, unless many do already: they take up room.
func (s *site) holdBack(ctx context.Context) {
	select {
	case s.held <- struct{}{}:
		defer func() { <-s.held }()
	default:
		return
	}
	select {
	case <-time.After(refusalDelay):
	case <-ctx.Done():
	}
}

// withoutSlash redirects from an address that people ended with a slash to the one
// without. An editor's redirect from just this address comes first.
func (s *site) withoutSlash(c *gin.Context) (web.Response, error) {
	if moved, err := s.content.MovedTo(c, true); moved != nil && err == nil {
		return moved, nil
	}
	target := strings.TrimRight(c.Request.URL.EscapedPath(), "/")
	if c.Request.URL.RawQuery != "" {
		target += "?" + c.Request.URL.RawQuery
	}
	if s.web.RedirectTarget(target) == "" {
		return nil, web.ErrNotFound
	}
	return web.MovedTo{Status: http.StatusPermanentRedirect, Target: target}, nil
}

// noRoute answers where no route matches: with the item whose name has slashes in it,
// if there is one, or the page whose whole address this is: one of the site folder, or else
// one of the editors'. Its route is open, as this is. The more exact one comes last.
func (s *site) noRoute(routes []route) web.Handler {
	return func(c *gin.Context) (web.Response, error) {
		for _, r := range slices.Backward(routes) {
			prefix, parameter, _ := strings.Cut(r.path, ":")
			name, below := strings.CutPrefix(c.Request.URL.Path, prefix)
			if reads := c.Request.Method == http.MethodGet || c.Request.Method == http.MethodHead; r.deep && below && reads {
				if strings.HasSuffix(name, "/") {
					return s.withoutSlash(c)
				}
				c.Params = gin.Params{{Key: parameter, Value: name}}
				return r.handle(c)
			}
		}
		if c.Request.Method == http.MethodGet || c.Request.Method == http.MethodHead {
			page, err := s.handedVisitor(s.content.OwnPage)(c)
			if errors.Is(err, web.ErrNotFound) {
				return s.permalink(c)
			}
			return page, err
		}
		return nil, web.ErrNotFound
	}
}

// permalink answers with the page whose whole address this is, with a slash at its end or
// without.
func (s *site) permalink(c *gin.Context) (web.Response, error) {
	page, err := s.handedVisitor(s.content.Permalink)(c)
	if path := c.Request.URL.Path; errors.Is(err, web.ErrNotFound) && strings.HasSuffix(path, "/") {
		path = strings.TrimRight(path, "/")
		own, _ := s.content.Templates.HasOwnPage(path)
		if has, _ := s.content.HasPermalink(c.Request.Context(), path); own || has {
			return s.withoutSlash(c)
		}
	}
	return page, err
}

func noMethod(*gin.Context) (web.Response, error) { return nil, web.ErrWrongMethod }
