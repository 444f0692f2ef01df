package static

import (
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"strings"

	"hutch/internal/sitefolder"
)

//go:embed *.css *.js *.svg *.png
var embedded embed.FS

// Files maps every file under both its names: "hutch.css", which templates use, and
// "hutch.1f2e3d4c5b6a.css", which browsers request.
type Files struct {
	dir    fs.FS             // of ours, read on each request; nil for the embedded files
	own    map[string]bool   // the team's, which dir does not have
	sent   map[string][]byte // name: what visitors are sent
	hashed map[string]string // name: hashed name
	named  map[string]string // hashed name: name
}

// New reads the embedded files, and those of a team's own, which replace ours or come
// besides; own may be nil. With a dir, ours are read from there on each request, so that a
// stylesheet can be edited while the site runs. Errors: all faults of own, joined.
func New(dir, own fs.FS) (*Files, error) {
	f := &Files{dir: dir, own: map[string]bool{}, sent: map[string][]byte{}, hashed: map[string]string{}, named: map[string]string{}}
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
		f.add(name, content)
	}
	if own == nil {
		return f, nil
	}
	return f, f.addOwn(own)
}

// addOwn adds the files of a team's own as they are.
func (f *Files) addOwn(own fs.FS) error {
	var faults []error
	err := fs.WalkDir(own, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		if wrong := wrongName(name); wrong != "" {
			faults = append(faults, sitefolder.Fault{File: "static/" + name, Text: wrong})
			return nil
		}
		content, err := fs.ReadFile(own, name)
		f.own[name] = true
		f.add(name, content)
		return err
	})
	if err != nil {
		return fmt.Errorf("static: %w", err)
	}
	return errors.Join(faults...)
}

func (f *Files) add(name string, content []byte) {
	f.sent[name] = content
	delete(f.named, f.hashed[name]) // of ours, which it replaces
	f.hashed[name] = hashedName(name, content)
	f.named[f.hashed[name]] = name
}

// URL returns a file's URL, for templates. An unknown name is an error, to catch
// typos.
func (f *Files) URL(name string) (string, error) {
	hashed, ok := f.hashed[name]
	if !ok {
		return "", fmt.Errorf("static: there is no file %q", name)
	}
	if f.edited(name) {
		content, err := fs.ReadFile(f.dir, name)
		if err != nil {
			return "", fmt.Errorf("static: %w", err)
		}
		return "/static/" + name + "?" + hashedName(name, content), nil
	}
	return "/static/" + hashed, nil
}

// edited reports whether a file is one of ours that may be changed while the site runs.
func (f *Files) edited(name string) bool { return f.dir != nil && !f.own[name] }

// File is a file as a browser requests it.
type File struct {
	Name    string // without the hash
	Type    string // its media type
	Content []byte
	// Forever means that the URL changes with the content.
	Forever bool
}

// Named returns the file of that name, as templates use it.
func (f *Files) Named(name string) (File, bool) {
	content, has := f.sent[name]
	if has && f.edited(name) {
		var err error
		if content, err = fs.ReadFile(f.dir, name); err != nil {
			return File{}, false
		}
	}
	return File{Name: name, Type: types[kind(name)], Content: content}, has
}

// File returns the file of that hashed name, or else of that name: a stylesheet leads to
// others by what they are called in the folder. A page that was sent before a file changed
// gets it as it is now.
func (f *Files) File(requested string) (File, bool) {
	if name, is := f.named[requested]; is {
		file, has := f.Named(name)
		file.Forever = !f.edited(name)
		return file, has
	}
	if file, has := f.Named(requested); has {
		return file, true
	}
	return f.Named(hashInName.ReplaceAllString(requested, "$1"))
}

var hashInName = regexp.MustCompile(`\.[0-9a-f]{12}(\.[A-Za-z0-9]+)$`)

// commentOfCSS matches a comment, which is a fifth of a stylesheet and for those who edit
// it; or a string, which may look as if it had one.
var commentOfCSS = regexp.MustCompile(`("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')|/\*(?s:.*?)\*/`)

func hashedName(name string, content []byte) string {
	sum := sha256.Sum256(content)
	extension := path.Ext(name)
	return strings.TrimSuffix(name, extension) + "." + hex.EncodeToString(sum[:6]) + extension
}
