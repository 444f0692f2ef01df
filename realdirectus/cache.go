package realdirectus

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"time"
)

// cache is the folder that everything lives in.
type cache string

func openCache() (cache, error) {
	base, err := os.UserCacheDir()
	if err != nil {
		return "", fmt.Errorf("no cache folder: %w", err)
	}
	dir := filepath.Join(base, "hutch")
	// Private: the data folders in it hold credentials.
	return cache(dir), os.MkdirAll(dir, 0o700)
}

// DataDir is a lasting data folder for one version, for Options.DataDir.
func DataDir(version string) (string, error) {
	if err := checkVersion(version); err != nil {
		return "", err
	}
	c, err := openCache()
	return c.path("data-" + version), err
}

func (c cache) path(elem ...string) string {
	return filepath.Join(append([]string{string(c)}, elem...)...)
}

func (c cache) nodeDir(version string) string {
	return c.path(fmt.Sprintf("node-%d", nodeMajor(version)))
}

// nodeHome holds bin/node and include/node.
func (c cache) nodeHome(version string) string {
	return filepath.Join(c.nodeDir(version), "node_modules", nodePackage())
}

func (c cache) node(version string) string {
	return filepath.Join(c.nodeHome(version), "bin", "node")
}

func (c cache) npm(version string) string {
	return filepath.Join(c.nodeDir(version), "node_modules", "npm", "bin", "npm-cli.js")
}

func (c cache) directusDir(version string) string { return c.path("directus-" + version) }

// directus is the script to run. The package's own cli.js would first ask the
// npm registry for a newer version, and wait up to eight seconds for it.
func (c cache) directus(version string) string {
	return filepath.Join(c.directusDir(version), "node_modules", "@directus", "api", "dist", "cli", "run.js")
}

// nodePackage is the npm package that ships Node for this machine.
func nodePackage() string {
	arch := runtime.GOARCH
	if arch == "amd64" {
		arch = "x64"
	}
	name := runtime.GOOS + "-" + arch
	if name == "darwin-arm64" {
		return "node-bin-" + name // the plain name ends with Node 18
	}
	return "node-" + name
}

// build makes a folder so that it is there complete or not at all.
func (c cache) build(dir string, fill func(partial string) error) error {
	partial := dir + ".partial"
	if err := os.RemoveAll(partial); err != nil { // left by one that was interrupted
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

// lock keeps other processes out, such as the other packages of one go test.
// It falls with the process that holds it, however that ends.
func (c cache) lock(ctx context.Context, name string, waiting func()) (unlock func(), err error) {
	f, err := os.OpenFile(c.path(name+".lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	for first := true; ; first = false {
		ok, err := tryLock(f)
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

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}
