package sandbox

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/alexedwards/argon2id"

	"hutch/internal/collections"
)

// The sample account: a member of the role "Users".
const (
	MemberEmail    = "member@example.com"
	MemberPassword = "clover-lantern-burrow"
)

// Version is what /server/info reports to an administrator: the release whose
// behaviour the sandbox follows, marked so that nobody mistakes it for that.
const Version = "11.17.4-sandbox"

// Options say where the data is and which limits apply. Only Path is required.
type Options struct {
	// Path is the SQLite file, created and seeded if it is missing. ":memory:"
	// keeps everything in memory until Close.
	Path string
	// Blocks adds the content model that Directus ships to Hutch's own, with sample items:
	// pages made of blocks, nested menus, and forms, which the public may send.
	Blocks bool
	// Table takes the place of Hutch's own collections, without sample items.
	Table collections.Table
	// Collections exist in addition to Hutch's own; a row with the name of one that
	// exists adds fields to it.
	Collections collections.Table
	// Instead are rows that take the place of Hutch's own of that name, without sample
	// items: a project may have made such a collection in its own way.
	Instead collections.Table
	// AdminToken is a static token with all rights. Empty: there is none.
	AdminToken string
	// Now is the clock; nil is time.Now.
	Now func() time.Time
	// The lifetimes of tokens. Zero is Directus' default: 24 h for a session, 15 min
	// for an access token, 7 days for a refresh token, 10 s for a replaced session.
	SessionTTL, AccessTTL, RefreshTTL, RefreshGrace time.Duration
	// AllowedURLs are the pages that links in email may lead to, as in Directus'
	// lists of allowed URLs: the same address, or one with the same origin and path.
	AllowedURLs []string
	// StallTime is the minimum duration of password resets and sign-ups, so that
	// known and unknown addresses take equally long. Zero: none.
	StallTime time.Duration
	// AnyLength stores texts that are longer than their column, as SQLite does; else they
	// are refused, as PostgreSQL does.
	AnyLength bool
	// MaxUpload is the largest file in bytes. Zero is 10 MB.
	MaxUpload int64
	// PasswordCost makes tests fast; nil is argon2id's default.
	PasswordCost *argon2id.Params
	// Log receives faults of the sandbox itself; nil discards them. It never gets a
	// password, token or request body.
	Log *slog.Logger
}

// Sandbox is one project: its data and its server. It is safe for concurrent use.
type Sandbox struct {
	options  Options
	db       *sql.DB
	alive    *sql.Conn // keeps an in-memory database alive
	schema   schema
	secret   []byte // signs the tokens; kept in the database
	decoy    string // a hash to check for unknown addresses
	attempts attempts
	hashing  chan struct{} // limits the memory that password hashing uses
	pictures *pictures
	handler  http.Handler

	mu     sync.Mutex
	server *http.Server
	url    string
}

// maxHashing limits concurrent password hashes, which take 64 MB each by default.
const maxHashing = 4

// Open opens the data at options.Path, and creates and seeds it if it is missing.
// The caller has to Close it.
func Open(ctx context.Context, options Options) (*Sandbox, error) {
	if options.Path == "" {
		return nil, errors.New("sandbox: no path for the data")
	}
	s := &Sandbox{
		options:  withDefaults(options),
		hashing:  make(chan struct{}, maxHashing),
		pictures: newPictures(),
	}
	table, err := tableOfProject(options)
	if err == nil {
		s.schema, err = schemaOf(table)
	}
	if err != nil {
		return nil, fmt.Errorf("sandbox: %w", err)
	}
	if err := s.openDatabase(ctx); err != nil {
		return nil, fmt.Errorf("sandbox: %w", err)
	}
	if err := s.prepare(ctx, table); err != nil {
		return nil, errors.Join(fmt.Errorf("sandbox: %w", err), s.Close())
	}
	s.handler = s.routes()
	return s, nil
}

