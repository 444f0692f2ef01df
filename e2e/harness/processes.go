package harness

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"hutch/internal/logbuffer"
	"hutch/tools/toolcache"
)

// Real processes of the site behind a balancer that gives each request to the
// next of them. They share the secret and nothing else. Between them and Directus
// is a wire, as in the tests of one process.

// Processes are the replicas of one site.
type Processes struct {
	URL     string // of the balancer
	Wire    *Wire
	Secrets string // SESSION_SECRET that replicas start with
	env     []string
	binary  string
	folder  string // that they run in

	Mu       sync.Mutex
	Replicas []*replicaProcess
	next     int
}

// replicaProcess is one of them.
type replicaProcess struct {
	cmd    *exec.Cmd
	Target *url.URL
	Log    *logbuffer.Buffer
	exited chan struct{}
}

const ProcessesSecret = "a-secret-that-all-of-the-processes-share"

// StartProcesses builds the program and runs it n times. What env has is for all
// of them. The wire may lead to Directus through a tap.
func StartProcesses(t *testing.T, up Upstream, n int, env map[string]string) *Processes {
	t.Helper()
	if testing.Short() {
		t.Skip("builds the program and runs it: not with -short")
	}
	p := &Processes{Wire: NewWire(t, up.URL), Secrets: ProcessesSecret, binary: program.forTest(t), folder: t.TempDir()}
	given := map[string]string{
		"PATH":                   os.Getenv("PATH"),
		"HOME":                   t.TempDir(),
		"PORT":                   "0",
		"DIRECTUS_URL":           p.Wire.URL,
		"DIRECTUS_SERVICE_TOKEN": up.ServiceToken,
		"PUBLIC_URL":             PublicURL,
		"TRUSTED_PROXIES":        "127.0.0.1",
	}
	maps.Copy(given, env)
	for name, value := range given {
		p.env = append(p.env, name+"="+value)
	}
	p.URL = Balance(t, p.choose)
	for range n {
		p.Replicas = append(p.Replicas, p.Start(t))
	}
	t.Cleanup(func() { p.stop(t) })
	return p
}

// program is the built program. The first test that wants processes builds it.
var program builtProgram

type builtProgram struct {
	once   sync.Once
	folder string
	err    error
}

func (p *builtProgram) forTest(t *testing.T) (file string) {
	t.Helper()
	p.once.Do(func() {
		if p.folder, p.err = os.MkdirTemp("", "hutch-program-"); p.err != nil {
			return
		}
		build := exec.Command("go", "build", "-race="+strconv.FormatBool(withRaceDetector()), "-o", p.folder, "hutch")
		if said, err := build.CombinedOutput(); err != nil {
			p.err = fmt.Errorf("go build: %w\n%s", err, said)
		}
	})
	if p.err != nil {
		t.Fatal(p.err)
	}
	return filepath.Join(p.folder, "hutch")
}

func (p *builtProgram) remove() error { return os.RemoveAll(p.folder) }

// withRaceDetector reports whether the tests look for races, so that the processes
// that they start do as well.
func withRaceDetector() bool {
	info, _ := debug.ReadBuildInfo()
	return slices.Contains(info.Settings, debug.BuildSetting{Key: "-race", Value: "true"})
}

// Start runs one replica and waits until it listens.
func (p *Processes) Start(t *testing.T) *replicaProcess {
	t.Helper()
	r := &replicaProcess{cmd: exec.Command(p.binary), Log: &logbuffer.Buffer{}, exited: make(chan struct{})}
	r.cmd.Dir = p.folder // where no .env is
	r.cmd.Env = append([]string{"SESSION_SECRET=" + p.Secrets}, p.env...)
	r.cmd.Stdout, r.cmd.Stderr = r.Log, r.Log
	toolcache.EndWithParent(r.cmd)
	if err := r.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		_ = r.cmd.Wait()
		close(r.exited)
	}()
	at := regexp.MustCompile(`Hutch is running at (http://\S+)`)
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(5 * time.Millisecond) {
		if found := at.FindStringSubmatch(r.Log.String()); found != nil {
			r.Target, _ = url.Parse(found[1])
			return r
		}
		select {
		case <-r.exited:
			t.Fatalf("a replica ended at its start:\n%s", r.Log)
		default:
		}
		if time.Now().After(deadline) {
			t.Fatalf("a replica does not start:\n%s", r.Log)
		}
	}
}

