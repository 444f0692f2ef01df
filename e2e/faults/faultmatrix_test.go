package faults_test

import (
	"math/rand/v2"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"
	"go.uber.org/goleak"

	"hutch/e2e/harness"
	"hutch/internal/directus"
	"hutch/sandbox"
)

// The fault matrix: every way for Directus to be in trouble × every route × every
// kind of visitor. Nobody is signed out, nothing panics, each visitor is told in
// words and in time, Directus is not stormed, and all is well soon afterwards.

// Kinds of visitors.
const (
	strange = "a stranger"
	settled = "a member"
	due     = "a member whose session is due"
)

// matrix is one site behind a proxy that one fault is about to spoil.
type matrix struct {
	*harness.App // the site, as another replica of which all is prepared
	tried        *harness.App
	t            *testing.T
	proxy        *faultProxy
	role         string
	fileID       string
	stylesheet   string
	visitors     []*caller
}

// Links that were mailed, followed to the page that they lead to.

// confirming has Directus verify addresses meanwhile.
func (m *matrix) confirming(then func()) {
	set := func(on bool) {
		if err := m.Up.Admin.Patch(m.t.Context(), "/settings", map[string]bool{"public_registration_verify_email": on}); err != nil {
			m.t.Fatal(err)
		}
	}
	set(true)
	defer set(false)
	then()
}

// newMatrix brings a visitor of each kind before each route.
func newMatrix(t *testing.T, treated directus.Options, only ...string) *matrix {
	t.Helper()
	// Directus gives a lost successor once more for ten seconds, and takes a code for
	// half a minute. How fast this machine is, the test must not judge.
	now := time.Now()
	up := harness.StartSandbox(t, sandbox.Options{Blocks: true, Now: func() time.Time { return now }})
	m := &matrix{t: t, proxy: newFaultProxy(t, up.URL)}
	env := map[string]string{"HOOK_SECRET": harness.HookSecret, "SESSION_SECRET": strings.Repeat("the same for both ", 3)}
	m.App = harness.StartApp(t, up, env)
	up.Treated = &treated
	env["DIRECTUS_URL"] = m.proxy.url()
	m.tried = harness.StartApp(t, up, env)
	b := m.Browser(t, harness.Plain)
	m.role, _ = up.User(t, b.SignUp())["role"].(string)
	var files []struct{ ID string }
	if err := up.Admin.Get(t.Context(), "/files", url.Values{"limit": {"1"}, "filter[type][_eq]": {"image/jpeg"}}, &files); err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	m.fileID = files[0].ID
	m.stylesheet = b.Doc.Find(`link[rel="stylesheet"]`).AttrOr("href", "")

	routes := only
	if routes == nil {
		for _, r := range m.tried.Routes() {
			if r.Method != http.MethodHead {
				routes = append(routes, r.Method+" "+r.Path)
			}
		}
		routes = append(routes, "GET /no-such-page")
	}
	prepared := bodies()
	waiting := map[string]*harness.Browser{}
	for _, route := range routes {
		waiting[route] = m.Browser(t, harness.Plain)
	}
	whose := map[string]harness.Account{}
	for _, route := range routes {
		whose[route] = memberOf(waiting[route])
	}
	m.Pass(15 * time.Hour) // and those are due
	for _, route := range routes {
		for _, kind := range []string{strange, settled, due} {
			v := &caller{Browser: m.Browser(t, harness.Plain), route: route, kind: kind, extra: http.Header{}}
			v.method, v.path, _ = strings.Cut(route, " ")
			switch kind {
			case strange:
				if slices.Contains(asSomebody(), route) {
					v.who = memberOf(m.Browser(t, harness.Plain))
				}
			case settled:
				v.who = memberOf(v.Browser)
			case due:
				v.who = whose[route]
				v.post("/signin", harness.Form(v.who))
			}
			prepare, has := prepared[route]
			if has {
				prepare(m, v)
			} else if v.method != http.MethodGet || strings.Contains(v.path, ":") {
				t.Fatalf("nobody knows what to send to %s", route)
			}
			if kind == due {
				v.SetSession(waiting[route].SessionCookie())
			}
			v.App = m.tried
			m.Pass(time.Second)
			m.visitors = append(m.visitors, v)
		}
	}
	m.tried.Passed.Store(m.Passed.Load())
	return m
}

// asSomebody are the routes where a stranger says who they are.
func asSomebody() []string {
	return []string{
		"POST /signin", "GET /signin/code", "POST /signin/code", "GET /signin/recovery", "POST /signin/recovery",
		"POST /password/forgot", "POST /password/sent", "GET /password/reset", "POST /password/reset",
	}
}

// memberOf makes an account, and signs in with it.
func memberOf(b *harness.Browser) harness.Account {
	b.T.Helper()
	who := harness.NewAccount()
	b.App.Pass(time.Second) // so that nobody is too many
	b.Request(http.MethodPost, "/signup", harness.Form(who), nil)
	if b.SessionCookie() == nil {
		b.T.Fatalf("signing up: %d", b.Status)
	}
	return who
}

