package realredis

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"strconv"
	"testing"
	"time"

	"github.com/gomodule/redigo/redis"

	"hutch/tools/toolcache"
)

const startTimeout = 30 * time.Second // usually a tenth of a second, longer on a busy machine

// Server is a Redis, running or not. Its methods are not safe for concurrent use.
type Server struct {
	URL      string // redis://:password@127.0.0.1:port/0
	Password string

	dir     string
	port    string
	process *toolcache.Process // nil: not started, or killed
	output  string             // of the last that was killed
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

// Start returns when Redis answers. It starts empty, even after Kill. The context
// bounds only the start.
func (s *Server) Start(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	cmd := toolcache.Guarded("redis-server",
		"--bind", "127.0.0.1", "--port", s.port, "--requirepass", s.Password, "--dir", s.dir, "--save", "", "--appendonly", "no")
	cmd.Dir = s.dir
	var err error
	if s.process, err = toolcache.Begin(cmd); err != nil {
		return err
	}
	// The password tells our Redis from another one that took the port first.
	ping := func() error {
		_, err := s.Do(ctx, "PING")
		return err
	}
	if err := s.process.Await(ctx, ping); err != nil {
		s.Kill()
		return fmt.Errorf("redis %w", err)
	}
	return nil
}

// Do sends a command on a connection of its own.
func (s *Server) Do(ctx context.Context, command string, args ...any) (reply any, err error) {
	conn, err := redis.DialContext(ctx, "tcp", net.JoinHostPort("127.0.0.1", s.port), redis.DialPassword(s.Password))
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	return redis.DoContext(conn, ctx, command, args...)
}

// Kill ends Redis as a crash would. Further calls do nothing until it is started
// again.
func (s *Server) Kill() {
	if s.process == nil {
		return
	}
	s.process.KillAfter(0)
	s.output, s.process = s.process.Output(), nil
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
		s.Kill()
		if t.Failed() {
			t.Logf("Redis said:\n%s", s.output)
		}
	})
	if err := s.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	return s
}

const howToInstall = "install it with go run ./tools/realredis/cmd/redis install"

// Installed reports whether there is a Redis to run.
func Installed() bool {
	_, err := exec.LookPath("redis-server")
	return err == nil
}

// Install installs Redis if it is missing. It reports to progress, unless that is
// nil. Only one process installs at a time; others wait for it.
func Install(ctx context.Context, progress io.Writer) error {
	if Installed() {
		return nil
	}
	c, err := toolcache.Open()
	if err != nil {
		return err
	}
	r := toolcache.NewReport("redis", progress)
	unlock, err := c.Lock(ctx, "install", func() { r.Say("waiting for another installation") })
	if err != nil {
		return err
	}
	defer unlock()
	if Installed() {
		return nil
	}
	missing := []toolcache.Tool{{Command: "redis-server", Use: "carries messages between replicas", Debian: "redis-server"}}
	if err := toolcache.Provide(ctx, r, missing, "brew install redis"); err != nil {
		return err
	}
	if !Installed() {
		return errors.New("redis: redis-server is still missing after the installation")
	}
	return nil
}
