package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"hutch/sandbox"
)

// What Directus has done, and the site does not know: the visitor is signed in
// when they come back within eight seconds, whichever replica they get. Directus
// gives the same successor for ten.

// committed lets Directus answer a refresh before then decides what the site gets
// of it.
func (w *wire) committed(upstream string, then func(http.ResponseWriter, *http.Request, *httptest.ResponseRecorder)) {
	w.rewrite(func(rw http.ResponseWriter, r *http.Request) bool {
		if r.URL.Path != "/auth/refresh" {
			return false
		}
		answer := httptest.NewRecorder()
		req, err := http.NewRequestWithContext(context.WithoutCancel(r.Context()), r.Method, upstream+r.URL.Path, r.Body)
		if err != nil {
			panic(err)
		}
		req.Header = r.Header.Clone()
		res, err := http.DefaultTransport.RoundTrip(req)
		if err != nil {
			panic(err)
		}
		defer res.Body.Close()
		answer.Code = res.StatusCode
		for name, values := range res.Header {
			answer.Header()[name] = values
		}
		_, _ = io.Copy(answer, res.Body)
		then(rw, r, answer)
		return true
	})
}

func cut(w http.ResponseWriter) { breakages["cut"](w, nil) }

func pass(w http.ResponseWriter, answer *httptest.ResponseRecorder) {
	for name, values := range answer.Header() {
		w.Header()[name] = values
	}
	w.WriteHeader(answer.Code)
	_, _ = w.Write(answer.Body.Bytes())
}

func TestARefreshWhoseAnswerIsLost(t *testing.T) {
	onEachDirectus(t, func(t *testing.T, up upstream) {
		up, tapped := withTap(t, up)
		site := startProcesses(t, up, 3, nil)
		for n, later := range []time.Duration{0, 4 * time.Second, 8 * time.Second} {
			t.Run(fmt.Sprintf("back after %s", later), func(t *testing.T) {
				g := newGuest(site.url, n)
				if !g.signUp(t) {
					t.FailNow()
				}
				awaitRenewal()
				lost := 0
				site.wire.committed(up.url, func(w http.ResponseWriter, _ *http.Request, answer *httptest.ResponseRecorder) {
					if answer.Code != http.StatusOK {
						t.Errorf("Directus answered the refresh with %d", answer.Code)
					}
					lost++
					cut(w)
				})
				before := g.cookies["session"]
				if r := g.reach(t, "/profile"); !g.isIn(r) {
					t.Errorf("while the answer is lost: %d, %v", r.status, r.err)
				}
				committed := time.Now()
				if lost == 0 || g.cookies["session"] != before {
					t.Fatalf("%d answers were lost, or the cookie changed: this shows nothing", lost)
				}
				site.wire.mend()
				time.Sleep(time.Until(committed.Add(later)))
				tapped.take(g.address)
				// A replica that had trouble leaves Directus alone for a moment.
				for range 3 {
					if r := g.reach(t, "/profile"); !g.isIn(r) {
						t.Errorf("back after %s: %d, %v", later, r.status, r.err)
					}
				}
				if g.cookies["session"] == before {
					t.Error("the successor was never found")
				}
				time.Sleep(time.Until(committed.Add(11 * time.Second))) // until the old token is dead
				if !g.isIn(g.reach(t, "/profile")) {
					t.Error("signed out when the grace was over")
				}
			})
		}
	})
}

// One answer that is lost is asked for again at once: the visitor notices nothing.
func TestARefreshIsAskedForAgain(t *testing.T) {
	t.Parallel()
	up, tapped := withTap(t, startSandbox(t, sandbox.Options{}))
	site := startProcesses(t, up, 1, nil)
	g := newGuest(site.url, 1)
	if !g.signUp(t) {
		t.FailNow()
	}
	awaitRenewal()
	tapped.take(g.address)
	lost := false
	site.wire.committed(up.url, func(w http.ResponseWriter, _ *http.Request, answer *httptest.ResponseRecorder) {
		if !lost {
			lost = true
			cut(w)
			return
		}
		pass(w, answer)
	})
	before := g.cookies["session"]
	if r := g.reach(t, "/profile"); !g.isIn(r) || g.cookies["session"] == before {
		t.Errorf("%d, and the cookie is the same: %t", r.status, g.cookies["session"] == before)
	}
	if n := tapped.take(g.address); n != 2 || !lost {
		t.Errorf("%d refreshes, want 2", n)
	}
}

