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

	process *toolcache.Process
	data    *data
	stop    sync.Once
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
		data: data,
	}
	mark := rand.Text()
	cmd := exec.Command(c.node(version).Command(), toolcache.Guard, "--import=data:text/javascript,"+url.PathEscape(resolvedModules), c.directus(version), "start")
	cmd.Dir, cmd.Stdout = data.dir, opts.Log
	cmd.Env = c.environment(version, data, map[string]string{
		"HOST": "127.0.0.1", "PORT": strconv.Itoa(port), "PUBLIC_URL": s.URL,
		"ROBOTS_TXT": "User-agent: *\nDisallow: /\n# " + mark + "\n",
	}, opts.Env)
	if s.process, err = toolcache.Begin(cmd); err != nil {
		return nil, err
	}
	if err := s.awaitAnswer(ctx, mark); err != nil {
		s.process.End(stopTimeout)
		if strings.Contains(s.Output(), "already in use") || strings.Contains(s.Output(), "EADDRINUSE") {
			err = fmt.Errorf("%w: %w", errPortTaken, err)
		}
		return nil, err
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
	return s.process.Await(ctx, func() error {
		body, err := get(ctx, client, s.URL+"/robots.txt")
		if err == nil && !strings.Contains(body, mark) {
			err = errors.New("somebody else answers")
		}
		return err
	})
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
func (s *Server) Output() string { return s.process.Output() }

// Exited is closed when Directus has exited, by Stop or by itself.
func (s *Server) Exited() <-chan struct{} { return s.process.Exited() }

// Stop ends Directus and everything it started, gracefully at first, and removes a
// temporary data folder. Further calls do nothing.
func (s *Server) Stop() error {
	var err error
	s.stop.Do(func() {
		s.process.End(stopTimeout)
		err = s.data.close()
	})
	return err
}
