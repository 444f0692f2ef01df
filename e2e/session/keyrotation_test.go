package session_test

import (
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"hutch/e2e/harness"
	"hutch/sandbox"
)

const newSecret = "another-secret-that-all-processes-share"

// rotating sends requests by some guests all the time, while change has the
// replicas start anew, and returns how many found their guest signed out.
func rotating(t *testing.T, change func(site *harness.Processes, step func(secrets string, replicas ...int))) (signedOut, requests int64) {
	up, _ := harness.WithTap(t, harness.StartSandbox(t, sandbox.Options{}))
	site := harness.StartProcesses(t, up, 3, nil)
	var out, all atomic.Int64
	done := make(chan struct{})
	var group sync.WaitGroup
	for n := range 6 {
		g := harness.NewGuest(site.URL, n)
		if !g.SignUp(t) {
			t.FailNow()
		}
		group.Go(func() {
			for {
				select {
				case <-done:
					return
				case <-time.After(20 * time.Millisecond):
				}
				r := g.Reach(t, "/profile")
				all.Add(1)
				if r.Status == http.StatusBadGateway || r.Status == 0 {
					t.Errorf("not answered: %d, %v", r.Status, r.Err)
				} else if !g.IsIn(r) {
					out.Add(1)
				}
			}
		})
	}
	change(site, func(secrets string, replicas ...int) {
		site.Secrets = secrets
		for _, i := range replicas {
			site.Restart(t, i)
			time.Sleep(300 * time.Millisecond) // both kinds of replica serve
		}
	})
	close(done)
	group.Wait()
	return out.Load(), all.Load()
}

// The order that docs/sessions.md gives: every replica can open what the new secret
// seals before one of them seals with it.
func TestKeysRotateUnderLoad(t *testing.T) {
	harness.ForAll(t)
	t.Parallel()
	out, all := rotating(t, func(_ *harness.Processes, step func(string, ...int)) {
		step(harness.ProcessesSecret+","+newSecret, 0, 1, 2)
		step(newSecret+","+harness.ProcessesSecret, 0, 1, 2)
		time.Sleep(harness.Soon) // until every cookie has been sealed anew
		step(newSecret, 0, 1, 2)
	})
	t.Logf("%d requests while the key was rotated on 3 processes: %d signed out", all, out)
	if out != 0 || all < 100 {
		t.Errorf("%d of %d requests found their visitor signed out", out, all)
	}
}

// The same in one step signs visitors out: a replica gets cookies that it cannot
// open yet.
func TestKeysThatRotateInOneStep(t *testing.T) {
	harness.ForAll(t)
	t.Parallel()
	out, all := rotating(t, func(_ *harness.Processes, step func(string, ...int)) {
		step(newSecret+","+harness.ProcessesSecret, 0)
		time.Sleep(harness.Soon)
	})
	t.Logf("%d requests with a key that one of 3 processes has: %d signed out", all, out)
	if out == 0 {
		t.Error("one step would do: then docs/sessions.md asks for too much, or this load shows nothing")
	}
}
