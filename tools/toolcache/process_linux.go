package toolcache

import (
	"os/exec"
	"syscall"
)

// EndWithParent has the system kill a command when this process ends, however that
// happens.
func EndWithParent(cmd *exec.Cmd) {
	if cmd.SysProcAttr == nil {
		cmd.SysProcAttr = &syscall.SysProcAttr{}
	}
	cmd.SysProcAttr.Pdeathsig = syscall.SIGKILL
}
