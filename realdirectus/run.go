package realdirectus

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// guard is an argument for Node, which runs it before anything else: the
// standard input is a pipe that we hold, so the process ends with all it
// started as soon as we do, even if we are killed.
const guard = "--import=data:text/javascript,process.stdin.on('end',()=>process.kill(0,'SIGKILL')).resume().unref()"

// run is quiet, unless the command fails.
func run(ctx context.Context, dir string, env []string, name string, args ...string) error {
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir, cmd.Env = dir, env
	ownGroup(cmd) // npm's compilers are to end with it
	cmd.Cancel = func() error { return killGroup(cmd.Process.Pid) }
	cmd.WaitDelay = 5 * time.Second
	out := newTail()
	cmd.Stdout, cmd.Stderr = out, out
	if _, err := cmd.StdinPipe(); err != nil { // closed by Wait
		return err
	}
	err := cmd.Run()
	if ctx.Err() != nil {
		return ctx.Err()
	}
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		return fmt.Errorf("%s %s: %w; its last words:\n%s", filepath.Base(name), strings.Join(args, " "), err, out)
	}
	return err
}
