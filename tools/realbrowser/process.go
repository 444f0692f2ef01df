package realbrowser

import (
	"context"
	"errors"
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
	*toolcache.Process
	port     int
	lifeline *os.File // Chromium exits when this is closed, so also when we are killed
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
	cmd := exec.Command(program, flags(dir)...)
	cmd.Dir, cmd.Env = dir, environment(dir)
	p := &process{}
	if err := p.start(cmd); err != nil {
		return nil, err
	}
	if err := p.Await(ctx, func() error { return p.readPort(filepath.Join(dir, "DevToolsActivePort")) }); err != nil {
		p.end()
		return nil, fmt.Errorf("chromium %w", err)
	}
	return p, nil
}

// environment keeps Chromium out of the user's home.
func environment(home string) []string {
	return []string{"PATH=" + os.Getenv("PATH"), "HOME=" + home, "TMPDIR=" + os.TempDir()}
}

// start passes Chromium a silent pipe for commands as descriptor 3, and /dev/null
// for its answers as descriptor 4.
func (p *process) start(cmd *exec.Cmd) error {
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
	cmd.ExtraFiles = []*os.File{orders, answers}
	if p.Process, err = toolcache.Begin(cmd); err != nil {
		lifeline.Close()
		return err
	}
	p.lifeline = lifeline
	return nil
}

// readPort reads the port from the file that Chromium writes once it listens.
func (p *process) readPort(file string) error {
	text, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	line, _, complete := strings.Cut(string(text), "\n")
	if !complete {
		return errors.New("the file is being written")
	}
	p.port, err = strconv.Atoi(line)
	return err
}

// end first lets Chromium exit by itself: when killed it leaves a temporary folder
// behind.
func (p *process) end() {
	p.lifeline.Close()
	p.KillAfter(endTimeout)
}
