package handlers

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/gin-gonic/gin"

	"hutch/internal/directus"
)

// moved sends a visitor to where a page is now.
type moved struct {
	status int
	target string
}

func (moved) reply() {}

// redirect is an item of `redirects`.
type redirect struct {
	publication
	From string `json:"url_from"`
	To   string `json:"url_to"`
	Code int    `json:"response_code"`
}

// maxRedirects bounds what is read of them.
const maxRedirects = 1000

// movedTo is where editors say that a page is, of which there is none here any
// more; nil: nowhere. All are read at once, so that an address that somebody
// makes up costs Directus nothing.
func (s *site) movedTo(c *gin.Context) reply {
	if c.Request.Method != http.MethodGet && c.Request.Method != http.MethodHead {
		return nil
	}
	q := question{site: s, reading: s.Cache.Snapshot()}
	all, err := q.redirects(c.Request.Context())
	if err != nil {
		s.Log.Warn("the redirects could not be read", "error", err)
		return nil
	}
	for _, r := range all {
		if from, err := url.Parse(r.From); err != nil || from.Path != c.Request.URL.Path {
			continue
		}
		target := s.redirectTarget(r.To)
		if target == "" || leadsTo(target, c.Request.URL.Path) {
			s.Log.Warn("a redirect leads where it must not", "from", r.From)
			return nil
		}
		return moved{redirectStatus(r.Code), target}
	}
	return nil
}

func (q question) redirects(ctx context.Context) ([]redirect, error) {
	var all []redirect
	_, err := q.list(ctx, "redirects", directus.Query{Fields: []string{"*"}, Limit: maxRedirects}, &all)
	if errors.Is(err, errHidden) {
		return nil, nil
	}
	return visible(all, q.site.Now()), err
}

// redirectTarget is the address that a redirect may lead to: a path of this site,
// or a host on the operator's list; "": it may not.
func (s *site) redirectTarget(typed string) string {
	target, foreign := linkTarget(typed)
	if !foreign {
		return target
	}
	if parsed, err := url.Parse(target); err == nil && slices.ContainsFunc(s.RedirectHosts, func(host string) bool {
		return strings.EqualFold(host, parsed.Hostname())
	}) {
		return target
	}
	return ""
}

// leadsTo reports whether a target is the path itself, whatever else is in it: a
// visitor would be sent there for ever.
func leadsTo(target, path string) bool {
	parsed, err := url.Parse(target)
	return err == nil && parsed.Host == "" && parsed.Path == path
}

func redirectStatus(code int) int {
	switch code {
	case http.StatusMovedPermanently, http.StatusFound, http.StatusTemporaryRedirect, http.StatusPermanentRedirect:
		return code
	}
	return http.StatusFound
}
