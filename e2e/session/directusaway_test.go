package session_test

import (
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"hutch/e2e/harness"
	"hutch/internal/directus"
	"hutch/setup"
	"hutch/tools/realdirectus"
	"hutch/tools/toolcache"
)

// Directus is stopped for a minute, at a time when tokens want renewal, and comes
// back. Visitors see that it is away, and that they are signed in.
func TestDirectusIsStoppedForAWhile(t *testing.T) {
	harness.ForAll(t)
	t.Parallel()
	for _, version := range realdirectus.TestVersions() {
		t.Run(version, func(t *testing.T) {
			t.Parallel()
			directusIsStopped(t, version)
		})
	}
}

func directusIsStopped(t *testing.T, version string) {
	const away = time.Minute
	realdirectus.NeedForTest(t, version)
	port, err := toolcache.FreePort()
	if err != nil {
		t.Fatal(err)
	}
	options := realdirectus.Options{DataDir: filepath.Join(t.TempDir(), "data"), Port: port}
	server, err := realdirectus.Start(t.Context(), version, options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Stop() })
	client, err := directus.New(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	var said strings.Builder
	if err := setup.Run(t.Context(), client, server.AdminToken, setup.Options{Sample: true, NoVerifyEmail: true, RecoveryCodes: true, PublicURL: harness.PublicURL}, &said); err != nil {
		t.Fatalf("setup: %v\n%s", err, said.String())
	}
	up := harness.Upstream{URL: server.URL}
	if _, after, found := strings.Cut(said.String(), "DIRECTUS_SERVICE_TOKEN="); found {
		up.ServiceToken = strings.Fields(after)[0]
	}
	up, tapped := harness.WithTap(t, up)
	site := harness.StartProcesses(t, up, 3, nil)
	var guests []*harness.Guest
	for n := range 6 {
		g := harness.NewGuest(site.URL, n)
		if !g.SignUp(t) {
			t.FailNow()
		}
		guests = append(guests, g)
	}
	for _, g := range guests {
		tapped.Take(g.Address)
	}

	if err := server.Stop(); err != nil {
		t.Fatal(err)
	}
	stopped, asked := time.Now(), 0
	harness.AwaitRenewal()
	for time.Since(stopped) < away {
		for _, g := range guests {
			before := g.Cookies["session"]
			r := g.Open(t, "/profile")
			asked++
			if r.Status != http.StatusServiceUnavailable || !strings.Contains(r.Body, `href="/profile"`) || g.Cookies["session"] != before {
				t.Errorf("while Directus is away: %d, the cookie is the same: %t", r.Status, g.Cookies["session"] == before)
			}
		}
		time.Sleep(time.Second)
	}
	attempts := 0
	for _, g := range guests {
		attempts += tapped.Take(g.Address)
	}
	t.Logf("%d requests of %d visitors in %s without Directus: %d attempts to refresh", asked, len(guests), away, attempts)
	// Twice for each of three replicas and three seconds, at the very most.
	if most := min(2*asked, len(guests)*3*2*(int(away/(3*time.Second))+1)); attempts > most || attempts == 0 {
		t.Errorf("%d attempts to refresh, want some, and %d at most", attempts, most)
	}

	if server, err = realdirectus.Start(t.Context(), version, options); err != nil {
		t.Fatal(err)
	}
	// What had trouble is left alone for a moment.
	deadline := time.Now().Add(time.Minute)
	for _, g := range guests {
		for r := g.Open(t, "/profile"); !g.IsIn(r); r = g.Open(t, "/profile") {
			if r.Status != http.StatusServiceUnavailable || time.Now().After(deadline) {
				t.Fatalf("Directus is back, and a visitor is not: %d, %v", r.Status, r.Err)
			}
			time.Sleep(200 * time.Millisecond)
		}
	}
}
