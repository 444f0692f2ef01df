package realbrowser

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"hutch/tools/toolcache"
)

const endTimeout = 5 * time.Second // usually takes a tenth of one

// process is a running Chromium, driven through a port.
type process struct {
	port     int
	cmd      *exec.Cmd
	lifeline *os.File // Chromium exits when this is closed, so also when we are killed
	output   toolcache.Tail
	exited   chan struct{}
}

// flags keep Chromium to itself and to this machine.
func flags(profile string) []string {
	return []string{
		"--headless=new",
		"--no-sandbox", // unavailable to root and in most containers; the pages are our own
		"--user-data-dir=" + profile,
		"--remote-debugging-port=0",
		"--remote-debugging-pipe", // for the lifeline
		"--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
		"--no-proxy-server",
		"--no-first-run",
		"--disable-background-networking",
		"--disable-breakpad",
		"--disable-component-update",
		"--disable-dev-shm-usage", // small in containers
		"--disable-extensions",
		"--disable-gpu",
		"--disable-sync",
		"--password-store=basic", // don't use a keyring
		"--use-mock-keychain",    // nor the one of macOS
		"about:blank",
	}
}

// startChromium returns once Chromium can be driven. dir is its home and is not
// removed.
func startChromium(ctx context.Context, dir string) (*process, error) {
	program, err := Chromium()
	if err != nil {
		return nil, err
	}
	p := &process{exited: make(chan struct{})}
	p.cmd = exec.Command(program, flags(dir)...)
	p.cmd.Dir, p.cmd.Env = dir, environment(dir)
	p.cmd.Stdout, p.cmd.Stderr = &p.output, &p.output
	p.cmd.WaitDelay = time.Second
	toolcache.OwnGroup(p.cmd)
	if err := p.start(); err != nil {
		return nil, err
	}
	if err := p.awaitPort(ctx, filepath.Join(dir, "DevToolsActivePort")); err != nil {
		p.end()
		return nil, fmt.Errorf("chromium %w; the end of its output:\n%s", err, p.output.String())
	}
	return p, nil
}

// environment keeps Chromium out of the user's home.
func environment(home string) []string {
	return []string{"PATH=" + os.Getenv("PATH"), "HOME=" + home, "TMPDIR=" + os.TempDir()}
}

// start passes Chromium a silent pipe for commands as descriptor 3, and /dev/null
// for its answers as descriptor 4.
func (p *process) start() error {
	orders, lifeline, err := os.Pipe()
	if err != nil {
		return err
	}
	defer orders.Close()
	answers, err := os.OpenFile(os.DevNull, os.O_WRONLY, 0)
	if err != nil {
		lifeline.Close()
		return err
	}
	defer answers.Close()
	p.cmd.ExtraFiles = []*os.File{orders, answers}
	if err := p.cmd.Start(); err != nil {
		lifeline.Close()
		return err
	}
	p.lifeline = lifeline
	go func() {
		p.cmd.Wait()
		close(p.exited)
	}()
	return nil
}

// awaitPort reads the port from the file that Chromium writes once it listens.
func (p *process) awaitPort(ctx context.Context, file string) error {
	for {
		text, _ := os.ReadFile(file)
		if line, _, complete := strings.Cut(string(text), "\n"); complete {
			var err error
			p.port, err = strconv.Atoi(line)
			return err
		}
		select {
		case <-p.exited:
			return fmt.Errorf("exited during startup (%s)", p.cmd.ProcessState)
		case <-ctx.Done():
			return fmt.Errorf("did not start in time: %w", ctx.Err())
		case <-time.After(25 * time.Millisecond):
		}
	}
}

// end first lets Chromium exit by itself: when killed it leaves a temporary folder
// behind.
func (p *process) end() {
	p.lifeline.Close()
	select {
	case <-p.exited:
	case <-time.After(endTimeout):
	}
	toolcache.KillGroup(p.cmd.Process.Pid) // the rest of the group
	<-p.exited
}
