package session

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gin-gonic/gin"
)

const (
	secretA = "a-secret-of-at-least-thirty-two-characters"
	secretB = "b-secret-of-at-least-thirty-two-characters"
)

// site is a server with a keeper, a clock that the test moves, and a Directus
// that is whatever the test says.
type site struct {
	*Keeper
	handler http.Handler
	now     atomic.Int64
	renewed atomic.Int64 // how often Renew was called
}

func newSite(t testing.TB, change func(*Config)) *site {
	t.Helper()
	gin.SetMode(gin.TestMode)
	s := &site{}
	s.now.Store(time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC).UnixNano())
	config := Config{
		Secrets: []string{secretA},
		MaxAge:  30 * 24 * time.Hour,
		Now:     func() time.Time { return time.Unix(0, s.now.Load()) },
		Log:     slog.New(slog.DiscardHandler),
		Renew: func(_ context.Context, token, _, _ string) (Grant, error) {
			return Grant{Token: token + "+", MemberID: "m", ExpiresIn: 24 * time.Hour}, nil
		},
	}
	if change != nil {
		change(&config)
	}
	inner := config.Renew
	config.Renew = func(ctx context.Context, token, ip, agent string) (Grant, error) {
		s.renewed.Add(1)
		return inner(ctx, token, ip, agent)
	}
	var err error
	if s.Keeper, err = NewKeeper(config); err != nil {
		t.Fatal(err)
	}
	engine := gin.New()
	engine.Use(s.Middleware())
	engine.GET("/", func(c *gin.Context) {
		if own, ok := From(c); ok {
			c.String(http.StatusOK, "token %s", own.Token)
			return
		}
		c.String(http.StatusOK, "anonymous")
	})
	engine.POST("/start", func(c *gin.Context) {
		if err := s.Start(c, Grant{Token: "t", MemberID: "m", ExpiresIn: 24 * time.Hour}, Member{Email: "ada@example.com"}); err != nil {
			c.String(http.StatusInternalServerError, err.Error())
		}
	})
	engine.POST("/end", func(c *gin.Context) { s.End(c) })
	s.handler = engine
	return s
}

func (s *site) pass(d time.Duration) { s.now.Add(int64(d)) }

func (s *site) do(method, path, cookie string) *http.Response {
	r := httptest.NewRequest(method, path, nil)
	if cookie != "" {
		r.AddCookie(&http.Cookie{Name: s.name, Value: cookie})
	}
	w := httptest.NewRecorder()
	s.handler.ServeHTTP(w, r)
	return w.Result()
}

func (s *site) start(t *testing.T) *http.Cookie {
	t.Helper()
	cookies := s.do("POST", "/start", "").Cookies()
	if len(cookies) != 1 {
		t.Fatalf("starting a session sets %d cookies, want 1", len(cookies))
	}
	return cookies[0]
}

func body(t *testing.T, r *http.Response) string {
	t.Helper()
	text, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestCookieAttributes(t *testing.T) {
	for _, test := range []struct {
		name   string
		change func(*Config)
		want   string
	}{
		{"development", nil, "session=…; Path=/; Max-Age=86400; HttpOnly; SameSite=Strict"},
		{"production", func(c *Config) { c.Secure = true }, "__Host-session=…; Path=/; Max-Age=86400; HttpOnly; Secure; SameSite=Strict"},
		{"domain", func(c *Config) { c.Secure, c.Domain = true, "example.com" }, "session=…; Path=/; Domain=example.com; Max-Age=86400; HttpOnly; Secure; SameSite=Strict"},
		{"shorter than a token", func(c *Config) { c.MaxAge = time.Hour }, "session=…; Path=/; Max-Age=3600; HttpOnly; SameSite=Strict"},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := newSite(t, test.change)
			started := s.start(t)
			line := s.do("POST", "/start", "").Header.Get("Set-Cookie")
			name, rest, _ := strings.Cut(line, "=")
			value, attributes, _ := strings.Cut(rest, ";")
			if got := name + "=…;" + attributes; got != test.want {
				t.Errorf("set as     %s\nwant       %s", got, test.want)
			}
			for _, secret := range []string{"ada@example.com", `"t"`} {
				plain, _ := base64.RawURLEncoding.DecodeString(value)
				if strings.Contains(string(plain), secret) || strings.Contains(value, secret) {
					t.Errorf("the cookie can be read: it holds %s", secret)
				}
			}

			ended := s.do("POST", "/end", started.Value).Header.Get("Set-Cookie")
			_, setAttributes, _ := strings.Cut(attributes, "Max-Age=")
			_, setAttributes, _ = strings.Cut(setAttributes, ";")
			_, endAttributes, _ := strings.Cut(ended, "Max-Age=0;")
			if setAttributes != endAttributes {
				t.Errorf("deleted with %q, set with %q", endAttributes, setAttributes)
			}
		})
	}
}

