package realbrowser

import (
	"errors"
	"os/exec"

	"hutch/toolcache"
)

// Chromium is the program to run, the machine's own.
func Chromium() (string, error) {
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
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
