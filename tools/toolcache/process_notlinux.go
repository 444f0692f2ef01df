//go:build !linux

package toolcache

import "os/exec"

// EndWithParent works on Linux only. Elsewhere a command outlives this process if it
// is killed.
func EndWithParent(*exec.Cmd) {}
