package toolcache

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// Guard is an argument for Node, which runs it before anything else: the
// standard input is a pipe that we hold, so the process ends with all it
// started as soon as we do, even if we are killed.
const Guard = "--import=data:text/javascript,process.stdin.on('end',()=>process.kill(0,'SIGKILL')).resume().unref()"

// Run is quiet, unless the command fails.
func Run(ctx context.Context, dir string, env []string, name string, args ...string) error {
	_, err := Output(ctx, dir, env, name, args...)
	return err
}

// Output is what a command prints on its standard output. If it fails, the end
// of all it said is in the error. A done context kills it with all it started.
func Output(ctx context.Context, dir string, env []string, name string, args ...string) ([]byte, error) {
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir, cmd.Env = dir, env
	OwnGroup(cmd) // npm's compilers are to end with it
	cmd.Cancel = func() error { return KillGroup(cmd.Process.Pid) }
	cmd.WaitDelay = 5 * time.Second
	var out bytes.Buffer
	var said Tail
	cmd.Stdout, cmd.Stderr = io.MultiWriter(&out, &said), &said
	if _, err := cmd.StdinPipe(); err != nil { // closed by Wait
		return nil, err
	}
	err := cmd.Run()
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		err = fmt.Errorf("%s %s: %w; its last words:\n%s", filepath.Base(name), strings.Join(args, " "), err, said.String())
	}
	return out.Bytes(), err
}
