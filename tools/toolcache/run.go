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
	"sync"
	"time"
)

// Guard is an argument for Node, a script that runs first: when the standard input
// closes, a pipe that we hold, the process and everything it started exit, even if
// we are killed.
const Guard = "--import=data:text/javascript,process.stdin.on('end',()=>process.kill(0,'SIGKILL')).resume().unref()"

// Run prints nothing unless the command fails.
func Run(ctx context.Context, dir string, env []string, name string, args ...string) error {
	_, err := Output(ctx, dir, env, name, args...)
	return err
}

// Output returns a command's standard output. If it fails, the error includes the
// end of everything it printed. When the context ends, the command is killed with
// everything it started.
func Output(ctx context.Context, dir string, env []string, name string, args ...string) ([]byte, error) {
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir, cmd.Env = dir, env
	OwnGroup(cmd) // so that npm's compilers end with it
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
		err = fmt.Errorf("%s %s: %w; the end of its output:\n%s", filepath.Base(name), strings.Join(args, " "), err, said.String())
	}
	return out.Bytes(), err
}

// tailBytes is how much output is kept for error messages.
const tailBytes = 64 << 10

// Tail is a writer that keeps the end of what it was given. The zero value is ready
// to use.
type Tail struct {
	mu  sync.Mutex
	buf []byte
}

// Write never fails.
func (t *Tail) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.buf = append(t.buf, p...)
	// Cut at twice the size: copying on every write would be slow.
	if len(t.buf) > 2*tailBytes {
		t.buf = append([]byte(nil), t.buf[len(t.buf)-tailBytes:]...)
	}
	return len(p), nil
}

func (t *Tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return string(t.buf[max(0, len(t.buf)-tailBytes):])
}
