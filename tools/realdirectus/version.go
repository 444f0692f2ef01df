package realdirectus

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// checkVersion rejects anything but a plain version, because it becomes part of
// paths and of npm's command line. Known to work are 12.4.0, 11.17.4 and 10.13.4.
func checkVersion(version string) error {
	if ok, _ := regexp.MatchString(`^\d+\.\d+\.\d+$`, version); !ok {
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
