package realdirectus

import (
	"context"
	"io"
	"os"
	"strings"

	"hutch/tools/toolcache"
)

// nativeModules are the only packages whose install scripts run. The others' are
// not needed, and npm 12 would not run them either.
var nativeModules = []string{"sqlite3", "isolated-vm", "argon2"}

// Installed reports whether Start can run this version.
func Installed(version string) bool {
	c, err := openCache()
	return err == nil && checkVersion(version) == nil && c.installed(version)
}

func (c cache) installed(version string) bool {
	return c.node(version).Installed() && toolcache.Exists(c.directus(version))
}

// Install downloads and builds a version if it is missing. That takes about four
// minutes on two cores, and 900 MB. It reports to progress, unless that is nil.
// Only one process installs at a time; others wait for it.
func Install(ctx context.Context, version string, progress io.Writer) error {
	if err := checkVersion(version); err != nil {
		return err
	}
	c, err := openCache()
	if err != nil {
		return err
	}
	if c.installed(version) {
		return nil
	}
	r := toolcache.NewReport("directus "+version, progress)
	unlock, err := c.Lock(ctx, "install", func() { r.Say("waiting for another installation") })
	if err != nil {
		return err
	}
	defer unlock()
	if c.installed(version) {
		return nil
	}

	if err := toolcache.Provide(ctx, r, missingTools(), "xcode-select --install, and Node.js for npm"); err != nil {
		return err
	}
	if err := c.node(version).Install(ctx, r); err != nil {
		return err
	}
	if err := c.installDirectus(ctx, version, r); err != nil {
		return err
	}
	r.Say("installed in %s", c.directusDir(version))
	return nil
}

func (c cache) installDirectus(ctx context.Context, version string, r *toolcache.Report) error {
	node := c.node(version)
	env := append(os.Environ(),
		"PATH="+node.Path(os.Getenv("PATH")),
		"npm_config_nodedir="+node.Home(), // use the local headers instead of downloading them
	)
	return c.Build(c.directusDir(version), func(dir string) error {
		if err := toolcache.WritePackageJSON(dir); err != nil {
			return err
		}
		err := r.During("fetching its packages (takes one or two minutes)", func() error {
			return toolcache.Run(ctx, dir, env, node.Command(), toolcache.Guard, node.NPM(), "install", "--no-audit", "--no-fund", "--ignore-scripts", "directus@"+version)
		})
		if err != nil {
			return err
		}
		return r.During("compiling "+strings.Join(nativeModules, ", ")+" (takes one to three minutes)", func() error {
			args := append([]string{toolcache.Guard, node.NPM(), "rebuild"}, nativeModules...)
			if err := toolcache.Run(ctx, dir, env, node.Command(), args...); err != nil {
				return err
			}
			return toolcache.Run(ctx, dir, env, node.Command(), "-e", loadModules, strings.Join(nativeModules, ","))
		})
	})
}

// loadModules fails unless each native module was built for this Node.
const loadModules = `
const load = require('module').createRequire(process.cwd() + '/node_modules/@directus/api/package.json');
process.argv[1].split(',').forEach(name => load(name));
`
