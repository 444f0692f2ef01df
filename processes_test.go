package main

import (
	"errors"
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
)

// Real processes of the site behind a balancer that gives each request to the
// next of them. They share the secret and nothing else. Between them and Directus
// is a wire, as in the tests of one process.

// processes are the replicas of one site.
type processes struct {
	url     string // of the balancer
	wire    *wire
	secrets string // SESSION_SECRET that replicas start with
	env     []string
	binary  string

	mu       sync.Mutex
	replicas []*replicaProcess
	next     int
}

// replicaProcess is one of them.
type replicaProcess struct {
	cmd    *exec.Cmd
	target *url.URL
	log    *lockedBuffer
	exited chan struct{}
}

const processesSecret = "a-secret-that-all-of-the-processes-share"

// startProcesses builds the program and runs it n times. What env has is for all
// of them. The wire may lead to Directus through a tap.
func startProcesses(t *testing.T, up upstream, n int, env map[string]string) *processes {
	t.Helper()
	p := &processes{wire: newWire(t, up.url), secrets: processesSecret, binary: filepath.Join(t.TempDir(), "hutch")}
	build := exec.CommandContext(t.Context(), "go", "build", "-race="+strconv.FormatBool(withRaceDetector()), "-o", p.binary, ".")
	if said, err := build.CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, said)
	}
	given := map[string]string{
		"PATH":                   os.Getenv("PATH"),
		"HOME":                   t.TempDir(),
		"PORT":                   "0",
		"DIRECTUS_URL":           p.wire.url,
		"DIRECTUS_SERVICE_TOKEN": up.serviceToken,
		"PUBLIC_URL":             publicURL,
		"TRUSTED_PROXIES":        "127.0.0.1",
	}
	maps.Copy(given, env)
	for name, value := range given {
		p.env = append(p.env, name+"="+value)
	}
	p.url = balance(t, p.choose)
	for range n {
		p.replicas = append(p.replicas, p.start(t))
	}
	t.Cleanup(func() { p.stop(t) })
	return p
}

// withRaceDetector reports whether the tests look for races, so that the processes
// that they start do as well.
func withRaceDetector() bool {
	info, _ := debug.ReadBuildInfo()
	return slices.Contains(info.Settings, debug.BuildSetting{Key: "-race", Value: "true"})
}

// start runs one replica and waits until it listens.
func (p *processes) start(t *testing.T) *replicaProcess {
	t.Helper()
	r := &replicaProcess{cmd: exec.Command(p.binary), log: &lockedBuffer{}, exited: make(chan struct{})}
	r.cmd.Dir = filepath.Dir(p.binary) // where no .env is
	r.cmd.Env = append([]string{"SESSION_SECRET=" + p.secrets}, p.env...)
	r.cmd.Stdout, r.cmd.Stderr = r.log, r.log
	endWithTests(r.cmd)
	if err := r.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		_ = r.cmd.Wait()
		close(r.exited)
	}()
	at := regexp.MustCompile(`Hutch is at (http://\S+)`)
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(5 * time.Millisecond) {
		if found := at.FindStringSubmatch(r.log.String()); found != nil {
			r.target, _ = url.Parse(found[1])
			return r
		}
		select {
		case <-r.exited:
			t.Fatalf("a replica ended at its start:\n%s", r.log)
		default:
		}
		if time.Now().After(deadline) {
			t.Fatalf("a replica does not start:\n%s", r.log)
		}
	}
}

// kill ends a replica at once, with all that it is doing.
func (p *processes) kill(i int) {
	p.mu.Lock()
	r := p.replicas[i]
	p.mu.Unlock()
	_ = r.cmd.Process.Kill()
	<-r.exited
}

// restart runs a replica in the place of the i-th, which ends kindly once the new
// one listens, as in a rolling update.
func (p *processes) restart(t *testing.T, i int) {
	t.Helper()
	r := p.start(t)
	p.mu.Lock()
	old := p.replicas[i]
	p.replicas[i] = r
	p.mu.Unlock()
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
		t.Errorf("a replica does not end:\n%s", r.log)
		_ = r.cmd.Process.Kill()
		<-r.exited
	}
}

