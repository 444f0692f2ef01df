package directus_test

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"hutch/internal/directus"
	"hutch/internal/secret"
)

// What a proxy in between, or an ailing Directus, may answer. Only Directus' own
// word may count as a refusal of the token.
func TestOnlyDirectusRefuses(t *testing.T) {
	t.Parallel()
	refusal := func(code string) string {
		return fmt.Sprintf(`{"errors":[{"message":"the password hunter2 is wrong","extensions":{"code":%q}}]}`, code)
	}
	for _, test := range []struct {
		name        string
		status      int
		contentType string
		body        string
		refused     bool
		unavailable bool
	}{
		{"Directus' 401", 401, "application/json; charset=utf-8", refusal("INVALID_CREDENTIALS"), true, false},
		{"Directus' expiry", 401, "application/json", refusal("TOKEN_EXPIRED"), true, false},
		{"Directus' invalid token", 403, "application/json", refusal("INVALID_TOKEN"), true, false},
		{"no permission", 403, "application/json", refusal("FORBIDDEN"), false, false},
		{"a proxy's 401", 401, "text/html", "<h1>401</h1>", false, true},
		{"a proxy's 401 as JSON", 401, "application/json", `{"error":"unauthorized"}`, false, true},
		{"an empty 401", 401, "", "", false, true},
		{"a limit", 429, "application/json", refusal("REQUESTS_EXCEEDED"), false, true},
		{"pressure", 503, "application/json", refusal("SERVICE_UNAVAILABLE"), false, true},
		{"a crash", 500, "text/plain", "Error: at /srv/directus/api.js", false, true},
		{"a maintenance page with 200", 200, "text/html", "<h1>Back soon</h1>", false, true},
		{"JSON of another kind", 200, "application/json", `[1,2,3]`, false, true},
		{"JSON cut short", 200, "application/json", `{"data":{"id":`, false, true},
		{"a redirect", 302, "text/html", "", false, true},
		{"an endless answer", 200, "application/json", `{"data":"` + strings.Repeat("x", 3<<20) + `"}`, false, true},
	} {
		t.Run(test.name, func(t *testing.T) {
			upstream := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Type", test.contentType)
				w.Header().Set("Location", "/elsewhere")
				w.WriteHeader(test.status)
				_, _ = fmt.Fprint(w, test.body)
			}))
			defer upstream.Close()
			client := newClient(t, upstream.URL)
			_, err := client.Me(t.Context(), somebody(), secret.Of("token"))
			if directus.TokenRefused(err) != test.refused || errors.Is(err, directus.ErrUnavailable) != test.unavailable {
				t.Errorf("%v: refused %t, unavailable %t", err, directus.TokenRefused(err), errors.Is(err, directus.ErrUnavailable))
			}
			for _, leak := range []string{"hunter2", "srv", "token"} {
				if strings.Contains(strings.ReplaceAll(fmt.Sprint(err), "TOKEN", ""), leak) {
					t.Errorf("the error repeats what upstream said: %v", err)
				}
			}
		})
	}
}

func TestNobodyThere(t *testing.T) {
	t.Parallel()
	upstream := httptest.NewServer(nil)
	upstream.Close()
	_, err := newClient(t, upstream.URL).Me(t.Context(), somebody(), secret.Of("secret-token"))
	if !errors.Is(err, directus.ErrUnavailable) || directus.TokenRefused(err) {
		t.Errorf("got %v", err)
	}
}