// Kill ends a replica at once, with all that it is doing.
func (p *Processes) Kill(i int) {
	p.Mu.Lock()
	r := p.Replicas[i]
	p.Mu.Unlock()
	_ = r.cmd.Process.Kill()
	<-r.exited
}

// Restart runs a replica in the place of the i-th, which ends kindly once the new
// one listens, as in a rolling update.
func (p *Processes) Restart(t *testing.T, i int) {
	t.Helper()
	r := p.Start(t)
	p.Mu.Lock()
	old := p.Replicas[i]
	p.Replicas[i] = r
	p.Mu.Unlock()
	time.Sleep(300 * time.Millisecond) // requests that the balancer has given it arrive
	old.end(t)
}

// end lets a replica finish what it is doing.
func (r *replicaProcess) end(t *testing.T) {
	t.Helper()
	if errors.Is(r.cmd.Process.Signal(syscall.SIGTERM), os.ErrProcessDone) {
		return
	}
	select {
	case <-r.exited:
	case <-time.After(30 * time.Second):
		t.Errorf("a replica does not end:\n%s", r.Log)
		_ = r.cmd.Process.Kill()
		<-r.exited
	}
}

func (p *Processes) stop(t *testing.T) {
	for _, r := range p.Replicas {
		r.end(t)
		log := r.Log.String()
		for _, secret := range append(p.Wire.Tokens(), Passwords...) {
			if strings.Contains(log, secret) {
				t.Errorf("a token or password is in the log: …%s…", secret[:min(8, len(secret))])
			}
		}
		if strings.Contains(log, "DATA RACE") || strings.Contains(log, "goroutine 1 [") || strings.Contains(log, `panic"`) {
			t.Errorf("a replica has panicked:\n%s", log)
		}
	}
}

// Balance runs a proxy that gives each request to the replica that choose names,
// and to the next where that does not listen. It returns the proxy's address.
func Balance(t *testing.T, choose func() *url.URL) string {
	t.Helper()
	balancer := httptest.NewServer(&httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) {
			r.Out.URL.Scheme = "http"
			r.Out.Host = r.In.Host
			r.Out.Header["X-Forwarded-For"] = r.In.Header["X-Forwarded-For"]
		},
		Transport: balancing{choose, &http.Transport{MaxIdleConnsPerHost: 64}},
		ErrorLog:  slog.NewLogLogger(slog.DiscardHandler, slog.LevelError),
	})
	t.Cleanup(balancer.Close)
	return balancer.URL
}

type balancing struct {
	choose    func() *url.URL
	transport *http.Transport
}

func (b balancing) RoundTrip(r *http.Request) (*http.Response, error) {
	for tries := 1; ; tries++ {
		r.URL.Host = b.choose().Host
		res, err := b.transport.RoundTrip(r)
		var dial *net.OpError
		if errors.As(err, &dial) && dial.Op == "dial" && tries < 4 {
			continue
		}
		return res, err
	}
}

func (p *Processes) choose() *url.URL {
	p.Mu.Lock()
	defer p.Mu.Unlock()
	p.next++
	return p.Replicas[p.next%len(p.Replicas)].Target
}

// Soon is how long a token lives, as Directus says through a tap: half of it, and a
// tenth more, can be waited for. The token itself lives on.
const Soon = 4 * time.Second

// AwaitRenewal waits until the replicas want to renew a token of just now.
func AwaitRenewal() { time.Sleep(Soon*6/10 + 50*time.Millisecond) }

