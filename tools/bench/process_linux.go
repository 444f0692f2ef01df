package main

import (
	"os/exec"
	"syscall"
)

// endWithUs has the system end a process when this one does, however that ends.
func endWithUs(cmd *exec.Cmd) { cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL} }
