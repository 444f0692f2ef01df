package sitefolder

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"slices"
	"strings"
	"testing/fstest"
)

const (
	maxFile   = 1 << 20  // of templates, words and site.toml
	maxStatic = 20 << 20 // of a file in static/
	maxAll    = 64 << 20 // of all together: they are kept in memory
	maxFiles  = 500
	maxDepth  = 5 // of folders in each other; a link may lead to one that it is in
)

// whole names the folder itself in a fault.
const whole = "."

// Read returns the files of a site folder as they are now, in memory: a site is made of one
// state of them, whatever is edited meanwhile. Errors: all faults, joined.
func Read(folder fs.FS) (fs.FS, error) {
	r := reader{folder: folder, files: fstest.MapFS{}}
	r.keep = func(name string, file fs.File, info fs.FileInfo) {
		content, err := io.ReadAll(io.LimitReader(file, info.Size()+1)) // it may grow meanwhile
		switch {
		case err != nil:
			r.fault(name, "%w", reason(err))
		case int64(len(content)) > info.Size():
			r.fault(name, "it is being written")
		}
		r.files[name] = &fstest.MapFile{Data: content, Mode: 0o444, ModTime: info.ModTime()}
	}
	r.all()
	return inMemory{r.files}, errors.Join(r.faults...)
}

// inMemory is the standard library's file system in memory, but for one thing: who reads a
// file shares its bytes, which nobody changes. Pictures would be there twice.
type inMemory struct{ files fstest.MapFS }

// Open implements [fs.FS].
func (m inMemory) Open(name string) (fs.File, error) { return m.files.Open(name) }

// ReadFile implements [fs.ReadFileFS].
func (m inMemory) ReadFile(name string) ([]byte, error) {
	file, has := m.files[name]
	if !has {
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
	}
	return file.Data, nil
}

// Stamp changes with the files of a site folder.
func Stamp(folder fs.FS) string {
	var stamp strings.Builder
	r := reader{folder: folder}
	r.keep = func(name string, _ fs.File, info fs.FileInfo) {
		fmt.Fprintln(&stamp, name, info.Size(), info.ModTime().UnixNano())
	}
	r.all()
	fmt.Fprint(&stamp, errors.Join(r.faults...))
	return stamp.String()
}

// reader goes through the parts of a folder.
type reader struct {
	folder fs.FS
	files  fstest.MapFS
	keep   func(name string, file fs.File, info fs.FileInfo)
	faults []error
	seen   int   // files and folders
	size   int64 // of them
}

func (r *reader) fault(name, format string, values ...any) {
	r.faults = append(r.faults, Fault{File: name, Text: fmt.Errorf(format, values...).Error()})
}

// all reads the parts that there are.
func (r *reader) all() {
	entries, err := fs.ReadDir(r.folder, ".")
	if err != nil {
		r.fault(whole, "%w", reason(err))
	}
	for _, entry := range entries {
		if slices.Contains(parts, entry.Name()) {
			r.read(entry.Name(), 0)
		}
	}
	if r.seen > maxFiles {
		r.fault(whole, "the site folder has more than %d files and folders", maxFiles)
	}
	if r.size > maxAll {
		r.fault(whole, "the files of the site folder have more than %d MB together", maxAll>>20)
	}
}

// read reads a file, or all of a folder. What is opened is looked at, and not what had the
// name before.
func (r *reader) read(name string, depth int) {
	file, err := r.folder.Open(name)
	if err != nil {
		r.fault(name, "%w", reason(err))
		return
	}
	defer file.Close()
	r.seen++
	info, err := file.Stat()
	most := bound(name)
	switch {
	case err != nil:
		r.fault(name, "%w", reason(err))
	case info.IsDir() && name == ConfigFile:
		r.fault(name, "this is a folder, and must be a file")
	case info.IsDir():
		r.readFolder(name, file, depth)
	case depth == 0 && name != ConfigFile:
		r.fault(name, "this is a file, and must be a folder")
	case !info.Mode().IsRegular():
		r.fault(name, "this is neither a file nor a folder")
	case info.Size() > most:
		r.fault(name, "it has %d MB, and may have %d", (info.Size()+1<<20-1)>>20, most>>20)
	default:
		r.size += info.Size()
		if r.seen <= maxFiles && r.size <= maxAll {
			r.keep(name, file, info)
		}
	}
}

func (r *reader) readFolder(name string, file fs.File, depth int) {
	if depth == maxDepth {
		r.fault(name, "folders may be %d deep in each other", maxDepth)
		return
	}
	folder, is := file.(fs.ReadDirFile)
	if !is {
		r.fault(name, "it cannot be listed")
		return
	}
	entries, err := folder.ReadDir(maxFiles + 1) // there may be a million
	if err != nil && !errors.Is(err, io.EOF) {
		r.fault(name, "%w", reason(err))
		return
	}
	slices.SortFunc(entries, func(a, b fs.DirEntry) int { return strings.Compare(a.Name(), b.Name()) })
	for _, entry := range entries {
		if r.seen > maxFiles || ofEditor(entry.Name()) {
			continue
		}
		r.read(path.Join(name, entry.Name()), depth+1)
	}
}

// ofEditor reports whether a file is one that editors, file managers and mounted volumes
// leave beside others.
func ofEditor(name string) bool { return strings.HasPrefix(name, ".") || strings.HasSuffix(name, "~") }

func bound(name string) int64 {
	if strings.HasPrefix(name, "static/") {
		return maxStatic
	}
	return maxFile
}
