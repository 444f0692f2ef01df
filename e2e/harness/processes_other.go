//go:build !linux

package harness

import "os/exec"

func endWithTests(*exec.Cmd) {}
