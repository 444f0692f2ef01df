package sitefolder

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"syscall"
)

// parts are what makes a folder a site folder.
var parts = []string{ConfigFile, "templates", "static", "i18n"}

// Folder is the path of a site folder. As a file system it has the files below that path
// and no others: a link or a name that leads out of it cannot be opened. The path is looked
// up each time, so that a folder that was put in place of another one is seen.
type Folder string

// Find returns the folder at path. Without a path, it is the usual one if it has any part
// of a site folder, and else none, "".
func Find(path, usual string) (Folder, error) {
	if path != "" {
		info, err := os.Stat(path)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			return "", errors.New("there is no such folder")
		case err != nil:
			return "", reason(err)
		case !info.IsDir():
			return "", errors.New("this is a file, not a folder")
		}
		return Folder(path), nil
	}
	for _, part := range parts {
		if _, err := fs.Stat(Folder(usual), part); err == nil {
			return Folder(usual), nil
		}
	}
	return "", nil
}

// Open implements [fs.FS]. It does not wait for what has no end, such as a named pipe.
func (f Folder) Open(name string) (fs.File, error) {
	if !fs.ValidPath(name) {
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrInvalid}
	}
	root, err := os.OpenRoot(string(f))
	if err != nil {
		return nil, err
	}
	defer root.Close() // not what was opened through it
	return root.OpenFile(name, os.O_RDONLY|syscall.O_NONBLOCK, 0)
}

// reason is what the system says, without the path, which is said already.
func reason(err error) error {
	if strings.Contains(err.Error(), "escapes") { // the error of [os.Root], which has no name
		return errors.New("it is a link that leads out of the folder")
	}
	var of *fs.PathError
	if errors.As(err, &of) {
		return fmt.Errorf("it cannot be read: %w", of.Err)
	}
	return fmt.Errorf("it cannot be read: %w", err)
}
