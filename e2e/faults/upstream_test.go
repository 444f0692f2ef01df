package faults_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httptrace"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"hutch/e2e/harness"
	"hutch/internal/directus"
	"hutch/sandbox"
)

// How the site treats Directus, and what visitors are told of it.

// silence answers nothing until the client has gone, which shows once the request
// has been read.
func silence(_ http.ResponseWriter, r *http.Request) {
	_, _ = io.Copy(io.Discard, r.Body)
	<-r.Context().Done()
}

// impatient gives up a call after a moment.
func impatient(up harness.Upstream) harness.Upstream {
	up.Treated = &directus.Options{MaxWait: 300 * time.Millisecond, TripAfter: 1 << 30}
	return up
}

func TestDirectusIsLate(t *testing.T) {
	harness.TakesSeconds(t)
	t.Parallel()
	site := harness.StartApp(t, impatient(harness.StartSandbox(t, sandbox.Options{})), nil)
	harness.BothWays(t, func(t *testing.T, how harness.Way) {
		b := site.Browser(t, how)
		who := b.SignUp()
		stranger := site.Browser(t, how)
		stranger.Open("/signin")
		signUp := site.Browser(t, how)
		signUp.Open("/signup")
		site.Wire.BreakWith(silence)
		defer site.Wire.Mend()
		for _, path := range []string{"/blog", "/blog/hay-by-numbers", "/profile", "/profile/two-factor"} {
			b.Open(path)
			b.WantStatus(http.StatusGatewayTimeout)
			b.WantText("This is taking too long")
			if b.Header.Get("Retry-After") == "" || b.Doc.Find(`main a:contains("Try again")`).AttrOr("href", "") != path {
				t.Errorf("%s: no Retry-After, or no link to try again", path)
			}
			b.WantSignedIn(true)
		}
		stranger.Submit("#signin", who.Form())
		stranger.WantStatus(http.StatusGatewayTimeout)
		stranger.WantText("This took too long, so we don't know whether it worked.")
		if stranger.Value("email") != who.Email || stranger.Header.Get("Retry-After") == "" {
			t.Error("what was typed at sign-in is lost, or there is no Retry-After")
		}
		other := harness.NewAccount()
		signUp.Submit("#signup", other.Form())
		signUp.WantStatus(http.StatusGatewayTimeout)
		if signUp.Value("email") != other.Email {
			t.Error("what was typed at sign-up is lost")
		}
		b.Request(http.MethodGet, "/assets/"+strings.Repeat("0", 8)+"-0000-4000-8000-000000000000", nil, http.Header{"Sec-Fetch-Dest": {"image"}})
		if b.Status != http.StatusGatewayTimeout || b.Header.Get("Retry-After") == "" {
			t.Errorf("an image: %d", b.Status)
		}

		// Before anything was changed, that is certain. Afterwards nothing is.
		site.Wire.Mend()
		b.Open("/profile/email")
		changed := harness.NewAccount()
		fill := map[string]string{"email": changed.Email, "current_password": who.Password}
		site.Wire.BreakOn("POST /auth/login", silence)
		b.Submit("#change-email", fill)
		b.WantStatus(http.StatusGatewayTimeout)
		b.WantText("couldn't do this right now")
		site.Wire.BreakOn("PATCH", silence)
		b.Submit("#change-email", fill)
		b.WantStatus(http.StatusGatewayTimeout)
		b.WantText("couldn't confirm your change")
		if b.Value("email") != changed.Email {
			t.Errorf("the new address is lost: %q", b.Value("email"))
		}
		site.Wire.BreakOn("GET /users/me", silence)
		b.Request(http.MethodPost, "/profile", url.Values{"first_name": {"Hazel"}}, nil)
		if b.Status != http.StatusGatewayTimeout || !strings.Contains(b.Raw, "know whether your change was saved") {
			t.Errorf("a form whose page is late: %d %s", b.Status, b.Raw)
		}
		site.Wire.Mend()
		b.Open("/profile")
		b.WantText(who.Email)
	})
}

