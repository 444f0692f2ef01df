package session_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"hutch/e2e/harness"
	"hutch/sandbox"
)

// What Directus has done, and the site does not know: the visitor is signed in
// when they come back within eight seconds, whichever replica they get. Directus
// gives the same successor for ten.

// committed lets Directus answer a refresh before then decides what the site gets
// of it.
func committed(w *harness.Wire, upstream string, then func(http.ResponseWriter, *http.Request, *httptest.ResponseRecorder)) {
	w.Rewrite(func(rw http.ResponseWriter, r *http.Request) bool {
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

func cut(w http.ResponseWriter) { harness.Breakages["cut"](w, nil) }

func pass(w http.ResponseWriter, answer *httptest.ResponseRecorder) {
	for name, values := range answer.Header() {
		w.Header()[name] = values
	}
	w.WriteHeader(answer.Code)
	_, _ = w.Write(answer.Body.Bytes())
}

func TestARefreshWhoseAnswerIsLost(t *testing.T) {
	harness.OnEachDirectus(t, func(t *testing.T, up harness.Upstream) {
		up, tapped := harness.WithTap(t, up)
		site := harness.StartProcesses(t, up, 3, nil)
		returns := []time.Duration{8 * time.Second} // the latest that is promised
		if harness.All() {
			returns = []time.Duration{0, 4 * time.Second, 8 * time.Second}
		}
		for n, later := range returns {
			t.Run(fmt.Sprintf("back after %s", later), func(t *testing.T) {
				g := harness.NewGuest(site.URL, n)
				if !g.SignUp(t) {
					t.FailNow()
				}
				harness.AwaitRenewal()
				lost := 0
				committed(site.Wire, up.URL, func(w http.ResponseWriter, _ *http.Request, answer *httptest.ResponseRecorder) {
					if answer.Code != http.StatusOK {
						t.Errorf("Directus answered the refresh with %d", answer.Code)
					}
					lost++
					cut(w)
				})
				before := g.Cookies["session"]
				if r := g.Reach(t, "/profile"); !g.IsIn(r) {
					t.Errorf("while the answer is lost: %d, %v", r.Status, r.Err)
				}
				committed := time.Now()
				if lost == 0 || g.Cookies["session"] != before {
					t.Fatalf("%d answers were lost, or the cookie changed: this shows nothing", lost)
				}
				site.Wire.Mend()
				time.Sleep(time.Until(committed.Add(later)))
				tapped.Take(g.Address)
				// A replica that had trouble leaves Directus alone for a moment.
				for range 3 {
					if r := g.Reach(t, "/profile"); !g.IsIn(r) {
						t.Errorf("back after %s: %d, %v", later, r.Status, r.Err)
					}
				}
				if g.Cookies["session"] == before {
					t.Error("the successor was never found")
				}
				time.Sleep(time.Until(committed.Add(11 * time.Second))) // until the old token is dead
				if !g.IsIn(g.Reach(t, "/profile")) {
					t.Error("signed out when the grace was over")
				}
			})
		}
	})
}

// One answer that is lost is asked for again at once: the visitor notices nothing.
func TestARefreshIsAskedForAgain(t *testing.T) {
	t.Parallel()
	up, tapped := harness.WithTap(t, harness.StartSandbox(t, sandbox.Options{}))
	site := harness.StartProcesses(t, up, 1, nil)
	g := harness.NewGuest(site.URL, 1)
	if !g.SignUp(t) {
		t.FailNow()
	}
	harness.AwaitRenewal()
	tapped.Take(g.Address)
	lost := false
	committed(site.Wire, up.URL, func(w http.ResponseWriter, _ *http.Request, answer *httptest.ResponseRecorder) {
		if !lost {
			lost = true
			cut(w)
			return
		}
		pass(w, answer)
	})
	before := g.Cookies["session"]
	if r := g.Reach(t, "/profile"); !g.IsIn(r) || g.Cookies["session"] == before {
		t.Errorf("%d, and the cookie is the same: %t", r.Status, g.Cookies["session"] == before)
	}
	if n := tapped.Take(g.Address); n != 2 || !lost {
		t.Errorf("%d refreshes, want 2", n)
	}
}

func TestAReplicaIsKilledInTheMiddleOfARefresh(t *testing.T) {
	harness.OnDirectusInTestAll(t, func(t *testing.T, up harness.Upstream) {
		up, _ = harness.WithTap(t, up)
		site := harness.StartProcesses(t, up, 3, nil)
		returns := []time.Duration{8 * time.Second}
		if harness.All() {
			returns = []time.Duration{0, 8 * time.Second}
		}
		for n, later := range returns {
			g := harness.NewGuest(site.URL, n)
			if !g.SignUp(t) {
				t.FailNow()
			}
			harness.AwaitRenewal()
			done, dead := make(chan struct{}), make(chan struct{})
			committed(site.Wire, up.URL, func(w http.ResponseWriter, _ *http.Request, _ *httptest.ResponseRecorder) {
				close(done)
				<-dead
				cut(w)
			})
			before := g.Cookies["session"]
			doomed := &harness.Guest{URL: site.Replicas[0].Target.String(), Address: g.Address, Cookies: g.Cookies}
			answer := make(chan harness.GuestReply, 1)
			go func() { answer <- doomed.Send(t, http.MethodGet, "/profile", nil, nil) }()
			<-done
			killed := time.Now()
			site.Kill(0)
			if r := <-answer; r.Err == nil {
				t.Fatalf("the killed replica answers %d: this shows nothing", r.Status)
			}
			site.Wire.Mend()
			close(dead)
			time.Sleep(time.Until(killed.Add(later)))
			if r := g.Reach(t, "/profile"); !g.IsIn(r) {
				t.Errorf("reloaded %s after the kill: %d, %v", later, r.Status, r.Err)
			}
			if g.Cookies["session"] == before {
				t.Error("the successor was not found")
			}
			time.Sleep(time.Until(killed.Add(11 * time.Second)))
			if !g.IsIn(g.Reach(t, "/profile")) {
				t.Error("signed out when the grace was over")
			}
			site.Restart(t, 0)
		}
	})
}

func TestTheVisitorLeavesInTheMiddleOfARefresh(t *testing.T) {
	harness.OnDirectusInTestAll(t, func(t *testing.T, up harness.Upstream) {
		up, tapped := harness.WithTap(t, up)
		site := harness.StartProcesses(t, up, 1, nil)
		g := harness.NewGuest(site.URL, 1)
		if !g.SignUp(t) {
			t.FailNow()
		}
		harness.AwaitRenewal()
		done, left := make(chan struct{}), make(chan struct{})
		committed(site.Wire, up.URL, func(w http.ResponseWriter, r *http.Request, answer *httptest.ResponseRecorder) {
			close(done)
			<-left
			if r.Context().Err() != nil {
				t.Error("the refresh was given up with the visitor")
			}
			pass(w, answer)
		})
		ctx, leave := context.WithCancel(t.Context())
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, site.URL+"/profile", nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("X-Forwarded-For", g.Address)
		req.AddCookie(&http.Cookie{Name: "session", Value: g.Cookies["session"]})
		answer := make(chan error, 1)
		tapped.Take(g.Address)
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
		site.Wire.Mend()
		before := g.Cookies["session"]
		for range 2 {
			if r := g.Reach(t, "/profile"); !g.IsIn(r) {
				t.Errorf("back again: %d, %v", r.Status, r.Err)
			}
		}
		if n := tapped.Take(g.Address); n != 1 || g.Cookies["session"] == before {
			t.Errorf("the token was refreshed %d times, want once, and that kept for who comes back", n)
		}
	})
}
