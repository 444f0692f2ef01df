package main

import (
	"context"
	"crypto/rand"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/signal"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"strings"
	"syscall"
	"time"

	"github.com/gin-gonic/gin"
	"golang.org/x/net/netutil"

	"hutch/cache"
	"hutch/directus"
	"hutch/handlers"
	"hutch/limits"
	"hutch/metrics"
	"hutch/replicas"
	"hutch/sandbox"
	"hutch/session"
	"hutch/setup"
	"hutch/static"
	"hutch/templates"
	"hutch/words"
)

const (
	// shutdownGrace is how long requests may still run after the signal to stop.
	shutdownGrace = 20 * time.Second
	// connectionsPerRequest is how many connections may be open for each request
	// that may be answered: browsers keep theirs for later.
	connectionsPerRequest = 4
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop) // a second signal ends the process at once
	getenv, err := readEnvironment(".env")
	if err == nil {
		err = run(ctx, os.Args[1:], getenv, os.Stdout)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// run does what the arguments say: serve by default, or setup.
func run(ctx context.Context, args []string, getenv func(string) string, stdout io.Writer) error {
	command := "serve"
	if len(args) > 0 {
		command, args = args[0], args[1:]
	}
	switch command {
	case "serve":
		return serve(ctx, getenv, stdout)
	case "setup":
		return prepare(ctx, args, getenv, stdout)
	}
	const usage = "hutch [serve | setup]"
	if command == "-h" || command == "--help" || command == "help" {
		fmt.Fprintf(stdout, "Usage: %s\nhutch setup -h tells about setup; README.md about everything.\n", usage)
		return nil
	}
	return fmt.Errorf("there is no command %q; use: %s", command, usage)
}

// prepare makes a Directus ready for this site.
func prepare(ctx context.Context, args []string, getenv func(string) string, stdout io.Writer) error {
	options, err := setup.ParseFlags(args, stdout)
	if errors.Is(err, flag.ErrHelp) {
		return nil
	}
	if err != nil {
		return err
	}
	options.PublicURL, options.HookSecret = getenv("PUBLIC_URL"), strings.TrimSpace(getenv("HOOK_SECRET"))
	directusURL, err := readDirectusURL(getenv)
	if err != nil {
		return err
	}
	client, err := directus.New(directusURL)
	if err != nil {
		return err
	}
	token, signOut, err := setup.SignIn(ctx, client, getenv)
	if err != nil {
		return err
	}
	return errors.Join(setup.Run(ctx, client, token, options, stdout), signOut())
}

// serve runs the site until ctx ends.
func serve(ctx context.Context, getenv func(string) string, stdout io.Writer) error {
	config, err := readConfig(getenv)
	if err != nil {
		return fmt.Errorf("the configuration has faults:\n%w", err)
	}
	log := newLog(config, stdout)
	for _, note := range config.notes {
		log.Info(note)
	}

	listener, err := net.Listen("tcp", config.address())
	if err != nil {
		return fmt.Errorf("HOST and PORT: %w", err)
	}
	defer listener.Close() // where the start fails
	var counted *metrics.Metrics
	if config.metricsAddress != "" {
		counted = metrics.New()
		stop, err := serveMetrics(ctx, config.metricsAddress, counted, log)
		if err != nil {
			return fmt.Errorf("METRICS_ADDRESS: %w", err)
		}
		defer stop()
	}
	if config.publicURL == "" {
		config.publicURL = "http://" + reachable(listener.Addr())
	}

	directusURL, greeting := config.directusURL, ""
	var outbox func(context.Context) ([]templates.Mail, error)
	if directusURL == "" {
		adminToken := rand.Text()
		box, err := sandbox.Open(ctx, sandbox.Options{
			Path:        config.sandboxDB,
			AdminToken:  adminToken,
			AllowedURLs: handlers.MailedURLs(config.publicURL),
			StallTime:   500 * time.Millisecond,
			Log:         log,
		})
		if err != nil {
			return fmt.Errorf("the sandbox cannot start: %w", err)
		}
		defer box.Close()
		if directusURL, err = box.Start(ctx); err != nil {
			return fmt.Errorf("the sandbox cannot start: %w", err)
		}
		if config.serviceToken, err = box.ServiceToken(ctx); err != nil {
			return fmt.Errorf("the sandbox cannot start: %w", err)
		}
		outbox = sandboxMails(box)
		if err := tryOutMails(ctx, directusURL, adminToken, config.publicURL); err != nil {
			return fmt.Errorf("the sandbox cannot start: %w", err)
		}
		greeting = fmt.Sprintf("It shows the sandbox. Sign in as %s with the password: %s\nMails are not sent: they are at %s/sandbox/outbox\n",
			sandbox.MemberEmail, sandbox.MemberPassword, config.publicURL)
		if !box.SampleAccountWorks(ctx) {
			greeting = fmt.Sprintf("It shows the sandbox. The sample account was changed; delete %s to begin anew.\n", config.sandboxDB)
		}
	}

	// The site works on while the last requests finish.
	siteCtx, end := context.WithCancel(context.WithoutCancel(ctx))
	defer end()
	site, err := newSite(siteCtx, parts{
		config: config, directusURL: directusURL, outbox: outbox, metrics: counted, closing: ctx, now: time.Now, log: log,
	})
	if err != nil {
		return err
	}
	spareMemory(config.cacheBytes)
	fmt.Fprintf(stdout, "Hutch is at http://%s\n%s", listener.Addr(), greeting)
	bounded := netutil.LimitListener(listener, connectionsPerRequest*config.maxRequests)
	return serveUntil(ctx, handlers.NewServer(config.address(), site, log), bounded, config.shutdownDelay)
}

// spareMemory trades a little of the processor's time for memory, unless GOGC or
// GOMEMLIMIT say otherwise: Hutch makes little garbage and lives beside others. A
// start makes several times of what is needed after it, so that is given back.
func spareMemory(cacheBytes uint64) {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(50)
	}
	if os.Getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(24<<20 + int64(cacheBytes)) //nolint:gosec // megabytes
	}
	time.AfterFunc(time.Second, func() {
		runtime.GC() // what pools hold goes at the second time
		debug.FreeOSMemory()
	})
}