// tap is a proxy before Directus that makes tokens look short-lived, counts the
// refreshes of each visitor, by their address, and knows every token that was given
// to them.
type tap struct {
	mu        sync.Mutex
	refreshes map[string]int
	tokens    map[string][]string
}

// WithTap returns the upstream as it is behind a tap.
func WithTap(t *testing.T, up Upstream) (Upstream, *tap) {
	t.Helper()
	target, err := url.Parse(up.URL)
	if err != nil {
		t.Fatal(err)
	}
	tapped := &tap{refreshes: map[string]int{}, tokens: map[string][]string{}}
	life := regexp.MustCompile(`"expires":\d+`)
	server := httptest.NewServer(&httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(target)
			r.Out.Header["X-Forwarded-For"] = r.In.Header["X-Forwarded-For"]
			if r.In.URL.Path == "/auth/refresh" {
				tapped.mu.Lock()
				tapped.refreshes[r.In.Header.Get("X-Forwarded-For")]++
				tapped.mu.Unlock()
			}
		},
		ModifyResponse: func(r *http.Response) error {
			if path := r.Request.URL.Path; path != "/auth/login" && path != "/auth/refresh" {
				return nil
			}
			for _, cookie := range r.Cookies() {
				tapped.mu.Lock()
				address := r.Request.Header.Get("X-Forwarded-For")
				tapped.tokens[address] = append(tapped.tokens[address], cookie.Value)
				tapped.mu.Unlock()
			}
			body, err := io.ReadAll(r.Body)
			if err != nil {
				return err
			}
			_ = r.Body.Close()
			changed := life.ReplaceAllString(string(body), `"expires":`+strconv.FormatInt(Soon.Milliseconds(), 10))
			r.Body, r.ContentLength = io.NopCloser(strings.NewReader(changed)), int64(len(changed))
			r.Header.Set("Content-Length", strconv.Itoa(len(changed)))
			return nil
		},
		// Shorter than Node keeps idle connections.
		Transport: &http.Transport{MaxIdleConnsPerHost: 64, IdleConnTimeout: 4 * time.Second},
		ErrorLog:  slog.NewLogLogger(slog.DiscardHandler, slog.LevelError),
	})
	t.Cleanup(server.Close)
	up.URL = server.URL
	return up, tapped
}

// Take is how many refreshes a visitor has caused since the last take.
func (t *tap) Take(address string) int {
	t.mu.Lock()
	defer t.mu.Unlock()
	n := t.refreshes[address]
	t.refreshes[address] = 0
	return n
}

// TakeTokens are those that a visitor was given since the last takeTokens.
func (t *tap) TakeTokens(address string) []string {
	t.mu.Lock()
	defer t.mu.Unlock()
	tokens := slices.Clone(t.tokens[address])
	t.tokens[address] = nil
	slices.Sort(tokens)
	return slices.Compact(tokens)
}

// Guest is a browser as far as cookies go: requests leave it with those that it
// has, and the answers come in any order. It keeps cookies for as long as it is not
// told to delete them.
type Guest struct {
	URL     string
	Address string
	Account

	mu      sync.Mutex
	Cookies map[string]string
}

func NewGuest(site string, n int) *Guest {
	return &Guest{URL: site, Address: "10.9." + strconv.Itoa(n/250) + "." + strconv.Itoa(n%250+1), Account: NewAccount(), Cookies: map[string]string{}}
}

// reply is an answer that has come.
type GuestReply struct {
	Status   int
	Location string
	Refresh  bool   // htmx is to load the page anew
	Redirect string // htmx is to go there
	Body     string
	Cookies  []*http.Cookie
	Err      error
}