// A Directus 12 over the limits of its licence keeps back what it holds.
func TestDirectusIsLocked(t *testing.T) {
	site := harness.StartApp(t, harness.StartSandbox(t, sandbox.Options{}), harness.Fresh())
	b := site.Browser(t, harness.Plain)
	b.SignUp()
	b.Open("/blog")
	known := b.Text()
	site.Wire.Rewrite(func(w http.ResponseWriter, r *http.Request) bool {
		if strings.HasPrefix(r.URL.Path, "/items/") || strings.HasPrefix(r.URL.Path, "/assets/") {
			harness.Refuse(w, http.StatusForbidden, "RESOURCE_RESTRICTED")
			return true
		}
		return false
	})
	b.Open("/blog/hay-by-numbers")
	b.WantStatus(http.StatusServiceUnavailable)
	b.WantText("Temporarily unavailable")
	b.WantSignedIn(true)
	if b.Header.Get("Retry-After") == "" || !strings.Contains(site.Log.String(), "licence") {
		t.Error("there is no Retry-After, or the operator is not told")
	}
	site.Pass(2 * time.Minute)
	for range 3 { // asked behind the answer
		b.Open("/blog")
		b.WantStatus(http.StatusOK)
		time.Sleep(50 * time.Millisecond)
	}
	if text := b.Text(); !strings.HasPrefix(text, known) || !strings.Contains(text, harness.StaleNote) {
		t.Errorf("what is known is not shown: %s", text)
	}
}

// While most calls fail, nobody waits, and nobody is signed out.
func TestBreakerFailsFast(t *testing.T) {
	harness.TakesSeconds(t)
	t.Parallel()
	up := harness.StartSandbox(t, sandbox.Options{})
	up.Treated = &directus.Options{MaxWait: 200 * time.Millisecond, OpenFor: 2 * time.Second}
	site := harness.StartApp(t, up, nil)
	b := site.Browser(t, harness.Plain)
	who := b.SignUp()
	site.Wire.BreakWith(silence)
	for !strings.Contains(site.Log.String(), "kind=members breaker=open") {
		b.Request(http.MethodGet, "/profile", nil, nil)
	}
	site.Wire.Forget()
	b.Open("/profile")
	b.WantStatus(http.StatusServiceUnavailable)
	b.WantText("can't load this page right now")
	b.WantSignedIn(true)
	if n := site.Wire.Count("GET /users"); n > 0 || b.Header.Get("Retry-After") == "" {
		t.Errorf("Directus was asked %d times, or there is no Retry-After", n)
	}
	// Signing in is another kind of call.
	stranger := site.Browser(t, harness.Plain)
	site.Wire.Mend()
	stranger.Request(http.MethodPost, "/signin", harness.Form(who), nil)
	if stranger.Status != http.StatusSeeOther || stranger.SessionCookie() == nil {
		t.Errorf("signing in while members' data is not asked for: %d", stranger.Status)
	}
	for end := time.Now().Add(20 * time.Second); !strings.Contains(b.Raw, who.Email); time.Sleep(50 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("it does not recover")
		}
		b.Request(http.MethodGet, "/profile", nil, nil)
	}
}

// Ten seconds are too long: with the usual patience, too.
func TestATenSecondAnswerTimesOut(t *testing.T) {
	harness.TakesSeconds(t)
	t.Parallel()
	up := harness.StartSandbox(t, sandbox.Options{})
	up.Treated = &directus.Options{}
	site := harness.StartApp(t, up, nil)
	b := site.Browser(t, harness.Plain)
	b.SignUp()
	site.Wire.BreakWith(func(w http.ResponseWriter, r *http.Request) {
		if wait(r, 10*time.Second) {
			harness.Refuse(w, http.StatusForbidden, "FORBIDDEN")
		}
	})
	defer site.Wire.Mend()
	var group sync.WaitGroup
	for _, path := range []string{"/blog", "/blog/hay-by-numbers", "/profile", "/profile/password", "/blog/rss.xml"} {
		group.Go(func() {
			v := &caller{Browser: b, method: http.MethodGet, path: path, extra: http.Header{}}
			if o := v.sendNow(); o.status != http.StatusGatewayTimeout || o.took < 4*time.Second || o.took > 9*time.Second {
				t.Errorf("%s: %d after %s, %v", path, o.status, o.took, o.err)
			}
		})
	}
	group.Wait()
}

