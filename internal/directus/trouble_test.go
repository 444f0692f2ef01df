package directus_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"hutch/internal/directus"
	"hutch/internal/secret"
)

// How the client treats an ailing Directus: what it retries, when it gives up, and
// what it counts.

// troubled is a Directus that answers what the test says.
type troubled struct {
	*directus.Client
	url    string
	asked  atomic.Int64
	answer atomic.Pointer[http.HandlerFunc]

	mu      sync.Mutex
	seen    []directus.Observation
	started []string // the initial state of each breaker
	states  []string
}

func newTroubled(t *testing.T, options directus.Options, answer http.HandlerFunc) *troubled {
	t.Helper()
	d := &troubled{}
	d.answer.Store(&answer)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		d.asked.Add(1)
		(*d.answer.Load())(w, r)
	}))
	t.Cleanup(server.Close)
	d.url = server.URL
	options.Observe = func(o directus.Observation) {
		d.mu.Lock()
		defer d.mu.Unlock()
		d.seen = append(d.seen, o)
	}
	options.BreakerChanged = func(name, from, to string) {
		d.mu.Lock()
		defer d.mu.Unlock()
		if from == "" {
			d.started = append(d.started, name+" "+to)
			return
		}
		d.states = append(d.states, name+" "+to)
	}
	client, err := directus.NewWith(server.URL, options)
	if err != nil {
		t.Fatal(err)
	}
	d.Client = client
	return d
}

func (d *troubled) becomes(answer http.HandlerFunc) { d.answer.Store(&answer) }

func (d *troubled) observed() []directus.Observation {
	d.mu.Lock()
	defer d.mu.Unlock()
	return slices.Clone(d.seen)
}

func (d *troubled) changes() []string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return slices.Clone(d.states)
}

// Answers of an ailing Directus, or of a proxy in front of it.

func says(status int, code string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		_, _ = fmt.Fprintf(w, `{"errors":[{"message":"x","extensions":{"code":%q}}]}`, code)
	}
}

func proxySays(status int) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "<h1>nginx</h1>", status) }
}

func reset(w http.ResponseWriter, _ *http.Request) {
	if conn, _, err := http.NewResponseController(w).Hijack(); err == nil {
		_ = conn.(*net.TCPConn).SetLinger(0)
		_ = conn.Close()
	}
}

func hangUp(w http.ResponseWriter, _ *http.Request) {
	if conn, _, err := http.NewResponseController(w).Hijack(); err == nil {
		_ = conn.Close()
	}
}

func fine(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	_, _ = fmt.Fprint(w, `{"data":{"id":"6f2c1d34-0000-4000-8000-000000000001"}}`)
}

func halfAnAnswer(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Content-Length", "1000")
	_, _ = fmt.Fprint(w, `{"data":{"id":`)
	_ = http.NewResponseController(w).Flush()
	hangUp(w, r)
}

const memberID = "6f2c1d34-0000-4000-8000-000000000001"

func (d *troubled) read(ctx context.Context) error {
	_, err := d.Me(ctx, somebody(), secret.Of("token"))
	return err
}

