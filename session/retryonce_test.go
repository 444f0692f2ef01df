package session

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gin-gonic/gin"

	"hutch/internal/secret"
)

// visitor is a browser that stores the cookies it is sent.
type visitor struct {
	site    *site
	cookies map[string]string
}

func (s *site) visitor(t *testing.T) *visitor {
	return &visitor{s, map[string]string{s.name: s.start(t).Value}}
}

// send sends a request with the browser's current cookies and returns the response
// without storing its cookies.
func (v *visitor) send(method, path string) *http.Response {
	r := httptest.NewRequest(method, path, nil)
	for name, value := range v.cookies {
		r.AddCookie(&http.Cookie{Name: name, Value: value})
	}
	w := httptest.NewRecorder()
	v.site.handler.ServeHTTP(w, r)
	return w.Result()
}

// take stores the cookies of a response.
func (v *visitor) take(r *http.Response) {
	for _, cookie := range r.Cookies() {
		if v.cookies[cookie.Name] = cookie.Value; cookie.MaxAge < 0 {
			delete(v.cookies, cookie.Name)
		}
	}
}

func (v *visitor) do(t *testing.T, method, path string) string {
	t.Helper()
	r := v.send(method, path)
	v.take(r)
	return body(t, r)
}

func TestOnlyTheSecondRefusalClears(t *testing.T) {
	for name, err := range map[string]error{"refused": ErrRefused, "wrapped": fmt.Errorf("x: %w", ErrRefused)} {
		t.Run(name, func(t *testing.T) {
			s := newSite(t, func(c *Config) {
				c.Renew = func(context.Context, secret.Text, Visitor) (Grant, error) { return Grant{}, err }
			})
			v := s.visitor(t)
			cookie := v.cookies[s.name]
			s.pass(15 * time.Hour)
			if got := v.do(t, "GET", "/"); got != "anonymous" {
				t.Errorf("the first refusal: %q", got)
			}
			if v.cookies[s.name] != cookie || !slices.Equal(s.seen(), []Outcome{Retrying}) {
				t.Fatalf("the first refusal leaves %v", v.cookies)
			}
			if got := v.do(t, "GET", "/"); got != "anonymous" {
				t.Errorf("the second refusal: %q", got)
			}
			if len(v.cookies) != 0 || !slices.Equal(s.seen(), []Outcome{Refused}) {
				t.Fatalf("the second refusal leaves %v", v.cookies)
			}
			if s.renewed.Load() != 2 {
				t.Errorf("Directus was asked %d times, want it to refuse twice", s.renewed.Load())
			}
		})
	}
}

// The case that the retry is for: another response has brought a newer cookie.
func TestAnOutdatedCookieIsRetriedOnce(t *testing.T) {
	var refuse atomic.Bool
	s := newSite(t, func(c *Config) {
		c.Renew = func(_ context.Context, token secret.Text, _ Visitor) (Grant, error) {
			if refuse.Load() && token.Reveal() == "t" {
				return Grant{}, ErrRefused
			}
			return Grant{Token: secret.Of(token.Reveal() + "+"), MemberID: "m", ExpiresIn: 24 * time.Hour}, nil
		}
	})
	v := s.visitor(t)
	s.pass(15 * time.Hour)
	sibling := v.send("GET", "/")
	s.renewals.InvalidateAll() // another replica handles the next request
	refuse.Store(true)
	late := v.send("GET", "/")
	v.take(sibling)
	v.take(late)
	if got := v.do(t, "GET", "/"); got != "token t+" {
		t.Errorf("after an outdated cookie was refused: %q", got)
	}
	// The mark is still there when the newer token is refused: this is that token's
	// first refusal.
	c, _ := gin.CreateTestContext(httptest.NewRecorder())
	c.Request = httptest.NewRequest("GET", "/", nil)
	for name, value := range v.cookies {
		c.Request.AddCookie(&http.Cookie{Name: name, Value: value})
	}
	s.Middleware(func(*gin.Context, Outcome) {})(c)
	if outcome := s.Refused(c); outcome != Retrying {
		t.Errorf("the first refusal of the newer token is %s", outcome)
	}
}

func TestARefusedCallIsRetriedOnceThenClears(t *testing.T) {
	s := newSite(t, nil)
	s.handler.(*gin.Engine).GET("/call", func(c *gin.Context) {
		outcome := s.Refused(c)
		if _, has := From(c); has {
			t.Error("the request still has a session")
		}
		c.String(http.StatusOK, string(outcome))
	})
	v := s.visitor(t)
	if got := v.do(t, "GET", "/call"); got != string(Retrying) || v.cookies[s.name] == "" {
		t.Errorf("first: %q, %v", got, v.cookies)
	}
	if got := v.do(t, "GET", "/call"); got != string(Refused) || len(v.cookies) != 0 {
		t.Errorf("second: %q, %v", got, v.cookies)
	}
}

