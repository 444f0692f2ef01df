package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"hutch/internal/directus"
	"hutch/internal/secret"
	"hutch/tools/realdirectus"
	"hutch/tools/toolcache"
)

const (
	directusVersion = "12.4.0"
	readableVersion = "11.17.4" // the newest whose members can read their own row without a licence
	publicURL       = "https://www.example.com"
	sessionSecret   = "a-secret-for-the-bench-alone-0123456789"
	memberEmail     = "ada@example.com"
	memberPassword  = "a hutch full of hay and numbers"
)

// stage is what is measured, and what it is compared with.
type stage struct {
	root   string // of the source
	dir    string // temporary
	binary string
	out    io.Writer

	version      string // of Directus
	directus     *realdirectus.Server
	serviceToken string
	memberToken  string // of a session in Directus itself

	rawBlog, rawPost target // Hutch's queries to Directus for them

	caddy string // the program; empty: not available

	hutch     *process // as in production
	proxy     *proxy   // in front of Directus
	full      *process // a Hutch behind the proxy, with a full cache; see fillCache
	crawlCost time.Duration
	crawlTook time.Duration
	cookie    string // of the member's session in Hutch

	clears []func() error // newest last
}

// setTheStage starts everything. The caller must clear the stage.
func setTheStage(ctx context.Context, out io.Writer, version string) (_ *stage, err error) {
	s := &stage{out: out, version: version}
	defer func() {
		if err != nil {
			err = errors.Join(err, s.clear())
		}
	}()
	if s.dir, err = os.MkdirTemp("", "hutch-bench-"); err != nil {
		return nil, err
	}
	s.clears = append(s.clears, func() error { return os.RemoveAll(s.dir) })
	fmt.Fprintln(out, "Building Hutch")
	if err := s.build(ctx); err != nil {
		return nil, err
	}
	return s, s.furnish(ctx, s.addArchive)
}

// beside returns another stage with the same Hutch, in a folder of this name, to be cleared
// before this one.
func (s *stage) beside(ctx context.Context, name, version string) (*stage, error) {
	other := &stage{root: s.root, dir: filepath.Join(s.dir, name), binary: s.binary, out: s.out, version: version}
	if err := os.Mkdir(other.dir, 0o700); err != nil {
		return nil, err
	}
	if err := other.furnish(ctx, nil); err != nil {
		return nil, errors.Join(err, other.clear())
	}
	return other, nil
}

// furnish starts what is measured, and what it is compared with. more adds to the
// sample content; it may be nil.
func (s *stage) furnish(ctx context.Context, more func(context.Context) error) (err error) {
	fmt.Fprintln(s.out, "Starting and preparing Directus", s.version)
	if err := realdirectus.Install(ctx, s.version, s.out); err != nil {
		return err
	}
	if err := s.startDirectus(ctx); err != nil {
		return err
	}
	if err := s.prepareDirectus(ctx); err != nil {
		return err
	}
	if more != nil {
		fmt.Fprintf(s.out, "Adding %d posts\n", archivePosts)
		if err := more(ctx); err != nil {
			return err
		}
	}
	if s.proxy, err = startProxy(s.directus.URL); err != nil {
		return err
	}
	s.clears = append(s.clears, s.proxy.close)
	s.hutch, err = s.startHutch(ctx, nil)
	return err
}

// clear stops and removes everything in reverse order. It may be called twice.
func (s *stage) clear() error {
	var errs []error
	for len(s.clears) > 0 {
		last := len(s.clears) - 1
		errs = append(errs, s.clears[last]())
		s.clears = s.clears[:last]
	}
	return errors.Join(errs...)
}

// build builds the binary as README describes.
func (s *stage) build(ctx context.Context) error {
	mod, err := exec.CommandContext(ctx, "go", "env", "GOMOD").Output()
	if err != nil {
		return err
	}
	s.root, s.binary = filepath.Dir(strings.TrimSpace(string(mod))), filepath.Join(s.dir, "hutch")
	return toolcache.Run(ctx, s.root, append(os.Environ(), "CGO_ENABLED=0"), "go", "build", "-tags", "nomsgpack", "-ldflags", "-s -w", "-o", s.binary, ".")
}

// directusFolder has the database and the files of Directus.
func (s *stage) directusFolder() string { return filepath.Join(s.dir, "directus-"+s.version) }

func (s *stage) startDirectus(ctx context.Context) (err error) {
	if s.directus, err = realdirectus.Start(ctx, s.version, realdirectus.Options{DataDir: s.directusFolder()}); err != nil {
		return err
	}
	s.clears = append(s.clears, s.directus.Stop)
	return nil
}