func (p *processes) stop(t *testing.T) {
	for _, r := range p.replicas {
		r.end(t)
		log := r.log.String()
		for _, secret := range append(p.wire.tokens(), passwords...) {
			if strings.Contains(log, secret) {
				t.Errorf("a token or password is in the log: …%s…", secret[:min(8, len(secret))])
			}
		}
		if strings.Contains(log, "DATA RACE") || strings.Contains(log, "goroutine 1 [") || strings.Contains(log, `panic"`) {
			t.Errorf("a replica has panicked:\n%s", log)
		}
	}
}

// balance runs a proxy that gives each request to the replica that choose names,
// and to the next where that does not listen. It returns the proxy's address.
func balance(t *testing.T, choose func() *url.URL) string {
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

func (p *processes) choose() *url.URL {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.next++
	return p.replicas[p.next%len(p.replicas)].target
}

// soon is how long a token lives, as Directus says through a tap: half of it, and a
// tenth more, can be waited for. The token itself lives on.
const soon = 4 * time.Second

// awaitRenewal waits until the replicas want to renew a token of just now.
func awaitRenewal() { time.Sleep(soon*6/10 + 50*time.Millisecond) }

// tap is a proxy before Directus that makes tokens look short-lived, counts the
// refreshes of each visitor, by their address, and knows every token that was given
// to them.
type tap struct {
	mu        sync.Mutex
	refreshes map[string]int
	tokens    map[string][]string
}

// withTap returns the upstream as it is behind a tap.
func withTap(t *testing.T, up upstream) (upstream, *tap) {
	t.Helper()
	target, err := url.Parse(up.url)
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
			changed := life.ReplaceAllString(string(body), `"expires":`+strconv.FormatInt(soon.Milliseconds(), 10))
			r.Body, r.ContentLength = io.NopCloser(strings.NewReader(changed)), int64(len(changed))
			r.Header.Set("Content-Length", strconv.Itoa(len(changed)))
			return nil
		},
		// Shorter than Node keeps idle connections.
		Transport: &http.Transport{MaxIdleConnsPerHost: 64, IdleConnTimeout: 4 * time.Second},
		ErrorLog:  slog.NewLogLogger(slog.DiscardHandler, slog.LevelError),
	})
	t.Cleanup(server.Close)
	up.url = server.URL
	return up, tapped
}

// take is how many refreshes a visitor has caused since the last take.
func (t *tap) take(address string) int {
	t.mu.Lock()
	defer t.mu.Unlock()
	n := t.refreshes[address]
	t.refreshes[address] = 0
	return n
}

// takeTokens are those that a visitor was given since the last takeTokens.
func (t *tap) takeTokens(address string) []string {
	t.mu.Lock()
	defer t.mu.Unlock()
	tokens := slices.Clone(t.tokens[address])
	t.tokens[address] = nil
	slices.Sort(tokens)
	return slices.Compact(tokens)
}

// guest is a browser as far as cookies go: requests leave it with those that it
// has, and the answers come in any order. It keeps cookies for as long as it is not
// told to delete them.
type guest struct {
	url     string
	address string
	account

	mu      sync.Mutex
	cookies map[string]string
}

func newGuest(site string, n int) *guest {
	return &guest{url: site, address: "10.9." + strconv.Itoa(n/250) + "." + strconv.Itoa(n%250+1), account: newAccount(), cookies: map[string]string{}}
}

// reply is an answer that has come.
type guestReply struct {
	status   int
	location string
	refresh  bool   // htmx is to load the page anew
	redirect string // htmx is to go there
	body     string
	cookies  []*http.Cookie
	err      error
}

