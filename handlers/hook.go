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

// purge is for a flow or webhook of Directus that tells of changed items: what
// was made of them is asked for anew. It wants the shared secret.
func (s *site) purge(c *gin.Context) (reply, error) {
	given, _ := strings.CutPrefix(c.GetHeader("Authorization"), "Bearer ")
	if !sameSecret(given, s.HookSecret) {
		s.Log.Warn("a hook without the secret was refused", "ip", c.ClientIP())
		return text{http.StatusUnauthorized, "the secret is missing or wrong"}, nil
	}
	var changed struct {
		Collection string `json:"collection"`
	}
	body, err := io.ReadAll(c.Request.Body) // bounded by limitBody
	if err != nil || json.Unmarshal(body, &changed) != nil || changed.Collection == "" {
		return text{http.StatusBadRequest, "the body must be JSON with a collection"}, nil
	}
	n := s.Purge(c.Request.Context(), changed.Collection)
	s.Log.Info("content purged", "collection", changed.Collection, "values", n)
	return text{http.StatusOK, "ok"}, nil
}

// sameSecret takes the same time wherever the two differ.
func sameSecret(given, wanted string) bool {
	a, b := sha256.Sum256([]byte(given)), sha256.Sum256([]byte(wanted))
	return wanted != "" && subtle.ConstantTimeCompare(a[:], b[:]) == 1
}