// prepareDirectus runs setup as an administrator would, and adds a member.
func (s *stage) prepareDirectus(ctx context.Context) error {
	said, err := toolcache.Output(ctx, s.dir, s.environment(map[string]string{
		"DIRECTUS_URL": s.directus.URL, "DIRECTUS_ADMIN_TOKEN": s.directus.AdminToken, "PUBLIC_URL": publicURL,
	}), s.binary, "setup", "--sample", "--no-verify-email")
	if err != nil {
		return err
	}
	if _, after, found := strings.Cut(string(said), "DIRECTUS_SERVICE_TOKEN="); found {
		s.serviceToken = strings.Fields(after)[0]
	}
	client, err := directus.New(s.directus.URL)
	if err != nil {
		return err
	}
	admin := client.Admin(s.directus.AdminToken)
	var settings struct {
		Role string `json:"public_registration_role"`
	}
	if err := admin.Get(ctx, "/settings", url.Values{"fields": {"public_registration_role"}}, &settings); err != nil {
		return err
	}
	member := map[string]string{"email": memberEmail, "password": memberPassword, "role": settings.Role, "first_name": "Ada", "last_name": "Thistle"}
	if err := admin.Post(ctx, "/users", member, nil); err != nil {
		return err
	}
	session, err := client.Login(ctx, directus.Visitor{}, directus.Credentials{Email: memberEmail, Password: secret.Of(memberPassword)})
	s.memberToken = session.Token.Reveal()
	return err
}

// startHutch starts it as README describes for production, and waits until it
// answers.
func (s *stage) startHutch(ctx context.Context, over map[string]string) (*process, error) {
	p, err := s.execHutch(over)
	if err != nil {
		return nil, err
	}
	s.clears = append(s.clears, p.stop)
	if err := p.awaitAnswer(ctx, "/healthz"); err != nil {
		return nil, fmt.Errorf("hutch: %w", err)
	}
	return p, nil
}

func (s *stage) execHutch(over map[string]string) (*process, error) {
	address, err := freeAddress()
	if err != nil {
		return nil, err
	}
	_, port, _ := net.SplitHostPort(address)
	env := map[string]string{
		"APP_ENV": "production", "DIRECTUS_URL": s.directus.URL, "DIRECTUS_SERVICE_TOKEN": s.serviceToken,
		"PUBLIC_URL": publicURL, "SESSION_SECRET": sessionSecret, "TRUSTED_PROXIES": "127.0.0.1", "PORT": port,
	}
	for name, value := range over {
		env[name] = value
	}
	return startProcess(address, s.dir, s.environment(env), s.binary)
}

// environment returns everything Hutch gets to see: nothing of the caller's own.
func (s *stage) environment(env map[string]string) []string {
	list := []string{"PATH=/usr/bin:/bin", "HOME=" + s.dir}
	for name, value := range env {
		list = append(list, name+"="+value)
	}
	return list
}

func freeAddress() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	defer l.Close()
	return l.Addr().String(), nil
}

// signIn signs the member in as a browser does, and returns the cookie. A browser
// would send it over HTTPS only, but Hutch receives the same.
func (s *stage) signIn(ctx context.Context, at *process) (cookie string, err error) {
	form := url.Values{"email": {memberEmail}, "password": {memberPassword}}.Encode()
	a, err := fetch(ctx, target{
		address: at.address, method: "POST", path: "/signin", body: form,
		header: []string{"Origin: " + publicURL, "Content-Type: application/x-www-form-urlencoded"},
	})
	if err != nil {
		return "", err
	}
	for _, c := range a.cookies() {
		if strings.HasSuffix(c.Name, "session") && c.Value != "" {
			return c.Name + "=" + c.Value, nil
		}
	}
	return "", fmt.Errorf("signing in: no session in the response, status %d", a.status)
}

// versions returns the versions of what was measured.
func (s *stage) versions(ctx context.Context) (string, error) {
	commit, err := toolcache.Output(ctx, s.root, os.Environ(), "git", "describe", "--always", "--dirty")
	if err != nil {
		commit = []byte("without git")
	}
	golang, err := toolcache.Output(ctx, s.root, os.Environ(), "go", "env", "GOVERSION")
	if err != nil {
		return "", err
	}
	wrk, err := wrkVersion(ctx)
	return fmt.Sprintf("Hutch %s, %s, Directus %s without a licence on SQLite, wrk %s",
		strings.TrimSpace(string(commit)), strings.TrimSpace(string(golang)), directusVersion, wrk), err
}

// settle waits until background work of a start or a load is done.
func settle(ctx context.Context, d time.Duration) error {
	select {
	case <-time.After(d):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