func TestWhatIsNotOursIsAnonymous(t *testing.T) {
	s := newSite(t, nil)
	genuine := s.start(t).Value
	foreign := newSite(t, func(c *Config) { c.Secrets = []string{secretB} }).start(t).Value
	flipped := []byte(genuine)
	flipped[len(flipped)/2] ^= 1
	other, err := NewSealer([]string{secretA}, "another purpose")
	if err != nil {
		t.Fatal(err)
	}
	otherPurpose, err := other.Seal(Session{Token: "t", ExpiresAt: time.Now().Add(time.Hour), SignedInAt: time.Now()})
	if err != nil {
		t.Fatal(err)
	}
	for name, value := range map[string]string{
		"foreign": foreign, "flipped": string(flipped), "truncated": genuine[:len(genuine)-1], "longer": genuine + "A",
		"empty": "", "text": "hello", "a JWT": "eyJhbGciOiJub25lIn0.e30.", "another purpose": otherPurpose,
	} {
		r := s.do("GET", "/", value)
		if got := body(t, r); got != "anonymous" {
			t.Errorf("%s cookie: %q", name, got)
		}
		if set := r.Header.Get("Set-Cookie"); set != "" {
			t.Errorf("%s cookie: answered with Set-Cookie", name)
		}
	}
	if got := body(t, s.do("GET", "/", genuine)); got != "token t" {
		t.Errorf("the genuine cookie: %q", got)
	}
}

func TestAForeignCookieBesideOurs(t *testing.T) {
	s := newSite(t, nil)
	genuine := s.start(t).Value
	r := httptest.NewRequest("GET", "/", nil)
	r.Header.Set("Cookie", s.name+"=foreign; "+s.name+"="+genuine)
	w := httptest.NewRecorder()
	s.handler.ServeHTTP(w, r)
	if w.Body.String() != "token t" {
		t.Errorf("a foreign cookie before ours: %q", w.Body.String())
	}
}

func TestTheSuccessorIsTheSameMembers(t *testing.T) {
	s := newSite(t, func(c *Config) {
		c.Renew = func(context.Context, string, string, string) (Grant, error) {
			return Grant{Token: "other", MemberID: "somebody else", ExpiresIn: time.Hour}, nil
		}
	})
	cookie := s.start(t).Value
	s.pass(15 * time.Hour)
	if got := body(t, s.do("GET", "/", cookie)); got != "token t" {
		t.Errorf("with somebody else's successor: %q", got)
	}
}

func FuzzOpen(f *testing.F) {
	sealer, err := NewSealer([]string{secretA}, "session")
	if err != nil {
		f.Fatal(err)
	}
	genuine, err := sealer.Seal(Session{Token: "t"})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(genuine[:20])
	f.Add("")
	f.Fuzz(func(t *testing.T, text string) {
		var s Session
		if text != genuine && sealer.Open(text, &s) {
			t.Fatalf("a forged value is taken for genuine: %q", text)
		}
	})
}

func TestKeysRotate(t *testing.T) {
	old := newSite(t, func(c *Config) { c.Secrets = []string{secretA} }).start(t).Value
	rotated := newSite(t, func(c *Config) { c.Secrets = []string{secretB, secretA} })
	if got := body(t, rotated.do("GET", "/", old)); got != "token t" {
		t.Errorf("with the old key second: %q", got)
	}
	if onlyOld := newSite(t, nil); body(t, onlyOld.do("GET", "/", rotated.start(t).Value)) != "anonymous" {
		t.Error("new cookies are still sealed with the old key")
	}
}

func TestRenewsWhenHalfTheLifeIsOver(t *testing.T) {
	s := newSite(t, nil)
	first := s.start(t).Value
	s.pass(11 * time.Hour)
	if got := body(t, s.do("GET", "/", first)); got != "token t" || s.renewed.Load() != 0 {
		t.Fatalf("before half of the life: %q, %d renewals", got, s.renewed.Load())
	}
	s.pass(4 * time.Hour)
	r := s.do("GET", "/", first)
	if got := body(t, r); got != "token t+" {
		t.Fatalf("after half of the life: %q", got)
	}
	if len(r.Cookies()) != 1 || r.Cookies()[0].MaxAge != 86400 {
		t.Fatalf("the renewed cookie: %v", r.Header["Set-Cookie"])
	}
	// A late-comer with the old cookie gets the same successor, and the very
	// same cookie.
	late := s.do("GET", "/", first)
	if got := body(t, late); got != "token t+" || s.renewed.Load() != 1 {
		t.Fatalf("late-comer: %q, %d renewals", got, s.renewed.Load())
	}
	if late.Cookies()[0].Value != r.Cookies()[0].Value {
		t.Error("two answers to one renewal carry different cookies")
	}
}