func TestOnlyWhatIsSafeIsTriedAgain(t *testing.T) {
	t.Parallel()
	calls := map[string]func(context.Context, *directus.Client) error{
		"a read": func(ctx context.Context, c *directus.Client) error {
			_, err := c.Me(ctx, somebody(), secret.Of("token"))
			return err
		},
		"a renewal": func(ctx context.Context, c *directus.Client) error {
			_, err := c.Refresh(ctx, somebody(), secret.Of("token"))
			return err
		},
		"a sign-in": func(ctx context.Context, c *directus.Client) error {
			_, err := c.Login(ctx, somebody(), directus.Credentials{Email: "a@example.com", Password: secret.Of("p")})
			return err
		},
		"a sign-out": func(ctx context.Context, c *directus.Client) error {
			_, err := c.Logout(ctx, somebody(), secret.Of("token"))
			return err
		},
		"a change": func(ctx context.Context, c *directus.Client) error {
			return c.UpdateUser(ctx, somebody(), secret.Of("token"), memberID, directus.NewEmail("a@example.com"))
		},
		"a deletion": func(ctx context.Context, c *directus.Client) error {
			return c.DeleteUser(ctx, somebody(), secret.Of("token"), memberID)
		},
		"a link that works once": func(ctx context.Context, c *directus.Client) error {
			return c.VerifyEmail(ctx, somebody(), "token")
		},
	}
	for name, fault := range map[string]struct {
		answer  http.HandlerFunc
		read    int64 // how often a read is sent
		renewal int64 // and how often a renewal, whose answer can be fetched again
	}{
		"reset":          {reset, 3, 2},
		"hung up":        {hangUp, 3, 2},
		"502":            {proxySays(502), 3, 2},
		"503":            {says(503, "SERVICE_UNAVAILABLE"), 3, 2},
		"504":            {proxySays(504), 3, 2},
		"500":            {says(500, "INTERNAL_SERVER_ERROR"), 1, 2},
		"429":            {says(429, "REQUESTS_EXCEEDED"), 1, 1},
		"401":            {says(401, "INVALID_CREDENTIALS"), 1, 1},
		"not JSON":       {proxySays(200), 1, 2},
		"half an answer": {halfAnAnswer, 1, 2},
		"back in a long time": {func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Retry-After", "60")
			proxySays(503)(w, r)
		}, 1, 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for what, call := range calls {
				d := newTroubled(t, directus.Options{}, fault.answer)
				if err := call(t.Context(), d.Client); err == nil && what != "a sign-out" {
					t.Errorf("%s: no error", what)
				}
				want := int64(1)
				switch what {
				case "a read":
					want = fault.read
				case "a renewal":
					want = fault.renewal
				}
				// net/http itself repeats safe requests once if an idle connection
				// turns out to be dead. Here each connection is new.
				if got := d.asked.Load(); got != want {
					t.Errorf("%s was sent %d times, want %d", what, got, want)
				}
			}
		})
	}
}

func TestWhatGetsBetterIsAnswered(t *testing.T) {
	t.Parallel()
	d := newTroubled(t, directus.Options{}, nil)
	d.becomes(func(w http.ResponseWriter, r *http.Request) {
		if d.asked.Load() == 1 {
			w.Header().Set("Retry-After", "1")
			proxySays(503)(w, r)
			return
		}
		fine(w, r)
	})
	begin := time.Now()
	if err := d.read(t.Context()); err != nil {
		t.Error(err)
	}
	if took := time.Since(begin); took < time.Second {
		t.Errorf("Directus asked for a second, and was asked again after %s", took)
	}
}

// If nobody listened, nothing was sent, so any call may be repeated.
func TestNobodyListensForAMoment(t *testing.T) {
	t.Parallel()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := listener.Addr().String()
	_ = listener.Close()
	var server http.Server
	defer func() { _ = server.Close() }()
	comesBack := time.AfterFunc(30*time.Millisecond, func() {
		again, err := net.Listen("tcp", address)
		if err != nil {
			t.Error(err)
			return
		}
		server.Handler = http.HandlerFunc(fine)
		_ = server.Serve(again)
	})
	defer comesBack.Stop()
	client := newClient(t, "http://"+address)
	if err := client.UpdateUser(t.Context(), somebody(), secret.Of("token"), memberID, directus.NewEmail("a@example.com")); err != nil {
		t.Error(err)
	}
}

// An outage causes no storm: besides what quiet times have saved up, one call in
// ten is repeated.
func TestRetriesHaveABudget(t *testing.T) {
	t.Parallel()
	d := newTroubled(t, directus.Options{TripAfter: 1 << 30}, proxySays(503))
	const calls = 200
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			for range calls / 8 {
				_ = d.read(t.Context())
			}
		})
	}
	group.Wait()
	if most := int64(calls + calls/10 + 10); d.asked.Load() > most || d.asked.Load() <= calls {
		t.Errorf("%d calls became %d, want more than that and at most %d", calls, d.asked.Load(), most)
	}
}

