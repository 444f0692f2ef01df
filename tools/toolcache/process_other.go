//go:build !unix

package toolcache

import (
	"errors"
	"os"
	"os/exec"
)

// TryLock works on Unix only.
func TryLock(*os.File) (bool, error) {
	return false, errors.New("Hutch's tools run only on Linux and macOS; on Windows use WSL")
}

// OwnGroup works on Unix only.
func OwnGroup(*exec.Cmd) {}

// TerminateGroup works on Unix only.
func TerminateGroup(int) error { return errors.ErrUnsupported }

// KillGroup works on Unix only.
func KillGroup(int) error { return errors.ErrUnsupported }
