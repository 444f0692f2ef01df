package toolcache

import (
	"context"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
)

// Node is one major version of Node in the cache.
type Node struct {
	cache Cache
	major int
}

// Node returns where that version is, installed or not.
func (c Cache) Node(major int) Node { return Node{c, major} }

// Installed reports whether it can be run.
func (n Node) Installed() bool { return Exists(n.Command()) && Exists(n.NPM()) }

// Install installs Node with its C headers and its own npm: npm 9 to 12 differ in
// which install scripts they run, and Debian's npm works only with Debian's Node.
// It fetches them with the machine's npm. Call it with the lock held.
func (n Node) Install(ctx context.Context, r *Report) error {
	if n.Installed() {
		return nil
	}
	major := strconv.Itoa(n.major)
	return r.During("installing Node "+major+" and npm", func() error {
		return n.cache.Build(n.dir(), func(dir string) error {
			if err := WritePackageJSON(dir); err != nil {
				return err
			}
			return Run(ctx, dir, os.Environ(), "npm", "install", "--no-audit", "--no-fund", nodePackage()+"@"+major, "npm@10")
		})
	})
}

func (n Node) dir() string { return n.cache.Path("node-" + strconv.Itoa(n.major)) }

// Home holds bin/node and include/node.
func (n Node) Home() string { return filepath.Join(n.dir(), "node_modules", nodePackage()) }

// Command returns the path of the program.
func (n Node) Command() string { return filepath.Join(n.Home(), "bin", "node") }

// NPM returns the path of npm's script, to be run by Command.
func (n Node) NPM() string {
	return filepath.Join(n.dir(), "node_modules", "npm", "bin", "npm-cli.js")
}

// Path returns a PATH on which this Node comes first.
func (n Node) Path(rest string) string {
	return filepath.Dir(n.Command()) + string(os.PathListSeparator) + rest
}

// nodePackage returns the npm package that ships Node for this machine.
func nodePackage() string {
	arch := runtime.GOARCH
	if arch == "amd64" {
		arch = "x64"
	}
	name := runtime.GOOS + "-" + arch
	if name == "darwin-arm64" {
		return "node-bin-" + name // the plain name stops at Node 18
	}
	return "node-" + name
}

// WritePackageJSON marks a folder as the root of a project, for npm and for Directus.
func WritePackageJSON(dir string) error {
	return os.WriteFile(filepath.Join(dir, "package.json"), []byte(`{"private": true}`+"\n"), 0o600)
}
