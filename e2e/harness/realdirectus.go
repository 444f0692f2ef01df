package harness

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"hutch/handlers/account"
	"hutch/internal/collections"
	"hutch/internal/directus"
	"hutch/setup"
	"hutch/tools/realdirectus"
	"hutch/tools/toolcache"
)

// directuses are the real ones of this process. Each version is prepared once for each
// content model; every server starts from a copy of that, which spares it the eight
// seconds of processor time that preparing takes. HUTCH_PREPARED is a folder in which
// the packages of one make test share what is prepared.
var directuses preparedDirectuses

type preparedDirectuses struct {
	mu       sync.Mutex
	prepared map[string]*preparedDirectus // by the name of its folder
}

// model is what a Directus is prepared with.
type model struct {
	suffix string // of the names of its folders
	// prepare returns what setup says, if it runs.
	prepare func(context.Context, *realdirectus.Server) (string, error)
}

// hutchModel is what setup makes.
var hutchModel = model{prepare: func(ctx context.Context, server *realdirectus.Server) (string, error) {
	return runSetup(ctx, server, nil)
}}

// preparedDirectus is one version with one content model, before any test.
type preparedDirectus struct {
	once   sync.Once
	err    error
	folder string   // with the database, the uploads and the token of the service account
	ours   []string // folders to remove at the end

	share   sync.Once
	shared  Upstream
	server  *realdirectus.Server // behind shared; nil: no test has asked
	mailbox *realdirectus.Mailbox
}

// StartReal starts a real Directus for one test, prepared and with sample content,
// and with collections and fields of the project's own.
func StartReal(t *testing.T, version string, own ...collections.Collection) Upstream {
	t.Helper()
	server, up := startReal(t, hutchModel, version)
	if own != nil {
		if _, err := runSetup(t.Context(), server, own); err != nil {
			t.Fatal(err)
		}
	}
	return up
}

func startReal(t *testing.T, m model, version string) (*realdirectus.Server, Upstream) {
	t.Helper()
	p := directuses.of(t, m, version)
	mailbox := realdirectus.MailForTest(t)
	server, up := p.start(t, version, mailbox, filepath.Join(t.TempDir(), "directus"))
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("Directus %s said:\n%s", version, server.Output())
		}
		if err := server.Stop(); err != nil {
			t.Error(err)
		}
	})
	return server, up
}

// sharedDirectus is the one of all tests that change nothing others see.
func sharedDirectus(t *testing.T, m model, version string) Upstream {
	t.Helper()
	p := directuses.of(t, m, version)
	p.share.Do(func() {
		var err error
		if p.mailbox, err = realdirectus.StartMail(); err != nil {
			t.Fatal(err)
		}
		folder, err := p.newFolder()
		if err != nil {
			t.Fatal(err)
		}
		p.server, p.shared = p.start(t, version, p.mailbox, folder)
	})
	if p.server == nil {
		t.Fatal("Directus could not be started; another test says why")
	}
	return p.shared
}

func (d *preparedDirectuses) of(t *testing.T, m model, version string) *preparedDirectus {
	t.Helper()
	realdirectus.NeedForTest(t, version)
	d.mu.Lock()
	if d.prepared == nil {
		d.prepared = map[string]*preparedDirectus{}
	}
	name := version + m.suffix
	p := d.prepared[name]
	if p == nil {
		p = &preparedDirectus{}
		d.prepared[name] = p
	}
	d.mu.Unlock()
	p.once.Do(func() { p.err = p.prepare(m, version) })
	if p.err != nil {
		t.Fatal(p.err)
	}
	return p
}

const serviceTokenFile = "service-token"

