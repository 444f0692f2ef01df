package races_test

import (
	"bytes"
	"context"
	"net/http"
	"runtime"
	"strings"
	"testing"
	"time"

	"hutch/app"
	"hutch/e2e/harness"
	"hutch/internal/logbuffer"
	"hutch/sandbox"
	"hutch/tools/realredis"
)

// Several processes serve one site, and Directus tells one of them of a change.

const replicasSecret = "the-hook-secret-of-the-replicas-0123456789"

// startReplicas starts a site several times, each with what it keeps, and waits
// until they hear each other.
func startReplicas(t *testing.T, up harness.Upstream, redis *realredis.Server, n int) []*harness.App {
	t.Helper()
	var sites []*harness.App
	for range n {
		sites = append(sites, harness.StartApp(t, up, harness.Fresh("HOOK_SECRET", replicasSecret, "REDIS_URL", redis.URL)))
	}
	for _, site := range sites {
		hears(t, site, 1)
		t.Cleanup(func() {
			if strings.Contains(site.Log.String(), redis.Password) {
				t.Error("the password of Redis is in the log")
			}
		})
	}
	return sites
}

// hears waits until it has connected to Redis that often.
func hears(t *testing.T, a *harness.App, times int) {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); strings.Count(a.Log.String(), "connected to the other replicas") < times; {
		if time.Now().After(deadline) {
			t.Fatalf("a replica has not connected %d times:\n%s", times, a.Log)
		}
		time.Sleep(10 * time.Millisecond)
	}
}

// tell is what Directus does after a change.
func tell(t *testing.T, a *harness.App, collection string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, a.URL+"/hooks/directus", strings.NewReader(`{"collection":"`+collection+`"}`))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+replicasSecret)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	if res.StatusCode != http.StatusOK {
		t.Errorf("the hook answers %d", res.StatusCode)
	}
}

func rename(t *testing.T, up harness.Upstream, title string) {
	t.Helper()
	if err := up.Admin.Patch(t.Context(), "/items/posts/hay-by-numbers", map[string]any{"title": title}); err != nil {
		t.Fatal(err)
	}
}

const hay = "/blog/hay-by-numbers"

// openOnEach shows the post on each of the sites, which then keep it.
func openOnEach(t *testing.T, sites []*harness.App, title string) {
	t.Helper()
	for _, site := range sites {
		b := site.Browser(t, harness.Plain)
		b.Open(hay)
		b.WantText(title)
	}
}

func TestAPurgeReachesEveryReplica(t *testing.T) {
	t.Parallel()
	up, redis := harness.StartSandbox(t, sandbox.Options{}), realredis.ForTest(t)
	sites := startReplicas(t, up, redis, 3)
	openOnEach(t, sites, "Hay by numbers")
	rename(t, up, "Hay, counted")
	openOnEach(t, sites, "Hay by numbers") // nobody has said anything
	for _, site := range sites {
		site.Wire.Forget()
	}
	tell(t, sites[1], "posts")
	openOnEach(t, sites[1:2], "Hay, counted") // at once
	for i, site := range sites {
		wantEventually(t, site, "Hay, counted")
		if n, want := site.Wire.Count(""), sites[1].Wire.Count(""); n != want {
			t.Errorf("replica %d asked Directus %d times, and the one that got the hook %d times", i, n, want)
		}
	}
}

// wantEventually is for what happens behind an answer.
func wantEventually(t *testing.T, a *harness.App, title string) {
	t.Helper()
	b := a.Browser(t, harness.Plain)
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(10 * time.Millisecond) {
		if b.Open(hay); strings.Contains(b.Text(), title) {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("a replica never shows %q; it says: %s", title, b.Text())
		}
	}
}

func TestReplicasWithoutRedis(t *testing.T) {
	t.Parallel()
	up, redis := harness.StartSandbox(t, sandbox.Options{}), realredis.ForTest(t)
	sites := startReplicas(t, up, redis, 2)
	openOnEach(t, sites, "Hay by numbers")

	redis.Kill()
	rename(t, up, "Hay, counted")
	tell(t, sites[0], "posts")
	openOnEach(t, sites[:1], "Hay, counted")
	openOnEach(t, sites[1:], "Hay by numbers") // it could not be told
	if log := sites[0].Log.String(); !strings.Contains(log, "could not tell the other replicas of a change") {
		t.Errorf("the log does not say so:\n%s", log)
	}
	b := sites[0].Browser(t, harness.Plain)
	if ready := b.Request(http.MethodGet, "/readyz", nil, nil); ready.StatusCode != http.StatusOK {
		t.Errorf("/readyz: %d %s", ready.StatusCode, b.Raw)
	}

	// When Redis is back, a replica asks for all it may have missed, and hears
	// again.
	if err := redis.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, site := range sites {
		hears(t, site, 2)
	}
	openOnEach(t, sites, "Hay, counted")
	rename(t, up, "Hay, weighed")
	tell(t, sites[1], "posts")
	wantEventually(t, sites[0], "Hay, weighed")
}

func TestTheStartWithoutRedis(t *testing.T) {
	t.Parallel()
	up, redis := harness.StartSandbox(t, sandbox.Options{}), realredis.ForTest(t)
	redis.Kill()
	site := harness.StartApp(t, up, harness.Fresh("HOOK_SECRET", replicasSecret, "REDIS_URL", redis.URL))
	openOnEach(t, []*harness.App{site}, "Hay by numbers")
	rename(t, up, "Hay, counted")
	tell(t, site, "posts")
	openOnEach(t, []*harness.App{site}, "Hay, counted")
	if err := redis.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	hears(t, site, 1)
}

// TestReplicasEnd ends the whole process, as a signal does. It is not parallel,
// so that no other replica is in the process.
func TestReplicasEnd(t *testing.T) {
	redis := realredis.ForTest(t)
	ctx, signal := context.WithCancel(t.Context())
	out, ended := &logbuffer.Buffer{}, make(chan error, 1)
	getenv := func(name string) string {
		return map[string]string{"REDIS_URL": redis.URL, "PUBLIC_URL": harness.PublicURL, "PORT": "0", "SANDBOX_DB": ":memory:"}[name]
	}
	go func() { ended <- app.Run(ctx, nil, getenv, out) }()
	a := &harness.App{Log: out}
	hears(t, a, 1)
	signal()
	if err := <-ended; err != nil {
		t.Error(err)
	}
	listens := func() bool {
		stacks := make([]byte, 1<<20)
		return bytes.Contains(stacks[:runtime.Stack(stacks, true)], []byte("replicas.(*Replica)"))
	}
	for deadline := time.Now().Add(30 * time.Second); listens(); {
		if time.Now().After(deadline) {
			t.Fatal("it listens on")
		}
		time.Sleep(10 * time.Millisecond)
	}
}