// Whatever visitors and editors write, Directus alone is called. The spy hears of
// every connection that a request has this process open.
func TestNobodyButDirectusIsCalled(t *testing.T) {
	harness.TakesSeconds(t)
	t.Parallel()
	var strangers atomic.Int64
	stranger := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { strangers.Add(1) }))
	defer stranger.Close()
	up := harness.StartSandbox(t, sandbox.Options{})
	up.Treated = &directus.Options{}
	site := harness.StartApp(t, up, nil)
	var mu sync.Mutex
	dialled := map[string]int{}
	spied := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		site.Handler.ServeHTTP(w, r.WithContext(httptrace.WithClientTrace(r.Context(), &httptrace.ClientTrace{
			ConnectStart: func(_, address string) {
				mu.Lock()
				defer mu.Unlock()
				dialled[address]++
			},
		})))
	}))
	defer spied.Close()
	site.URL = spied.URL

	b := site.Browser(t, harness.Plain)
	who := b.SignUp()
	at := strings.TrimPrefix(stranger.URL, "http://")
	hosts := []string{at, "127.0.0.1:" + strings.Split(at, ":")[1], "localhost:80", "[::1]:80", "0.0.0.0", "127.1", "2130706433", "0x7f000001", "169.254.169.254", "metadata.google.internal", "[::ffff:169.254.169.254]", "directus"}
	if !harness.All() {
		hosts = []string{at, "localhost:80", "169.254.169.254"}
	}
	for _, r := range site.Routes() {
		for _, host := range hosts {
			for _, tried := range []string{"http://" + host + "/latest/meta-data/", "//" + host + "/", "@" + host, host} {
				path := r.Path
				for _, parameter := range []string{":slug", ":id", ":file"} {
					path = strings.Replace(path, parameter, url.PathEscape(tried), 1)
				}
				header := http.Header{"X-Forwarded-Host": {host}, "Forwarded": {"host=" + host}, "X-Forwarded-For": {host + ", 10.9.9.9"}, "Referer": {tried}}
				query := url.Values{"url": {tried}, "redirectedFrom": {tried}, "q": {tried}, "token": {tried}, "next": {tried}}
				if r.Method == http.MethodGet {
					b.Request(http.MethodGet, path+"?"+query.Encode(), nil, header)
				} else if r.Path != "/logout" && r.Path != "/profile/delete" {
					query.Set("email", who.Email)
					query.Set("password", who.Password)
					b.Request(r.Method, path, query, header)
				}
			}
		}
	}
	mu.Lock()
	defer mu.Unlock()
	delete(dialled, strings.TrimPrefix(site.Wire.URL, "http://"))
	if len(dialled) > 0 || strangers.Load() > 0 {
		t.Errorf("connections were opened to %v", dialled)
	}
}

// A server between us and Directus with a certificate of its own receives nothing,
// and visitors read that there is no answer.
func TestDirectusWithABadCertificate(t *testing.T) {
	var asked atomic.Int64
	upstream := httptest.NewTLSServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { asked.Add(1) }))
	defer upstream.Close()
	site := harness.StartApp(t, harness.StartSandbox(t, sandbox.Options{}), map[string]string{"DIRECTUS_URL": upstream.URL})
	b := site.Browser(t, harness.Plain)
	b.Open("/blog")
	b.WantStatus(http.StatusServiceUnavailable)
	b.WantText("can't load this page right now")
	b.Open("/signin")
	b.Submit("#signin", harness.NewAccount().Form())
	b.WantStatus(http.StatusServiceUnavailable)
	if asked.Load() > 0 || !strings.Contains(site.Log.String(), "certificate") {
		t.Errorf("it was asked %d times, or the log does not say why there is no answer", asked.Load())
	}
}

func TestMain(m *testing.M) { harness.Main(m) }

func TestReadiness(t *testing.T) {
	site := harness.StartApp(t, harness.StartSandbox(t, sandbox.Options{}), nil)
	b := site.Browser(t, harness.Plain)
	ask := func(path string) string {
		b.Request(http.MethodGet, path, nil, nil)
		return fmt.Sprint(b.Status, " ", strings.TrimSpace(b.Raw))
	}
	site.Wire.BreakWith(harness.Breakages["cut"])
	if got := ask("/readyz"); got != "503 not ready: Directus does not answer at /server/ping" {
		t.Errorf("not ready: %s", got)
	}
	site.Wire.Mend()
	if got := ask("/readyz"); got != "200 ok" {
		t.Errorf("ready: %s", got)
	}
	// No replica could do better now.
	site.Wire.BreakWith(harness.Breakages["cut"])
	if got := ask("/readyz"); got != "200 ready, though Directus does not answer at /server/ping" {
		t.Errorf("in an outage: %s", got)
	}
	if got := ask("/healthz"); got != "200 ok" {
		t.Errorf("alive: %s", got)
	}
	site.Wire.Mend()
	b.Request(http.MethodHead, "/", nil, nil)
	if b.Status != http.StatusOK || b.Raw != "" {
		t.Errorf("HEAD /: %d with %d bytes", b.Status, len(b.Raw))
	}
}
