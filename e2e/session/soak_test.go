package session_test

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"net/http"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"hutch/e2e/harness"
	"hutch/sandbox"
)

// TestSoak is `make soak`: three replicas under mixed load while faults go in and
// out, for as long as HUTCH_SOAK says. Nobody may be signed out who did not ask for
// it, nobody may get what is no page of ours, and when it is over everything must
// be as it was.
func TestSoak(t *testing.T) {
	harness.ForAll(t)
	lasts, err := time.ParseDuration(cmp.Or(os.Getenv("HUTCH_SOAK"), "2m"))
	if err != nil {
		t.Fatal(err)
	}
	// Tokens that are renewed several times meanwhile, and outlive every fault.
	up := harness.StartSandbox(t, sandbox.Options{SessionTTL: 40 * time.Second})
	p := harness.StartProcesses(t, up, 3, map[string]string{"METRICS_ADDRESS": "127.0.0.1:0", "CACHE_FRESH": "2s"})
	s := &soak{answers: map[string]int{}}

	const members, strangers = 16, 16
	var guests []*harness.Guest
	for i := range members {
		g := harness.NewGuest(p.URL, i)
		if !g.SignUp(t) {
			t.FailNow()
		}
		guests = append(guests, g)
	}
	for i := range strangers {
		s.visit(t, harness.NewGuest(p.URL, 1000+i), false)
	}
	time.Sleep(2 * time.Second)
	before := usageOf(t, p)

	over := time.Now().Add(lasts)
	var group sync.WaitGroup
	for _, g := range guests {
		group.Go(func() {
			for time.Now().Before(over) {
				s.visit(t, g, true)
			}
		})
	}
	for i := range strangers {
		g := harness.NewGuest(p.URL, 1000+i)
		group.Go(func() {
			for time.Now().Before(over) {
				s.visit(t, g, false)
			}
		})
	}
	group.Go(func() { s.trouble(t, p, over) })
	group.Wait()
	p.Wire.Mend()

	time.Sleep(10 * time.Second) // breakers have closed by then, and idle connections
	for _, g := range guests {
		if r := g.Open(t, "/profile"); !g.IsIn(r) {
			t.Errorf("%s is not signed in at the end: %d, %v", g.Address, r.Status, r.Err)
			s.signedOut++
		}
	}
	after := usageOf(t, p)
	s.mu.Lock()
	defer s.mu.Unlock()
	t.Logf("%d requests in %s, %d refreshes of sessions, faults: %s", s.requests, lasts, p.Wire.Count("POST /auth/refresh"), strings.Join(s.faults, ", "))
	for _, kind := range slices.Sorted(maps.Keys(s.answers)) {
		t.Logf("%7d %s", s.answers[kind], kind)
	}
	t.Logf("signed out: %d", s.signedOut)
	for i := range before {
		t.Logf("replica %d: %s at the start, %s at the end", i+1, before[i], after[i])
		if after[i].goroutines > before[i].goroutines+50 {
			t.Errorf("replica %d has goroutines left", i+1)
		}
	}
	if s.signedOut > 0 {
		t.Errorf("%d were signed out", s.signedOut)
	}
	if s.requests < int(lasts.Seconds())*20 {
		t.Errorf("only %d requests: that is no load", s.requests)
	}
}

// soak is what is counted.
type soak struct {
	mu        sync.Mutex
	requests  int
	answers   map[string]int // by kind
	faults    []string
	signedOut int
}

// visit does one of the things that visitors do.
func (s *soak) visit(t *testing.T, g *harness.Guest, member bool) {
	pages := []string{"/", "/blog", "/blog?q=rabbit", "/blog?q=hay", "/blog/hay-by-numbers", "/pages/about", "/blog/rss.xml", "/nope", "/signup", "/assets/nope"}
	own := []string{"/profile", "/profile", "/profile/email", "/profile/data", "/profile/export"}
	switch n := rand.IntN(20); {
	case member && n < 9:
		path := own[n%len(own)]
		s.count(see(t, g, http.MethodGet, path, nil), "GET "+path, g, path)
	case member && n == 9:
		values := url.Values{"first_name": {"Ada " + strconv.Itoa(rand.IntN(100))}}
		s.count(see(t, g, http.MethodPost, "/profile", values), "POST /profile", g, "")
	case member && n == 10:
		for _, r := range g.Burst(t, 6, func(int) string { return "/profile" }) {
			g.Take(r)
			s.count(r, "GET /profile", g, "/profile")
		}
	case !member && n == 9:
		values := url.Values{"email": {"nobody@example.com"}, "password": {"not-the-right-clover"}}
		s.count(see(t, g, http.MethodPost, "/signin", values), "POST /signin", nil, "")
	default:
		s.count(see(t, g, http.MethodGet, pages[n%len(pages)], nil), "GET a public page", nil, "")
	}
	time.Sleep(time.Duration(rand.IntN(40)) * time.Millisecond)
}

