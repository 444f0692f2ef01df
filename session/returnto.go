package session

import (
	"net/url"
	"strings"
)

// maxReturnTo is far longer than any address of this site.
const maxReturnTo = 2048

// ReturnTo returns target if it is a path of this site, with its query, and
// fallback for anything else. Everything that sends a visitor where a request
// said passes through here.
//
// Browsers read addresses more freely than Go does: they take a backslash for a
// slash, drop tabs and line breaks, and resolve dots. So this keeps to what a
// server writes when it names one of its own pages (printable ASCII, a path of
// plain segments) instead of listing the tricks.
func ReturnTo(target, fallback string) string {
	if len(target) > maxReturnTo || !strings.HasPrefix(target, "/") {
		return fallback
	}
	for _, char := range []byte(target) {
		if char <= ' ' || char >= 0x7f {
			return fallback
		}
	}
	parsed, err := url.Parse(target)
	if err != nil || parsed.Scheme != "" || parsed.Host != "" || parsed.User != nil || parsed.Opaque != "" {
		return fallback
	}
	path, _, _ := strings.Cut(target, "?")
	path, _, _ = strings.Cut(path, "#")
	if !plainPath(path) {
		return fallback
	}
	return target
}

// plainPath reports whether path stays what it is however often it is decoded
// and whoever resolves it: no empty segment, no dots, no hidden slash.
func plainPath(path string) bool {
	for {
		if strings.Contains(path, `\`) || strings.Contains(path, "//") {
			return false
		}
		for segment := range strings.SplitSeq(path, "/") {
			if segment == "." || segment == ".." {
				return false
			}
		}
		decoded, err := url.PathUnescape(path)
		if err != nil || decoded == path {
			return true // a percent sign that is one, or nothing left to decode
		}
		for _, char := range decoded {
			if char < ' ' || char == 0x7f {
				return false
			}
		}
		if strings.Count(decoded, "/") != strings.Count(path, "/") {
			return false
		}
		path = decoded
	}
}
