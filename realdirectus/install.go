package realdirectus

import (
	"context"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// nativeModules are the only packages whose install scripts run. The others'
// are not needed, and npm 12 would not run them either.
var nativeModules = []string{"sqlite3", "isolated-vm", "argon2"}

// Installed tells whether Start can run this version.
func Installed(version string) bool {
	c, err := openCache()
	return err == nil && checkVersion(version) == nil && c.installed(version)
}

func (c cache) installed(version string) bool {
	return exists(c.node(version)) && exists(c.directus(version))
}

// Install fetches and builds one version, if it is not there yet. That takes
// about four minutes on two cores, and 900 MB; progress, unless nil, is told about it. Only
// one process installs at a time, the others wait for it.
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
	r := newReport("directus "+version, progress)
	unlock, err := c.lock(ctx, "install", func() { r.say("another install is running, waiting for it") })
	if err != nil {
		return err
	}
	defer unlock()
	if c.installed(version) {
		return nil
	}

	if err := provideTools(ctx, r); err != nil {
		return err
	}
	if err := c.installNode(ctx, version, r); err != nil {
		return err
	}
	if err := c.installDirectus(ctx, version, r); err != nil {
		return err
	}
	r.say("installed in %s", c.directusDir(version))
	return nil
}

// installNode brings Directus' own Node with its C headers, and the npm that
// belongs to it: npm 9 to 12 differ in which install scripts they run, and
// Debian's finds its modules with Debian's Node only.
func (c cache) installNode(ctx context.Context, version string, r *report) error {
	if exists(c.node(version)) && exists(c.npm(version)) {
		return nil
	}
	major := strconv.Itoa(nodeMajor(version))
	return r.during("installing Node "+major+" and npm", func() error {
		return c.build(c.nodeDir(version), func(dir string) error {
			if err := writePackageJSON(dir); err != nil {
				return err
			}
			return run(ctx, dir, os.Environ(), "npm", "install", "--no-audit", "--no-fund", nodePackage()+"@"+major, "npm@10")
		})
	})
}

func (c cache) installDirectus(ctx context.Context, version string, r *report) error {
	env := append(os.Environ(),
		"PATH="+filepath.Dir(c.node(version))+string(os.PathListSeparator)+os.Getenv("PATH"),
		"npm_config_nodedir="+c.nodeHome(version), // the headers are here, not on the internet
	)
	return c.build(c.directusDir(version), func(dir string) error {
		if err := writePackageJSON(dir); err != nil {
			return err
		}
		err := r.during("fetching its packages (takes one or two minutes)", func() error {
			return run(ctx, dir, env, c.node(version), guard, c.npm(version), "install", "--no-audit", "--no-fund", "--ignore-scripts", "directus@"+version)
		})
		if err != nil {
			return err
		}
		return r.during("compiling "+strings.Join(nativeModules, ", ")+" (takes one to three minutes)", func() error {
			args := append([]string{guard, c.npm(version), "rebuild"}, nativeModules...)
			if err := run(ctx, dir, env, c.node(version), args...); err != nil {
				return err
			}
			return run(ctx, dir, env, c.node(version), "-e", loadModules, strings.Join(nativeModules, ","))
		})
	})
}

// loadModules fails unless each native module was built for this Node.
const loadModules = `
const load = require('module').createRequire(process.cwd() + '/node_modules/@directus/api/package.json');
process.argv[1].split(',').forEach(name => load(name));
`

// writePackageJSON marks a folder as the root of a project, for npm and for Directus.
func writePackageJSON(dir string) error {
	return os.WriteFile(filepath.Join(dir, "package.json"), []byte(`{"private": true}`+"\n"), 0o600)
}