// send sends a request with the cookies of now, and does not take in what comes.
func (g *guest) send(t *testing.T, method, path string, form url.Values, header http.Header) guestReply {
	req, err := http.NewRequestWithContext(t.Context(), method, g.url+path, strings.NewReader(form.Encode()))
	if err != nil {
		return guestReply{err: err}
	}
	if form != nil {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		req.Header.Set("Origin", g.url)
	}
	req.Header.Set("Sec-Fetch-Site", "same-origin")
	req.Header.Set("User-Agent", "hutch tests")
	req.Header.Set("X-Forwarded-For", g.address)
	maps.Copy(req.Header, header)
	g.mu.Lock()
	for name, value := range g.cookies {
		req.AddCookie(&http.Cookie{Name: name, Value: value})
	}
	g.mu.Unlock()
	res, err := http.DefaultTransport.RoundTrip(req)
	if err != nil {
		return guestReply{err: err}
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	return guestReply{res.StatusCode, res.Header.Get("Location"), res.Header.Get("HX-Refresh") == "true", res.Header.Get("HX-Redirect"), string(body), res.Cookies(), err}
}

// take takes in what answers set, one after the other.
func (g *guest) take(replies ...guestReply) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, r := range replies {
		for _, cookie := range r.cookies {
			if g.cookies[cookie.Name] = cookie.Value; cookie.MaxAge < 0 {
				delete(g.cookies, cookie.Name)
			}
		}
	}
}

// takeInAnyOrder does so in the order of a network.
func (g *guest) takeInAnyOrder(replies []guestReply) {
	rand.Shuffle(len(replies), func(i, j int) { replies[i], replies[j] = replies[j], replies[i] })
	g.take(replies...)
}

// open goes to a page, and where it is sent from there.
func (g *guest) open(t *testing.T, path string) guestReply {
	for range 5 {
		r := g.send(t, http.MethodGet, path, nil, nil)
		g.take(r)
		if r.status != http.StatusSeeOther {
			return r
		}
		path = r.location
	}
	return guestReply{status: http.StatusSeeOther, err: errors.New(path + " redirects without end")}
}

// reach opens a page as a visitor does who reloads it where the site says that
// Directus did not answer in time: a busy machine is not what is tested.
func (g *guest) reach(t *testing.T, path string) guestReply {
	for deadline := time.Now().Add(2 * time.Minute); ; time.Sleep(200 * time.Millisecond) {
		if r := g.open(t, path); !r.isBusy() || time.Now().After(deadline) {
			return r
		}
	}
}

func (r guestReply) isBusy() bool {
	return r.status == http.StatusServiceUnavailable || r.status == http.StatusGatewayTimeout
}

// isIn reports whether the page is the member's own.
func (g *guest) isIn(r guestReply) bool {
	return r.err == nil && r.status == http.StatusOK && strings.Contains(r.body, g.email)
}

func (g *guest) signUp(t *testing.T) bool { return g.enter(t, "/signup") }

func (g *guest) signIn(t *testing.T) bool { return g.enter(t, "/signin") }

// enter sends the form, again where there was no time to answer it.
func (g *guest) enter(t *testing.T, path string) bool {
	t.Helper()
	for deadline := time.Now().Add(2 * time.Minute); ; time.Sleep(200 * time.Millisecond) {
		r := g.send(t, http.MethodPost, path, form(g.account), nil)
		if g.take(r); !r.isBusy() || time.Now().After(deadline) {
			return g.mustBeIn(t)
		}
		path = "/signin" // the account may be there by now
	}
}

func (g *guest) mustBeIn(t *testing.T) bool {
	t.Helper()
	r := g.reach(t, "/profile")
	if !g.isIn(r) {
		t.Errorf("%s is not signed in: %d, %v", g.address, r.status, r.err)
		return false
	}
	return true
}

// burst sends n requests at once, all with the cookies of now.
func (g *guest) burst(t *testing.T, n int, path func(i int) string) []guestReply {
	replies := make([]guestReply, n)
	var group sync.WaitGroup
	for i := range replies {
		group.Go(func() { replies[i] = g.send(t, http.MethodGet, path(i), nil, nil) })
	}
	group.Wait()
	return replies
}