// see sends a request and takes in its cookies.
func see(t *testing.T, g *harness.Guest, method, path string, form url.Values) harness.GuestReply {
	r := g.Send(t, method, path, form, nil)
	g.Take(r)
	return r
}

// count counts an answer. One that sends a member to sign in has signed them out,
// unless asking once more shows that it has not: an outdated cookie is retried once.
func (s *soak) count(r harness.GuestReply, what string, member *harness.Guest, path string) {
	kind := fmt.Sprintf("%d to %s", r.Status, what)
	if r.Err != nil {
		kind = "no answer to " + what
	}
	out := member != nil && r.Status == http.StatusSeeOther && strings.HasPrefix(r.Location, "/signin")
	s.mu.Lock()
	defer s.mu.Unlock()
	s.requests++
	s.answers[kind]++
	if out {
		s.signedOut++
		s.answers["sent to sign in from "+path]++
	}
}

// trouble puts one fault after the other in, and takes it out again.
func (s *soak) trouble(t *testing.T, p *harness.Processes, over time.Time) {
	slow := func(w http.ResponseWriter, r *http.Request) bool {
		time.Sleep(300 * time.Millisecond)
		return false
	}
	names := slices.Sorted(maps.Keys(harness.Breakages))
	for i := 0; time.Now().Before(over); i++ {
		time.Sleep(3 * time.Second)
		name := ""
		switch turn := i % (len(names) + 3); {
		case turn < len(names):
			name = names[turn]
			p.Wire.BreakWith(harness.Breakages[name])
			time.Sleep(3 * time.Second)
		case turn == len(names):
			name = "slow"
			p.Wire.Rewrite(slow)
			time.Sleep(4 * time.Second)
		case turn == len(names)+1:
			name = "a replica killed"
			p.Kill(1)
			replace(t, p, 1)
		default:
			name = "a replica replaced"
			p.Restart(t, 2)
		}
		p.Wire.Mend()
		s.mu.Lock()
		s.faults = append(s.faults, name)
		s.mu.Unlock()
	}
}

// replace starts a replica in the place of one that was killed.
func replace(t *testing.T, p *harness.Processes, i int) {
	r := p.Start(t)
	p.Mu.Lock()
	defer p.Mu.Unlock()
	p.Replicas[i] = r
}

// usage is what a replica takes.
type usage struct {
	resident   int64 // bytes
	goroutines int
}

func (u usage) String() string {
	return fmt.Sprintf("%d MiB, %d goroutines", u.resident>>20, u.goroutines)
}

// usage asks each replica for its own.
func usageOf(t *testing.T, p *harness.Processes) []usage {
	t.Helper()
	var all []usage
	for _, r := range p.Replicas {
		at := regexp.MustCompile(`metrics are at (http://[^"\s]+)`).FindStringSubmatch(r.Log.String())
		if at == nil {
			t.Fatalf("a replica shows no metrics:\n%s", r.Log)
		}
		res, err := http.Get(at[1])
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(res.Body)
		res.Body.Close()
		if err != nil {
			t.Fatal(err)
		}
		figure := func(name string) int64 {
			found := regexp.MustCompile(`(?m)^` + name + ` (\S+)$`).FindStringSubmatch(string(body))
			if found == nil {
				t.Fatalf("no %s in the metrics", name)
			}
			value, err := strconv.ParseFloat(found[1], 64)
			if err != nil {
				t.Fatal(err)
			}
			return int64(value)
		}
		all = append(all, usage{figure("process_resident_memory_bytes"), int(figure("go_goroutines"))})
	}
	return all
}
