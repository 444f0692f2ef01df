//go:build unix

package toolcache

import (
	"errors"
	"os"
	"os/exec"
	"syscall"
)

// TryLock takes a file for this process, unless another one has it.
func TryLock(f *os.File) (bool, error) {
	err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	if errors.Is(err, syscall.EWOULDBLOCK) || errors.Is(err, syscall.EINTR) {
		return false, nil
	}
	return err == nil, err
}

// OwnGroup lets signals reach a command with all it started, and keeps the
// terminal's Ctrl-C from it.
func OwnGroup(cmd *exec.Cmd) { cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} }

// TerminateGroup asks a group that OwnGroup made to end.
func TerminateGroup(pid int) error { return syscall.Kill(-pid, syscall.SIGTERM) }

// KillGroup ends a group that OwnGroup made.
func KillGroup(pid int) error { return syscall.Kill(-pid, syscall.SIGKILL) }
