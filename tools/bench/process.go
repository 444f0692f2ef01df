package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"time"

	"hutch/tools/toolcache"
)

// process is a server that we have started. The system discards its log, so that it
// costs nothing; its error output is kept.
type process struct {
	address string
	began   time.Time
	cmd     *exec.Cmd
	said    *toolcache.Tail
	exited  chan struct{}
}

func startProcess(address, dir string, env []string, name string, args ...string) (*process, error) {
	nowhere, err := os.OpenFile(os.DevNull, os.O_WRONLY, 0)
	if err != nil {
		return nil, err
	}
	defer nowhere.Close()
	p := &process{address: address, cmd: exec.Command(name, args...), said: new(toolcache.Tail), exited: make(chan struct{})}
	p.cmd.Dir, p.cmd.Env, p.cmd.Stdout, p.cmd.Stderr = dir, env, nowhere, p.said
	toolcache.EndWithParent(p.cmd)
	p.began = time.Now()
	if err := p.cmd.Start(); err != nil {
		return nil, err
	}
	go func() {
		_ = p.cmd.Wait()
		close(p.exited)
	}()
	return p, nil
}

// awaitAnswer polls until the response is 200.
func (p *process) awaitAnswer(ctx context.Context, path string) error {
	ctx, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	for {
		a, err := fetch(ctx, target{address: p.address, path: path})
		if err == nil && a.status == 200 {
			return nil
		}
		select {
		case <-p.exited:
			return fmt.Errorf("it exited during startup: %s", p.said)
		case <-ctx.Done():
			return fmt.Errorf("%s: no answer in time: %d, %w: %s", path, a.status, err, p.said)
		case <-time.After(500 * time.Microsecond):
		}
	}
}

// stop ends the process, gracefully at first. Further calls do nothing.
func (p *process) stop() error {
	select {
	case <-p.exited:
		return nil
	default:
	}
	_ = p.cmd.Process.Signal(syscall.SIGTERM)
	select {
	case <-p.exited:
	case <-time.After(5 * time.Second):
		_ = p.cmd.Process.Kill()
		<-p.exited
	}
	return nil
}

// memory returns the process's memory according to the system, in bytes: now
// (VmRSS), or the maximum so far (VmHWM).
func (p *process) memory(field string) (float64, error) {
	status, err := os.ReadFile("/proc/" + strconv.Itoa(p.cmd.Process.Pid) + "/status")
	if err != nil {
		return 0, fmt.Errorf("memory can be measured only on Linux: %w", err)
	}
	for line := range strings.Lines(string(status)) {
		if rest, is := strings.CutPrefix(line, field+":"); is {
			kilobytes, err := strconv.ParseFloat(strings.TrimSuffix(strings.TrimSpace(rest), " kB"), 64)
			return kilobytes * 1024, err
		}
	}
	return 0, fmt.Errorf("the system does not report %s", field)
}

// processor returns how much processor time the process has used so far.
func (p *process) processor() (time.Duration, error) {
	stat, err := os.ReadFile("/proc/" + strconv.Itoa(p.cmd.Process.Pid) + "/stat")
	if err != nil {
		return 0, fmt.Errorf("processor time can be measured only on Linux: %w", err)
	}
	// The name of the program, in brackets, may have spaces in it.
	fields := strings.Fields(string(stat[bytes.LastIndexByte(stat, ')')+1:]))
	if len(fields) < 13 {
		return 0, fmt.Errorf("the system reports %q", stat)
	}
	user, userErr := strconv.ParseInt(fields[11], 10, 64)
	system, systemErr := strconv.ParseInt(fields[12], 10, 64)
	const tick = time.Second / 100 // the same on every kind of processor that Go supports
	return time.Duration(user+system) * tick, errors.Join(userErr, systemErr)
}

const starts = 10

// measureStart repeatedly starts Hutch and requests the blog until it is there.
// Directus is running already; Hutch's cache is empty.
func measureStart(ctx context.Context, s *stage, r *report) error {
	var took, waited spread // in milliseconds
	for range starts {
		s.proxy.forget()
		p, err := s.execHutch(map[string]string{"DIRECTUS_URL": s.proxy.url})
		if err != nil {
			return err
		}
		err = p.awaitAnswer(ctx, "/blog")
		cost := costOf(s.proxy.calls(), p.began, time.Now())
		took, waited = append(took, milliseconds(cost.total)), append(waited, milliseconds(cost.waited))
		if err == nil {
			_, err = fetchRight(ctx, s.blog(p))
		}
		_ = p.stop()
		if err != nil {
			return err
		}
	}
	r.atMost("start to the first `/blog`", 80, took, "%.0f ms")
	r.absolute("… of which it waits for Directus", waited, "%.0f ms")
	return nil
}

const (
	mebibyte = 1 << 20
	idles    = 3
)

// measureIdle measures Hutch after its first page, before any load.
func measureIdle(ctx context.Context, s *stage, r *report) error {
	var idle spread
	for range idles {
		p, err := s.execHutch(nil)
		if err != nil {
			return err
		}
		err = p.awaitAnswer(ctx, "/blog")
		if err == nil {
			err = settle(ctx, 2*time.Second)
		}
		var bytes float64
		if err == nil {
			bytes, err = p.memory("VmRSS")
		}
		_ = p.stop()
		if err != nil {
			return err
		}
		idle = append(idle, bytes/mebibyte)
	}
	r.atMost("idle memory", 28, idle, "%.1f MiB")
	return nil
}

// measurePeak has a crowd wait for a post, all of them at the same time, at the Hutch
// with the full cache, and measures how much memory it ever used.
func measurePeak(ctx context.Context, s *stage, r *report) error {
	if err := s.fillCache(ctx); err != nil {
		return err
	}
	before, err := s.full.memory("VmHWM")
	if err != nil {
		return err
	}
	s.proxy.delay.Store(int64(slowness))
	defer s.proxy.delay.Store(0)
	s.proxy.forget()
	if _, err := s.rush(ctx, s.archived(s.full, spreadOut(0, waitedFor))); err != nil {
		return err
	}
	peak, err := s.full.memory("VmHWM")
	if err != nil {
		return err
	}
	r.atMost("peak memory, with a full cache and 1,000 waiting connections", 110, spread{peak / mebibyte}, "%.1f MiB")
	r.absolute("peak memory before those 1,000", spread{before / mebibyte}, "%.1f MiB")
	return nil
}

// measureBinary measures the program that everything here is measured with.
func measureBinary(_ context.Context, s *stage, r *report) error {
	file, err := os.Stat(s.binary)
	if err != nil {
		return err
	}
	r.atMost("production binary, stripped (1 MB = 1,000,000 bytes)", 36, spread{float64(file.Size()) / 1e6}, "%.1f MB")
	return nil
}