// tableOfProject are all collections that the sandbox has.
func tableOfProject(options Options) (collections.Table, error) {
	table := collections.All()
	if options.Blocks {
		table = collections.WithBlocks()
	}
	if options.Table != nil {
		table = options.Table
	}
	for _, row := range options.Instead {
		i := slices.IndexFunc(table, func(c collections.Collection) bool { return c.Name == row.Name })
		if i < 0 {
			return nil, fmt.Errorf("there is no collection %s to stand in for", row.Name)
		}
		table[i] = row
	}
	return table.With(options.Collections)
}

func withDefaults(o Options) Options {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.SessionTTL == 0 {
		o.SessionTTL = 24 * time.Hour
	}
	if o.AccessTTL == 0 {
		o.AccessTTL = 15 * time.Minute
	}
	if o.RefreshTTL == 0 {
		o.RefreshTTL = 7 * 24 * time.Hour
	}
	if o.RefreshGrace == 0 {
		o.RefreshGrace = 10 * time.Second
	}
	if o.MaxUpload == 0 {
		o.MaxUpload = 10 << 20
	}
	if o.PasswordCost == nil {
		o.PasswordCost = argon2id.DefaultParams
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	return o
}

// prepare seeds a new database and reads what the server needs from it.
func (s *Sandbox) prepare(ctx context.Context, table collections.Table) error {
	decoy, err := s.hashPassword(randomToken())
	if err != nil {
		return err
	}
	s.decoy = decoy
	if err := s.seed(ctx, table); err != nil {
		return err
	}
	return s.db.QueryRowContext(ctx, `SELECT value FROM sandbox WHERE name = 'secret'`).Scan(&s.secret)
}

// Handler is the REST API, for tests that bring their own server.
func (s *Sandbox) Handler() http.Handler { return s.handler }

// Start serves the API on a free port of this machine's loopback address, and
// nowhere else, until Close. It returns the address, such as
// "http://127.0.0.1:41234". A second Start returns the same address.
func (s *Sandbox) Start(ctx context.Context) (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.server != nil {
		return s.url, nil
	}
	var config net.ListenConfig
	listener, err := config.Listen(ctx, "tcp4", "127.0.0.1:0")
	if err != nil {
		return "", fmt.Errorf("sandbox: %w", err)
	}
	s.server = &http.Server{
		Handler:           s.handler,
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       15 * time.Second,
		WriteTimeout:      30 * time.Second,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    64 << 10,
		ErrorLog:          slog.NewLogLogger(s.options.Log.Handler(), slog.LevelWarn),
	}
	s.url = "http://" + listener.Addr().String()
	go func(server *http.Server) {
		if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			s.options.Log.Error("sandbox stopped serving", "error", err)
		}
	}(s.server)
	return s.url, nil
}

// address is where Start serves; empty before that.
func (s *Sandbox) address() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.url
}

// ServiceToken is the static token of the service account, which keeps the
// members' recovery codes.
func (s *Sandbox) ServiceToken(ctx context.Context) (string, error) {
	var token string
	err := s.db.QueryRowContext(ctx, `SELECT u.token FROM directus_users u JOIN directus_access a ON a.user = u.id
		JOIN directus_policies p ON p.id = a.policy WHERE p.name = ? AND u.token IS NOT NULL`, servicePolicy).Scan(&token)
	if err != nil {
		return "", fmt.Errorf("sandbox: the service account's token: %w", err)
	}
	return token, nil
}

// SampleAccountWorks reports whether the sample account can still sign in: its
// address or password may have been changed.
func (s *Sandbox) SampleAccountWorks(ctx context.Context) bool {
	m, err := memberByEmail(ctx, s.db, MemberEmail)
	return err == nil && m.status == "active" && s.matches(MemberPassword, m.password)
}

// Close stops the server, giving requests a second to finish, and closes the data.
func (s *Sandbox) Close() error {
	s.mu.Lock()
	server := s.server
	s.server = nil
	s.mu.Unlock()

	var faults []error
	if server != nil {
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		// This is no fault: Shutdown also waits for connections that a client has
		// opened in advance and never used.
		if server.Shutdown(ctx) != nil {
			faults = append(faults, server.Close())
		}
	}
	if s.alive != nil {
		faults = append(faults, s.alive.Close())
	}
	if s.db != nil {
		faults = append(faults, s.db.Close())
	}
	return errors.Join(faults...)
}
