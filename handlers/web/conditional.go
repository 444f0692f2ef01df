package web

import (
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"regexp"
	"slices"
	"strings"
)

// HashOf names a body by its content.
func HashOf(body []byte) string {
	sum := sha256.Sum256(body)
	return hex.EncodeToString(sum[:12])
}

// EntityTag returns the strong tag of a body in an encoding: each is a
// representation of its own.
func EntityTag(hash, encoding string) string {
	if encoding == "" {
		return `"` + hash + `"`
	}
	return `"` + hash + "-" + encoding + `"`
}

// HasRepresentation reports whether the browser says that it has the
// representation with this entity tag (RFC 9110, 13.1.2).
func HasRepresentation(r *http.Request, etag string) bool {
	known := strings.Join(r.Header["If-None-Match"], ",")
	return known != "" && (strings.TrimSpace(known) == "*" || etag != "" && slices.Contains(entityTags.FindAllString(known, -1), etag))
}

// entityTags finds those of a list, without the W/ that a proxy may have put before
// one: it makes no difference here.
var entityTags = regexp.MustCompile(`"[^"]*"`)
