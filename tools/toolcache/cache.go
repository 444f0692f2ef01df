package toolcache

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"
)

// Cache is the folder for all tools. Every folder that Build made in it is
// complete. The whole cache may be deleted when nothing is running.
type Cache string

// Open creates the folder if needed.
func Open() (Cache, error) {
	base, err := os.UserCacheDir()
	if err != nil {
		return "", fmt.Errorf("no cache folder: %w", err)
	}
	dir := filepath.Join(base, "hutch")
	// Private, because some folders in it hold credentials.
	return Cache(dir), os.MkdirAll(dir, 0o700)
}

// Path returns a path in the cache.
func (c Cache) Path(elem ...string) string {
	return filepath.Join(append([]string{string(c)}, elem...)...)
}

// Build creates a folder atomically: complete or not at all.
func (c Cache) Build(dir string, fill func(partial string) error) error {
	partial := dir + ".partial"
	if err := os.RemoveAll(partial); err != nil { // left over from an interrupted build
		return err
	}
	if err := os.MkdirAll(partial, 0o700); err != nil {
		return err
	}
	if err := fill(partial); err != nil {
		os.RemoveAll(partial)
		return err
	}
	if err := os.RemoveAll(dir); err != nil {
		return err
	}
	return os.Rename(partial, dir)
}

// Lock excludes other processes, such as the other packages of one go test. It is
// released when its process ends, however that happens.
func (c Cache) Lock(ctx context.Context, name string, waiting func()) (unlock func(), err error) {
	f, err := os.OpenFile(c.Path(name+".lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	for first := true; ; first = false {
		ok, err := TryLock(f)
		if ok {
			return func() { f.Close() }, nil
		}
		if err != nil {
			f.Close()
			return nil, fmt.Errorf("locking %s: %w", f.Name(), err)
		}
		if first {
			waiting()
		}
		select {
		case <-ctx.Done():
			f.Close()
			return nil, ctx.Err()
		case <-time.After(200 * time.Millisecond):
		}
	}
}

// Exists reports whether there is anything at a path.
func Exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}
