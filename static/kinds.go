package static

import (
	"maps"
	"path"
	"regexp"
	"slices"
	"strings"
)

// types are the kinds of files that a page may load, or lead to. They are not left to the
// machine, whose list may be empty.
var types = map[string]string{
	".css":         "text/css; charset=utf-8",
	".js":          "text/javascript; charset=utf-8",
	".svg":         "image/svg+xml",
	".png":         "image/png",
	".jpg":         "image/jpeg",
	".jpeg":        "image/jpeg",
	".webp":        "image/webp",
	".avif":        "image/avif",
	".gif":         "image/gif",
	".ico":         "image/x-icon",
	".woff2":       "font/woff2",
	".pdf":         "application/pdf",
	".txt":         "text/plain; charset=utf-8",
	".json":        "application/json",
	".webmanifest": "application/manifest+json",
}

func kind(name string) string { return strings.ToLower(path.Ext(name)) }

// fileName is a name that is the same in an address: nothing in it has to be escaped.
var fileName = regexp.MustCompile(`^[A-Za-z0-9_-]+([._/-]+[A-Za-z0-9_-]+)*$`)

// wrongName says why a file cannot be served.
func wrongName(name string) string {
	switch {
	case types[kind(name)] == "":
		return "this kind of file is not served; those that are: " + strings.Join(slices.Sorted(maps.Keys(types)), " ")
	case !fileName.MatchString(name):
		return "a name has letters, digits, dots, hyphens and underscores only"
	}
	return ""
}

// Compresses reports whether a file of this type becomes smaller when it is encoded.
func (f File) Compresses() bool {
	return strings.HasPrefix(f.Type, "text/") || slices.Contains([]string{".svg", ".json", ".webmanifest"}, kind(f.Name))
}

// Document reports whether a browser that opens the file by itself treats it as a document,
// and not as something that a page is made with.
func (f File) Document() bool { return !slices.Contains([]string{".css", ".js"}, kind(f.Name)) }
