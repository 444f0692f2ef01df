package harness

import (
	"cmp"
	"fmt"
	"log/slog"
	"math"
	"net/http"
	"net/http/httptest"
	"os"
	"runtime"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"hutch/app"
	"hutch/internal/directus"
	"hutch/internal/limits"
	"hutch/internal/logbuffer"
	"hutch/internal/metrics"
)

// What the tests of the whole app share: a Directus, the app in front of it, and
// a visitor, who has a browser without a screen or a real one (tab_test.go).

// App is Hutch, wired as main does it, behind a real HTTP server and in front
// of a wire that can be tapped and cut.
type App struct {
	URL     string
	Up      Upstream
	Wire    *Wire
	Log     *logbuffer.Buffer
	Metrics *metrics.Metrics
	Site    *app.Site
	Handler http.Handler // as it was at the start
	Logger  *slog.Logger
	Passed  atomic.Int64 // how far its clock is ahead
}

// Pass lets time go by for the app, and not for Directus: a session wants
// renewal after half a day, and its token is still good.
func (a *App) Pass(d time.Duration) { a.Passed.Add(int64(d)) }

func (a *App) now() time.Time { return time.Now().Add(time.Duration(a.Passed.Load())) }

func StartApp(t *testing.T, up Upstream, env map[string]string) *App {
	t.Helper()
	log := &logbuffer.Buffer{}
	return StartAppLoggingTo(t, up, env, log, slog.New(slog.NewTextHandler(log, nil)))
}

func StartAppLoggingTo(t *testing.T, up Upstream, env map[string]string, written *logbuffer.Buffer, log *slog.Logger) *App {
	t.Helper()
	a := &App{Up: up, Wire: NewWire(t, up.URL), Log: written, Metrics: metrics.New()}
	given := map[string]string{
		"DIRECTUS_URL":           a.Wire.URL,
		"DIRECTUS_SERVICE_TOKEN": up.ServiceToken,
		"PUBLIC_URL":             PublicURL,
		"CACHE_FRESH":            "0s", // tests change content and look at once
		// The test's browsers say in X-Forwarded-For who they are.
		"TRUSTED_PROXIES": "127.0.0.1",
	}
	for name, value := range env {
		given[name] = value
	}
	config, err := app.Read(func(name string) string { return given[name] })
	if err != nil {
		t.Fatal(err)
	}
	outbox := up.outbox
	if !up.OutboxShown {
		outbox = nil
	}
	// Tests break the wire, mend it, and go on at once; and a slow machine must not
	// cost a page its navigation.
	treated, frameTimeout := directus.Options{TripAfter: math.MaxUint32}, 20*time.Second
	if up.Treated != nil {
		treated, frameTimeout = *up.Treated, 0
	}
	limited := limitsOfABusySite()
	if up.Limited != nil {
		limited = up.Limited
	}
	site, err := app.New(t.Context(), app.Options{
		Config: config, DirectusURL: config.DirectusURL, Outbox: outbox, Metrics: a.Metrics, Upstream: treated,
		FrameTimeout: frameTimeout,
		Limits:       limited,
		RefusedAfter: cmp.Or(up.RefusedAfter, -1),
		Words:        up.Words,
		Templates:    up.Templates,
		Folder:       up.Folder,
		Closing:      t.Context(), Now: a.now,
		Log: log,
	})
	if err != nil {
		t.Fatal(err)
	}
	a.Site, a.Handler, a.Logger = site, site.Handler(), log
	server := httptest.NewUnstartedServer(site)
	server.Config.WriteTimeout = time.Minute // as the real one: each request begins with a deadline of its own
	server.Start()
	t.Cleanup(server.Close)
	a.URL = server.URL
	t.Cleanup(func() { a.mustNotHaveLeaked(t) })
	return a
}

// limitsOfABusySite are the usual ones, but for those of everybody together, and for
// what a visitor may have Directus do: a test has as many visitors in a second as a site
// has in an hour, and each does as much.
func limitsOfABusySite() []limits.Limit {
	table := limits.Table()
	for i := range table {
		switch {
		case table[i].Of == limits.Everybody:
			table[i].Burst *= 100
		case slices.Contains([]limits.Action{limits.Reading, limits.Search, limits.File}, table[i].Action):
			table[i].Burst *= 10
		}
	}
	return table
}

// mustNotHaveLeaked looks for every token that Directus gave out, and every
// password that was typed, in the log.
func (a *App) mustNotHaveLeaked(t *testing.T) {
	log := a.Log.String()
	if at := strings.Index(log, "@example.com"); at >= 0 {
		t.Errorf("an address is in the log: …%s…", log[max(0, at-20):at])
	}
	for _, secret := range append(a.Wire.Tokens(), Passwords...) {
		if strings.Contains(log, secret) {
			t.Errorf("a token or password is in the log: …%s…", secret[:min(8, len(secret))])
		}
	}
}

// mustHaveEnded reports what still runs when all sites, browsers and servers of the
// tests have ended: nothing that they have begun.
func mustHaveEnded(code int) int {
	var leaked error
	for end := time.Now().Add(30 * time.Second); ; {
		http.DefaultTransport.(*http.Transport).CloseIdleConnections()
		runtime.GC() // the cache's library ends its goroutines with the cache
		if leaked = goleak.Find(); leaked == nil || time.Now().After(end) {
			break
		}
	}
	if leaked != nil && code == 0 {
		fmt.Fprintln(os.Stderr, leaked)
		code = 1
	}
	return code
}