func TestAReplicaIsKilledInTheMiddleOfARefresh(t *testing.T) {
	onEachDirectus(t, func(t *testing.T, up upstream) {
		up, _ = withTap(t, up)
		site := startProcesses(t, up, 3, nil)
		for n, later := range []time.Duration{0, 8 * time.Second} {
			g := newGuest(site.url, n)
			if !g.signUp(t) {
				t.FailNow()
			}
			awaitRenewal()
			done, dead := make(chan struct{}), make(chan struct{})
			site.wire.committed(up.url, func(w http.ResponseWriter, _ *http.Request, _ *httptest.ResponseRecorder) {
				close(done)
				<-dead
				cut(w)
			})
			before := g.cookies["session"]
			doomed := &guest{url: site.replicas[0].target.String(), address: g.address, cookies: g.cookies}
			answer := make(chan guestReply, 1)
			go func() { answer <- doomed.send(t, http.MethodGet, "/profile", nil, nil) }()
			<-done
			killed := time.Now()
			site.kill(0)
			if r := <-answer; r.err == nil {
				t.Fatalf("the killed replica answers %d: this shows nothing", r.status)
			}
			site.wire.mend()
			close(dead)
			time.Sleep(time.Until(killed.Add(later)))
			if r := g.reach(t, "/profile"); !g.isIn(r) {
				t.Errorf("reloaded %s after the kill: %d, %v", later, r.status, r.err)
			}
			if g.cookies["session"] == before {
				t.Error("the successor was not found")
			}
			time.Sleep(time.Until(killed.Add(11 * time.Second)))
			if !g.isIn(g.reach(t, "/profile")) {
				t.Error("signed out when the grace was over")
			}
			site.restart(t, 0)
		}
	})
}

func TestTheVisitorLeavesInTheMiddleOfARefresh(t *testing.T) {
	onEachDirectus(t, func(t *testing.T, up upstream) {
		up, tapped := withTap(t, up)
		site := startProcesses(t, up, 1, nil)
		g := newGuest(site.url, 1)
		if !g.signUp(t) {
			t.FailNow()
		}
		awaitRenewal()
		done, left := make(chan struct{}), make(chan struct{})
		site.wire.committed(up.url, func(w http.ResponseWriter, r *http.Request, answer *httptest.ResponseRecorder) {
			close(done)
			<-left
			if r.Context().Err() != nil {
				t.Error("the refresh was given up with the visitor")
			}
			pass(w, answer)
		})
		ctx, leave := context.WithCancel(t.Context())
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, site.url+"/profile", nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("X-Forwarded-For", g.address)
		req.AddCookie(&http.Cookie{Name: "session", Value: g.cookies["session"]})
		answer := make(chan error, 1)
		tapped.take(g.address)
		go func() {
			res, err := http.DefaultTransport.RoundTrip(req)
			if err == nil {
				res.Body.Close()
			}
			answer <- err
		}()
		<-done
		leave()
		if err := <-answer; err == nil || !strings.Contains(err.Error(), "canceled") {
			t.Fatalf("the visitor has not left: %v", err)
		}
		time.Sleep(200 * time.Millisecond) // until the replica knows
		close(left)
		site.wire.mend()
		before := g.cookies["session"]
		for range 2 {
			if r := g.reach(t, "/profile"); !g.isIn(r) {
				t.Errorf("back again: %d, %v", r.status, r.err)
			}
		}
		if n := tapped.take(g.address); n != 1 || g.cookies["session"] == before {
			t.Errorf("the token was refreshed %d times, want once, and that kept for who comes back", n)
		}
	})
}
