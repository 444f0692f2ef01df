package toolcache

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
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

// Guarded is a command that is killed, with everything it starts, as soon as its
// standard input closes.
func Guarded(name string, args ...string) *exec.Cmd {
	const guard = `("$@"; kill -KILL 0) & cat >/dev/null; kill -KILL 0`
	return exec.Command("/bin/sh", append([]string{"-c", guard, "sh", name}, args...)...)
}

// Process is a program that runs beside us, in a process group of its own.
type Process struct {
	cmd    *exec.Cmd
	stdin  io.Closer
	output Tail
	exited chan struct{}
}

// Begin starts a command whose standard input is a pipe that we hold: with Guard and
// Guarded it ends with us, even if we are killed. What it prints is kept, and goes to
// the command's Stdout as well.
func Begin(cmd *exec.Cmd) (*Process, error) {
	p := &Process{cmd: cmd, exited: make(chan struct{})}
	var out io.Writer = &p.output
	if cmd.Stdout != nil {
		out = io.MultiWriter(&p.output, cmd.Stdout)
	}
	cmd.Stdout, cmd.Stderr = out, out
	cmd.WaitDelay = time.Second
	OwnGroup(cmd)
	var err error
	if p.stdin, err = cmd.StdinPipe(); err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	go func() {
		_ = cmd.Wait()
		close(p.exited)
	}()
	return p, nil
}

// Await returns once ready does without an error. Else the error includes the end of
// what was printed.
func (p *Process) Await(ctx context.Context, ready func() error) error {
	for {
		err := ready()
		if err == nil {
			return nil
		}
		select {
		case <-p.exited:
			return fmt.Errorf("exited during startup (%s); the end of its output:\n%s", p.cmd.ProcessState, p.Output())
		case <-ctx.Done():
			return fmt.Errorf("did not answer in time: %w; the end of its output:\n%s", err, p.Output())
		case <-time.After(25 * time.Millisecond):
		}
	}
}

// Pid is the process, and its group.
func (p *Process) Pid() int { return p.cmd.Process.Pid }

// Output returns the end of what was printed.
func (p *Process) Output() string { return p.output.String() }

// Exited is closed when the program has exited.
func (p *Process) Exited() <-chan struct{} { return p.exited }

// End lets the program exit by itself for a while, and kills what is left of its group.
func (p *Process) End(patience time.Duration) {
	_ = TerminateGroup(p.Pid())
	p.KillAfter(patience)
}

// KillAfter does so without asking it to exit.
func (p *Process) KillAfter(patience time.Duration) {
	select {
	case <-p.exited:
	case <-time.After(patience):
	}
	_ = KillGroup(p.Pid())
	_ = p.stdin.Close()
	<-p.exited
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

// Report tells a waiting person what is being done, and that it is still going on.
type Report struct {
	subject string
	w       io.Writer
	began   time.Time
}

// NewReport returns a report on a subject; w may be nil.
func NewReport(subject string, w io.Writer) *Report {
	if w == nil {
		w = io.Discard
	}
	return &Report{subject, w, time.Now()}
}

// Say writes one line.
func (r *Report) Say(format string, args ...any) {
	fmt.Fprintf(r.w, "%5s  %s: %s\n", time.Since(r.began).Round(time.Second), r.subject, fmt.Sprintf(format, args...))
}

// During announces what, and repeats every few seconds that it is still running.
func (r *Report) During(what string, do func() error) error {
	r.Say("%s", what)
	done := make(chan error, 1)
	go func() { done <- do() }()
	tick := time.NewTicker(15 * time.Second)
	defer tick.Stop()
	for {
		select {
		case err := <-done:
			if err != nil {
				return fmt.Errorf("%s: %s: %w", r.subject, what, err)
			}
			return nil
		case <-tick.C:
			r.Say("still running")
		}
	}
}

// Tool is a command that an install needs from the machine.
type Tool struct {
	Command string
	Use     string // what it is needed for
	Debian  string // package that provides it
}

// CanProvide reports whether Provide can install anything: as root, with apt-get.
func CanProvide() bool {
	_, err := exec.LookPath("apt-get")
	return err == nil && os.Geteuid() == 0
}

// Provide installs missing tools with apt-get if it can, and otherwise returns an
// error that says how to install them. Call it with the lock held.
func Provide(ctx context.Context, r *Report, missing []Tool, onMac string) error {
	if len(missing) == 0 {
		return nil
	}
	var packages, lines []string
	for _, t := range missing {
		packages = append(packages, t.Debian)
		lines = append(lines, fmt.Sprintf("  %s (%s)", t.Command, t.Use))
	}
	install := "apt-get install --no-install-recommends -y " + strings.Join(packages, " ")
	if !CanProvide() {
		return fmt.Errorf("installing %s requires\n%s\nOn Debian or Ubuntu: sudo %s\nOn macOS: %s",
			r.subject, strings.Join(lines, "\n"), install, onMac)
	}
	return r.During("installing with apt-get: "+strings.Join(packages, ", "), func() error {
		env := append(os.Environ(), "DEBIAN_FRONTEND=noninteractive")
		if err := Run(ctx, "/", env, "apt-get", "update"); err != nil {
			return err
		}
		args := strings.Fields(install)
		return Run(ctx, "/", env, args[0], args[1:]...)
	})
}

// FreePort returns a port of this machine that nobody listens on, below those that
// systems give away by themselves: so it is still free when a server that was killed
// starts again.
func FreePort() (int, error) {
	var failure error
	for range 100 {
		port := 10_000 + rand.IntN(20_000)
		l, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
		if err == nil {
			return port, l.Close()
		}
		failure = err
	}
	return 0, failure
}