func TestEachCallCarriesTheVisitorAndOnlyItsToken(t *testing.T) {
	t.Parallel()
	type seen struct{ forwarded, agent, authorization, cookie string }
	var last seen
	upstream := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		last = seen{strings.Join(r.Header.Values("X-Forwarded-For"), "|"), r.UserAgent(), r.Header.Get("Authorization"), r.Header.Get("Cookie")}
		w.Header().Set("Content-Type", "application/json")
		_, _ = fmt.Fprint(w, `{"data":{}}`)
	}))
	defer upstream.Close()
	client := newClient(t, upstream.URL)
	v := directus.Visitor{IP: "203.0.113.7", UserAgent: "Mozilla/5.0"}
	for name, test := range map[string]struct {
		call func()
		want seen
	}{
		"login": {func() {
			_, _ = client.Login(t.Context(), v, directus.Credentials{Email: "a@example.com", Password: secret.Of("p")})
		}, seen{agent: v.UserAgent, forwarded: v.IP}},
		"register": {func() { _ = client.Register(t.Context(), v, "a@example.com", "p", "") }, seen{agent: v.UserAgent, forwarded: v.IP}},
		"create":   {func() { _ = client.CreateUser(t.Context(), v, "a@example.com", "p") }, seen{agent: v.UserAgent, forwarded: v.IP}},
		"refresh":  {func() { _, _ = client.Refresh(t.Context(), v, secret.Of("tok")) }, seen{agent: v.UserAgent, forwarded: v.IP, cookie: "directus_session_token=tok"}},
		"logout":   {func() { _, _ = client.Logout(t.Context(), v, secret.Of("tok")) }, seen{agent: v.UserAgent, forwarded: v.IP, cookie: "directus_session_token=tok"}},
		"me":       {func() { _, _ = client.Me(t.Context(), v, secret.Of("tok")) }, seen{agent: v.UserAgent, forwarded: v.IP, authorization: "Bearer tok"}},
		"items":    {func() { _ = client.Items(t.Context(), v, secret.Text{}, "posts", directus.Query{}, nil) }, seen{agent: v.UserAgent, forwarded: v.IP}},
	} {
		test.call()
		if last != test.want {
			t.Errorf("%s sent %+v, want %+v", name, last, test.want)
		}
	}
}

// Directus sees no more connections than the client may open, and a call without a
// slot does not wait forever. Sign-in is separate.
func TestConnectionsAreBounded(t *testing.T) {
	t.Parallel()
	var now, peak atomic.Int64
	release := make(chan struct{})
	hold := func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.URL.Path, "/auth/") {
			says(401, "INVALID_CREDENTIALS")(w, r)
			return
		}
		n := now.Add(1)
		defer now.Add(-1)
		for old := peak.Load(); n > old && !peak.CompareAndSwap(old, n); old = peak.Load() {
		}
		select {
		case <-release:
		case <-r.Context().Done():
		}
		fine(w, r)
	}
	d := newTroubled(t, directus.Options{}, hold)
	const calls = 200
	failures := make(chan directus.Failure, calls)
	for range calls {
		go func() {
			failures <- directus.FailureOf(d.Items(t.Context(), somebody(), secret.Text{}, "posts", directus.Query{}, nil))
		}()
	}
	counted := map[directus.Failure]int{}
	for range calls - 64 {
		counted[<-failures]++
	}
	if _, err := d.Login(t.Context(), somebody(), directus.Credentials{}); !errors.Is(err, directus.InvalidCredentials) {
		t.Errorf("a crowd that reads has stopped sign-in: %v", err)
	}
	close(release)
	for range 64 {
		counted[<-failures]++
	}
	if peak.Load() != 64 || counted[directus.NoFailure] != 64 || counted[directus.Busy] != calls-64 {
		t.Errorf("%d calls at once, and %v", peak.Load(), counted)
	}
	if len(d.changes()) > 0 {
		t.Errorf("a crowd was taken for trouble: %v", d.changes())
	}
}

// Whatever an answer says, no other host is called.
func TestNobodyElseIsCalled(t *testing.T) {
	var strangers atomic.Int64
	stranger := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { strangers.Add(1) }))
	defer stranger.Close()
	t.Setenv("HTTP_PROXY", stranger.URL)
	_, _ = newClient(t, "http://directus.invalid").Me(t.Context(), somebody(), secret.Of("token")) // the environment's proxy is ignored on loopback
	for _, status := range []int{301, 302, 303, 307, 308} {
		d := newTroubled(t, directus.Options{}, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Location", stranger.URL+"/?"+"token")
			w.Header().Set("Refresh", "0; url="+stranger.URL)
			w.WriteHeader(status)
		})
		_ = d.read(t.Context())
		_, _ = d.Login(t.Context(), somebody(), directus.Credentials{})
		_ = d.VerifyEmail(t.Context(), somebody(), "token")
		_, _ = d.Asset(t.Context(), somebody(), secret.Text{}, memberID, directus.Transform{}, "")
		if d.asked.Load() != 4 {
			t.Errorf("%d: Directus was asked %d times, want 4", status, d.asked.Load())
		}
	}
	if strangers.Load() > 0 {
		t.Errorf("a stranger was called %d times", strangers.Load())
	}
}