// outcome is what became of a visitor's request.
type outcome struct {
	status int
	header http.Header
	body   string
	took   time.Duration
	err    error
	// keeps: the visitor is signed in afterwards, when all is well again.
	keeps bool
}

// ends reports whether the answer takes the session from the browser.
func (o outcome) ends() bool {
	return slices.ContainsFunc((&http.Response{Header: o.header}).Cookies(), func(c *http.Cookie) bool {
		return c.Name == "session" && c.MaxAge < 0
	})
}

// rush sends what all visitors have prepared, many at a time, in any order.
func (m *matrix) rush(atOnce int) []outcome {
	outcomes := make([]outcome, len(m.visitors))
	room := make(chan struct{}, atOnce)
	var group sync.WaitGroup
	for _, i := range rand.Perm(len(m.visitors)) {
		room <- struct{}{}
		group.Go(func() {
			defer func() { <-room }()
			outcomes[i] = m.visitors[i].sendNow()
		})
	}
	group.Wait()
	return outcomes
}

// recovered is how long it takes until a stranger reads, sees pictures and can
// sign in, and a member sees what is theirs.
func (m *matrix) recovered() time.Duration {
	begin := time.Now()
	who := memberOf(m.Browser(m.t, harness.Plain))
	picture := "/assets/" + m.fileID
	for {
		v := &caller{Browser: m.Browser(m.t, harness.Plain), extra: http.Header{}}
		v.App = m.tried
		var last []int
		for _, step := range []struct {
			method, path string
			status       int
		}{{http.MethodGet, "/blog", 200}, {http.MethodGet, picture, 200}, {http.MethodPost, "/signin", 303}, {http.MethodGet, "/profile", 200}} {
			v.method, v.path, v.body, v.contentType = step.method, step.path, "", ""
			if step.method == http.MethodPost {
				v.fill("email", who.Email, "password", who.Password)
			}
			o := v.sendNow()
			if last = append(last, o.status); o.status != step.status {
				break
			}
			if step.path == "/profile" {
				return time.Since(begin)
			}
		}
		if time.Since(begin) > time.Minute {
			m.t.Errorf("it is not well again after a minute: %v", last)
			return time.Since(begin)
		}
		time.Sleep(20 * time.Millisecond)
	}
}

// stillSignedIn checks that each visitor who had a session has it still, or had a
// reason to lose it: healthy tells; nil: this is where all was well.
func (m *matrix) stillSignedIn(outcomes, healthy []outcome) {
	for i, v := range m.visitors {
		if v.kind == strange || healthy != nil && !healthy[i].keeps {
			continue
		}
		v.method, v.path, v.body, v.contentType, v.justBefore = http.MethodGet, "/profile", "", "", nil
		var o outcome
		for range 100 {
			// A renewal that has failed is tried again after three seconds.
			if o = v.sendNow(); o.status != http.StatusServiceUnavailable && o.status != http.StatusGatewayTimeout {
				break
			}
			time.Sleep(100 * time.Millisecond)
		}
		outcomes[i].keeps = o.status == http.StatusOK
		if healthy != nil && o.status != http.StatusOK {
			m.t.Errorf("%s is signed in no more: %d %s %v", v.name(), o.status, o.header.Get("Location"), o.err)
		}
	}
}

