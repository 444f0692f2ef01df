package content

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/json"
	"io"
	"net/http"
	"strings"

	"github.com/gin-gonic/gin"

	"hutch/handlers/web"
	"hutch/internal/collections"
)

// Hook is for a flow or webhook of Directus that reports changed items: what was
// made of them is purged. It requires the shared secret.
func (h *Handlers) Hook(c *gin.Context, _ web.Visitor) (web.Response, error) {
	scheme, given, _ := strings.Cut(c.GetHeader("Authorization"), " ")
	if !strings.EqualFold(scheme, "Bearer") || !sameSecret(given, h.HookSecret.Reveal()) {
		h.Log.Event(c, web.EventHookRefused)
		return web.Text{Status: http.StatusUnauthorized, Text: "the secret is missing or wrong"}, nil
	}
	var changed change
	body, err := io.ReadAll(c.Request.Body) // bounded by web.Receive
	if err != nil || json.Unmarshal(body, &changed) != nil || changed.Collection == "" {
		return web.Text{Status: http.StatusBadRequest, Text: "the body must be JSON with a collection"}, nil
	}
	n := h.Purge(c.Request.Context(), changed.tags()...)
	h.Log.Info("content purged", "collection", changed.Collection, "items", len(changed.items()), "values", n)
	return web.Text{Status: http.StatusOK, Text: "ok"}, nil
}

// change is what Directus reports of items that were created, updated or deleted.
type change struct {
	Collection string `json:"collection"`
	// An event names one item or several; the flow sends "undefined" for the other.
	Key  any `json:"key"`
	Keys any `json:"keys"`
}

// items returns the keys of what has changed; none: the report does not say.
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

// TagsOf are those of everything that a change of an item concerns.
func TagsOf(collection, key string) []string { return change{Collection: collection, Key: key}.tags() }

// tags are those of everything the change concerns: the items' own pages and
// whatever names them, and the lists that they may now be in, or no longer.
//
// Of what is shown as a part of another item, it is not known of which: any may be.
func (ch change) tags() []string {
	collection := collections.OurName(ch.Collection)
	tags := []string{collection, ownCollections}
	keys := ch.items()
	if len(keys) == 0 {
		tags = append(tags, collection+anyItem)
	}
	for _, key := range keys {
		tags = append(tags, collection+"/"+key)
	}
	for part, whole := collection, collections.Whole(collection); whole != part; part, whole = whole, collections.Whole(whole) {
		tags = append(tags, whole, whole+anyItem)
	}
	if _, ours := collections.All().Find(collection); !ours && collections.Whole(collection) == collection {
		tags = append(tags, unknownCollection)
	}
	if collection == "directus_users" { // who may be the author of posts
		for _, key := range keys {
			tags = append(tags, "authors/"+key)
		}
	}
	return tags
}

// sameSecret takes the same time wherever the two differ.
func sameSecret(given, wanted string) bool {
	a, b := sha256.Sum256([]byte(given)), sha256.Sum256([]byte(wanted))
	return wanted != "" && subtle.ConstantTimeCompare(a[:], b[:]) == 1
}
