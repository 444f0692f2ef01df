package realbrowser

import (
	"errors"
	"os/exec"

	"hutch/tools/toolcache"
)

// Chromium is the program to run, the machine's own. Best is the headless shell,
// which is the same engine without the menus and panels of a window: opening a
// tab takes it less than half the time.
func Chromium() (string, error) {
	for _, name := range []string{"chromium-headless-shell", "chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			return path, nil
		}
	}
	for _, path := range []string{ // macOS keeps applications off PATH
		"/Applications/Chromium.app/Contents/MacOS/Chromium",
		"/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
	} {
		if toolcache.Exists(path) {
			return path, nil
		}
	}
	return "", errors.New("there is no Chromium and no Chrome on this machine; " + howToInstall)
}
