package session

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gin-gonic/gin"

	"hutch/internal/secret"
)

const (
	secretA = "a-secret-of-at-least-thirty-two-characters"
	secretB = "b-secret-of-at-least-thirty-two-characters"
)

// site is a server with a manager, a clock that the test moves, and a Directus that
// answers what the test says.
type site struct {
	*Manager
	handler http.Handler
	now     atomic.Int64
	renewed atomic.Int64 // how often Renew was called

	mu       sync.Mutex
	outcomes []Outcome
	revoked  []string
}

// seen returns the outcomes reported since the last call.
func (s *site) seen() []Outcome {
	s.mu.Lock()
	defer s.mu.Unlock()
	outcomes := s.outcomes
	s.outcomes = nil
	return outcomes
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
		Renew: func(_ context.Context, token secret.Text, _ Visitor) (Grant, error) {
			return Grant{Token: secret.Of(token.Reveal() + "+"), MemberID: "m", ExpiresIn: 24 * time.Hour}, nil
		},
	}
	config.Revoke = func(_ context.Context, token secret.Text, _ Visitor) (bool, error) {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.revoked = append(s.revoked, token.Reveal())
		return true, nil
	}
	if change != nil {
		change(&config)
	}
	inner := config.Renew
	config.Renew = func(ctx context.Context, token secret.Text, v Visitor) (Grant, error) {
		s.renewed.Add(1)
		return inner(ctx, secret.Of(token.Reveal()), v)
	}
	var err error
	if s.Manager, err = NewManager(config); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Wait(context.Background()); err != nil {
			t.Error(err)
		}
	})
	engine := gin.New()
	engine.Use(s.Middleware(func(c *gin.Context, outcome Outcome) {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.outcomes = append(s.outcomes, outcome)
	}))
	engine.GET("/", func(c *gin.Context) {
		if own, ok := From(c); ok {
			c.String(http.StatusOK, "token %s", own.Token.Reveal())
			return
		}
		c.String(http.StatusOK, "anonymous")
	})
	engine.POST("/start", func(c *gin.Context) {
		if err := s.Start(c, Grant{Token: secret.Of("t"), MemberID: "m", ExpiresIn: 24 * time.Hour}, Member{Email: "ada@example.com"}); err != nil {
			c.String(http.StatusInternalServerError, err.Error())
		}
	})
	engine.POST("/end", func(c *gin.Context) { s.End(c) })
	engine.POST("/signout", func(c *gin.Context) { s.SignOut(c) })
	s.handler = engine
	return s
}

