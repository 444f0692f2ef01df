package session

import (
	"net/url"
	"strconv"
	"strings"
	"unicode/utf8"
)

// maxReturnTo is far longer than any URL of this site.
const maxReturnTo = 2048

// ReturnTo returns target if it is a path of this site with its query, and fallback
// otherwise. Every redirect to a destination named by the request goes through here.
//
// Browsers parse URLs more leniently than Go: they treat a backslash as a slash, drop
// tabs and line breaks, and resolve dots. So instead of listing tricks, this accepts
// only what a server writes for one of its own pages: printable ASCII and a path of
// plain segments. Non-ASCII letters, and spaces in a query, are percent-encoded as a
// browser would do.
func ReturnTo(target, fallback string) string {
	if !strings.HasPrefix(target, "/") || !utf8.ValidString(target) {
		return fallback
	}
	target = strings.TrimRight(target, " ") // as browsers do
	path, rest := target, ""
	if end := strings.IndexAny(target, "?#"); end >= 0 {
		path, rest = target[:end], strings.ReplaceAll(target[end:], " ", "%20")
	}
	target = encodeNonASCII(path + rest)
	if len(target) > maxReturnTo {
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
	if !plainPath(path) {
		return fallback
	}
	return target
}

// encodeNonASCII percent-encodes all bytes outside ASCII.
func encodeNonASCII(text string) string {
	const hex = "0123456789ABCDEF"
	var encoded strings.Builder
	for _, char := range []byte(text) {
		if char < utf8.RuneSelf {
			encoded.WriteByte(char)
			continue
		}
		encoded.Write([]byte{'%', hex[char>>4], hex[char&15]})
	}
	return encoded.String()
}

// plainPath reports whether path stays the same however often it is decoded and
// resolved: no empty segments, no dots, no hidden slashes.
func plainPath(path string) bool {
	slashes := strings.Count(path, "/")
	for {
		if strings.Contains(path, `\`) || strings.Contains(path, "//") || strings.Count(path, "/") != slashes {
			return false
		}
		for segment := range strings.SplitSeq(path, "/") {
			if segment == "." || segment == ".." {
				return false
			}
		}
		for _, char := range []byte(path) {
			if char < ' ' || char == 0x7f {
				return false
			}
		}
		decoded := decode(path)
		if decoded == path {
			return true
		}
		path = decoded
	}
}

// decode decodes a path once. Like browsers and careless servers, it leaves what
// cannot be decoded: giving up there would hide the rest.
func decode(path string) string {
	var decoded strings.Builder
	for path != "" {
		if len(path) >= 3 && path[0] == '%' {
			if char, err := strconv.ParseUint(path[1:3], 16, 8); err == nil {
				decoded.WriteByte(byte(char))
				path = path[3:]
				continue
			}
		}
		decoded.WriteByte(path[0])
		path = path[1:]
	}
	return decoded.String()
}
