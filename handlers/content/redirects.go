package content

import (
	"context"
	"errors"
	"net/http"
	"net/url"

	"github.com/gin-gonic/gin"

	"hutch/handlers/web"
	"hutch/internal/directus"
)

// redirect is an item of `redirects`.
type redirect struct {
	publication
	From string `json:"url_from"`
	To   string `json:"url_to"`
	Code int    `json:"response_code"`
}

// maxRedirects bounds how many of them are read.
const maxRedirects = 1000

// MovedTo returns the redirect from an address without a page to where editors say
// that the page is now; nil: there is none. All are read at once, so that made-up
// addresses cost Directus nothing.
func (h *Handlers) MovedTo(c *gin.Context) web.Response {
	if c.Request.Method != http.MethodGet && c.Request.Method != http.MethodHead {
		return nil
	}
	q := contentQuery{source: &h.Source, snapshot: h.Cache.Snapshot()}
	all, err := q.redirects(c.Request.Context())
	if err != nil {
		h.Log.Warn("the redirects could not be read", "error", err)
		return nil
	}
	for _, r := range all {
		if from, err := url.Parse(r.From); err != nil || from.Path != c.Request.URL.Path {
			continue
		}
		target := h.Responder.RedirectTarget(r.To)
		if target == "" || leadsTo(target, c.Request.URL.Path) {
			h.Log.Warn("a redirect leads where it must not", "from", r.From)
			return nil
		}
		return web.MovedTo{Status: redirectStatus(r.Code), Target: target}
	}
	return nil
}

func (q contentQuery) redirects(ctx context.Context) ([]redirect, error) {
	var all []redirect
	_, err := q.list(ctx, "redirects", directus.Query{Fields: []string{"*"}, Limit: maxRedirects}, &all)
	if errors.Is(err, errHidden) {
		return nil, nil
	}
	return visible(all, q.source.Now()), err
}

// leadsTo reports whether a target is the path itself, whatever its query: the
// visitor would be redirected for ever.
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
