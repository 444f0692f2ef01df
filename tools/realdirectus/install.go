package realdirectus

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"

	"hutch/tools/realpostgres"
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
	return c.node(version).Installed() && toolcache.Exists(c.directus(version)) && (!onPostgres(version) || realpostgres.Installed())
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
	if !toolcache.Exists(c.directus(version)) {
		if err := c.installDirectus(ctx, version, r); err != nil {
			return err
		}
	}
	if onPostgres(version) {
		if err := realpostgres.Install(ctx, r); err != nil {
			return err
		}
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
			return toolcache.Run(ctx, dir, env, node.Command(), toolcache.Guard, node.NPM(), "install", "--no-audit", "--no-fund", "--ignore-scripts", "directus@"+plain(version))
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

func (c cache) directusDir(version string) string { return c.Path("directus-" + plain(version)) }

// directus returns the script to run. The package's own cli.js would first ask the
// npm registry for a newer version, and wait up to eight seconds for it.
func (c cache) directus(version string) string {
	return filepath.Join(c.directusDir(version), "node_modules", "@directus", "api", "dist", "cli", "run.js")
}

// Postgres ends a version that is to run on PostgreSQL: 12.4.0+postgres.
const Postgres = "+postgres"

func onPostgres(version string) bool { return strings.HasSuffix(version, Postgres) }

// plain returns the version of Directus itself.
func plain(version string) string { return strings.TrimSuffix(version, Postgres) }

// checkVersion rejects anything but a plain version, because it becomes part of
// paths and of npm's command line. Known to work are 12.4.0, 11.17.4 and 10.13.4.
func checkVersion(version string) error {
	if ok, _ := regexp.MatchString(`^\d+\.\d+\.\d+$`, plain(version)); !ok {
		return fmt.Errorf("%q is not a Directus version such as 12.4.0", version)
	}
	return nil
}

// nodeMajor returns the Node version that a Directus version runs on.
func nodeMajor(version string) int {
	major, _, _ := strings.Cut(version, ".")
	if n, _ := strconv.Atoi(major); n <= 10 {
		return 20
	}
	return 22
}

func tools() []toolcache.Tool {
	return []toolcache.Tool{
		{Command: "npm", Use: "fetches the packages", Debian: "npm"},
		{Command: "g++", Use: "compiles the native modules", Debian: "g++"},
		{Command: "make", Use: "compiles the native modules", Debian: "make"},
		{Command: "python3", Use: "compiles the native modules", Debian: "python3"},
	}
}

func missingTools() []toolcache.Tool {
	var missing []toolcache.Tool
	for _, t := range tools() {
		if _, err := exec.LookPath(t.Command); err != nil {
			missing = append(missing, t)
		}
	}
	return missing
}
