package content

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
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
		return nil, fmt.Errorf("%w, since the redirects could not be read: %w", web.ErrPageUnknown, err)
	}
	path := c.Request.URL.Path
	moved := h.movedTo(all, path, func(from string) bool { return from == path })
	if moved == nil && !exactly {
		moved = h.movedTo(all, path, func(from string) bool { return strings.TrimSuffix(from, "/") == strings.TrimSuffix(path, "/") })
	}
	return moved, nil
}

// movedTo is the first redirect from such a path that leads anywhere; nil: there is
// none.
func (h *Handlers) movedTo(all []redirect, path string, isFrom func(string) bool) web.Response {
	for _, r := range all {
		if from := r.path(); from == "" || !isFrom(from) {
			continue
		}
		target := h.Responder.RedirectTarget(r.To)
		if target == "" || leadsTo(target, path) {
			h.Log.WarnOnce("a redirect leads nowhere, or where it must not", "from", r.From)
			continue
		}
		return web.MovedTo{Status: redirectStatus(r.Code), Target: target}
	}
	return nil
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
	return visible(all, q.source), err
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
