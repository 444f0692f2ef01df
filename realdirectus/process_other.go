//go:build !unix

package realdirectus

import (
	"errors"
	"os"
	"os/exec"
)

func tryLock(*os.File) (bool, error) {
	return false, errors.New("a real Directus runs on Linux and macOS only; on Windows use WSL")
}

func ownGroup(*exec.Cmd) {}

func terminateGroup(int) error { return errors.ErrUnsupported }

func killGroup(int) error { return errors.ErrUnsupported }
