package app

import (
	"context"
	"crypto/rand"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"os"
	"runtime"
	"runtime/debug"
	"strings"
	"time"

	"golang.org/x/net/netutil"

	"hutch/handlers"
	"hutch/handlers/account"
	"hutch/internal/directus"
	"hutch/internal/metrics"
	"hutch/internal/secret"
	"hutch/sandbox"
	"hutch/setup"
	"hutch/templates"
)

const (
	// shutdownGrace is how long requests may still run after SIGTERM or SIGINT.
	shutdownGrace = 20 * time.Second
	// waitGrace is how long session refreshes may run after that.
	waitGrace = 6 * time.Second
	// connectionsPerRequest is the number of open connections allowed for each of
	// MaxRequests: browsers keep idle ones.
	connectionsPerRequest = 4
)

const usage = `Hutch is a ready-made website for a Directus project.

Usage:

  hutch serve     serve the site; the default
  hutch setup     prepare a Directus; hutch setup -h lists the flags
  hutch init      write a site folder to begin with; hutch init -h says how
  hutch check     say what is wrong with the site folder, and with the Directus
                  that it needs
  hutch healthcheck
                  succeed if the site on HOST and PORT is running
  hutch version   print version, revision and Go version

The configuration is read from the environment and .env: docs/configuration.md.
`

// Run runs the command that the arguments name.
func Run(ctx context.Context, args []string, getenv func(string) string, stdout io.Writer) error {
	command := "serve"
	if len(args) > 0 {
		command, args = args[0], args[1:]
	}
	getenv = withSettings(getenv)
	switch command {
	case "serve":
		return serve(ctx, getenv, stdout)
	case "setup":
		return prepare(ctx, args, getenv, stdout)
	case "init":
		return initFolder(args, getenv, stdout)
	case "check":
		return checkFolder(ctx, getenv, stdout)
	case "healthcheck":
		return healthcheck(ctx, getenv)
	case "version":
		info, ok := debug.ReadBuildInfo()
		if !ok {
			return errors.New("this program was built without version information")
		}
		_, err := io.WriteString(stdout, version(info))
		return err
	case "help", "-h", "--help":
		_, err := io.WriteString(stdout, usage)
		return err
	}
	return fmt.Errorf("unknown command %q: hutch help lists the commands", command)
}