func TestBreaker(t *testing.T) {
	t.Parallel()
	d := newTroubled(t, directus.Options{OpenFor: 300 * time.Millisecond}, says(500, "INTERNAL_SERVER_ERROR"))
	for range 20 {
		if err := d.read(t.Context()); directus.FailureOf(err) != directus.Broken {
			t.Fatal(err)
		}
	}
	asked := d.asked.Load()
	for range 10 {
		err := d.read(t.Context())
		if directus.FailureOf(err) != directus.Spared || !errors.Is(err, directus.ErrUnavailable) || errors.Is(err, directus.ErrTimeout) || directus.TokenRefused(err) {
			t.Errorf("%v: %s", err, directus.FailureOf(err))
		}
	}
	if d.asked.Load() != asked {
		t.Error("Directus was asked although most calls fail")
	}
	// Other kinds of calls go on.
	_, _ = d.Login(t.Context(), somebody(), directus.Credentials{})
	_ = d.Items(t.Context(), somebody(), secret.Text{}, "posts", directus.Query{}, nil)
	_, _ = d.Asset(t.Context(), somebody(), secret.Text{}, memberID, directus.Transform{}, "")
	if d.asked.Load() != asked+3 {
		t.Error("trouble with members' own data has stopped other calls")
	}
	d.becomes(fine)
	time.Sleep(350 * time.Millisecond)
	for range 5 {
		if err := d.read(t.Context()); err != nil {
			t.Errorf("Directus is well again: %v", err)
		}
	}
	if got, want := d.changes(), []string{"members open", "members half-open", "members closed"}; !slices.Equal(got, want) {
		t.Errorf("it was told %v, want %v", got, want)
	}
}

// Directus may have renewed a session without getting to say so: a member who does
// not learn of it in time is signed out, whatever happened to other calls.
func TestRenewalsWithoutAnswerAreAskedForAgain(t *testing.T) {
	t.Parallel()
	d := newTroubled(t, directus.Options{OpenFor: time.Hour}, hangUp)
	renew := func(token string) error {
		_, err := d.Refresh(t.Context(), somebody(), secret.Of(token))
		return err
	}
	for i := range 30 {
		_ = renew(fmt.Sprint("token-", i))
	}
	if !slices.Equal(d.changes(), []string{"sign-in open"}) {
		t.Fatal(d.changes())
	}
	d.becomes(says(401, "TOKEN_EXPIRED")) // an answer at least
	if err := renew("token-0"); !errors.Is(err, directus.TokenExpired) {
		t.Errorf("a renewal that may have been made is not asked for again: %v", err)
	}
	for _, token := range []string{"token-0", "another"} { // answered; never sent
		if err := renew(token); directus.FailureOf(err) != directus.Spared {
			t.Errorf("%s: %v", token, err)
		}
	}
}

// Errors are logged next to a member's pseudonym.
func TestErrorsNameNobody(t *testing.T) {
	t.Parallel()
	for name, answer := range map[string]http.HandlerFunc{
		"refused": says(403, "FORBIDDEN"), "broken": proxySays(502), "cut": hangUp,
		"odd": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			_, _ = fmt.Fprint(w, `{"data":{"id":7}}`)
		},
		"no id": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			_, _ = fmt.Fprint(w, `{"data":{"id":"x"}}`)
		},
	} {
		d := newTroubled(t, directus.Options{}, answer)
		_, err := d.ReadUser(t.Context(), somebody(), secret.Of("token"), memberID)
		if err == nil || strings.Contains(err.Error(), memberID) || !strings.Contains(err.Error(), "GET /users/:id") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestBreakersAreToldOfAtTheStart(t *testing.T) {
	t.Parallel()
	d := newTroubled(t, directus.Options{}, fine)
	slices.Sort(d.started)
	if want := []string{"assets closed", "content closed", "items closed", "members closed", "searches closed", "sign-in closed"}; !slices.Equal(d.started, want) {
		t.Errorf("told %v, want %v", d.started, want)
	}
}

func TestBreakerCountsEachKindOfTrouble(t *testing.T) {
	t.Parallel()
	for name, answer := range map[string]http.HandlerFunc{
		"500": says(500, "INTERNAL_SERVER_ERROR"), "a proxy's 502": proxySays(502), "reset": reset, "half an answer": halfAnAnswer,
		"a proxy's page": proxySays(200), "no answer": func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := newTroubled(t, directus.Options{MaxWait: 50 * time.Millisecond}, answer)
			for range 30 {
				_ = d.read(t.Context())
			}
			if !slices.Equal(d.changes(), []string{"members open"}) {
				t.Error(d.changes())
			}
		})
	}
}

