package session

import (
	"context"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gin-gonic/gin"

	"hutch/internal/secret"
)

func TestSigningOutEndsTheTokenAndItsSuccessors(t *testing.T) {
	s := newSite(t, nil)
	v := s.visitor(t)
	s.pass(15 * time.Hour)
	v.send("GET", "/") // renewed, but the response is lost
	v.do(t, "POST", "/signout")
	if want := []string{"t", "t+", "t++"}; !slices.Equal(s.ended(t), want) {
		t.Errorf("ended at Directus: %q, want %q", s.ended(t), want)
	}
	if got := v.do(t, "GET", "/"); got != "anonymous" {
		t.Errorf("after signing out: %q", got)
	}
}

// Signing out waits for a running refresh, whose response then sets no cookie.
func TestSigningOutWinsOverARunningRefresh(t *testing.T) {
	begun, end := make(chan struct{}, 9), make(chan struct{})
	s := newSite(t, func(c *Config) {
		c.Renew = func(_ context.Context, token secret.Text, _ Visitor) (Grant, error) {
			begun <- struct{}{}
			<-end
			return Grant{Token: secret.Of(token.Reveal() + "+"), MemberID: "m", ExpiresIn: 24 * time.Hour}, nil
		}
	})
	v := s.visitor(t)
	s.pass(15 * time.Hour)
	late, out := make(chan *http.Response), make(chan *http.Response)
	go func() { late <- v.send("GET", "/") }()
	<-begun
	// The sign-out request itself must not renew the session first.
	signOut := v.cookies
	go func() {
		r := httptest.NewRequest("POST", "/signout", nil)
		for name, value := range signOut {
			r.AddCookie(&http.Cookie{Name: name, Value: value})
		}
		w := httptest.NewRecorder()
		s.handler.ServeHTTP(w, r)
		out <- w.Result()
	}()
	close(end)
	first := <-out
	second := <-late
	v.take(first)
	if got := body(t, second); !strings.HasPrefix(got, "token") && got != "anonymous" {
		t.Fatal(got)
	}
	v.take(second)
	if got := v.do(t, "GET", "/"); got != "anonymous" {
		t.Errorf("a late answer signs the visitor in again: %q", got)
	}
	for _, token := range []string{"t", "t+"} {
		if !slices.Contains(s.ended(t), token) {
			t.Errorf("%s was not ended: %q", token, s.ended(t))
		}
	}
}

// Directus tells a successor before it stores it. Until then it cannot be ended.
func TestASuccessorThatIsNotStoredYet(t *testing.T) {
	var asked atomic.Int64
	s := newSite(t, func(c *Config) {
		revoke := c.Revoke
		c.Revoke = func(ctx context.Context, token secret.Text, v Visitor) (bool, error) {
			if token.Reveal() == "t+" && asked.Add(1) < 3 {
				return false, nil
			}
			return revoke(ctx, token, v)
		}
	})
	s.visitor(t).do(t, "POST", "/signout")
	if got := s.ended(t); !slices.Equal(got, []string{"t", "t+"}) || asked.Load() != 3 {
		t.Errorf("ended: %q, asked %d times", got, asked.Load())
	}
}

// Replaying old cookies must not make Directus busy.
func TestReplayedCookiesCostNothing(t *testing.T) {
	s := newSite(t, nil)
	v := s.visitor(t)
	kept := v.cookies[s.name]
	v.do(t, "POST", "/signout")
	before := len(s.ended(t))
	for range 50 {
		v.cookies[s.name] = kept
		if got := v.do(t, "GET", "/"); got != "anonymous" {
			t.Fatal(got)
		}
	}
	if n := len(s.ended(t)) - before; n > 1 {
		t.Errorf("Directus was told %d times more that it has ended", n)
	}

	var asked atomic.Int64
	refusing := newSite(t, func(c *Config) {
		c.Renew = func(context.Context, secret.Text, Visitor) (Grant, error) {
			asked.Add(1)
			return Grant{}, ErrRefused
		}
	})
	w := refusing.visitor(t)
	refusing.pass(15 * time.Hour)
	w.do(t, "GET", "/")
	cookies := maps.Clone(w.cookies)
	for range 50 {
		w.cookies = maps.Clone(cookies)
		w.do(t, "GET", "/")
	}
	if asked.Load() > 3 {
		t.Errorf("Directus was asked %d times for a token that it had refused", asked.Load())
	}
}

