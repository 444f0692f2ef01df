package realbrowser

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"hutch/tools/toolcache"
)

const howToInstall = "install them with go run ./tools/realbrowser/cmd/browser install"

// nodeMajor is the Node version that Lighthouse and html-validate require.
const nodeMajor = 22

// packages are installed from npm, pinned to these versions.
func packages() []string {
	return []string{
		"lighthouse@13.5.0",
		"axe-core@4.14.1",
		"html-validate@11.18.0",
		"vnu-jar@26.9.27",
		"xmllint-wasm@5.3.0",
	}
}

// Installed reports whether everything in this package can run.
func Installed() bool {
	c, err := openCache()
	return err == nil && c.installed()
}

// openInstalled returns the cache, or an error if the tools are not installed.
func openInstalled() (cache, error) {
	c, err := openCache()
	if err == nil && !c.installed() {
		err = errors.New("the browser tools are not installed: " + howToInstall)
	}
	return c, err
}

func (c cache) installed() bool {
	_, err := Chromium()
	return err == nil && hasJava() && c.node().Installed() && toolcache.Exists(c.webtools())
}

// hasJava runs Java: on macOS the command exists even without a Java.
func hasJava() bool { return exec.Command("java", "-version").Run() == nil }

// Install installs what is missing, and the headless shell even beside a whole
// Chromium, so that tests run alike on every machine. With the browsers and Java on the
// machine it takes about 15 seconds and 420 MB. It reports to progress, unless that
// is nil. Only one process installs at a time; others wait for it.
func Install(ctx context.Context, progress io.Writer) error {
	c, err := openCache()
	if err != nil {
		return err
	}
	if c.installed() && len(missingEngines()) == 0 && !c.lacksHeadlessShell() {
		return nil
	}
	r := toolcache.NewReport("browser tools", progress)
	unlock, err := c.Lock(ctx, "install", func() { r.Say("waiting for another installation") })
	if err != nil {
		return err
	}
	defer unlock()

	if err := toolcache.Provide(ctx, r, append(missingTools(), missingEngines()...), "brew install --cask google-chrome temurin; brew install node"); err != nil {
		return err
	}
	if err := c.preferHeadlessShell(ctx, r); err != nil {
		return err
	}
	if err := c.node().Install(ctx, r); err != nil {
		return err
	}
	if err := c.installWebtools(ctx, r); err != nil {
		return err
	}
	if !c.installed() {
		return errors.New("browser tools: something is still missing after the installation")
	}
	r.Say("installed in %s", c.webtools())
	return nil
}

func missingTools() []toolcache.Tool {
	var missing []toolcache.Tool
	if _, err := exec.LookPath("npm"); err != nil {
		missing = append(missing, toolcache.Tool{Command: "npm", Use: "fetches the packages", Debian: "npm"})
	}
	if _, err := Chromium(); err != nil {
		missing = append(missing, shellTool())
	}
	if !hasJava() {
		missing = append(missing, toolcache.Tool{Command: "java", Use: "runs the Nu HTML checker", Debian: "default-jre-headless"})
	}
	return missing
}

// missingEngines are Firefox' and Safari's engines, for Linux: there is no WebKitGTK
// elsewhere.
func missingEngines() (missing []toolcache.Tool) {
	if runtime.GOOS != "linux" {
		return nil
	}
	if _, err := firefox(); err != nil {
		missing = append(missing, toolcache.Tool{Command: "firefox-esr", Use: "Firefox' engine", Debian: "firefox-esr"})
	}
	for _, t := range []toolcache.Tool{
		{Command: "WebKitWebDriver", Use: "Safari's engine", Debian: "webkit2gtk-driver"},
		{Command: "Xvfb", Use: "a display for it", Debian: "xvfb"},
	} {
		if _, err := exec.LookPath(t.Command); err != nil {
			missing = append(missing, t)
		}
	}
	return missing
}

// installWebtools runs no install scripts: only vnu-jar has one, which would
// download a Java of its own.
func (c cache) installWebtools(ctx context.Context, r *toolcache.Report) error {
	if toolcache.Exists(c.webtools()) {
		return nil
	}
	return r.During("fetching "+strings.Join(packages(), ", "), func() error {
		return c.Build(c.webtools(), func(dir string) error {
			if err := toolcache.WritePackageJSON(dir); err != nil {
				return err
			}
			env := append(os.Environ(), "PATH="+c.node().Path(os.Getenv("PATH")))
			args := append([]string{toolcache.Guard, c.node().NPM(), "install", "--no-audit", "--no-fund", "--ignore-scripts"}, packages()...)
			return toolcache.Run(ctx, dir, env, c.node().Command(), args...)
		})
	})
}

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

// ForTest makes sure that a test has the tools. With -short it skips the test. If
// they are not installed it skips the test too, or with HUTCH_REQUIRE_ALL=1 installs
// them first.
func ForTest(t testing.TB) {
	t.Helper()
	if testing.Short() {
		t.Skip("needs Chromium and other tools: not with -short")
	}
	if os.Getenv("HUTCH_REQUIRE_ALL") == "1" {
		if err := Install(t.Context(), os.Stderr); err != nil {
			t.Fatal(err)
		}
		return
	}
	if !Installed() {
		t.Skip("needs Chromium, Java and the tools from npm: " + howToInstall)
	}
}

// EnginesForTest does the same for Firefox and WebKit, which run on Linux only.
func EnginesForTest(t testing.TB) {
	t.Helper()
	if runtime.GOOS != "linux" {
		t.Skip("WebKitGTK is for Linux only")
	}
	ForTest(t)
	if missing := missingEngines(); len(missing) > 0 {
		t.Skipf("needs %s: %s", missing[0].Debian, howToInstall)
	}
}