// Send sends a request with the cookies of now, and does not take in what comes.
func (g *Guest) Send(t *testing.T, method, path string, form url.Values, header http.Header) GuestReply {
	req, err := http.NewRequestWithContext(t.Context(), method, g.URL+path, strings.NewReader(form.Encode()))
	if err != nil {
		return GuestReply{Err: err}
	}
	if form != nil {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		req.Header.Set("Origin", g.URL)
	}
	req.Header.Set("Sec-Fetch-Site", "same-origin")
	req.Header.Set("User-Agent", "hutch tests")
	req.Header.Set("X-Forwarded-For", g.Address)
	maps.Copy(req.Header, header)
	g.mu.Lock()
	for name, value := range g.Cookies {
		req.AddCookie(&http.Cookie{Name: name, Value: value})
	}
	g.mu.Unlock()
	res, err := http.DefaultTransport.RoundTrip(req)
	if err != nil {
		return GuestReply{Err: err}
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	return GuestReply{res.StatusCode, res.Header.Get("Location"), res.Header.Get("HX-Refresh") == "true", res.Header.Get("HX-Redirect"), string(body), res.Cookies(), err}
}

// Take takes in what answers set, one after the other.
func (g *Guest) Take(replies ...GuestReply) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, r := range replies {
		for _, cookie := range r.Cookies {
			if g.Cookies[cookie.Name] = cookie.Value; cookie.MaxAge < 0 {
				delete(g.Cookies, cookie.Name)
			}
		}
	}
}

// TakeInAnyOrder does so in the order of a network.
func (g *Guest) TakeInAnyOrder(replies []GuestReply) {
	rand.Shuffle(len(replies), func(i, j int) { replies[i], replies[j] = replies[j], replies[i] })
	g.Take(replies...)
}

// Open goes to a page, and where it is sent from there.
func (g *Guest) Open(t *testing.T, path string) GuestReply {
	for range 5 {
		r := g.Send(t, http.MethodGet, path, nil, nil)
		g.Take(r)
		if r.Status != http.StatusSeeOther {
			return r
		}
		path = r.Location
	}
	return GuestReply{Status: http.StatusSeeOther, Err: errors.New(path + " redirects without end")}
}

// Reach opens a page as a visitor does who reloads it where the site says that
// Directus did not answer in time: a busy machine is not what is tested.
func (g *Guest) Reach(t *testing.T, path string) GuestReply {
	for deadline := time.Now().Add(2 * time.Minute); ; time.Sleep(200 * time.Millisecond) {
		if r := g.Open(t, path); !r.IsBusy() || time.Now().After(deadline) {
			return r
		}
	}
}

func (r GuestReply) IsBusy() bool {
	return r.Status == http.StatusServiceUnavailable || r.Status == http.StatusGatewayTimeout
}

// IsIn reports whether the page is the member's own.
func (g *Guest) IsIn(r GuestReply) bool {
	return r.Err == nil && r.Status == http.StatusOK && strings.Contains(r.Body, g.Email)
}

func (g *Guest) SignUp(t *testing.T) bool { return g.enter(t, "/signup") }

func (g *Guest) SignIn(t *testing.T) bool { return g.enter(t, "/signin") }

// enter sends the form, again where there was no time to answer it.
func (g *Guest) enter(t *testing.T, path string) bool {
	t.Helper()
	for deadline := time.Now().Add(2 * time.Minute); ; time.Sleep(200 * time.Millisecond) {
		r := g.Send(t, http.MethodPost, path, Form(g.Account), nil)
		if g.Take(r); !r.IsBusy() || time.Now().After(deadline) {
			return g.MustBeIn(t)
		}
		path = "/signin" // the account may be there by now
	}
}

func (g *Guest) MustBeIn(t *testing.T) bool {
	t.Helper()
	r := g.Reach(t, "/profile")
	if !g.IsIn(r) {
		t.Errorf("%s is not signed in: %d, %v", g.Address, r.Status, r.Err)
		return false
	}
	return true
}

// Burst sends n requests at once, all with the cookies of now.
func (g *Guest) Burst(t *testing.T, n int, path func(i int) string) []GuestReply {
	replies := make([]GuestReply, n)
	var group sync.WaitGroup
	for i := range replies {
		group.Go(func() { replies[i] = g.Send(t, http.MethodGet, path(i), nil, nil) })
	}
	group.Wait()
	return replies
}
