package content

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

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
// addresses cost Directus nothing. If they cannot be read, nobody knows whether the
// page has gone or moved. A slash at the end makes no difference, unless exactly this
// address is meant; a redirect from exactly this one comes first.
func (h *Handlers) MovedTo(c *gin.Context, exactly bool) (web.Response, error) {
	if c.Request.Method != http.MethodGet && c.Request.Method != http.MethodHead {
		return nil, nil
	}
	q := contentQuery{source: &h.Source, snapshot: h.Cache.Snapshot()}
	all, err := q.redirects(c.Request.Context())
	if err != nil {
		return nil, fmt.Errorf("the redirects could not be read: %w", err)
	}
	path := c.Request.URL.Path
	at := slices.IndexFunc(all, func(r redirect) bool { return r.path() == path })
	if at < 0 && !exactly {
		at = slices.IndexFunc(all, func(r redirect) bool {
			return strings.TrimSuffix(r.path(), "/") == strings.TrimSuffix(path, "/")
		})
	}
	if at < 0 {
		return nil, nil
	}
	target := h.Responder.RedirectTarget(all[at].To)
	if target == "" || leadsTo(target, path) {
		h.Log.Warn("a redirect leads where it must not", "from", all[at].From)
		return nil, nil
	}
	return web.MovedTo{Status: redirectStatus(all[at].Code), Target: target}, nil
}

// path is the path that the redirect is from; "" if it is from none.
func (r redirect) path() string {
	from, err := url.Parse(r.From)
	if err != nil {
		return ""
	}
	return from.Path
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
