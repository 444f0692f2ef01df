package main

import (
	"os/exec"
	"syscall"
)

// endWithUs makes the system kill a process when this one ends, however that
// happens.
func endWithUs(cmd *exec.Cmd) { cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL} }
