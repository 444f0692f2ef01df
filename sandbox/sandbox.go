package sandbox

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/alexedwards/argon2id"
)

// The sample account: a member of the role "Users".
const (
	MemberEmail    = "member@example.com"
	MemberPassword = "clover-lantern-burrow"
)

// Version is what /server/info tells an administrator: the release whose
// behaviour is followed, marked so that nobody takes the sandbox for it.
const Version = "11.17.4-sandbox"

// Options say where the data lives and which limits apply. Only Path is needed.
type Options struct {
	// Path is the SQLite file, made and seeded when it is missing. ":memory:"
	// keeps everything in memory until Close.
	Path string
	// AdminToken is a static token that may do everything. Empty: nobody may.
	AdminToken string
	// Now is the clock; nil is time.Now.
	Now func() time.Time
	// The lives of tokens. Zero is Directus' default: a session 24 h, an access
	// token 15 min, a refresh token 7 d, a replaced session 10 s.
	SessionTTL, AccessTTL, RefreshTTL, RefreshGrace time.Duration
	// AllowedURLs are the pages that mails may lead to, as Directus' lists of
	// allowed URLs: the very address, or one of the same origin and path.
	AllowedURLs []string
	// StallTime is the least time that asking for a new password and signing up
	// take, so that known and unknown addresses cannot be told apart. Zero: none.
	StallTime time.Duration
	// MaxUpload is the largest file in bytes. Zero is 10 MB.
	MaxUpload int64
	// PasswordCost is for tests, which cannot wait; nil is argon2id's default.
	PasswordCost *argon2id.Params
	// Log receives faults of the sandbox itself; nil is silence. No password,
	// token or request body is ever logged.
	Log *slog.Logger
}

// Sandbox is one project: its data and the server over it. It is safe for
// concurrent use.
type Sandbox struct {
	options  Options
	db       *sql.DB
	keeper   *sql.Conn // keeps a database in memory alive
	schema   schema
	secret   []byte // signs the tokens; kept in the database
	decoy    string // a hash to check for addresses nobody has
	attempts attempts
	hashing  chan struct{} // bounds the memory that password hashing takes
	pictures *pictures
	handler  http.Handler

	mu     sync.Mutex
	server *http.Server
	url    string
}

// maxHashing bounds concurrent password hashes: each takes 64 MB by default.
const maxHashing = 4

// Open opens the data at options.Path, and makes and seeds it when it is empty.
// Close it afterwards.
func Open(ctx context.Context, options Options) (*Sandbox, error) {
	if options.Path == "" {
		return nil, errors.New("sandbox: no path for the data")
	}
	s := &Sandbox{
		options:  withDefaults(options),
		hashing:  make(chan struct{}, maxHashing),
		pictures: newPictures(),
	}
	for _, c := range allCollections() {
		s.schema.put(c)
	}
	if err := s.openDatabase(ctx); err != nil {
		return nil, fmt.Errorf("sandbox: %w", err)
	}
	if err := s.prepare(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("sandbox: %w", err), s.Close())
	}
	s.handler = s.routes()
	return s, nil
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

// prepare seeds an empty database and reads what the server needs from it.
func (s *Sandbox) prepare(ctx context.Context) error {
	decoy, err := s.hashPassword(randomToken())
	if err != nil {
		return err
	}
	s.decoy = decoy
	if err := s.createTables(ctx); err != nil {
		return err
	}
	if err := s.seed(ctx); err != nil {
		return err
	}
	if err := s.loadAdditions(ctx); err != nil {
		return err
	}
	return s.db.QueryRowContext(ctx, `SELECT value FROM sandbox WHERE name = 'secret'`).Scan(&s.secret)
}

// Handler is the REST API, for tests that bring their own server.
func (s *Sandbox) Handler() http.Handler { return s.handler }

// Start serves the API on a free port of this machine's loopback address, and
// nowhere else, until Close. It gives the address, such as
// "http://127.0.0.1:41234". A second Start gives the same address.
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

// address is where Start serves, "" before it.
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

// SampleAccountWorks reports whether the sample account can still be signed in
// with: its address may have been changed since.
func (s *Sandbox) SampleAccountWorks(ctx context.Context) bool {
	m, err := memberByEmail(ctx, s.db, MemberEmail)
	return err == nil && m.status == "active" && s.matches(MemberPassword, m.password)
}

// Close ends the server, if there is one, giving requests a second to finish,
// and closes the data.
func (s *Sandbox) Close() error {
	s.mu.Lock()
	server := s.server
	s.server = nil
	s.mu.Unlock()

	var faults []error
	if server != nil {
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		// Not a fault: Shutdown also waits for connections that a client has
		// opened ahead and never used.
		if server.Shutdown(ctx) != nil {
			faults = append(faults, server.Close())
		}
	}
	if s.keeper != nil {
		faults = append(faults, s.keeper.Close())
	}
	if s.db != nil {
		faults = append(faults, s.db.Close())
	}
	return errors.Join(faults...)
}