// What visitors search for, or which items they name, closes nothing to others, however
// slow the answers are.
func TestLanesAreApart(t *testing.T) {
	t.Parallel()
	slow := func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Query().Get("sort") == "slow" {
			<-r.Context().Done()
			return
		}
		w.Header().Set("Content-Type", "application/json")
		_, _ = fmt.Fprint(w, `{"data":[]}`)
	}
	for lane, name := range map[directus.Lane]string{directus.Common: "content", directus.Named: "items", directus.Searched: "searches"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := newTroubled(t, directus.Options{TripAfter: 4}, slow)
			ask := func(ctx context.Context, lane directus.Lane, sort ...string) error {
				_, err := d.List(ctx, somebody(), secret.Text{}, "posts", directus.Query{Sort: sort, Lane: lane})
				return err
			}
			for range 4 {
				ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
				err := ask(ctx, lane, "slow")
				cancel()
				if !errors.Is(err, directus.ErrTimeout) {
					t.Errorf("%v, want a timeout", err)
				}
			}
			if got, want := d.changes(), []string{name + " open"}; !slices.Equal(got, want) {
				t.Errorf("%v, want %v", got, want)
			}
			for _, other := range []directus.Lane{directus.Common, directus.Named, directus.Searched} {
				if err := ask(t.Context(), other); (err == nil) != (other != lane) {
					t.Errorf("lane %d: %v", other, err)
				}
			}
		})
	}
}

func TestTimeoutsAreToldApart(t *testing.T) {
	t.Parallel()
	silent := func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }
	stalls := func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = fmt.Fprint(w, `{"data":`)
		_ = http.NewResponseController(w).Flush()
		<-r.Context().Done()
	}
	for name, test := range map[string]struct {
		answer http.HandlerFunc
		want   directus.Failure
	}{
		"silent":        {silent, directus.TimedOut},
		"stalls":        {stalls, directus.TimedOut},
		"a proxy's 504": {proxySays(504), directus.TimedOut},
		"503":           {proxySays(503), directus.Broken},
		"reset":         {reset, directus.Cut},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			options := directus.Options{}
			if name == "silent" || name == "stalls" { // a slow machine must not make one of the others
				options.MaxWait = time.Second
			}
			d := newTroubled(t, options, test.answer)
			err := d.read(t.Context())
			if got := directus.FailureOf(err); got != test.want || !errors.Is(err, directus.ErrUnavailable) || errors.Is(err, directus.ErrTimeout) != (test.want == directus.TimedOut) {
				t.Errorf("%v is %q, want %q", err, got, test.want)
			}
			if name == "stalls" {
				return // a file is not told in advance how long it may take
			}
			_, err = d.Asset(t.Context(), somebody(), secret.Text{}, memberID, directus.Transform{}, "")
			if got := directus.FailureOf(err); got != test.want {
				t.Errorf("of a file: %v is %q, want %q", err, got, test.want)
			}
		})
	}
	// A visitor who leaves is not a timeout.
	d := newTroubled(t, directus.Options{}, silent)
	ctx, cancel := context.WithCancel(t.Context())
	time.AfterFunc(50*time.Millisecond, cancel)
	if err := d.read(ctx); directus.FailureOf(err) != directus.Left || errors.Is(err, directus.ErrTimeout) {
		t.Error(err)
	}
}
