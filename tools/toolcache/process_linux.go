package toolcache

import (
	"os/exec"
	"syscall"
)

// EndWithParent has the system kill a command when this process ends, however that
// happens.
func EndWithParent(cmd *exec.Cmd) { cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL} }
