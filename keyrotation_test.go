package main

import (
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"hutch/sandbox"
)

const newSecret = "another-secret-that-all-processes-share"

// rotating sends requests by some guests all the time, while change has the
// replicas start anew, and returns how many found their guest signed out.
func rotating(t *testing.T, change func(site *processes, step func(secrets string, replicas ...int))) (signedOut, requests int64) {
	up, _ := withTap(t, startSandbox(t, sandbox.Options{}))
	site := startProcesses(t, up, 3, nil)
	var out, all atomic.Int64
	done := make(chan struct{})
	var group sync.WaitGroup
	for n := range 6 {
		g := newGuest(site.url, n)
		if !g.signUp(t) {
			t.FailNow()
		}
		group.Go(func() {
			for {
				select {
				case <-done:
					return
				case <-time.After(20 * time.Millisecond):
				}
				r := g.reach(t, "/profile")
				all.Add(1)
				if r.status == http.StatusBadGateway || r.status == 0 {
					t.Errorf("not answered: %d, %v", r.status, r.err)
				} else if !g.isIn(r) {
					out.Add(1)
				}
			}
		})
	}
	change(site, func(secrets string, replicas ...int) {
		site.secrets = secrets
		for _, i := range replicas {
			site.restart(t, i)
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
	t.Parallel()
	out, all := rotating(t, func(_ *processes, step func(string, ...int)) {
		step(processesSecret+","+newSecret, 0, 1, 2)
		step(newSecret+","+processesSecret, 0, 1, 2)
		time.Sleep(soon) // until every cookie has been sealed anew
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
	t.Parallel()
	out, all := rotating(t, func(_ *processes, step func(string, ...int)) {
		step(newSecret+","+processesSecret, 0)
		time.Sleep(soon)
	})
	t.Logf("%d requests with a key that one of 3 processes has: %d signed out", all, out)
	if out == 0 {
		t.Error("one step would do: then docs/sessions.md asks for too much, or this load shows nothing")
	}
}
