package handlers

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/gin-gonic/gin"

	"hutch/directus"
	"hutch/templates"
)

// Content is always read as the public: what everybody may see does not depend
// on a token, and Directus would refuse it to one that has died. Nor does it
// depend on who asks, so that one answer of Directus serves all.

// content reads items that everybody may see into out, and says whether Directus
// could be asked: where not, these are the last that it gave.
//
// Related names the collections that the fields reach into: a change there
// changes this too. Errors are those of [directus.Client.Items].
func (s *site) content(c *gin.Context, collection string, q directus.Query, out any, related ...string) (templates.Content, error) {
	value, err := s.Cache.Get(c.Request.Context(), contentKey(collection, q), func(ctx context.Context) ([]byte, []string, error) {
		var answer json.RawMessage
		err := s.Directus.Items(ctx, directus.Visitor{}, "", collection, q, &answer)
		return answer, append(related, collection), err
	})
	if err != nil {
		if errors.Is(err, directus.Forbidden) {
			s.notPrepared(err)
		}
		return templates.Content{}, err
	}
	if err := json.Unmarshal(value.Data, out); err != nil {
		return templates.Content{}, fmt.Errorf("%s: %w: the items have an unexpected shape", collection, directus.ErrUnavailable)
	}
	return templates.Content{Stale: value.Trouble}, nil
}

// contentKey is the question in one line.
func contentKey(collection string, q directus.Query) string {
	return collection + "?" + q.Values().Encode()
}

// notPrepared tells the operator, not the visitor, what to do when the public
// may not read what this site shows.
func (s *site) notPrepared(err error) {
	s.Log.Warn("the public may not read this content; `go run . setup` prepares a Directus for it", "error", err)
}
