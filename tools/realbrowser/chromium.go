package realbrowser

import (
	"context"
	"errors"
	"os"
	"os/exec"

	"hutch/tools/toolcache"
)

// headlessShell is the same engine as Chromium without the menus and panels of a
// window: it opens a tab in less than half the time.
const headlessShell = "chromium-headless-shell"

// Chromium returns the program to run: the headless shell, or else the machine's whole
// Chromium or Chrome.
func Chromium() (string, error) {
	for _, name := range []string{headlessShell, "chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			return path, nil
		}
	}
	for _, path := range []string{ // macOS has applications off PATH
		"/Applications/Chromium.app/Contents/MacOS/Chromium",
		"/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
	} {
		if toolcache.Exists(path) {
			return path, nil
		}
	}
	return "", errors.New("neither Chromium nor Chrome is installed: " + howToInstall)
}

// lacksHeadlessShell reports whether the headless shell is worth installing beside the
// whole Chromium: this machine may install it, and has not failed to do so before.
func (c cache) lacksHeadlessShell() bool {
	_, err := exec.LookPath(headlessShell)
	return err != nil && toolcache.CanProvide() && !toolcache.Exists(c.noHeadlessShell())
}

// preferHeadlessShell installs the headless shell beside a whole Chromium. If that
// fails, as on Ubuntu, which does not package it, the whole one is used from then on.
func (c cache) preferHeadlessShell(ctx context.Context, r *toolcache.Report) error {
	if !c.lacksHeadlessShell() {
		return nil
	}
	err := toolcache.Provide(ctx, r, []toolcache.Tool{shellTool()}, "")
	if err == nil || ctx.Err() != nil {
		return err
	}
	whole, err := Chromium()
	if err != nil {
		return err
	}
	r.Say("%s cannot be installed, using %s instead; delete %s to try again", headlessShell, whole, c.noHeadlessShell())
	return os.WriteFile(c.noHeadlessShell(), nil, 0o600)
}

// noHeadlessShell is a file that exists where the headless shell cannot be installed.
func (c cache) noHeadlessShell() string { return c.Path("no-" + headlessShell) }

func shellTool() toolcache.Tool {
	return toolcache.Tool{Command: headlessShell, Use: "renders the pages", Debian: headlessShell + " fonts-liberation"}
}
