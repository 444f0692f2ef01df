package handlers

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/json"
	"io"
	"net/http"
	"strings"

	"github.com/gin-gonic/gin"
)

// purge is for a flow or webhook of Directus that tells of changed items: what was
// made of them is asked for anew. It wants the shared secret.
func (s *site) purge(c *gin.Context) (reply, error) {
	given, _ := strings.CutPrefix(c.GetHeader("Authorization"), "Bearer ")
	if !sameSecret(given, s.HookSecret.Reveal()) {
		s.event(c, eventHookRefused)
		return text{http.StatusUnauthorized, "the secret is missing or wrong"}, nil
	}
	var changed change
	body, err := io.ReadAll(c.Request.Body) // bounded by receive
	if err != nil || json.Unmarshal(body, &changed) != nil || changed.Collection == "" {
		return text{http.StatusBadRequest, "the body must be JSON with a collection"}, nil
	}
	n := s.Purge(c.Request.Context(), changed.tags()...)
	s.Log.Info("content purged", "collection", changed.Collection, "items", len(changed.items()), "values", n)
	return text{http.StatusOK, "ok"}, nil
}

// change is what Directus tells of items that were created, updated or deleted.
type change struct {
	Collection string `json:"collection"`
	// An event names one item or several; of the other, the flow says "undefined".
	Key  any `json:"key"`
	Keys any `json:"keys"`
}

// items are the keys of what has changed; none: it does not say which.
func (ch change) items() []string {
	several, is := ch.Keys.([]any)
	if !is && ch.Key != "undefined" {
		several = []any{ch.Key}
	}
	var keys []string
	for _, key := range several {
		if text := keyText(key); text != "" {
			keys = append(keys, text)
		}
	}
	return keys
}

// tags are those of what the items touch: their own pages and whatever names
// them, and the lists that they may be in now, or no more.
func (ch change) tags() []string {
	tags := []string{ch.Collection}
	keys := ch.items()
	if len(keys) == 0 {
		tags = append(tags, ch.Collection+anyItem)
	}
	for _, key := range keys {
		tags = append(tags, ch.Collection+"/"+key)
	}
	return tags
}

// sameSecret takes the same time wherever the two differ.
func sameSecret(given, wanted string) bool {
	a, b := sha256.Sum256([]byte(given)), sha256.Sum256([]byte(wanted))
	return wanted != "" && subtle.ConstantTimeCompare(a[:], b[:]) == 1
}
