package realpostgres

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"time"

	"hutch/tools/toolcache"
)

const startTimeout = time.Minute // usually a second, longer on a busy machine

// Installed reports whether there is a PostgreSQL to run.
func Installed() bool { return programs() != "" }

// programs returns the folder with the server's programs, which Debian has outside of
// PATH; "": there is none.
func programs() string {
	if found, err := exec.LookPath("pg_ctl"); err == nil {
		if found, err = filepath.EvalSymlinks(found); err == nil {
			return filepath.Dir(found)
		}
	}
	found, _ := filepath.Glob("/usr/lib/postgresql/*/bin") // a constant pattern
	if len(found) == 0 {
		return ""
	}
	return slices.MaxFunc(found, func(a, b string) int { return cmp.Or(cmp.Compare(len(a), len(b)), cmp.Compare(a, b)) })
}

// Install installs PostgreSQL if it is missing. Call it with the lock of installations
// held.
func Install(ctx context.Context, r *toolcache.Report) error {
	if Installed() {
		return nil
	}
	missing := []toolcache.Tool{{Command: "postgres", Use: "is the database of a Directus", Debian: "postgresql"}}
	if err := toolcache.Provide(ctx, r, missing, "brew install postgresql"); err != nil {
		return err
	}
	if !Installed() {
		return errors.New("postgresql: postgres is still missing after the installation")
	}
	return nil
}

// Server is a running PostgreSQL. Its methods are not safe for concurrent use.
type Server struct {
	Socket   string // the folder with its socket, in place of a host
	Port     string // names the socket
	User     string // needs no password
	Database string

	dir     string
	process *toolcache.Process // nil: not started, or stopped
}

// Start runs a copy of the database in folder, as Keep left it there; "": a new one. It
// returns when that answers. The context bounds only the start.
func Start(ctx context.Context, folder string) (*Server, error) {
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	dir, err := os.MkdirTemp("", "hutch-postgres-")
	if err != nil {
		return nil, err
	}
	s := &Server{Socket: dir, Port: "5432", User: "postgres", Database: "postgres", dir: dir}
	if err = s.fill(ctx, folder); err == nil {
		err = s.run(ctx)
	}
	if err != nil {
		return nil, fmt.Errorf("postgresql: %w", errors.Join(err, s.Stop()))
	}
	return s, nil
}

func (s *Server) data() string { return filepath.Join(s.dir, "data") }

func (s *Server) fill(ctx context.Context, folder string) error {
	if folder != "" {
		if err := os.CopyFS(s.data(), os.DirFS(folder)); err != nil {
			return err
		}
		if err := os.Chmod(s.data(), 0o700); err != nil { // or it would not start
			return err
		}
	}
	if os.Geteuid() == 0 {
		if err := toolcache.Run(ctx, s.dir, nil, "chown", "-R", "postgres:", s.dir); err != nil {
			return err
		}
	}
	if folder != "" {
		return nil
	}
	// Sorted and compared as in production: in every script.
	initdb := s.command("initdb", "-D", s.data(), "-U", s.User, "-A", "trust", "-E", "UTF8", "--locale=C", "--locale-provider=icu", "--icu-locale=und", "--no-sync", "--wal-segsize=1")
	return toolcache.Run(ctx, s.dir, os.Environ(), initdb[0], initdb[1:]...)
}

// command is one of the server's programs as a user that it runs as.
func (s *Server) command(program string, args ...string) []string {
	command := append([]string{filepath.Join(programs(), program)}, args...)
	if os.Geteuid() != 0 {
		return command
	}
	return append([]string{"setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups", "--"}, command...)
}

func (s *Server) run(ctx context.Context) error {
	server := s.command("postgres", "-D", s.data(), "-k", s.dir, "-p", s.Port, "-c", "listen_addresses=",
		"-c", "fsync=off", "-c", "synchronous_commit=off", "-c", "full_page_writes=off", "-c", "shared_buffers=16MB", "-c", "max_connections=50")
	cmd := toolcache.Guarded(server[0], server[1:]...)
	cmd.Dir = s.dir
	var err error
	if s.process, err = toolcache.Begin(cmd); err != nil {
		return err
	}
	ready := s.command("pg_isready", "-q", "-h", s.dir, "-p", s.Port)
	return s.process.Await(ctx, func() error { return toolcache.Run(ctx, s.dir, os.Environ(), ready[0], ready[1:]...) })
}

// Keep stops the server and leaves what it holds in folder, in place of what is there.
func (s *Server) Keep(folder string) error {
	ctx, cancel := context.WithTimeout(context.Background(), startTimeout)
	defer cancel()
	stop := s.command("pg_ctl", "-D", s.data(), "-m", "fast", "-w", "stop")
	err := toolcache.Run(ctx, s.dir, os.Environ(), stop[0], stop[1:]...)
	if err == nil {
		err = toolcache.Cache("").Build(folder, func(partial string) error { return os.CopyFS(partial, os.DirFS(s.data())) })
	}
	return errors.Join(err, s.Stop())
}

// Stop ends the server as a crash would, and what it held is gone. Further calls do
// nothing.
func (s *Server) Stop() error {
	if s.process != nil {
		s.process.KillAfter(0)
		s.process = nil
	}
	return os.RemoveAll(s.dir)
}
