//go:build !linux

package main

import "os/exec"

func endWithTests(*exec.Cmd) {}
