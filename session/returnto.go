package session

import (
	"net/url"
	"strconv"
	"strings"
	"unicode/utf8"
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
// plain segments) instead of listing the tricks. Letters of other alphabets,
// and spaces in a query, are kept as a browser would send them: encoded.
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

// encodeNonASCII writes the bytes of other letters as an address has them.
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

// plainPath reports whether path stays what it is however often it is decoded
// and whoever resolves it: no empty segment, no dots, no hidden slash.
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

// decode decodes a path once, and leaves what cannot be decoded, as browsers and
// careless servers do. To give up there would hide the rest.
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