// prepare runs setup against the configured Directus.
func prepare(ctx context.Context, args []string, getenv func(string) string, stdout io.Writer) error {
	options, err := setup.ParseFlags(args, stdout)
	if errors.Is(err, flag.ErrHelp) {
		return nil
	}
	if err != nil {
		return err
	}
	options.PublicURL, options.HookSecret = getenv("PUBLIC_URL"), strings.TrimSpace(getenv("HOOK_SECRET"))
	fromSite := configReader{getenv: getenv}
	options.Published, options.RedirectHosts = fromSite.published(), fromSite.list("REDIRECT_HOSTS")
	options.FormsToken, options.FormsFolder = getenv("FORMS_TOKEN") != "", fromSite.formsFolder()
	options.ContentFormat = strings.TrimSpace(getenv("CONTENT_FORMAT"))
	if options.Own, err = ownCollections(getenv); err != nil {
		return err
	}
	directusURL, err := readDirectusURL(getenv)
	if err != nil {
		return err
	}
	options.DirectusURL = directusURL
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
	config, err := Read(getenv)
	if err != nil {
		return fmt.Errorf("invalid configuration:\n%w", err)
	}
	logged := &lines{out: stdout}
	defer logged.flush()
	log := NewLog(config, logged)
	listener, err := net.Listen("tcp", config.address())
	if err != nil {
		return fmt.Errorf("cannot listen on HOST and PORT: %w", err)
	}
	defer listener.Close() // if the start fails
	var counted *metrics.Metrics
	if config.metricsAddress != "" {
		counted = metrics.New()
		stop, err := serveMetrics(ctx, config.metricsAddress, counted, log)
		if err != nil {
			return fmt.Errorf("cannot listen on METRICS_ADDRESS: %w", err)
		}
		defer stop()
	}
	if config.publicURL == "" {
		config.publicURL = "http://" + reachable(listener.Addr().String())
	}

	directusURL, greeting := config.DirectusURL, ""
	var outbox func(context.Context) (templates.Outbox, error)
	if directusURL == "" {
		adminToken := rand.Text()
		box, err := sandbox.Open(ctx, sandbox.Options{
			Path:        config.sandboxDB,
			Blocks:      true,
			AdminToken:  adminToken,
			AllowedURLs: account.MailedURLs(config.publicURL),
			StallTime:   500 * time.Millisecond,
			Log:         log,
		})
		if err != nil {
			return fmt.Errorf("cannot start the sandbox: %w", err)
		}
		defer box.Close()
		if directusURL, err = box.Start(ctx); err != nil {
			return fmt.Errorf("cannot start the sandbox: %w", err)
		}
		token, err := box.ServiceToken(ctx)
		if err != nil {
			return fmt.Errorf("cannot start the sandbox: %w", err)
		}
		config.serviceToken = secret.Of(token)
		outbox = SandboxOutbox(box)
		if err := tryOutMails(ctx, directusURL, adminToken, config.publicURL); err != nil {
			return fmt.Errorf("cannot start the sandbox: %w", err)
		}
		greeting = sandboxGreeting(config, box.SampleAccountWorks(ctx))
	}

	// The site keeps working while the last requests finish.
	siteCtx, end := context.WithCancel(context.WithoutCancel(ctx))
	defer end()
	site, err := New(siteCtx, Options{
		Config: config, DirectusURL: directusURL, Outbox: outbox, Metrics: counted, Closing: ctx, Now: time.Now, Log: log,
		Folder: config.SiteFolder(),
	})
	if err != nil {
		return fmt.Errorf("cannot start the site:\n%w", err)
	}
	if config.Production { // in development, the next request sees what was edited
		site.reloadOnHangup(siteCtx)
	}
	spareMemory(config.cacheBytes)
	fmt.Fprintf(stdout, "Hutch is running at http://%s\n%s", listener.Addr(), greeting)
	for _, note := range config.notes {
		fmt.Fprintf(stdout, "Note: %s\n", note)
	}
	bounded := netutil.LimitListener(listener, connectionsPerRequest*config.maxRequests)
	return serveUntil(ctx, handlers.NewServer(config.address(), site, log), bounded, config.shutdownDelay, site.wait)
}

// sandboxGreeting says how to sign in and where email goes.
func sandboxGreeting(config Config, sampleWorks bool) string {
	greeting := "Sandbox mode with sample content. "
	if sampleWorks {
		greeting += fmt.Sprintf("Sign in with %s / %s", sandbox.MemberEmail, sandbox.MemberPassword)
	} else {
		greeting += fmt.Sprintf("The sample account was changed; delete %s to start over.", config.sandboxDB)
	}
	return greeting + fmt.Sprintf("\nEmail and forms are captured at %s/sandbox/outbox\n", config.publicURL)
}

// spareMemory bounds memory, unless GOGC or GOMEMLIMIT is set. What is in use is
// little, so that the collector may wait for twice as much garbage; with a full cache
// it needs room for as much again, or it never rests. Starting allocates several times
// what is needed later, which is returned to the system.
func spareMemory(cacheBytes uint64) {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(200)
	}
	if os.Getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(32<<20 + 2*int64(cacheBytes)) // #nosec G115 -- megabytes
	}
	time.AfterFunc(time.Second, func() {
		runtime.GC() // pools are emptied by the second collection
		debug.FreeOSMemory()
	})
}

// tryOutMails makes the sandbox require email confirmation and sends an invitation,
// so that every journey can be tried.
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
	invitation := map[string]string{"email": "invited@example.com", "role": settings.Role, "invite_url": account.InviteURL(publicURL)}
	return admin.Post(ctx, "/users/invite", invitation, nil)
}

// reachable returns the address at which this machine can open one that the site
// listens on.
func reachable(address string) string {
	host, port, err := net.SplitHostPort(address)
	if ip := net.ParseIP(host); err == nil && ip.IsUnspecified() {
		return net.JoinHostPort("127.0.0.1", port)
	}
	return address
}

