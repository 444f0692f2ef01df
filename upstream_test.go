package main

import (
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

	"github.com/gin-gonic/gin"

	"hutch/internal/directus"
	"hutch/sandbox"
)

// How the site treats Directus, and what visitors are told of it.

// silence answers nothing until whoever asks has gone. That shows once all is read
// that they have sent.
func silence(_ http.ResponseWriter, r *http.Request) {
	_, _ = io.Copy(io.Discard, r.Body)
	<-r.Context().Done()
}

// impatient gives up a call after a moment.
func impatient(up upstream) upstream {
	up.treated = &directus.Options{MaxWait: 300 * time.Millisecond, TripAfter: 1 << 30}
	return up
}

func TestDirectusIsLate(t *testing.T) {
	site := startApp(t, impatient(startSandbox(t, sandbox.Options{})), nil)
	bothWays(t, func(t *testing.T, how way) {
		b := site.browser(t, how)
		who := b.signUp()
		stranger := site.browser(t, how)
		stranger.open("/signin")
		signUp := site.browser(t, how)
		signUp.open("/signup")
		site.wire.breakWith(silence)
		defer site.wire.mend()
		for _, path := range []string{"/blog", "/blog/hay-by-numbers", "/profile", "/profile/two-factor"} {
			b.open(path)
			b.wantStatus(http.StatusGatewayTimeout)
			b.wantText("did not answer in time")
			if b.header.Get("Retry-After") == "" || b.doc.Find(`main a:contains("Try again")`).AttrOr("href", "") != path {
				t.Errorf("%s: no Retry-After, or no link to try again", path)
			}
			b.wantSignedIn(true)
		}
		stranger.submit("#signin", who.form())
		stranger.wantStatus(http.StatusGatewayTimeout)
		stranger.wantText("did not answer in time, so it is not certain")
		if stranger.value("email") != who.email || stranger.header.Get("Retry-After") == "" {
			t.Error("what was typed at sign-in is lost, or there is no Retry-After")
		}
		other := newAccount()
		signUp.submit("#signup", other.form())
		signUp.wantStatus(http.StatusGatewayTimeout)
		if signUp.value("email") != other.email {
			t.Error("what was typed at sign-up is lost")
		}
		b.request(http.MethodGet, "/assets/"+strings.Repeat("0", 8)+"-0000-4000-8000-000000000000", nil, http.Header{"Sec-Fetch-Dest": {"image"}})
		if b.status != http.StatusGatewayTimeout || b.header.Get("Retry-After") == "" {
			t.Errorf("an image: %d", b.status)
		}

		// Before anything was changed, that is certain. Afterwards nothing is.
		site.wire.mend()
		b.open("/profile/email")
		changed := newAccount()
		fill := map[string]string{"email": changed.email, "current_password": who.password}
		site.wire.breakOn("POST /auth/login", silence)
		b.submit("#change-email", fill)
		b.wantStatus(http.StatusGatewayTimeout)
		b.wantText("could not be done")
		site.wire.breakOn("PATCH", silence)
		b.submit("#change-email", fill)
		b.wantStatus(http.StatusGatewayTimeout)
		b.wantText("did not confirm")
		if b.value("email") != changed.email {
			t.Errorf("the new address is lost: %q", b.value("email"))
		}
		site.wire.breakOn("GET /users/me", silence)
		b.request(http.MethodPost, "/profile", url.Values{"first_name": {"Hazel"}}, nil)
		if b.status != http.StatusGatewayTimeout || !strings.Contains(b.raw, "not certain") {
			t.Errorf("a form whose page is late: %d %s", b.status, b.raw)
		}
		site.wire.mend()
		b.open("/profile")
		b.wantText(who.email)
	})
}

// A Directus 12 over the limits of its licence keeps back what it holds.
func TestDirectusIsLocked(t *testing.T) {
	site := startApp(t, startSandbox(t, sandbox.Options{}), fresh())
	b := site.browser(t, plain)
	b.signUp()
	b.open("/blog")
	known := b.text()
	site.wire.rewrite(func(w http.ResponseWriter, r *http.Request) bool {
		if strings.HasPrefix(r.URL.Path, "/items/") || strings.HasPrefix(r.URL.Path, "/assets/") {
			refuse(w, http.StatusForbidden, "RESOURCE_RESTRICTED")
			return true
		}
		return false
	})
	b.open("/blog/hay-by-numbers")
	b.wantStatus(http.StatusServiceUnavailable)
	b.wantText("not to be had for now")
	b.wantSignedIn(true)
	if b.header.Get("Retry-After") == "" || !strings.Contains(site.log.String(), "licence") {
		t.Error("there is no Retry-After, or the operator is not told")
	}
	site.pass(2 * time.Minute)
	for range 3 { // asked behind the answer
		b.open("/blog")
		b.wantStatus(http.StatusOK)
		time.Sleep(50 * time.Millisecond)
	}
	if text := b.text(); !strings.HasPrefix(text, known) || !strings.Contains(text, staleNote) {
		t.Errorf("what is known is not shown: %s", text)
	}
}

