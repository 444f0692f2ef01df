package realredis

import (
	"context"
	"crypto/rand"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"strconv"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"hutch/tools/toolcache"
)

const startTimeout = 30 * time.Second // usually a tenth of a second, longer on a busy machine

// Server is a Redis, running or not. Its methods are not safe for concurrent use.
type Server struct {
	URL      string // redis://:password@127.0.0.1:port/0
	Password string

	dir    string
	port   string
	output toolcache.Tail
	cmd    *exec.Cmd
	stdin  io.Closer
	exited chan struct{}
}

// New chooses the address of a Redis that works in dir, without starting it.
func New(dir string) (*Server, error) {
	port, err := toolcache.FreePort()
	if err != nil {
		return nil, err
	}
	s := &Server{Password: rand.Text(), dir: dir, port: strconv.Itoa(port)}
	s.URL = "redis://:" + s.Password + "@" + net.JoinHostPort("127.0.0.1", s.port) + "/0"
	return s, nil
}

// guarded kills Redis and its process group as soon as the standard input closes, a
// pipe that we hold, so also when we are killed.
const guarded = `("$@"; kill -KILL 0) & cat >/dev/null; kill -KILL 0`

// Start returns when Redis answers. It starts empty, even after Kill. The context
// bounds only the start.
func (s *Server) Start(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	s.cmd = exec.Command("/bin/sh", "-c", guarded, "sh", "redis-server",
		"--bind", "127.0.0.1", "--port", s.port, "--requirepass", s.Password, "--dir", s.dir, "--save", "", "--appendonly", "no")
	s.cmd.Dir, s.cmd.Stdout, s.cmd.Stderr = s.dir, &s.output, &s.output
	s.cmd.WaitDelay = time.Second
	toolcache.OwnGroup(s.cmd)
	var err error
	if s.stdin, err = s.cmd.StdinPipe(); err != nil {
		return err
	}
	if err := s.cmd.Start(); err != nil {
		return err
	}
	exited := make(chan struct{})
	s.exited = exited
	go func(cmd *exec.Cmd) {
		_ = cmd.Wait()
		close(exited)
	}(s.cmd)
	if err := s.awaitAnswer(ctx); err != nil {
		s.Kill()
		return fmt.Errorf("redis %w; the end of its output:\n%s", err, s.Output())
	}
	return nil
}

// awaitAnswer signs in with the password, to tell our Redis from another one that
// took the port first.
func (s *Server) awaitAnswer(ctx context.Context) error {
	client := s.Client()
	defer client.Close()
	for {
		err := client.Ping(ctx).Err()
		if err == nil {
			return nil
		}
		select {
		case <-s.exited:
			return fmt.Errorf("exited during startup: %w", err)
		case <-ctx.Done():
			return fmt.Errorf("did not answer in time: %w", err)
		case <-time.After(25 * time.Millisecond):
		}
	}
}

// Client returns a client for tests. The caller closes it.
func (s *Server) Client() *redis.Client {
	return redis.NewClient(&redis.Options{
		Addr: net.JoinHostPort("127.0.0.1", s.port), Password: s.Password,
		Protocol: 2, ContextTimeoutEnabled: true, MaxRetries: -1, DialerRetries: 1,
	})
}

// Output returns the end of what Redis printed.
func (s *Server) Output() string { return s.output.String() }

// Kill ends Redis as a crash would. Further calls do nothing until it is started
// again.
func (s *Server) Kill() {
	if s.cmd == nil {
		return
	}
	_ = toolcache.KillGroup(s.cmd.Process.Pid)
	s.stdin.Close()
	<-s.exited
	s.cmd = nil
}

// ForTest starts a Redis for one test. If Redis is not installed it skips the test,
// or with HUTCH_REQUIRE_ALL=1 installs it first.
func ForTest(t testing.TB) *Server {
	t.Helper()
	if testing.Short() {
		t.Skip("needs Redis: not with -short")
	}
	if !Installed() {
		if os.Getenv("HUTCH_REQUIRE_ALL") != "1" {
			t.Skip("needs Redis: " + howToInstall)
		}
		if err := Install(t.Context(), os.Stderr); err != nil {
			t.Fatal(err)
		}
	}
	s, err := New(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("Redis said:\n%s", s.Output())
		}
		s.Kill()
	})
	if err := s.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	return s
}
