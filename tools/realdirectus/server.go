package realdirectus

import (
	"context"
	"crypto/rand"
	_ "embed"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"time"

	"hutch/tools/toolcache"
)

const (
	startTimeout = 2 * time.Minute // usually four seconds, many more on a busy machine
	stopTimeout  = 5 * time.Second
)

// Options configure a server; the zero value is for a test.
type Options struct {
	DataDir string            // database and uploads; empty for a temporary folder that Stop removes
	Port    int               // on 127.0.0.1; 0 for any free port
	Env     map[string]string // Directus variables, overriding this package's
	Log     io.Writer         // Directus' output; if nil only its end is kept, see Output
}

// Server is a running Directus.
type Server struct {
	URL           string
	Version       string
	AdminEmail    string
	AdminPassword string
	AdminToken    string // static, of the same administrator
	Secret        string // signs its tokens: anyone who has it can forge them

	cmd    *exec.Cmd
	stdin  io.Closer
	output *toolcache.Tail
	exited chan struct{}
	data   *data
	stop   sync.Once
}

// Start runs an installed version and returns when it answers. The context bounds
// only the start: the server runs until Stop, or until this process ends.
func Start(ctx context.Context, version string, opts Options) (*Server, error) {
	if !Installed(version) {
		return nil, fmt.Errorf("directus %s is not installed: install it with go run ./tools/realdirectus/cmd/directus install %s", version, version)
	}
	if err := checkEnv(opts.Env); err != nil {
		return nil, err
	}
	c, err := openCache()
	if err != nil {
		return nil, err
	}
	data, err := c.openData(ctx, version, opts.DataDir)
	if err != nil {
		return nil, fmt.Errorf("directus %s: its data: %w", version, err)
	}
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	// Another process may take a free port before it is used.
	for attempt := 1; ; attempt++ {
		s, err := c.startOn(ctx, version, data, opts)
		if err == nil {
			return s, nil
		}
		if opts.Port != 0 || attempt == 3 || !errors.Is(err, errPortTaken) {
			data.close()
			return nil, fmt.Errorf("directus %s: %w", version, err)
		}
	}
}

var errPortTaken = errors.New("its port is taken")

//go:embed resolved.js
var resolvedModules string

func (c cache) startOn(ctx context.Context, version string, data *data, opts Options) (*Server, error) {
	port, err := choosePort(opts.Port)
	if err != nil {
		return nil, err
	}
	s := &Server{
		URL: "http://127.0.0.1:" + strconv.Itoa(port), Version: version,
		AdminEmail: data.AdminEmail, AdminPassword: data.AdminPassword, AdminToken: data.AdminToken, Secret: data.Secret,
		output: new(toolcache.Tail), exited: make(chan struct{}), data: data,
	}
	mark := rand.Text()
	s.cmd = exec.Command(c.node(version).Command(), toolcache.Guard, "--import=data:text/javascript,"+url.PathEscape(resolvedModules), c.directus(version), "start")
	s.cmd.Dir = data.dir
	s.cmd.Env = c.environment(version, data, map[string]string{
		"HOST": "127.0.0.1", "PORT": strconv.Itoa(port), "PUBLIC_URL": s.URL,
		"ROBOTS_TXT": "User-agent: *\nDisallow: /\n# " + mark + "\n",
	}, opts.Env)
	toolcache.OwnGroup(s.cmd)
	var out io.Writer = s.output
	if opts.Log != nil {
		out = io.MultiWriter(s.output, opts.Log)
	}
	s.cmd.Stdout, s.cmd.Stderr = out, out
	s.cmd.WaitDelay = time.Second
	if s.stdin, err = s.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	if err := s.cmd.Start(); err != nil {
		return nil, err
	}
	go func() {
		s.cmd.Wait()
		close(s.exited)
	}()
	if err := s.awaitAnswer(ctx, mark); err != nil {
		s.end()
		if strings.Contains(s.Output(), "already in use") || strings.Contains(s.Output(), "EADDRINUSE") {
			err = errPortTaken
		}
		return nil, fmt.Errorf("%w; the end of its output:\n%s", err, s.Output())
	}
	return s, nil
}

// choosePort finds a free port, or fails at once if the requested one is taken.
func choosePort(want int) (int, error) {
	l, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(want)))
	if err != nil {
		return 0, err
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port, nil
}

// awaitAnswer requests robots.txt rather than /server/ping: a mark in it tells our
// Directus from another one that took the port first.
func (s *Server) awaitAnswer(ctx context.Context, mark string) error {
	client := &http.Client{Timeout: 5 * time.Second, Transport: &http.Transport{DisableKeepAlives: true}}
	for {
		if body, err := get(ctx, client, s.URL+"/robots.txt"); err == nil && strings.Contains(body, mark) {
			return nil
		}
		select {
		case <-s.exited:
			return fmt.Errorf("exited during startup (%s)", s.cmd.ProcessState)
		case <-ctx.Done():
			return fmt.Errorf("did not answer in time: %w", ctx.Err())
		case <-time.After(25 * time.Millisecond):
		}
	}
}

func get(ctx context.Context, client *http.Client, url string) (string, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return "", err
	}
	res, err := client.Do(req)
	if err != nil {
		return "", err
	}
	defer res.Body.Close()
	body, err := io.ReadAll(io.LimitReader(res.Body, 1<<10))
	return string(body), err
}

// Output returns the end of what Directus printed.
func (s *Server) Output() string { return s.output.String() }

// Exited is closed when Directus has exited, by Stop or by itself.
func (s *Server) Exited() <-chan struct{} { return s.exited }

// Stop ends Directus and everything it started, gracefully at first, and removes a
// temporary data folder. Further calls do nothing.
func (s *Server) Stop() error {
	var err error
	s.stop.Do(func() {
		s.end()
		err = s.data.close()
	})
	return err
}

func (s *Server) end() {
	pid := s.cmd.Process.Pid
	toolcache.TerminateGroup(pid)
	select {
	case <-s.exited:
	case <-time.After(stopTimeout):
	}
	toolcache.KillGroup(pid) // the rest of the group
	s.stdin.Close()
	<-s.exited
}
