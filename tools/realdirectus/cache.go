package realdirectus

import (
	"path/filepath"

	"hutch/tools/toolcache"
)

// cache knows the paths of this package in the tools' folder.
type cache struct{ toolcache.Cache }

func openCache() (cache, error) {
	c, err := toolcache.Open()
	return cache{c}, err
}

// DataDir returns a persistent data folder for one version, for Options.DataDir.
func DataDir(version string) (string, error) {
	if err := checkVersion(version); err != nil {
		return "", err
	}
	c, err := openCache()
	return c.Path("data-" + version), err
}

// node returns the Node that a Directus version runs on.
func (c cache) node(version string) toolcache.Node { return c.Node(nodeMajor(version)) }

func (c cache) directusDir(version string) string { return c.Path("directus-" + version) }

// directus returns the script to run. The package's own cli.js would first ask the
// npm registry for a newer version, and wait up to eight seconds for it.
func (c cache) directus(version string) string {
	return filepath.Join(c.directusDir(version), "node_modules", "@directus", "api", "dist", "cli", "run.js")
}
