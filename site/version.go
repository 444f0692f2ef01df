package site

import (
	"fmt"
	"runtime/debug"
	"strings"
)

// version describes the running program as the Go toolchain recorded it. go run
// and builds outside a checkout record no revision.
func version(info *debug.BuildInfo) string {
	recorded := map[string]string{}
	for _, setting := range info.Settings {
		recorded[setting.Key] = setting.Value
	}
	var b strings.Builder
	fmt.Fprintf(&b, "hutch %s\n", info.Main.Version)
	if revision := recorded["vcs.revision"]; revision != "" {
		fmt.Fprintf(&b, "revision %s of %s", revision, recorded["vcs.time"])
		if recorded["vcs.modified"] == "true" {
			b.WriteString(", modified")
		}
		b.WriteString("\n")
	} else {
		b.WriteString("revision unknown\n")
	}
	fmt.Fprintf(&b, "built with %s\n", info.GoVersion)
	return b.String()
}
