package realbrowser

import "os"

// AxeSource returns the script that adds axe to a page.
func AxeSource() (string, error) {
	c, err := openInstalled()
	if err != nil {
		return "", err
	}
	source, err := os.ReadFile(c.module("axe-core", "axe.min.js"))
	return string(source), err
}
