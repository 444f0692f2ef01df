package static

import (
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"strings"
)

//go:embed *.css *.js *.svg *.png
var embedded embed.FS

// Files maps every file under both its names: "hutch.css", which templates use, and
// "hutch.1f2e3d4c5b6a.css", which browsers request.
type Files struct {
	dir    fs.FS             // read on each request; nil for the embedded files
	sent   map[string][]byte // name: what visitors are sent of an embedded file
	hashed map[string]string // name: hashed name
	named  map[string]string // hashed name: name
}

// New reads the embedded files. With a dir, files are read from there on each
// request, so that a stylesheet can be edited while the site runs.
func New(dir fs.FS) (*Files, error) {
	f := &Files{dir: dir, sent: map[string][]byte{}, hashed: map[string]string{}, named: map[string]string{}}
	names, err := fs.Glob(embedded, "*.*")
	if err != nil {
		return nil, fmt.Errorf("static: %w", err)
	}
	for _, name := range names {
		content, err := embedded.ReadFile(name)
		if err != nil {
			return nil, fmt.Errorf("static: %w", err)
		}
		if path.Ext(name) == ".css" {
			content = commentOfCSS.ReplaceAll(content, []byte("$1"))
		}
		f.sent[name] = content
		f.hashed[name] = hashedName(name, content)
		f.named[f.hashed[name]] = name
	}
	return f, nil
}

// URL returns a file's URL, for templates. An unknown name is an error, to catch
// typos.
func (f *Files) URL(name string) (string, error) {
	hashed, ok := f.hashed[name]
	if !ok {
		return "", fmt.Errorf("static: there is no file %q", name)
	}
	if f.dir != nil {
		content, err := fs.ReadFile(f.dir, name)
		if err != nil {
			return "", fmt.Errorf("static: %w", err)
		}
		return "/static/" + name + "?" + hashedName(name, content), nil
	}
	return "/static/" + hashed, nil
}

// Named returns the file of that name, as templates use it.
func (f *Files) Named(name string) (File, bool) {
	if f.dir == nil {
		name = f.hashed[name]
	}
	return f.File(name)
}

// File is a file as a browser requests it.
type File struct {
	Name    string // without the hash
	Content []byte
	// Forever means that the URL changes with the content.
	Forever bool
}

// File returns the file of that hashed name, and reports whether it exists.
func (f *Files) File(hashed string) (File, bool) {
	name, known := f.named[hashed]
	if f.dir == nil {
		return File{Name: name, Content: f.sent[name], Forever: true}, known
	}
	if _, known := f.hashed[hashed]; known {
		name = hashed
	}
	content, err := fs.ReadFile(f.dir, name)
	return File{Name: name, Content: content}, name != "" && err == nil
}

// commentOfCSS matches a comment, which is a fifth of a stylesheet and for those who edit
// it; or a string, which may look as if it had one.
var commentOfCSS = regexp.MustCompile(`("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')|/\*(?s:.*?)\*/`)

func hashedName(name string, content []byte) string {
	sum := sha256.Sum256(content)
	extension := path.Ext(name)
	return strings.TrimSuffix(name, extension) + "." + hex.EncodeToString(sum[:6]) + extension
}
