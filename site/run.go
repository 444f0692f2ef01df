package site

import (
	"context"
	"crypto/rand"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net"
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
	// shutdownGrace is how long requests may still run after the signal to stop.
	shutdownGrace = 20 * time.Second
	// waitGrace is how long refreshes of sessions may, where requests took all that.
	waitGrace = 6 * time.Second
	// connectionsPerRequest is how many connections may be open for each request
	// that may be answered: browsers keep theirs for later.
	connectionsPerRequest = 4
)

// Run does what the arguments say: serve by default, or setup.
func Run(ctx context.Context, args []string, getenv func(string) string, stdout io.Writer) error {
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
	config, err := Read(getenv)
	if err != nil {
		return fmt.Errorf("the configuration has faults:\n%w", err)
	}
	log := NewLog(config, stdout)
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

	directusURL, greeting := config.DirectusURL, ""
	var outbox func(context.Context) ([]templates.Mail, error)
	if directusURL == "" {
		adminToken := rand.Text()
		box, err := sandbox.Open(ctx, sandbox.Options{
			Path:        config.sandboxDB,
			AdminToken:  adminToken,
			AllowedURLs: account.MailedURLs(config.publicURL),
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
		token, err := box.ServiceToken(ctx)
		if err != nil {
			return fmt.Errorf("the sandbox cannot start: %w", err)
		}
		config.serviceToken = secret.Of(token)
		outbox = SandboxMails(box)
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
	site, err := New(siteCtx, Options{
		Config: config, DirectusURL: directusURL, Outbox: outbox, Metrics: counted, Closing: ctx, Now: time.Now, Log: log,
	})
	if err != nil {
		return err
	}
	spareMemory(config.cacheBytes)
	fmt.Fprintf(stdout, "Hutch is at http://%s\n%s", listener.Addr(), greeting)
	bounded := netutil.LimitListener(listener, connectionsPerRequest*config.maxRequests)
	return serveUntil(ctx, handlers.NewServer(config.address(), site, log), bounded, config.shutdownDelay, site.wait)
}

// spareMemory trades a little of the processor's time for memory, unless GOGC or
// GOMEMLIMIT say otherwise: Hutch makes little garbage and lives beside others. A
// start makes several times of what is needed after it, so that is given back.
func spareMemory(cacheBytes uint64) {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(50)
	}
	if os.Getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(24<<20 + int64(cacheBytes)) // #nosec G115 -- megabytes
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
	invitation := map[string]string{"email": "invited@example.com", "role": settings.Role, "invite_url": account.InviteURL(publicURL)}
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

// SandboxMails lets the site show what the sandbox would have sent.
func SandboxMails(box *sandbox.Sandbox) func(context.Context) ([]templates.Mail, error) {
	return func(ctx context.Context) ([]templates.Mail, error) {
		sent, err := box.Mails(ctx)
		var mails []templates.Mail
		for _, m := range sent {
			mails = append(mails, templates.Mail(m))
		}
		return mails, err
	}
}

// NewLog writes for machines in production, for people otherwise. Times are UTC, as
// replicas may stand anywhere.
func NewLog(config Config, out io.Writer) *slog.Logger {
	options := &slog.HandlerOptions{ReplaceAttr: func(groups []string, a slog.Attr) slog.Attr {
		if a.Key == slog.TimeKey && len(groups) == 0 {
			a.Value = slog.TimeValue(a.Value.Time().UTC())
		}
		return a
	}}
	if config.Production {
		return slog.New(slog.NewJSONHandler(out, options))
	}
	return slog.New(slog.NewTextHandler(out, options))
}