// Replicas share nothing but the secret: the browser's mark tells the others that the
// session has ended.
func TestALateAnswerOfAnotherReplica(t *testing.T) {
	here, there := newSite(t, nil), newSite(t, nil)
	v := here.visitor(t)
	here.pass(15 * time.Hour)
	there.pass(15 * time.Hour)
	cookie := v.cookies[here.name]
	late := there.do("GET", "/", cookie)
	v.do(t, "POST", "/signout")
	v.take(late)
	if v.cookies[here.name] == "" {
		t.Fatal("the late answer set no cookie: this tests nothing")
	}
	for name, replica := range map[string]*site{"the other": there, "a third": newSite(t, nil)} {
		if name == "a third" {
			replica.pass(15 * time.Hour)
		}
		w := &visitor{replica, map[string]string{}}
		for name, value := range v.cookies {
			w.cookies[name] = value
		}
		replica.seen()
		if got := w.do(t, "GET", "/"); got != "anonymous" || w.cookies[here.name] != "" {
			t.Errorf("%s: %q, %v", name, got, w.cookies)
		}
		if got := replica.seen(); !slices.Equal(got, []Outcome{Ended}) {
			t.Errorf("%s: %v", name, got)
		}
		if got := replica.ended(t); !slices.Equal(got, []string{"t+"}) {
			t.Errorf("%s: the token of the late answer was not ended: %q", name, got)
		}
	}
	// The end of the old session does not affect a new one.
	v.site = there
	v.do(t, "POST", "/start")
	if got := v.do(t, "GET", "/"); got != "token t" {
		t.Errorf("signed in again: %q", got)
	}
}

func TestAnAnswerWrittenAfterTheEndSetsNoCookie(t *testing.T) {
	for _, signsOut := range []bool{false, true} {
		s := newSite(t, nil)
		v := s.visitor(t)
		s.pass(15 * time.Hour)
		s.handler.(*gin.Engine).GET("/slow", func(c *gin.Context) {
			if signsOut {
				v.send("POST", "/signout")
			}
			s.BeforeWrite(c)
			c.String(http.StatusOK, "done")
		})
		set := false
		for _, cookie := range v.send("GET", "/slow").Cookies() {
			set = set || cookie.Name == s.name
		}
		if set == signsOut {
			t.Errorf("signs out meanwhile: %t; the answer sets the cookie: %t", signsOut, set)
		}
	}
}

// A late response must not clear a newer cookie.
func TestALateRequestOfAnEndedSessionClearsNothing(t *testing.T) {
	s := newSite(t, nil)
	v := s.visitor(t)
	old := v.cookies[s.name]
	v.do(t, "POST", "/signout")
	r := s.do("GET", "/", old)
	if got := body(t, r); got != "anonymous" || len(r.Cookies()) != 0 {
		t.Errorf("%q, %v", got, r.Header["Set-Cookie"])
	}
}

func TestSigningInEndsTheEarlierSession(t *testing.T) {
	s := newSite(t, nil)
	v := s.visitor(t)
	old := v.cookies[s.name]
	v.do(t, "POST", "/start")
	if got := v.do(t, "GET", "/"); got != "token t" {
		t.Errorf("the new session: %q", got)
	}
	if got := body(t, s.do("GET", "/", old)); got != "anonymous" {
		t.Errorf("the old session: %q", got)
	}
	if !slices.Contains(s.ended(t), "t+") {
		t.Errorf("ended at Directus: %q", s.ended(t))
	}
}

func TestABrowserCarriesFewIDs(t *testing.T) {
	s := newSite(t, nil)
	v := s.visitor(t)
	for range 3 * maxEndedIDs {
		v.do(t, "POST", "/start")
	}
	v.do(t, "POST", "/signout")
	if n := len(v.cookies[endedCookie]); n == 0 || n > 400 {
		t.Errorf("the mark has %d characters", n)
	}
}