func TestAnswersAreBounded(t *testing.T) {
	t.Parallel()
	d := newTroubled(t, directus.Options{}, func(w http.ResponseWriter, r *http.Request) {
		for i := range 100 {
			w.Header().Set(fmt.Sprint("X-", i), strings.Repeat("x", 2<<10))
		}
		fine(w, r)
	})
	if err := d.read(t.Context()); !errors.Is(err, directus.ErrUnavailable) {
		t.Errorf("200 KB of headers: %v", err)
	}
	d.becomes(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = fmt.Fprint(w, `{"data":{"id":"`+memberID+`","x":`+strings.Repeat("[", 100_000)+strings.Repeat("]", 100_000)+`}}`)
	})
	if err := d.read(t.Context()); !errors.Is(err, directus.ErrUnavailable) {
		t.Errorf("100 000 lists in each other: %v", err)
	}
	d.becomes(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = fmt.Fprint(w, `{"data":{"id":"`+memberID+`","x":"`)
		for range 9 << 10 {
			_, _ = fmt.Fprint(w, strings.Repeat("x", 1<<10))
		}
		_, _ = fmt.Fprint(w, `"}}`)
	})
	if err := d.read(t.Context()); directus.FailureOf(err) != directus.Odd {
		t.Errorf("9 MB: %v", err)
	}
}

func TestBadCertificateIsRefused(t *testing.T) { // alone, as a busy machine takes seconds for the handshake
	var asked atomic.Int64
	upstream := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { asked.Add(1); fine(w, r) }))
	upstream.Config.ErrorLog = nil
	upstream.StartTLS() // with an untrusted certificate
	defer upstream.Close()
	_, err := newClient(t, upstream.URL).Me(t.Context(), somebody(), secret.Of("secret-token"))
	if !errors.Is(err, directus.ErrUnavailable) || !strings.Contains(fmt.Sprint(err), "certificate") || asked.Load() != 0 {
		t.Errorf("%v, asked %d times", err, asked.Load())
	}
}

func TestCallsAreObservedAndMeasured(t *testing.T) {
	t.Parallel()
	var requestID atomic.Value
	d := newTroubled(t, directus.Options{}, func(w http.ResponseWriter, r *http.Request) {
		requestID.Store(r.Header.Get("X-Request-Id"))
		time.Sleep(20 * time.Millisecond)
		w.Header().Set("Content-Disposition", "inline") // as of a file
		fine(w, r)
	})
	ctx, waited := directus.Measure(t.Context())
	v := somebody()
	v.RequestID = "request-7"
	if _, err := d.ReadUser(ctx, v, secret.Of("token"), memberID); err != nil {
		t.Fatal(err)
	}
	if requestID.Load() != "request-7" {
		t.Errorf("Directus was told the request %q", requestID.Load())
	}
	asset, err := d.Asset(context.WithoutCancel(ctx), v, secret.Text{}, memberID, directus.Transform{}, "")
	if err != nil {
		t.Fatal(err)
	}
	_ = asset.Body.Close()
	_ = asset.Body.Close() // closing twice is safe
	d.becomes(says(429, "REQUESTS_EXCEEDED"))
	_ = d.read(ctx)
	_ = d.read(t.Context()) // not measured
	seen := d.observed()
	var sum time.Duration
	for i, want := range []directus.Observation{
		{Call: "GET /users/:id", Status: 200}, {Call: "GET /assets/:id", Status: 200},
		{Call: "GET /users/me", Status: 429, Failure: directus.Limited},
	} {
		got := seen[i]
		sum += got.Duration
		if got.Duration = 0; got != want {
			t.Errorf("observed %+v, want %+v", got, want)
		}
	}
	if got := waited(); got < sum || got < 40*time.Millisecond {
		t.Errorf("waited %s for calls that took %s", got, sum)
	}
}

func newClient(t *testing.T, address string) *directus.Client {
	t.Helper()
	client, err := directus.New(address)
	if err != nil {
		t.Fatal(err)
	}
	return client
}

