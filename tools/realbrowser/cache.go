package realbrowser

import (
	"crypto/sha256"
	"encoding/hex"
	"path/filepath"
	"strings"

	"hutch/tools/toolcache"
)

// cache knows the paths of this package in the tools' folder.
type cache struct{ toolcache.Cache }

func openCache() (cache, error) {
	c, err := toolcache.Open()
	return cache{c}, err
}

// webtools has a hash of the versions in its name, so that other versions get
// another folder.
func (c cache) webtools() string {
	stamp := sha256.Sum256([]byte(strings.Join(packages(), " ")))
	return c.Path("webtools-" + hex.EncodeToString(stamp[:4]))
}

// module returns the path of a file in one of the packages.
func (c cache) module(elem ...string) string {
	return filepath.Join(append([]string{c.webtools(), "node_modules"}, elem...)...)
}

func (c cache) node() toolcache.Node { return c.Node(nodeMajor) }