// tryOutMails has the sandbox mail as a real Directus does: new members confirm
// their address, and somebody is invited, so that every journey can be walked.
func tryOutMails(ctx context.Context, directusURL, adminToken, publicURL string) error {
	client, err := directus.New(directusURL)
	if err != nil {
		return err
	}
	admin := client.Admin(adminToken)
	if err := admin.Patch(ctx, "/settings", map[string]bool{"public_registration_verify_email": true}); err != nil {
		return err
	}
	var settings struct {
		Role string `json:"public_registration_role"`
	}
	if err := admin.Get(ctx, "/settings", url.Values{"fields": {"public_registration_role"}}, &settings); err != nil {
		return err
	}
	invitation := map[string]string{"email": "invited@example.com", "role": settings.Role, "invite_url": handlers.InviteURL(publicURL)}
	return admin.Post(ctx, "/users/invite", invitation, nil)
}

// reachable is the address that a browser on this machine uses.
func reachable(address net.Addr) string {
	host, port, err := net.SplitHostPort(address.String())
	if ip := net.ParseIP(host); err == nil && ip.IsUnspecified() {
		return net.JoinHostPort("127.0.0.1", port)
	}
	return address.String()
}

// sandboxMails lets the site show what the sandbox would have sent.
func sandboxMails(box *sandbox.Sandbox) func(context.Context) ([]templates.Mail, error) {
	return func(ctx context.Context) ([]templates.Mail, error) {
		sent, err := box.Mails(ctx)
		var mails []templates.Mail
		for _, m := range sent {
			mails = append(mails, templates.Mail(m))
		}
		return mails, err
	}
}

// parts are what a site is made of, beside what is in its binary.
type parts struct {
	config      config
	directusURL string
	outbox      func(context.Context) ([]templates.Mail, error) // given with the sandbox alone
	upstream    directus.Options                                // how patient to be with Directus; zero: as usual
	metrics     *metrics.Metrics                                // nil: none
	closing     context.Context                                 //nolint:containedctx // ends when the process is about to
	now         func() time.Time
	log         *slog.Logger
}

// newSite wires the rooms. What the site does beside answering ends with ctx.
func newSite(ctx context.Context, p parts) (http.Handler, error) {
	config, now, log := p.config, p.now, p.log
	gin.SetMode(gin.ReleaseMode)
	upstream := p.upstream
	upstream.Observe = func(o directus.Observation) { p.metrics.Upstream(o.Call, string(o.Failure), o.Duration) }
	upstream.BreakerChanged = func(name, state string) {
		log.Warn("calls to directus", "kind", name, "breaker", state)
		p.metrics.Breaker(name, state)
	}
	client, err := directus.NewWith(p.directusURL, upstream)
	if err != nil {
		return nil, err
	}
	pseudonyms, err := session.NewPseudonyms(config.secrets)
	if err != nil {
		return nil, err
	}
	keeper, err := session.NewKeeper(session.Config{
		Secrets: config.secrets,
		Domain:  config.cookieDomain,
		Secure:  config.production,
		MaxAge:  config.sessionMaxAge,
		Renew:   renew(client),
		Revoke:  revoke(client),
		Now:     now,
		Log:     log,
	})
	if err != nil {
		return nil, err
	}
	catalogue, err := words.New(words.Options{Numbers: handlers.Bounds(), Pseudo: !config.production})
	if err != nil {
		return nil, err
	}
	content, err := cache.New(cache.Options{
		MaxBytes:    config.cacheBytes,
		Fresh:       config.cacheFresh,
		Retry:       5 * time.Second,
		LoadTimeout: 10 * time.Second,
		Temporary: func(err error) bool {
			return errors.Is(err, directus.ErrUnavailable) || errors.Is(err, directus.ResourceRestricted) // locked by its licence
		},
		Dir:     config.cacheDir,
		Passing: handlers.IsPassing,
		Now:     now,
		Log:     log,
	})
	if err != nil {
		return nil, err
	}
	files, err := static.New(onDisk(config, "static", "hutch.css"))
	if err != nil {
		return nil, err
	}
	pages, err := templates.New(templates.Options{
		Dir:             onDisk(config, "templates", "layout.html"),
		Languages:       catalogue.Languages(),
		StaticURL:       files.URL,
		DirectusURL:     p.directusURL,
		PublicURL:       config.publicURL,
		ContentLanguage: config.contentLanguage,
		Sandbox:         p.outbox != nil,
	})
	if err != nil {
		return nil, err
	}
	purge, err := purgeEverywhere(ctx, config, content, log)
	if err != nil {
		return nil, err
	}
	limiter, err := newLimits(ctx, config, now, log)
	if err != nil {
		return nil, err
	}
	return handlers.New(handlers.Config{
		Directus:       client,
		Sessions:       keeper,
		Limits:         limiter,
		Templates:      pages,
		Static:         files,
		Words:          catalogue,
		Cache:          content,
		Purge:          purge,
		HookSecret:     config.hookSecret,
		Log:            log,
		Metrics:        p.metrics,
		Pseudonyms:     pseudonyms,
		MaxRequests:    config.maxRequests,
		Closing:        p.closing,
		ServiceToken:   config.serviceToken,
		TrustedProxies: config.trustedProxies,
		PublicURL:      config.publicURL,
		SiteName:       config.siteName,
		RedirectHosts:  config.redirectHosts,
		Now:            now,
		Fresh:          config.cacheFresh,
		Outbox:         p.outbox,
		Production:     config.production,
	})
}