// While most calls fail, nobody waits, and nobody is signed out.
func TestBreakerSparesEverybodyTheWait(t *testing.T) {
	up := startSandbox(t, sandbox.Options{})
	up.treated = &directus.Options{MaxWait: 200 * time.Millisecond, OpenFor: 2 * time.Second}
	site := startApp(t, up, nil)
	b := site.browser(t, plain)
	who := b.signUp()
	site.wire.breakWith(silence)
	for !strings.Contains(site.log.String(), "kind=members breaker=open") {
		b.request(http.MethodGet, "/profile", nil, nil)
	}
	site.wire.forget()
	b.open("/profile")
	b.wantStatus(http.StatusServiceUnavailable)
	b.wantText("not answering")
	b.wantSignedIn(true)
	if n := site.wire.count("GET /users"); n > 0 || b.header.Get("Retry-After") == "" {
		t.Errorf("Directus was asked %d times, or there is no Retry-After", n)
	}
	// Signing in is another kind of call.
	stranger := site.browser(t, plain)
	site.wire.mend()
	stranger.request(http.MethodPost, "/signin", form(who), nil)
	if stranger.status != http.StatusSeeOther || stranger.sessionCookie() == nil {
		t.Errorf("signing in while members' data is not asked for: %d", stranger.status)
	}
	for end := time.Now().Add(20 * time.Second); !strings.Contains(b.raw, who.email); time.Sleep(50 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("it does not recover")
		}
		b.request(http.MethodGet, "/profile", nil, nil)
	}
}

// Ten seconds are too long: with the usual patience, too.
func TestTenSecondsAreNotWaited(t *testing.T) {
	t.Parallel()
	up := startSandbox(t, sandbox.Options{})
	up.treated = &directus.Options{}
	site := startApp(t, up, nil)
	b := site.browser(t, plain)
	b.signUp()
	site.wire.breakWith(func(w http.ResponseWriter, r *http.Request) {
		if wait(r, 10*time.Second) {
			refuse(w, http.StatusForbidden, "FORBIDDEN")
		}
	})
	defer site.wire.mend()
	var group sync.WaitGroup
	for _, path := range []string{"/blog", "/blog/hay-by-numbers", "/profile", "/profile/password", "/blog/rss.xml"} {
		group.Go(func() {
			v := &caller{browser: b, method: http.MethodGet, path: path, extra: http.Header{}}
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
	var strangers atomic.Int64
	stranger := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { strangers.Add(1) }))
	defer stranger.Close()
	up := startSandbox(t, sandbox.Options{})
	up.treated = &directus.Options{}
	site := startApp(t, up, nil)
	var mu sync.Mutex
	dialled := map[string]int{}
	spied := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		site.handler.ServeHTTP(w, r.WithContext(httptrace.WithClientTrace(r.Context(), &httptrace.ClientTrace{
			ConnectStart: func(_, address string) {
				mu.Lock()
				defer mu.Unlock()
				dialled[address]++
			},
		})))
	}))
	defer spied.Close()
	site.url = spied.URL

	b := site.browser(t, plain)
	who := b.signUp()
	at := strings.TrimPrefix(stranger.URL, "http://")
	hosts := []string{at, "127.0.0.1:" + strings.Split(at, ":")[1], "localhost:80", "[::1]:80", "0.0.0.0", "127.1", "2130706433", "0x7f000001", "169.254.169.254", "metadata.google.internal", "[::ffff:169.254.169.254]", "directus"}
	for _, r := range site.handler.(*gin.Engine).Routes() {
		for _, host := range hosts {
			for _, tried := range []string{"http://" + host + "/latest/meta-data/", "//" + host + "/", "@" + host, host} {
				path := r.Path
				for _, parameter := range []string{":slug", ":id", ":file"} {
					path = strings.Replace(path, parameter, url.PathEscape(tried), 1)
				}
				header := http.Header{"X-Forwarded-Host": {host}, "Forwarded": {"host=" + host}, "X-Forwarded-For": {host + ", 10.9.9.9"}, "Referer": {tried}}
				query := url.Values{"url": {tried}, "redirectedFrom": {tried}, "q": {tried}, "token": {tried}, "next": {tried}}
				if r.Method == http.MethodGet {
					b.request(http.MethodGet, path+"?"+query.Encode(), nil, header)
				} else if r.Path != "/logout" && r.Path != "/profile/delete" {
					query.Set("email", who.email)
					query.Set("password", who.password)
					b.request(r.Method, path, query, header)
				}
			}
		}
	}
	mu.Lock()
	defer mu.Unlock()
	delete(dialled, strings.TrimPrefix(site.wire.url, "http://"))
	if len(dialled) > 0 || strangers.Load() > 0 {
		t.Errorf("connections were opened to %v", dialled)
	}
}

// Whoever stands between us and Directus with a certificate of their own is told
// nothing, and visitors that there is no answer.
func TestDirectusWithABadCertificate(t *testing.T) {
	var asked atomic.Int64
	upstream := httptest.NewTLSServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { asked.Add(1) }))
	defer upstream.Close()
	site := startApp(t, startSandbox(t, sandbox.Options{}), map[string]string{"DIRECTUS_URL": upstream.URL})
	b := site.browser(t, plain)
	b.open("/blog")
	b.wantStatus(http.StatusServiceUnavailable)
	b.wantText("not answering")
	b.open("/signin")
	b.submit("#signin", newAccount().form())
	b.wantStatus(http.StatusServiceUnavailable)
	if asked.Load() > 0 || !strings.Contains(site.log.String(), "certificate") {
		t.Errorf("it was asked %d times, or the log does not say why there is no answer", asked.Load())
	}
}