func TestForgedAndOverAreTold(t *testing.T) {
	s := newSite(t, nil)
	genuine := s.start(t).Value
	s.do("GET", "/", "not sealed by us")
	if got := s.seen(); !slices.Equal(got, []Outcome{Forged}) {
		t.Errorf("a forged cookie: %v", got)
	}
	s.pass(25 * time.Hour)
	s.do("GET", "/", genuine)
	if got := s.seen(); !slices.Equal(got, []Outcome{Over}) {
		t.Errorf("a cookie that is over: %v", got)
	}
	s.do("GET", "/", "")
	if got := s.seen(); len(got) != 0 {
		t.Errorf("no cookie: %v", got)
	}
}

// The replicas' clocks differ by ten minutes.
func TestClocksApart(t *testing.T) {
	for _, apart := range []time.Duration{-10 * time.Minute, 10 * time.Minute} {
		s := newSite(t, nil)
		cookie := s.start(t).Value
		s.pass(23*time.Hour + 55*time.Minute + apart) // five minutes are left by the writer's clock
		if got := body(t, s.do("GET", "/", cookie)); got != "token t+" {
			t.Errorf("%s apart, by one who comes late: %q", apart, got)
		}
		fresh := newSite(t, nil)
		cookie = fresh.start(t).Value
		fresh.pass(apart)
		for range 10 {
			if got := body(t, fresh.do("GET", "/", cookie)); got != "token t" {
				t.Errorf("%s apart: %q", apart, got)
			}
		}
		if n := fresh.renewed.Load(); n != 0 {
			t.Errorf("%s apart, a fresh cookie is renewed %d times", apart, n)
		}
	}
}

// A mark that is forged or of another kind ends nobody's session and clears nobody's
// cookie.
func TestForgedMarksMarkNothing(t *testing.T) {
	s := newSite(t, nil)
	cookie := s.start(t).Value
	own, _ := s.open(requestWith(s.name, cookie))
	foreign := newSite(t, func(c *Config) { c.Secrets = []string{secretB} })
	ids := []string{own.ID}
	sealed := func(m *Manager, name string) string {
		text, err := m.marks[name].Seal(ids)
		if err != nil {
			t.Fatal(err)
		}
		return text
	}
	genuine := sealed(s.Manager, endedCookie)
	for name, value := range map[string]string{
		"made up": own.ID, "JSON": `["` + own.ID + `"]`, "cut": genuine[:len(genuine)-2], "another site's": sealed(foreign.Manager, endedCookie),
		"of another kind": sealed(s.Manager, retryCookie), "a session": cookie, "empty": "",
	} {
		r := requestWith(s.name, cookie)
		r.AddCookie(&http.Cookie{Name: endedCookie, Value: value})
		r.AddCookie(&http.Cookie{Name: retryCookie, Value: value})
		w := httptest.NewRecorder()
		s.handler.ServeHTTP(w, r)
		if w.Body.String() != "token t" || len(w.Result().Cookies()) != 0 {
			t.Errorf("%s: %q, %v", name, w.Body, w.Header()["Set-Cookie"])
		}
	}
	r := requestWith(s.name, cookie)
	r.AddCookie(&http.Cookie{Name: endedCookie, Value: genuine})
	w := httptest.NewRecorder()
	s.handler.ServeHTTP(w, r)
	if got := s.seen(); w.Body.String() != "anonymous" || !slices.Equal(got, []Outcome{Ended}) {
		t.Errorf("the genuine mark: %q, %v", w.Body, got)
	}
}

// A notice that somebody has made up is not shown.
func TestForgedNoticesSayNothing(t *testing.T) {
	s := newSite(t, nil)
	genuine, err := s.marks[noticeCookie].Seal("signin.done")
	if err != nil {
		t.Fatal(err)
	}
	other, err := s.marks[endedCookie].Seal("signin.done")
	if err != nil {
		t.Fatal(err)
	}
	for value, want := range map[string]string{genuine: "signin.done", "signin.done": "", other: "", genuine[:len(genuine)-2]: "", "": ""} {
		c, _ := gin.CreateTestContext(httptest.NewRecorder())
		c.Request = requestWith(noticeCookie, value)
		if got := s.TakeNotice(c); got != want {
			t.Errorf("%q says %q, want %q", value, got, want)
		}
	}
}

func requestWith(name, value string) *http.Request {
	r := httptest.NewRequest(http.MethodGet, "/", nil)
	r.AddCookie(&http.Cookie{Name: name, Value: value})
	return r
}