func TestOneRenewalHoweverManyAsk(t *testing.T) {
	s := newSite(t, func(c *Config) {
		c.Renew = func(_ context.Context, token, _, _ string) (Grant, error) {
			time.Sleep(50 * time.Millisecond)
			return Grant{Token: token + "+", MemberID: "m", ExpiresIn: 24 * time.Hour}, nil
		}
	})
	cookie := s.start(t).Value
	s.pass(15 * time.Hour)
	var group sync.WaitGroup
	answers := make([]string, 50)
	for i := range answers {
		group.Go(func() { answers[i] = body(t, s.do("GET", "/", cookie)) })
	}
	group.Wait()
	for _, answer := range answers {
		if answer != "token t+" {
			t.Fatalf("one of the requests got %q", answer)
		}
	}
	if s.renewed.Load() != 1 {
		t.Errorf("%d renewals, want 1", s.renewed.Load())
	}
}

func TestRenewalOutlivesTheVisitor(t *testing.T) {
	s := newSite(t, func(c *Config) {
		c.Renew = func(ctx context.Context, token, _, _ string) (Grant, error) {
			return Grant{Token: token + "+", MemberID: "m", ExpiresIn: 24 * time.Hour}, ctx.Err()
		}
	})
	cookie := s.start(t).Value
	s.pass(15 * time.Hour)
	gone, leave := context.WithCancel(context.Background())
	leave()
	r := httptest.NewRequestWithContext(gone, "GET", "/", nil)
	r.AddCookie(&http.Cookie{Name: s.name, Value: cookie})
	s.handler.ServeHTTP(httptest.NewRecorder(), r)
	if got := body(t, s.do("GET", "/", cookie)); got != "token t+" || s.renewed.Load() != 1 {
		t.Errorf("after a visitor left in the middle: %q, %d renewals", got, s.renewed.Load())
	}
}

func TestRefusalClearsAndTroubleDoesNot(t *testing.T) {
	for _, test := range []struct {
		name    string
		err     error
		want    string
		cleared bool
	}{
		{"refused", ErrRefused, "anonymous", true},
		{"refused, wrapped", fmt.Errorf("x: %w", ErrRefused), "anonymous", true},
		{"trouble", errors.New("timeout"), "token t", false},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := newSite(t, func(c *Config) {
				c.Renew = func(context.Context, string, string, string) (Grant, error) { return Grant{}, test.err }
			})
			cookie := s.start(t).Value
			s.pass(15 * time.Hour)
			for range 3 {
				r := s.do("GET", "/", cookie)
				if got := body(t, r); got != test.want {
					t.Fatalf("got %q, want %q", got, test.want)
				}
				cleared := len(r.Cookies()) == 1 && r.Cookies()[0].MaxAge < 0 && r.Cookies()[0].Value == ""
				if cleared != test.cleared || (!test.cleared && len(r.Cookies()) != 0) {
					t.Fatalf("cookies: %v", r.Header["Set-Cookie"])
				}
			}
			if s.renewed.Load() != 1 {
				t.Errorf("Directus was asked %d times, want once and then left alone", s.renewed.Load())
			}
		})
	}
}

func TestASessionEnds(t *testing.T) {
	s := newSite(t, func(c *Config) { c.MaxAge = 40 * time.Hour })
	first := s.start(t).Value
	s.pass(20 * time.Hour)
	renewed := s.do("GET", "/", first).Cookies()[0]
	if want := int((20 * time.Hour).Seconds()); renewed.MaxAge != want {
		t.Errorf("Max-Age %d, want %d: what is left of the absolute lifetime", renewed.MaxAge, want)
	}
	s.pass(19 * time.Hour)
	if got := body(t, s.do("GET", "/", renewed.Value)); !strings.HasPrefix(got, "token") {
		t.Errorf("within the absolute lifetime: %q", got)
	}
	s.pass(2 * time.Hour)
	if got := body(t, s.do("GET", "/", renewed.Value)); got != "anonymous" {
		t.Errorf("after the absolute lifetime: %q", got)
	}
	if got := body(t, s.do("GET", "/", first)); got != "anonymous" {
		t.Errorf("with an expired token: %q", got)
	}
}

func TestTheLastWordIsTheOnlyCookie(t *testing.T) {
	s := newSite(t, nil)
	cookie := s.start(t).Value
	s.pass(15 * time.Hour)
	r := s.do("POST", "/end", cookie) // renewed by the middleware, then ended
	if cookies := r.Cookies(); len(cookies) != 1 || cookies[0].MaxAge >= 0 {
		t.Errorf("Set-Cookie: %v, want only the deletion", r.Header["Set-Cookie"])
	}
}

func TestATokenTooLargeForACookie(t *testing.T) {
	s := newSite(t, func(c *Config) {
		c.Renew = func(context.Context, string, string, string) (Grant, error) {
			return Grant{Token: strings.Repeat("x", 5000), MemberID: "m", ExpiresIn: 24 * time.Hour}, nil
		}
	})
	cookie := s.start(t).Value
	s.pass(15 * time.Hour)
	r := s.do("GET", "/", cookie)
	if got := body(t, r); got != "token t" || len(r.Cookies()) != 0 {
		t.Errorf("%q, %v: want the session in hand and no cookie that browsers drop", got, r.Header["Set-Cookie"])
	}
}