func TestFaultMatrix(t *testing.T) {
	if testing.Short() {
		t.Skip("takes minutes: not with -short")
	}
	before := goleak.IgnoreCurrent()
	var healthy []outcome
	var needed int64
	t.Run("faults", func(t *testing.T) {
		for _, f := range faults() {
			t.Run(f.name, func(t *testing.T) {
				if !f.brief {
					harness.ForAll(t)
				}
				if f.name != "none" {
					t.Parallel()
				}
				treated := directus.Options{MaxWait: 800 * time.Millisecond, OpenFor: time.Second}
				if f.patient {
					treated.MaxWait = 0
				}
				if healthy == nil && f.name != "none" {
					t.Fatal("nobody knows what is answered while all is well")
				}
				m := newMatrix(t, treated)
				atOnce := 48
				if f.patient {
					atOnce = 12
				}
				m.proxy.inject(f)
				begin := time.Now()
				outcomes := m.rush(atOnce)
				took, asked := time.Since(begin), m.proxy.asked.Load()
				m.proxy.mend(t)
				if f.name == "none" {
					m.stillSignedIn(outcomes, nil)
					healthy, needed = outcomes, asked
					m.mustBeWell(outcomes)
					t.Logf("%d visitors, %d calls to Directus", len(m.visitors), asked)
					return
				}
				recovered := m.recovered()
				if recovered > 20*time.Second { // ten, on a machine that has nothing else to do
					t.Errorf("all was well again after %s", recovered)
				}
				m.judge(f, outcomes, healthy)
				m.stillSignedIn(outcomes, healthy)
				if !f.down && m.proxy.bitten.Load() == 0 {
					t.Error("the fault has spoilt nothing")
				}
				// What ten calls earn, and what each of four kinds had to spare.
				if most := needed + needed/10 + 4*10; asked > most {
					t.Errorf("Directus was asked %d times, want at most %d", asked, most)
				}
				if m.proxy.peak.Load() > 32+3*64 {
					t.Errorf("%d connections to Directus at once", m.proxy.peak.Load())
				}
				if log := m.tried.Log.String(); strings.Contains(log, "panic") {
					t.Errorf("something panicked: %s", log)
				}
				statuses := map[int]int{}
				for _, o := range outcomes {
					statuses[o.status]++
				}
				t.Logf("%s: %d of %d calls spoilt (%d while all was well), answers %v in %s, well again after %s, %d connections at most",
					f.name, m.proxy.bitten.Load(), asked, needed, statuses, took.Round(time.Millisecond), recovered.Round(time.Millisecond), m.proxy.peak.Load())
			})
		}
	})
	var leaked error
	for end := time.Now().Add(15 * time.Second); time.Now().Before(end); {
		http.DefaultTransport.(*http.Transport).CloseIdleConnections()
		if leaked = goleak.Find(before); leaked == nil {
			return
		}
	}
	t.Errorf("goroutines have outlived the faults: %v", leaked)
}

// mustBeWell checks that what is prepared does what it is for. For some, that is to
// refuse.
func (m *matrix) mustBeWell(outcomes []outcome) {
	refusing := []string{"GET /no-such-page", "GET /.well-known/security.txt", "GET /profile/avatar", "GET /pictures/:collection/:hash/*name", "GET /signin/cookies"}
	for i, v := range m.visitors {
		if o := outcomes[i]; o.err != nil || o.status >= 400 && !slices.Contains(refusing, v.route) {
			m.t.Errorf("%s: %d %v while all is well", v.name(), o.status, o.err)
		}
	}
}

// judge holds each answer against what it may be.
func (m *matrix) judge(f *upstreamFault, outcomes, healthy []outcome) {
	for i, v := range m.visitors {
		o, well := outcomes[i], healthy[i]
		if o.err != nil {
			m.t.Errorf("%s: %v after %s", v.name(), o.err, o.took)
			continue
		}
		allowed := []int{well.status}
		if !f.harmless {
			allowed = append(allowed, http.StatusServiceUnavailable, http.StatusGatewayTimeout)
		}
		if f.limited {
			allowed = append(allowed, http.StatusTooManyRequests)
		}
		if f.foreign && (v.route == "GET /assets/:id" || v.route == "GET /profile/avatar/:id") {
			allowed = append(allowed, http.StatusNotFound) // as of any file that is no picture
		}
		if !slices.Contains(allowed, o.status) {
			m.t.Errorf("%s: %d, want one of %v: %.300s", v.name(), o.status, allowed, o.body)
		}
		if o.ends() && !well.ends() {
			m.t.Errorf("%s: the answer ends the session", v.name())
		}
		if to := o.header.Get("Location"); strings.HasPrefix(to, "/signin") && to != well.header.Get("Location") {
			m.t.Errorf("%s is led to %s", v.name(), to)
		}
		if o.took > 15*time.Second {
			m.t.Errorf("%s: answered after %s", v.name(), o.took)
		}
		m.mustBeSaid(v, o)
	}
}

// mustBeSaid checks that trouble is said in words, by a page that names the request
// and nothing of what is behind it.
func (m *matrix) mustBeSaid(v *caller, o outcome) {
	if strings.Contains(o.body, "upstream-secret") || strings.Contains(o.body, m.proxy.address) || strings.Contains(o.body, "goroutine") {
		m.t.Errorf("%s: the answer shows what is behind it: %.300s", v.name(), o.body)
	}
	if o.status != http.StatusTooManyRequests && o.status < http.StatusInternalServerError {
		return
	}
	if o.header.Get("Retry-After") == "" && v.path != "/readyz" {
		m.t.Errorf("%s: %d without Retry-After", v.name(), o.status)
	}
	if o.header.Get("X-Request-Id") == "" {
		m.t.Errorf("%s: %d without the request's name", v.name(), o.status)
	}
	if !strings.HasPrefix(o.header.Get("Content-Type"), "text/html") {
		return
	}
	doc, err := goquery.NewDocumentFromReader(strings.NewReader(o.body))
	if err != nil || doc.Find("h1").Length() != 1 || strings.TrimSpace(doc.Find("main").Text()) == "" {
		m.t.Errorf("%s: %d with no page: %v %.300s", v.name(), o.status, err, o.body)
	}
}
