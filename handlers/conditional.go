package handlers

import "strings"

// matches reports whether an If-None-Match or If-Match names the entity tag, by
// the weak comparison (RFC 9110, 8.8.3.2 and 13.1.2).
func matches(header, etag string) bool {
	if header == "" {
		return false
	}
	etag = strings.TrimPrefix(etag, "W/")
	for known := range strings.SplitSeq(header, ",") {
		known = strings.TrimSpace(known)
		if known == "*" || strings.TrimPrefix(known, "W/") == etag {
			return true
		}
	}
	return false
}