// prepare has one process of those that share a folder fill it.
func (p *preparedDirectus) prepare(m model, version string) (err error) {
	shared := toolcache.Cache(os.Getenv("HUTCH_PREPARED"))
	if shared == "" {
		if p.folder, err = p.newFolder(); err != nil {
			return err
		}
		return m.fill(version, p.folder)
	}
	name := version + m.suffix
	unlock, err := shared.Lock(context.Background(), name, func() {})
	if err != nil {
		return err
	}
	defer unlock()
	if p.folder = shared.Path(name); toolcache.Exists(p.folder) {
		return nil
	}
	return shared.Build(p.folder, func(partial string) error { return m.fill(version, partial) })
}

func (p *preparedDirectus) newFolder() (string, error) {
	folder, err := os.MkdirTemp("", "hutch-directus-")
	p.ours = append(p.ours, folder)
	return folder, err
}

// fill prepares a new Directus and stops it: what stays is its folder.
func (m model) fill(version, folder string) error {
	ctx := context.Background()
	server, err := realdirectus.Start(ctx, version, realdirectus.Options{DataDir: folder})
	if err != nil {
		return err
	}
	said, err := m.prepare(ctx, server)
	if err = errors.Join(err, server.Stop()); err != nil {
		return err
	}
	token := ""
	if _, after, found := strings.Cut(said, "DIRECTUS_SERVICE_TOKEN="); found {
		token = strings.Fields(after)[0]
	}
	return os.WriteFile(filepath.Join(folder, serviceTokenFile), []byte(token), 0o600)
}

// runSetup is hutch setup, and returns what it says.
func runSetup(ctx context.Context, server *realdirectus.Server, own collections.Table) (string, error) {
	client, err := directus.New(server.URL)
	if err != nil {
		return "", err
	}
	var said strings.Builder
	if err := setup.Run(ctx, client, server.AdminToken, setup.Options{
		Sample: true, NoVerifyEmail: true, RecoveryCodes: true, DeleteAccounts: true, PublicURL: PublicURL, Collections: own,
	}, &said); err != nil {
		return "", fmt.Errorf("setup: %w\n%s", err, said.String())
	}
	return said.String(), nil
}

// start starts a server on a copy of what was prepared.
func (p *preparedDirectus) start(t *testing.T, version string, mailbox *realdirectus.Mailbox, folder string) (*realdirectus.Server, Upstream) {
	t.Helper()
	if err := os.CopyFS(folder, os.DirFS(p.folder)); err != nil {
		t.Fatal(err)
	}
	env := mailbox.Env()
	for i, name := range []string{"USER_REGISTER_URL_ALLOW_LIST", "PASSWORD_RESET_URL_ALLOW_LIST", "USER_INVITE_URL_ALLOW_LIST"} {
		env[name] = account.MailedURLs(PublicURL)[i]
	}
	env["IMPORT_IP_DENY_LIST"] = "169.254.169.254" // as setup advises: the site is on this machine
	server, err := realdirectus.Start(context.Background(), version, realdirectus.Options{DataDir: folder, Env: env})
	if err != nil {
		t.Fatal(err)
	}
	serviceToken, err := os.ReadFile(filepath.Join(folder, serviceTokenFile))
	if err != nil {
		t.Fatal(err)
	}
	up := Upstream{
		URL: server.URL, Admin: NewAdmin(t, server.URL, server.AdminToken), AdminToken: server.AdminToken,
		ServiceToken: string(serviceToken), mailbox: mailbox, Postgres: strings.HasSuffix(version, realdirectus.Postgres),
	}
	if _, err := fmt.Sscanf(version, "%d.", &up.Major); err != nil {
		t.Fatal(err)
	}
	return server, up
}

// stop ends the shared servers and removes what was prepared.
func (d *preparedDirectuses) stop() error {
	var errs []error
	for _, p := range d.prepared {
		if p.server != nil {
			errs = append(errs, p.server.Stop())
		}
		if p.mailbox != nil {
			errs = append(errs, p.mailbox.Close())
		}
		for _, folder := range p.ours {
			errs = append(errs, os.RemoveAll(folder))
		}
	}
	return errors.Join(errs...)
}
