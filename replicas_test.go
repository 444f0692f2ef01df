package main

import (
	"bytes"
	"context"
	"net/http"
	"runtime"
	"strings"
	"testing"
	"time"

	"hutch/sandbox"
	"hutch/tools/realredis"
)

// Several processes serve one site, and Directus tells one of them of a change.

const replicasSecret = "the-hook-secret-of-the-replicas-0123456789"

// startReplicas starts a site several times, each with what it keeps, and waits
// until they hear each other.
func startReplicas(t *testing.T, up upstream, redis *realredis.Server, n int) []*app {
	t.Helper()
	var sites []*app
	for range n {
		sites = append(sites, startApp(t, up, fresh("HOOK_SECRET", replicasSecret, "REDIS_URL", redis.URL)))
	}
	for _, site := range sites {
		site.hears(t, 1)
		t.Cleanup(func() {
			if strings.Contains(site.log.String(), redis.Password) {
				t.Error("the password of Redis is in the log")
			}
		})
	}
	return sites
}

// hears waits until it has connected to Redis that often.
func (a *app) hears(t *testing.T, times int) {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); strings.Count(a.log.String(), "connected to the other replicas") < times; {
		if time.Now().After(deadline) {
			t.Fatalf("a replica has not connected %d times:\n%s", times, a.log)
		}
		time.Sleep(10 * time.Millisecond)
	}
}

// tell is what Directus does after a change.
func (a *app) tell(t *testing.T, collection string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, a.url+"/hooks/directus", strings.NewReader(`{"collection":"`+collection+`"}`))
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

func rename(t *testing.T, up upstream, title string) {
	t.Helper()
	if err := up.admin.Patch(t.Context(), "/items/posts/hay-by-numbers", map[string]any{"title": title}); err != nil {
		t.Fatal(err)
	}
}

const hay = "/blog/hay-by-numbers"

// openOnEach shows the post on each of the sites, which then keep it.
func openOnEach(t *testing.T, sites []*app, title string) {
	t.Helper()
	for _, site := range sites {
		b := site.browser(t, plain)
		b.open(hay)
		b.wantText(title)
	}
}

func TestAPurgeReachesEveryReplica(t *testing.T) {
	t.Parallel()
	up, redis := startSandbox(t, sandbox.Options{}), realredis.ForTest(t)
	sites := startReplicas(t, up, redis, 3)
	openOnEach(t, sites, "Hay by numbers")
	rename(t, up, "Hay, counted")
	openOnEach(t, sites, "Hay by numbers") // nobody has said anything
	for _, site := range sites {
		site.wire.forget()
	}
	sites[1].tell(t, "posts")
	openOnEach(t, sites[1:2], "Hay, counted") // at once
	for i, site := range sites {
		site.wantEventually(t, "Hay, counted")
		if n, want := site.wire.count(""), sites[1].wire.count(""); n != want {
			t.Errorf("replica %d asked Directus %d times, and the one that got the hook %d times", i, n, want)
		}
	}
}

// wantEventually is for what happens behind an answer.
func (a *app) wantEventually(t *testing.T, title string) {
	t.Helper()
	b := a.browser(t, plain)
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(10 * time.Millisecond) {
		if b.open(hay); strings.Contains(b.text(), title) {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("a replica never shows %q; it says: %s", title, b.text())
		}
	}
}

func TestReplicasWithoutRedis(t *testing.T) {
	t.Parallel()
	up, redis := startSandbox(t, sandbox.Options{}), realredis.ForTest(t)
	sites := startReplicas(t, up, redis, 2)
	openOnEach(t, sites, "Hay by numbers")

	redis.Kill()
	rename(t, up, "Hay, counted")
	sites[0].tell(t, "posts")
	openOnEach(t, sites[:1], "Hay, counted")
	openOnEach(t, sites[1:], "Hay by numbers") // it could not be told
	if log := sites[0].log.String(); !strings.Contains(log, "were not told of a change") {
		t.Errorf("the log does not say so:\n%s", log)
	}
	b := sites[0].browser(t, plain)
	if ready := b.request(http.MethodGet, "/readyz", nil, nil); ready.StatusCode != http.StatusOK {
		t.Errorf("/readyz: %d %s", ready.StatusCode, b.raw)
	}

	// When Redis is back, a replica asks for all it may have missed, and hears
	// again.
	if err := redis.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, site := range sites {
		site.hears(t, 2)
	}
	openOnEach(t, sites, "Hay, counted")
	rename(t, up, "Hay, weighed")
	sites[1].tell(t, "posts")
	sites[0].wantEventually(t, "Hay, weighed")
}

func TestTheStartWithoutRedis(t *testing.T) {
	t.Parallel()
	up, redis := startSandbox(t, sandbox.Options{}), realredis.ForTest(t)
	redis.Kill()
	site := startApp(t, up, fresh("HOOK_SECRET", replicasSecret, "REDIS_URL", redis.URL))
	openOnEach(t, []*app{site}, "Hay by numbers")
	rename(t, up, "Hay, counted")
	site.tell(t, "posts")
	openOnEach(t, []*app{site}, "Hay, counted")
	if err := redis.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	site.hears(t, 1)
}

// TestReplicasEnd ends the whole process, as a signal does. It is not parallel,
// so that no other replica is in the process.
func TestReplicasEnd(t *testing.T) {
	redis := realredis.ForTest(t)
	ctx, signal := context.WithCancel(t.Context())
	out, ended := &lockedBuffer{}, make(chan error, 1)
	getenv := environment("REDIS_URL="+redis.URL, "PUBLIC_URL="+publicURL, "PORT=0", "SANDBOX_DB=:memory:")
	go func() { ended <- run(ctx, nil, getenv, out) }()
	a := &app{log: out}
	a.hears(t, 1)
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
