package harness

import (
	"os/exec"
	"syscall"
)

// endWithTests has the system end a process when the tests do, however they end.
func endWithTests(cmd *exec.Cmd) { cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL} }
