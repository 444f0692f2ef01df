//go:build unix

package toolcache

import (
	"errors"
	"os"
	"os/exec"
	"syscall"
)

// TryLock locks a file for this process, and reports whether it succeeded.
func TryLock(f *os.File) (bool, error) {
	err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	if errors.Is(err, syscall.EWOULDBLOCK) || errors.Is(err, syscall.EINTR) {
		return false, nil
	}
	return err == nil, err
}

// OwnGroup puts a command into its own process group, so that signals reach
// everything it starts and the terminal's Ctrl-C does not.
func OwnGroup(cmd *exec.Cmd) { cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} }

// TerminateGroup asks a group that OwnGroup made to exit.
func TerminateGroup(pid int) error { return syscall.Kill(-pid, syscall.SIGTERM) }

// KillGroup kills a group that OwnGroup made.
func KillGroup(pid int) error { return syscall.Kill(-pid, syscall.SIGKILL) }