// A project may forbid limits above its own.
func TestLimitsAboveTheProjects(t *testing.T) {
	t.Parallel()
	var asked []string
	d := newTroubled(t, directus.Options{}, func(w http.ResponseWriter, r *http.Request) {
		limit := r.URL.Query().Get("limit")
		if asked = append(asked, limit); limit == "500" || limit == "12" {
			says(400, "INVALID_QUERY")(w, r)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		_, _ = fmt.Fprint(w, `{"data":[{"slug":"a"}]}`)
	})
	for limit, want := range map[int]string{500: "[500 -1]", 12: "[12]"} {
		asked = nil
		list, err := d.List(t.Context(), somebody(), secret.Text{}, "posts", directus.Query{Limit: limit})
		if fmt.Sprint(asked) != want || (err == nil) != (limit == 500) || err == nil && len(list.Items) == 0 {
			t.Errorf("of %d: asked for %v, %v", limit, asked, err)
		}
	}
}

func somebody() directus.Visitor {
	return directus.Visitor{IP: "192.0.2.7", UserAgent: "a test of the client"}
}

// No call leaves a goroutine behind, not even after a fault.
func TestMain(m *testing.M) {
	flag.Parse()
	_ = flag.Set("test.parallel", "8") // most of these tests wait
	code := m.Run()
	// Idle connections close by themselves after four seconds.
	var leaked error
	for end := time.Now().Add(30 * time.Second); ; { // the machine may be busy
		if leaked = goleak.Find(); leaked == nil || time.Now().After(end) {
			break
		}
	}
	if leaked != nil && code == 0 {
		fmt.Fprintln(os.Stderr, leaked)
		code = 1
	}
	os.Exit(code)
}

// Failures that say nothing about Directus' health must not stop other calls.
func TestBreakerCountsOnlyTrouble(t *testing.T) {
	t.Parallel()
	for name, answer := range map[string]http.HandlerFunc{
		"refused":    says(403, "FORBIDDEN"),
		"dead token": says(401, "TOKEN_EXPIRED"),
		"limited":    says(429, "REQUESTS_EXCEEDED"),
		"other shape": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			_, _ = fmt.Fprint(w, `{"data":[1]}`)
		},
		"gone visitor": func(_ http.ResponseWriter, r *http.Request) {
			select {
			case <-r.Context().Done():
			case <-time.After(5 * time.Second):
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := newTroubled(t, directus.Options{}, answer)
			for range 30 {
				ctx, cancel := context.WithCancel(t.Context())
				if name == "gone visitor" {
					time.AfterFunc(5*time.Millisecond, cancel)
				}
				_ = d.read(ctx)
				cancel()
			}
			if len(d.changes()) > 0 {
				t.Error(d.changes())
			}
			if d.becomes(fine); d.read(t.Context()) != nil {
				t.Error("a call that would be answered is given up")
			}
		})
	}
	// Nobody may stop everybody's calls with input that makes Directus fail:
	// Directus 10 fails on a forged reset link, every version on a broken image,
	// and a project's own rules may on anything.
	broken, crowded := says(500, "INTERNAL_SERVER_ERROR"), says(503, "SERVICE_UNAVAILABLE")
	image := func(c *directus.Client) {
		_, _ = c.Asset(t.Context(), somebody(), secret.Text{}, memberID, directus.Transform{Width: 160}, "")
	}
	for name, test := range map[string]struct {
		answer http.HandlerFunc
		call   func(*directus.Client)
	}{
		"a made-up link": {broken, func(c *directus.Client) { _ = c.ResetPassword(t.Context(), somebody(), "made-up", "password") }},
		"a broken image": {broken, image},
		"many images":    {crowded, image},
		"a change": {broken, func(c *directus.Client) {
			_ = c.UpdateUser(t.Context(), somebody(), secret.Of("token"), memberID, directus.NewEmail("a@example.com"))
		}},
		"an upload": {broken, func(c *directus.Client) {
			_ = c.UploadFile(t.Context(), somebody(), secret.Of("token"), directus.Upload{Name: "a.png", ContentType: "image/png"})
		}},
	} {
		d := newTroubled(t, directus.Options{}, test.answer)
		for range 30 {
			test.call(d.Client)
		}
		if len(d.changes()) > 0 {
			t.Errorf("%s: %v", name, d.changes())
		}
	}
	// A proxy's error says nothing about an image.
	d := newTroubled(t, directus.Options{}, proxySays(503))
	for range 30 {
		image(d.Client)
	}
	if !slices.Equal(d.changes(), []string{"assets open"}) {
		t.Errorf("a proxy's 503: %v", d.changes())
	}
}