// SandboxOutbox returns a function that lists the email and the form submissions that the
// sandbox has kept.
func SandboxOutbox(box *sandbox.Sandbox) func(context.Context) (templates.Outbox, error) {
	return func(ctx context.Context) (templates.Outbox, error) {
		var outbox templates.Outbox
		mails, mailsErr := box.Mails(ctx)
		for _, m := range mails {
			outbox.Mails = append(outbox.Mails, templates.Mail(m))
		}
		submissions, err := box.Submissions(ctx)
		for _, s := range submissions {
			shown := templates.Submission{Form: s.Form, At: s.At}
			for _, v := range s.Values {
				shown.Values = append(shown.Values, templates.SubmittedValue(v))
			}
			outbox.Submissions = append(outbox.Submissions, shown)
		}
		return outbox, errors.Join(mailsErr, err)
	}
}

// serveUntil serves until ctx ends. From then on the site reports that it is not
// ready, and keeps accepting requests for delay, until load balancers have noticed.
// Then it lets running requests finish and waits for background work.
func serveUntil(ctx context.Context, server *http.Server, listener net.Listener, delay time.Duration, wait func(context.Context) error) error {
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(listener) }()
	select {
	case err := <-failed:
		return err
	case <-ctx.Done():
	}
	select {
	case err := <-failed:
		return err
	case <-time.After(delay):
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), shutdownGrace)
	defer cancel()
	if err := server.Shutdown(ctx); err != nil {
		// Background work takes a few seconds at most.
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), waitGrace)
		defer cancel()
		return errors.Join(fmt.Errorf("some requests did not finish in time: %w", err), wait(ctx))
	}
	if err := <-failed; !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return wait(ctx)
}

// serveMetrics serves the metrics on an address of their own, which visitors cannot
// reach, until stop is called.
func serveMetrics(ctx context.Context, address string, m *metrics.Metrics, log *slog.Logger) (stop func(), err error) {
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", address)
	if err != nil {
		return nil, err
	}
	routes := http.NewServeMux()
	routes.Handle("GET /metrics", m.Handler())
	server := &http.Server{
		Handler:           routes,
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       5 * time.Second,
		WriteTimeout:      30 * time.Second,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    16 << 10,
		ErrorLog:          slog.NewLogLogger(log.Handler(), slog.LevelWarn),
	}
	go func() {
		if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			log.Error("metrics are no longer served", "error", err)
		}
	}()
	log.Info("metrics are at http://" + listener.Addr().String() + "/metrics")
	return func() { _ = server.Close() }, nil
}

// healthcheck asks the site on HOST and PORT whether it is running, for container
// images without a shell or a client of their own. It asks /healthz, as what is to be
// restarted is the process: whether Directus answers is for the proxy to ask.
func healthcheck(ctx context.Context, getenv func(string) string) error {
	config, err := Read(getenv)
	if err != nil {
		return fmt.Errorf("invalid configuration:\n%w", err)
	}
	if config.port == "0" {
		return errors.New("healthcheck needs a PORT: with 0 the site listens on any")
	}
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+reachable(config.address())+"/healthz", nil)
	if err != nil {
		return err
	}
	response, err := http.DefaultTransport.RoundTrip(request)
	if err != nil {
		return fmt.Errorf("the site does not answer: %w", err)
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("the site answers %s", response.Status)
	}
	return nil
}

// version describes the running program as the Go toolchain recorded it. go run
// and builds outside a checkout record no revision.
func version(info *debug.BuildInfo) string {
	recorded := map[string]string{}
	for _, setting := range info.Settings {
		recorded[setting.Key] = setting.Value
	}
	var b strings.Builder
	fmt.Fprintf(&b, "hutch %s\n", info.Main.Version)
	if revision := recorded["vcs.revision"]; revision != "" {
		fmt.Fprintf(&b, "revision %s of %s", revision, recorded["vcs.time"])
		if recorded["vcs.modified"] == "true" {
			b.WriteString(", modified")
		}
		b.WriteString("\n")
	} else {
		b.WriteString("revision unknown\n")
	}
	fmt.Fprintf(&b, "built with %s\n", info.GoVersion)
	return b.String()
}
