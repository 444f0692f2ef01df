package handlers

import (
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"regexp"
	"slices"
	"strings"
)

// hashOf names a body by its content.
func hashOf(body []byte) string {
	sum := sha256.Sum256(body)
	return hex.EncodeToString(sum[:12])
}

// entityTag is the strong tag of a body in an encoding: each is a representation
// of its own.
func entityTag(hash, encoding string) string {
	if encoding == "" {
		return `"` + hash + `"`
	}
	return `"` + hash + "-" + encoding + `"`
}

// hasRepresentation reports whether the browser names the entity tag as one that
// it has (RFC 9110, 13.1.2).
func hasRepresentation(r *http.Request, etag string) bool {
	known := strings.Join(r.Header["If-None-Match"], ",")
	return known != "" && (strings.TrimSpace(known) == "*" || etag != "" && slices.Contains(entityTags.FindAllString(known, -1), etag))
}

// entityTags finds those of a list, without the W/ that a proxy may have put
// before one: for this question, it means nothing.
var entityTags = regexp.MustCompile(`"[^"]*"`)