// ended returns the tokens revoked in Directus, once no detached work is running.
func (s *site) ended(t *testing.T) []string {
	t.Helper()
	if err := s.Wait(t.Context()); err != nil {
		t.Error(err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.revoked)
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

func TestTheSuccessorIsTheSameMembers(t *testing.T) {
	s := newSite(t, func(c *Config) {
		c.Renew = func(context.Context, secret.Text, Visitor) (Grant, error) {
			return Grant{Token: secret.Of("other"), MemberID: "somebody else", ExpiresIn: time.Hour}, nil
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
	genuine, err := sealer.Seal(Session{Token: secret.Of("t")})
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
	// A late request with the old cookie gets the same successor and the very same
	// cookie.
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
		c.Renew = func(_ context.Context, token secret.Text, _ Visitor) (Grant, error) {
			time.Sleep(50 * time.Millisecond)
			return Grant{Token: secret.Of(token.Reveal() + "+"), MemberID: "m", ExpiresIn: 24 * time.Hour}, nil
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

func TestRenewalGoesOnWithoutTheVisitor(t *testing.T) {
	gone, leave := context.WithCancel(context.Background())
	s := newSite(t, func(c *Config) {
		c.Renew = func(ctx context.Context, token secret.Text, _ Visitor) (Grant, error) {
			leave() // in the middle of the refresh
			return Grant{Token: secret.Of(token.Reveal() + "+"), MemberID: "m", ExpiresIn: 24 * time.Hour}, ctx.Err()
		}
	})
	cookie := s.start(t).Value
	s.pass(15 * time.Hour)
	r := httptest.NewRequestWithContext(gone, "GET", "/", nil)
	r.AddCookie(&http.Cookie{Name: s.name, Value: cookie})
	s.handler.ServeHTTP(httptest.NewRecorder(), r)
	if got := body(t, s.do("GET", "/", cookie)); got != "token t+" || s.renewed.Load() != 1 {
		t.Errorf("after a visitor left in the middle: %q, %d renewals", got, s.renewed.Load())
	}
}

func TestTroubleLeavesTheCookieAlone(t *testing.T) {
	s := newSite(t, func(c *Config) {
		c.Renew = func(context.Context, secret.Text, Visitor) (Grant, error) { return Grant{}, errors.New("timeout") }
	})
	cookie := s.start(t).Value
	s.pass(15 * time.Hour)
	for range 3 {
		r := s.do("GET", "/", cookie)
		if got := body(t, r); got != "token t" || len(r.Cookies()) != 0 {
			t.Fatalf("got %q, cookies %v", got, r.Header["Set-Cookie"])
		}
	}
	if s.renewed.Load() != 1 {
		t.Errorf("Directus was asked %d times, want once and then left alone", s.renewed.Load())
	}
	if got := s.seen(); !slices.Equal(got, []Outcome{Trouble, Trouble, Trouble}) {
		t.Errorf("outcomes: %v", got)
	}
}

func TestAPanicInARefreshIsTrouble(t *testing.T) {
	s := newSite(t, func(c *Config) {
		c.Renew = func(context.Context, secret.Text, Visitor) (Grant, error) { panic("in a refresh") }
	})
	cookie := s.start(t).Value
	s.pass(15 * time.Hour)
	var group sync.WaitGroup
	for range 10 {
		group.Go(func() {
			if got := body(t, s.do("GET", "/", cookie)); got != "token t" {
				t.Errorf("got %q", got)
			}
		})
	}
	group.Wait()
	for _, outcome := range s.seen() {
		if outcome != Trouble {
			t.Errorf("outcome %s", outcome)
		}
	}
}

func TestNobodyRenewsForAnAnswerThatIsNotRead(t *testing.T) {
	s := newSite(t, nil)
	cookie := s.start(t).Value
	s.pass(15 * time.Hour)
	for _, test := range []struct {
		method string
		header http.Header
	}{
		{"HEAD", http.Header{}},
		{"GET", http.Header{"Sec-Purpose": {"prefetch"}}},
		{"GET", http.Header{"Sec-Purpose": {"prefetch;prerender"}}},
	} {
		r := httptest.NewRequest(test.method, "/", nil)
		r.Header = test.header
		r.AddCookie(&http.Cookie{Name: s.name, Value: cookie})
		w := httptest.NewRecorder()
		s.handler.ServeHTTP(w, r)
		if s.renewed.Load() != 0 || len(w.Result().Cookies()) != 0 {
			t.Errorf("%s %v renews", test.method, test.header)
		}
		if test.method == "GET" && w.Body.String() != "token t" {
			t.Errorf("%v: %q", test.header, w.Body.String())
		}
	}
	if s.do("GET", "/", cookie); s.renewed.Load() != 1 {
		t.Error("nothing renews any more")
	}
}

func TestAbandonedRefreshesAreWaitedFor(t *testing.T) {
	begun, end := make(chan struct{}), make(chan struct{})
	s := newSite(t, func(c *Config) {
		c.Renew = func(_ context.Context, token secret.Text, _ Visitor) (Grant, error) {
			close(begun)
			<-end
			return Grant{Token: secret.Of(token.Reveal() + "+"), MemberID: "m", ExpiresIn: 24 * time.Hour}, nil
		}
	})
	cookie := s.start(t).Value
	s.pass(15 * time.Hour)
	answered := make(chan struct{})
	go func() {
		s.do("GET", "/", cookie)
		close(answered)
	}()
	<-begun
	short, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if err := s.Wait(short); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("while one runs, Wait says %v", err)
	}
	close(end)
	<-answered
	if err := s.Wait(t.Context()); err != nil {
		t.Error(err)
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
	var said []int
	for _, set := range r.Cookies() {
		if set.Name == s.name {
			said = append(said, set.MaxAge)
		}
	}
	if len(said) != 1 || said[0] >= 0 {
		t.Errorf("Set-Cookie: %v, want the deletion and no other word on the session", r.Header["Set-Cookie"])
	}
}

func TestATokenTooLargeForACookie(t *testing.T) {
	s := newSite(t, func(c *Config) {
		c.Renew = func(context.Context, secret.Text, Visitor) (Grant, error) {
			return Grant{Token: secret.Of(strings.Repeat("x", 5000)), MemberID: "m", ExpiresIn: 24 * time.Hour}, nil
		}
	})
	cookie := s.start(t).Value
	s.pass(15 * time.Hour)
	r := s.do("GET", "/", cookie)
	if got := body(t, r); got != "token t" || len(r.Cookies()) != 0 {
		t.Errorf("%q, %v: want the session in hand and no cookie that browsers drop", got, r.Header["Set-Cookie"])
	}
}

// At least 128 random bits, new at each sign-in.
func TestEverySessionHasAnIDOfItsOwn(t *testing.T) {
	s := newSite(t, nil)
	seen := map[string]bool{}
	for range 2000 {
		own, _ := s.open(requestWith(s.name, s.start(t).Value))
		if seen[own.ID] || len(own.ID) < 26 { // base32: 5 bits each
			t.Fatalf("the id %q", own.ID)
		}
		seen[own.ID] = true
	}
}

// BenchmarkOpen measures what a signed-in visitor costs before the page is made: the
// middleware opens the cookie of a session that needs no renewal.
func BenchmarkOpen(b *testing.B) {
	gin.SetMode(gin.TestMode)
	m, err := NewManager(Config{Secrets: []string{secretA}, Secure: true, MaxAge: 30 * 24 * time.Hour, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = m.Wait(context.Background()) }()
	now := time.Now()
	sealed, err := m.seal(Session{
		ID: "KXQ2N4PJ6TB7RZ3A5CDEFGHIJK", MemberID: "5f0e1b52-2a0c-4c5e-9d1f-0b8a6f4e1a01",
		Member:     Member{Email: "ada@example.com", Language: "en-US", Appearance: "auto"},
		Token:      secret.Of(strings.Repeat("t", 380)), // as long as Directus' own
		ReceivedAt: now, ExpiresAt: now.Add(24 * time.Hour), SignedInAt: now,
	})
	if err != nil {
		b.Fatal(err)
	}
	c, _ := gin.CreateTestContext(httptest.NewRecorder())
	c.Request = httptest.NewRequest(http.MethodGet, "/blog", nil)
	c.Request.AddCookie(&http.Cookie{Name: m.name, Value: sealed})
	open := m.Middleware(func(*gin.Context, Outcome) {})
	b.ReportAllocs()
	for b.Loop() {
		c.Keys = nil
		open(c)
	}
	if s, ok := From(c); !ok || s.Email != "ada@example.com" {
		b.Fatal("the session was not opened")
	}
}