// newLimits has replicas count together where there is a Redis.
func newLimits(ctx context.Context, config config, now func() time.Time, log *slog.Logger) (*limits.Limits, error) {
	options := limits.Options{Secret: config.secrets[0], Site: config.publicURL, Now: now, Log: log}
	if config.redisURL != "" {
		client, err := replicas.Client(config.redisURL)
		if err != nil {
			return nil, err
		}
		context.AfterFunc(ctx, func() { _ = client.Close() })
		options.Redis = client
	}
	return limits.New(options)
}

// purgeEverywhere purges here and, with Redis, in every replica, and begins to
// listen to what the others purge.
func purgeEverywhere(ctx context.Context, config config, content *cache.Cache, log *slog.Logger) (func(context.Context, ...string) int, error) {
	if config.redisURL == "" {
		return func(_ context.Context, tags ...string) int { return content.Purge(tags...) }, nil
	}
	replica, err := replicas.New(replicas.Options{
		RedisURL: config.redisURL,
		Site:     config.publicURL,
		Purge:    content.Purge,
		PurgeAll: content.PurgeAll,
		Log:      log,
	})
	if err != nil {
		return nil, err
	}
	go replica.Listen(ctx)
	return replica.Purge, nil
}

// renew tells the session room how Directus renews a token. An answer that was
// lost on its way is asked for again: Directus gives the same successor for ten
// seconds.
func renew(client *directus.Client) session.Renew {
	return func(ctx context.Context, token string, v session.Visitor) (session.Grant, error) {
		granted, err := client.Refresh(ctx, visitor(v), token)
		var answered *directus.Error
		if err != nil && !errors.As(err, &answered) && ctx.Err() == nil {
			granted, err = client.Refresh(ctx, visitor(v), token)
		}
		if directus.TokenRefused(err) {
			return session.Grant{}, session.ErrRefused
		}
		return session.Grant{Token: granted.Token, MemberID: granted.UserID, ExpiresIn: granted.ExpiresIn}, err
	}
}

// revoke tells it how a session ends there.
func revoke(client *directus.Client) session.Revoke {
	return func(ctx context.Context, token string, v session.Visitor) error {
		return client.Logout(ctx, visitor(v), token)
	}
}

func visitor(v session.Visitor) directus.Visitor {
	return directus.Visitor{IP: v.IP, UserAgent: v.UserAgent}
}

// onDisk is the folder of that name, if this is development and the folder is
// here with that file in it: its files are then read anew for each page.
// Otherwise nil: those in the binary.
func onDisk(config config, folder, file string) fs.FS {
	if _, err := os.Stat(filepath.Join(folder, file)); config.production || err != nil {
		return nil
	}
	return os.DirFS(folder)
}

// newLog writes for machines in production, for people otherwise. Times are UTC, as
// replicas may stand anywhere.
func newLog(config config, out io.Writer) *slog.Logger {
	options := &slog.HandlerOptions{ReplaceAttr: func(groups []string, a slog.Attr) slog.Attr {
		if a.Key == slog.TimeKey && len(groups) == 0 {
			a.Value = slog.TimeValue(a.Value.Time().UTC())
		}
		return a
	}}
	if config.production {
		return slog.New(slog.NewJSONHandler(out, options))
	}
	return slog.New(slog.NewTextHandler(out, options))
}
