package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"fmt"
	"io"
	"log/slog"
	"math"
	"mime/multipart"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"
	"github.com/alexedwards/argon2id"

	"hutch/handlers"
	"hutch/internal/directus"
	"hutch/internal/limits"
	"hutch/internal/metrics"
	"hutch/sandbox"
	"hutch/setup"
	"hutch/templates"
	"hutch/tools/realdirectus"
)

// What the tests of the whole app share: a Directus, the app in front of it, and
// a visitor, who has a browser without a screen or a real one (tab_test.go).

// upstream is a Directus that is ready for the app.
type upstream struct {
	url          string
	admin        *directus.Admin
	adminToken   string // of a real one
	serviceToken string
	major        int
	sandbox      bool
	outbox       func(context.Context) ([]templates.Mail, error) // the sandbox's
	outboxShown  bool                                            // by the app, as in development
	now          func() time.Time                                // the sandbox's clock
	passed       *atomic.Int64                                   // moves it, where it stands still otherwise
	mailbox      *realdirectus.Mailbox                           // a real one's
	treated      *directus.Options                               // by the app; nil: without a breaker
	limited      []limits.Limit                                  // by the app; nil: as a busy site
}

// publicURL is what visitors type, as far as Directus and its mails know: the
// tests' apps are on ports of their own.
const publicURL = "http://hutch.test"

// mailed waits for the n-th mail to an address, counted from 1, and returns its
// link as a path of the app.
func (up upstream) mailed(t *testing.T, address string, n int) (path string) {
	t.Helper()
	link := ""
	if up.sandbox {
		mails, err := up.outbox(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		slices.Reverse(mails)
		for _, m := range mails {
			if strings.EqualFold(m.To, address) {
				if n--; n == 0 {
					link = m.Link
				}
			}
		}
	} else {
		mail, err := up.mailbox.Await(t.Context(), address, n)
		if err != nil {
			t.Fatal(err)
		}
		link = mail.Link
	}
	path, ours := strings.CutPrefix(link, publicURL)
	if !ours {
		t.Fatalf("the mail to %s leads to %q", address, link)
	}
	return path
}

// onEachDirectus runs a test on the sandbox and on every real Directus to be
// had, at the same time: most of it is waiting.
func onEachDirectus(t *testing.T, test func(*testing.T, upstream)) {
	t.Parallel()
	t.Run("sandbox", func(t *testing.T) {
		t.Parallel()
		test(t, startSandbox(t, sandbox.Options{}))
	})
	for _, version := range realdirectus.TestVersions() {
		t.Run(version, func(t *testing.T) {
			t.Parallel()
			test(t, startReal(t, version))
		})
	}
}

func startSandbox(t *testing.T, options sandbox.Options) upstream {
	t.Helper()
	const token = "the-app-tests-admin-token-0123456789"
	options.Path, options.AdminToken = ":memory:", token
	options.AllowedURLs = handlers.MailedURLs(publicURL)
	options.PasswordCost = &argon2id.Params{Memory: 64, Iterations: 1, Parallelism: 1, SaltLength: 16, KeyLength: 32}
	box, err := sandbox.Open(t.Context(), options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = box.Close() })
	address, err := box.Start(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	service, err := box.ServiceToken(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if options.Now == nil {
		options.Now = time.Now
	}
	return upstream{
		url: address, admin: newAdmin(t, address, token), serviceToken: service, major: 11, sandbox: true,
		outbox: sandboxMails(box), now: options.Now,
	}
}

func startReal(t *testing.T, version string) upstream {
	t.Helper()
	mailbox := realdirectus.MailForTest(t)
	env := mailbox.Env()
	for i, name := range []string{"USER_REGISTER_URL_ALLOW_LIST", "PASSWORD_RESET_URL_ALLOW_LIST", "USER_INVITE_URL_ALLOW_LIST"} {
		env[name] = handlers.MailedURLs(publicURL)[i]
	}
	env["IMPORT_IP_DENY_LIST"] = "169.254.169.254" // as setup advises: the site is on this machine
	server := realdirectus.ForTest(t, version, env)
	client, err := directus.New(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	var said strings.Builder
	if err := setup.Run(t.Context(), client, server.AdminToken, setup.Options{
		Sample: true, NoVerifyEmail: true, RecoveryCodes: true, DeleteAccounts: true, PublicURL: publicURL,
	}, &said); err != nil {
		t.Fatalf("setup: %v\n%s", err, said.String())
	}
	up := upstream{url: server.URL, admin: newAdmin(t, server.URL, server.AdminToken), adminToken: server.AdminToken, mailbox: mailbox}
	if _, err := fmt.Sscanf(version, "%d.", &up.major); err != nil {
		t.Fatal(err)
	}
	if _, after, found := strings.Cut(said.String(), "DIRECTUS_SERVICE_TOKEN="); found {
		up.serviceToken = strings.Fields(after)[0]
	}
	return up
}

func newAdmin(t *testing.T, address, token string) *directus.Admin {
	t.Helper()
	client, err := directus.New(address)
	if err != nil {
		t.Fatal(err)
	}
	return client.Admin(token)
}

// app is Hutch, wired as main does it, behind a real HTTP server and in front
// of a wire that can be tapped and cut.
type app struct {
	url     string
	up      upstream
	wire    *wire
	log     *lockedBuffer
	metrics *metrics.Metrics
	handler http.Handler
	logger  *slog.Logger
	passed  atomic.Int64 // how far its clock is ahead
}

// pass lets time go by for the app, and not for Directus: a session wants
// renewal after half a day, and its token is still good.
func (a *app) pass(d time.Duration) { a.passed.Add(int64(d)) }

func (a *app) now() time.Time { return time.Now().Add(time.Duration(a.passed.Load())) }

func startApp(t *testing.T, up upstream, env map[string]string) *app {
	t.Helper()
	log := &lockedBuffer{}
	return startAppLoggingTo(t, up, env, log, slog.New(slog.NewTextHandler(log, nil)))
}

func startAppLoggingTo(t *testing.T, up upstream, env map[string]string, written *lockedBuffer, log *slog.Logger) *app {
	t.Helper()
	a := &app{up: up, wire: newWire(t, up.url), log: written, metrics: metrics.New()}
	given := map[string]string{
		"DIRECTUS_URL":           a.wire.url,
		"DIRECTUS_SERVICE_TOKEN": up.serviceToken,
		"PUBLIC_URL":             publicURL,
		"CACHE_FRESH":            "0s", // tests change content and look at once
		// The test's browsers say in X-Forwarded-For who they are.
		"TRUSTED_PROXIES": "127.0.0.1",
	}
	for name, value := range env {
		given[name] = value
	}
	config, err := readConfig(func(name string) string { return given[name] })
	if err != nil {
		t.Fatal(err)
	}
	outbox := up.outbox
	if !up.outboxShown {
		outbox = nil
	}
	treated := directus.Options{TripAfter: math.MaxUint32} // tests break the wire, mend it, and go on at once
	if up.treated != nil {
		treated = *up.treated
	}
	limited := limitsOfABusySite()
	if up.limited != nil {
		limited = up.limited
	}
	site, err := newSite(t.Context(), parts{
		config: config, directusURL: config.directusURL, outbox: outbox, metrics: a.metrics, upstream: treated,
		limits:  limited,
		closing: t.Context(), now: a.now,
		log: log,
	})
	if err != nil {
		t.Fatal(err)
	}
	a.handler, a.logger = site.Handler, log
	server := httptest.NewUnstartedServer(site)
	server.Config.WriteTimeout = time.Minute // as the real one: each request begins with a deadline of its own
	server.Start()
	t.Cleanup(server.Close)
	a.url = server.URL
	t.Cleanup(func() { a.mustNotHaveLeaked(t) })
	return a
}

// limitsOfABusySite are the usual ones, but for those of everybody together: a test
// has as many visitors in a second as a site has in an hour.
func limitsOfABusySite() []limits.Limit {
	table := limits.Table()
	for i := range table {
		if table[i].Of == limits.Everybody {
			table[i].Burst *= 100
		}
	}
	return table
}

// mustNotHaveLeaked looks for every token that Directus gave out, and every
// password that was typed, in the log.
func (a *app) mustNotHaveLeaked(t *testing.T) {
	log := a.log.String()
	if at := strings.Index(log, "@example.com"); at >= 0 {
		t.Errorf("an address is in the log: …%s…", log[max(0, at-20):at])
	}
	for _, secret := range append(a.wire.tokens(), passwords...) {
		if strings.Contains(log, secret) {
			t.Errorf("a token or password is in the log: …%s…", secret[:min(8, len(secret))])
		}
	}
}

// wire stands between the app and Directus. It remembers what went through, and
// breaks on demand.
type wire struct {
	url string

	mu      sync.Mutex
	calls   []string // "POST /auth/login"
	bearers []string // Authorization of each of them
	whole   []string // each with its query: "GET /items/posts?limit=13"
	seen    []string // session tokens that Directus gave out
	// instead answers in Directus' place, and reports whether it did.
	instead func(http.ResponseWriter, *http.Request) bool
}

func newWire(t *testing.T, upstream string) *wire {
	t.Helper()
	target, err := url.Parse(upstream)
	if err != nil {
		t.Fatal(err)
	}
	w := &wire{}
	proxy := &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(target)
			r.Out.Header["X-Forwarded-For"] = r.In.Header["X-Forwarded-For"]
		},
		ModifyResponse: func(r *http.Response) error {
			for _, cookie := range r.Cookies() {
				if cookie.Value != "" {
					w.mu.Lock()
					w.seen = append(w.seen, cookie.Value)
					w.mu.Unlock()
				}
			}
			return nil
		},
		ErrorLog: slog.NewLogLogger(slog.DiscardHandler, slog.LevelError),
	}
	server := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		w.mu.Lock()
		w.calls = append(w.calls, r.Method+" "+r.URL.Path)
		w.whole = append(w.whole, r.Method+" "+r.URL.RequestURI())
		w.bearers = append(w.bearers, r.Header.Get("Authorization"))
		instead := w.instead
		w.mu.Unlock()
		if instead == nil || !instead(rw, r) {
			proxy.ServeHTTP(rw, r)
		}
	}))
	t.Cleanup(server.Close)
	w.url = server.URL
	return w
}

// rewrite lets how answer in Directus' place wherever it returns true.
func (w *wire) rewrite(how func(http.ResponseWriter, *http.Request) bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.instead = how
}

func (w *wire) mend() { w.rewrite(nil) }

func (w *wire) breakWith(how http.HandlerFunc) { w.breakOn("", how) }

// breakOn breaks only the calls that begin with prefix, such as "PATCH".
func (w *wire) breakOn(prefix string, how http.HandlerFunc) {
	w.rewrite(func(rw http.ResponseWriter, r *http.Request) bool {
		if !strings.HasPrefix(r.Method+" "+r.URL.Path, prefix) {
			return false
		}
		how(rw, r)
		return true
	})
}

func (w *wire) failOn(prefix string, status int) {
	w.breakOn(prefix, func(rw http.ResponseWriter, _ *http.Request) { http.Error(rw, "upstream-secret", status) })
}

// refuse answers as Directus does when it refuses.
func refuse(w http.ResponseWriter, status int, code string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = fmt.Fprintf(w, `{"errors":[{"message":"upstream-secret","extensions":{"code":%q}}]}`, code)
}

func writeJSON(w http.ResponseWriter, data string) {
	w.Header().Set("Content-Type", "application/json")
	_, _ = io.WriteString(w, `{"data":`+data+`}`)
}

// count is how many calls have begun with prefix since the last forget.
func (w *wire) count(prefix string) int {
	w.mu.Lock()
	defer w.mu.Unlock()
	n := 0
	for _, call := range w.calls {
		if strings.HasPrefix(call, prefix) {
			n++
		}
	}
	return n
}

func (w *wire) countToken(token string) int {
	w.mu.Lock()
	defer w.mu.Unlock()
	n := 0
	for _, bearer := range w.bearers {
		if bearer == "Bearer "+token {
			n++
		}
	}
	return n
}

func (w *wire) forget() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.calls, w.bearers, w.whole = nil, nil, nil
}

// questions are the calls since the last forget, and how often each was made.
func (w *wire) questions() map[string]int {
	w.mu.Lock()
	defer w.mu.Unlock()
	asked := map[string]int{}
	for _, call := range w.whole {
		asked[call]++
	}
	return asked
}

func (w *wire) tokens() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.seen)
}

// The ways in which an upstream breaks.
var breakages = map[string]http.HandlerFunc{
	"cut": func(w http.ResponseWriter, _ *http.Request) {
		conn, _, err := http.NewResponseController(w).Hijack()
		if err == nil {
			_ = conn.Close()
		}
	},
	"HTML for JSON": func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		_, _ = io.WriteString(w, "<h1>nginx: upstream-secret</h1>")
	},
	"a proxy's 401": func(w http.ResponseWriter, _ *http.Request) {
		http.Error(w, "<h1>upstream-secret: 401 Authorization Required</h1>", http.StatusUnauthorized)
	},
	"500 with a stack": func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusInternalServerError)
		_, _ = io.WriteString(w, `{"errors":[{"message":"upstream-secret: select * from","extensions":{"code":"INTERNAL_SERVER_ERROR"}}]}`)
	},
	"JSON cut short": func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, `{"data":{"upstream-secret`)
	},
	"no data": func(w http.ResponseWriter, _ *http.Request) { writeJSON(w, "null") },
	"503": func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusServiceUnavailable)
		_, _ = io.WriteString(w, `{"errors":[{"message":"upstream-secret","extensions":{"code":"SERVICE_UNAVAILABLE"}}]}`)
	},
	"429": func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Retry-After", "17")
		w.WriteHeader(http.StatusTooManyRequests)
		_, _ = io.WriteString(w, `{"errors":[{"message":"upstream-secret","extensions":{"code":"REQUESTS_EXCEEDED"}}]}`)
	},
}

// way is how a visitor goes about the site.
type way string

const (
	plain      way = "plain"                       // HTTP, as a browser without JavaScript
	htmx       way = "htmx"                        // HTTP, as htmx
	scripted   way = "Chromium"                    // a real browser
	scriptless way = "Chromium without JavaScript" // the same, with JavaScript switched off
)

func (w way) inChromium() bool { return w == scripted || w == scriptless }

// bothWays runs a journey without JavaScript and with htmx: the outcome is the
// same.
func bothWays(t *testing.T, journey func(*testing.T, way)) { inWays(t, journey, plain, htmx) }

// everyWay runs a journey in a real browser as well. The sandbox, which is quick,
// also sees the browser with JavaScript switched off.
func (up upstream) everyWay(t *testing.T, journey func(*testing.T, way)) {
	ways := []way{plain, htmx, scripted}
	if up.sandbox {
		ways = append(ways, scriptless)
	}
	inWays(t, journey, ways...)
}

func inWays(t *testing.T, journey func(*testing.T, way), ways ...way) {
	for _, how := range ways {
		t.Run(string(how), func(t *testing.T) { journey(t, how) })
	}
}

// browser is a visitor: the page they see, and how they got it.
type browser struct {
	t    *testing.T
	app  *app
	how  way
	http *http.Client
	tab  *tab // in Chromium; nil without it
	ip   string

	// requestID is what the proxy in front calls each request; empty: it says nothing.
	requestID string
	// betweenPageAndForm happens once, when the next form is filled in; nil: nothing
	// does.
	betweenPageAndForm func(*browser)

	path   string // in the address bar
	status int
	header http.Header
	doc    *goquery.Document
	raw    string // the last answer as it came, or what Chromium has made of it
}

var visitors atomic.Int64

func (a *app) browser(t *testing.T, how way) *browser {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	n := visitors.Add(1)
	b := &browser{t: t, app: a, how: how, ip: fmt.Sprintf("10.1.%d.%d", n>>8&255, n&255), http: &http.Client{
		Jar:           jar,
		Timeout:       30 * time.Second,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
	if how.inChromium() {
		b.tab = newTab(t, a.url, b.ip, how == scripted)
	}
	return b
}

// request sends one request outside of what the visitor sees, with their
// cookies.
func (b *browser) request(method, path string, form url.Values, header http.Header) *http.Response {
	b.t.Helper()
	kind := ""
	if form != nil {
		kind = "application/x-www-form-urlencoded"
	}
	return b.requestWith(method, path, kind, strings.NewReader(form.Encode()), header)
}

// requestWith does so with a body of this type; "": there is none.
func (b *browser) requestWith(method, path, kind string, body io.Reader, header http.Header) *http.Response {
	b.t.Helper()
	if b.tab != nil {
		b.borrowCookies()
	}
	req, err := http.NewRequestWithContext(b.t.Context(), method, b.app.url+path, body)
	if err != nil {
		b.t.Fatal(err)
	}
	if kind != "" {
		req.Header.Set("Content-Type", kind)
		req.Header.Set("Origin", b.app.url)
	}
	req.Header.Set("Sec-Fetch-Site", "same-origin")
	req.Header.Set("User-Agent", "hutch tests")
	req.Header.Set("X-Forwarded-For", b.ip)
	if b.requestID != "" {
		req.Header.Set("X-Request-Id", b.requestID)
	}
	for name, values := range header {
		req.Header[name] = values
	}
	res, err := b.http.Do(req)
	if err != nil {
		b.t.Fatal(err)
	}
	answer, err := io.ReadAll(res.Body)
	if err != nil {
		b.t.Fatal(err)
	}
	res.Body.Close()
	b.status, b.header, b.raw = res.StatusCode, res.Header, string(answer)
	b.mustNotLeak(path)
	if b.tab != nil {
		b.tab.setCookies(b.t, res.Cookies()...)
	}
	return res
}

// borrowCookies takes what Chromium keeps for the requests that it does not make
// itself.
func (b *browser) borrowCookies() {
	jar, err := cookiejar.New(nil)
	if err != nil {
		b.t.Fatal(err)
	}
	jar.SetCookies(b.address(), b.tab.cookies(b.t))
	b.http.Jar = jar
}

func (b *browser) address() *url.URL {
	address, err := url.Parse(b.app.url)
	if err != nil {
		b.t.Fatal(err)
	}
	return address
}

// mustNotLeak looks for every token that Directus gave out, and for passwords
// and Directus' address, in what the browser got.
func (b *browser) mustNotLeak(path string) {
	b.t.Helper()
	var head bytes.Buffer
	if err := b.header.Write(&head); err != nil {
		b.t.Fatal(err)
	}
	for _, secret := range append(b.app.wire.tokens(), passwords...) {
		if strings.Contains(b.raw, secret) || strings.Contains(head.String(), secret) {
			b.t.Errorf("%s: a token or password reached the browser: …%s…", path, secret[:min(8, len(secret))])
		}
	}
	for _, internal := range []string{b.app.wire.url, "upstream-secret", "INVALID_", "FORBIDDEN", "extensions", "goroutine"} {
		if strings.Contains(b.raw, internal) || strings.Contains(head.String(), internal) {
			b.t.Errorf("%s: the page shows %q", path, internal)
		}
	}
}

// open goes to a page, and where it is sent from there.
func (b *browser) open(path string) {
	b.t.Helper()
	if b.tab != nil {
		b.tab.open(b.t, b.app.url+path)
		b.look()
		return
	}
	b.openAs(path, nil)
}

// look takes in what Chromium shows once it has come to rest.
func (b *browser) look() {
	b.t.Helper()
	view := b.tab.settle(b.t)
	b.path, b.status, b.header, b.raw = view.Path, view.answer.status, view.answer.header, view.HTML
	b.mustNotLeak(b.path)
	b.load()
}

func (b *browser) openAs(path string, header http.Header) {
	b.t.Helper()
	for range 5 {
		res := b.request(http.MethodGet, path, nil, header)
		b.path = path
		if res.StatusCode != http.StatusSeeOther {
			b.load()
			return
		}
		path = res.Header.Get("Location")
	}
	b.t.Fatalf("%s redirects without end", path)
}

func (b *browser) load() {
	b.t.Helper()
	doc, err := goquery.NewDocumentFromReader(strings.NewReader(b.raw))
	if err != nil {
		b.t.Fatal(err)
	}
	b.doc = doc
	if title := doc.Find("head title").Text(); strings.TrimSpace(title) == "" || doc.Find("h1").Length() != 1 {
		b.t.Errorf("%s has the title %q and %d main headings", b.path, title, doc.Find("h1").Length())
	}
}

// submit fills the form that the selector finds and sends it. What is filled in
// for a file is what stands in it; "": none is chosen.
func (b *browser) submit(selector string, fill map[string]string) {
	b.t.Helper()
	form := b.doc.Find(selector)
	if form.Length() != 1 {
		b.t.Fatalf("%s: %d forms match %q", b.path, form.Length(), selector)
	}
	values := url.Values{}
	form.Find("[name]:not(button)").Each(func(_ int, input *goquery.Selection) {
		if input.AttrOr("type", "") == "checkbox" && input.Is(":not([checked])") {
			values[input.AttrOr("name", "")] = []string{""} // ticked by a value
			return
		}
		values.Set(input.AttrOr("name", ""), inputValue(input))
	})
	if happens := b.betweenPageAndForm; happens != nil {
		b.betweenPageAndForm = nil
		happens(b)
	}
	for name, value := range fill {
		if !values.Has(name) {
			b.t.Fatalf("%s: the form has no field %q", b.path, name)
		}
		values.Set(name, value)
	}
	if b.tab != nil {
		b.tab.submit(b.t, selector, fill)
		b.look()
		return
	}
	form.Find("input[name]:not([type=password], [type=checkbox], [type=file])").Each(func(_ int, input *goquery.Selection) {
		input.SetAttr("value", values.Get(input.AttrOr("name", "")))
	})
	if action, enhanced := form.Attr("data-hx-post"); enhanced && b.how == htmx {
		b.submitHTMX(form, action, values)
		return
	}
	res := b.post(form, form.AttrOr("action", b.path), values, nil)
	if res.StatusCode == http.StatusSeeOther {
		b.open(res.Header.Get("Location"))
		return
	}
	b.load()
}

// post sends the values in the way that the form wants them sent.
func (b *browser) post(form *goquery.Selection, action string, values url.Values, header http.Header) *http.Response {
	b.t.Helper()
	if form.AttrOr("enctype", "") != "multipart/form-data" {
		return b.request(http.MethodPost, action, values, header)
	}
	var body bytes.Buffer
	parts := multipart.NewWriter(&body)
	for _, input := range form.Find("[name]:not(button)").EachIter() {
		name := input.AttrOr("name", "")
		part, err := parts.CreateFormField(name)
		if input.AttrOr("type", "") == "file" {
			file := ""
			if values.Get(name) != "" {
				file = "chosen.bin" // says nothing about what it is
			}
			part, err = parts.CreateFormFile(name, file)
		}
		if err != nil {
			b.t.Fatal(err)
		}
		_, _ = io.WriteString(part, values.Get(name))
	}
	if err := parts.Close(); err != nil {
		b.t.Fatal(err)
	}
	return b.requestWith(http.MethodPost, action, parts.FormDataContentType(), &body, header)
}

// submitHTMX does what htmx 4 does: it says what it will replace, follows its
// own redirect header, and puts the answer where it belongs.
func (b *browser) submitHTMX(form *goquery.Selection, action string, values url.Values) {
	b.t.Helper()
	target := b.doc.Find(form.AttrOr("data-hx-target", ""))
	res := b.post(form, action, values, http.Header{
		"Hx-Request":      {"true"},
		"Hx-Request-Type": {"partial"},
		"Hx-Target":       {goquery.NodeName(target) + "#" + target.AttrOr("id", "")},
		"Hx-Source":       {"form#" + form.AttrOr("id", "")},
		"Accept":          {"text/html"},
	})
	if to := res.Header.Get("HX-Redirect"); to != "" {
		b.open(to)
		return
	}
	if res.StatusCode >= 300 && res.StatusCode < 400 {
		b.t.Fatalf("%s answers htmx with a redirect that fetch would follow", action)
	}
	if strings.Contains(b.raw, "<html") {
		b.t.Errorf("%s answers htmx with a whole page instead of a fragment", action)
	}
	fragment, err := goquery.NewDocumentFromReader(strings.NewReader(b.raw))
	if err != nil {
		b.t.Fatal(err)
	}
	if title := fragment.Find("title"); title.Length() == 1 {
		b.doc.Find("head title").SetText(title.Text())
		title.Remove()
	}
	html, err := fragment.Find("body").Html()
	if err != nil {
		b.t.Fatal(err)
	}
	if retarget := res.Header.Get("HX-Retarget"); retarget != "" {
		b.doc.Find(retarget).SetHtml(html)
		return
	}
	target.ReplaceWithHtml(html)
}

func (b *browser) text() string {
	return strings.Join(strings.Fields(b.doc.Find("#notices, main").Text()), " ")
}

func (b *browser) title() string { return b.doc.Find("head title").Text() }

func (b *browser) wantStatus(status int) {
	b.t.Helper()
	if b.status != status {
		b.t.Errorf("%s: status %d, want %d", b.path, b.status, status)
	}
}

func (b *browser) wantAt(path string) {
	b.t.Helper()
	if b.path != path {
		b.t.Errorf("the visitor is at %s, want %s", b.path, path)
	}
}

func (b *browser) wantText(texts ...string) {
	b.t.Helper()
	for _, text := range texts {
		if !strings.Contains(b.text(), text) {
			b.t.Errorf("%s does not say %q; it says: %s", b.path, text, b.text())
		}
	}
}

// wantError checks that a failed form says so in all three places, and keeps
// what was typed but no password.
func (b *browser) wantError(field, message string) {
	b.t.Helper()
	b.wantStatus(http.StatusUnprocessableEntity)
	if !strings.HasPrefix(b.title(), "Error: ") {
		b.t.Errorf("%s: the title does not say that there is an error: %q", b.path, b.title())
	}
	summary := b.doc.Find(`main [role="alert"]`)
	if !strings.Contains(summary.Text(), message) {
		b.t.Errorf("%s: the summary does not say %q: %s", b.path, message, strings.Join(strings.Fields(b.text()), " "))
	}
	if field != "" {
		input := b.doc.Find("main [name=" + field + "]")
		if summary.Find(`a[href="#`+input.AttrOr("id", "?")+`"]`).Length() != 1 {
			b.t.Errorf("%s: the summary does not link to %s", b.path, field)
		}
		described := input.AttrOr("aria-describedby", "")
		beside := ""
		for id := range strings.FieldsSeq(described) {
			beside += b.doc.Find("#" + id).Text()
		}
		if input.AttrOr("aria-invalid", "") != "true" || !strings.Contains(beside, message) {
			b.t.Errorf("%s: the message is not beside the field %s (it is described by %q)", b.path, field, beside)
		}
	}
	b.doc.Find("input[type=password]").Each(func(_ int, input *goquery.Selection) {
		if _, has := input.Attr("value"); has {
			b.t.Errorf("%s: a password came back in the page", b.path)
		}
	})
}

func (b *browser) value(field string) string {
	return inputValue(b.doc.Find("[name=" + field + "]:not(button)"))
}

// inputValue is what an input of any kind holds.
func inputValue(input *goquery.Selection) string {
	switch {
	case input.Is("textarea"):
		return strings.TrimPrefix(input.Text(), "\n")
	case input.Is("select"):
		return input.Find("option[selected]").AttrOr("value", "")
	case input.Is("[type=checkbox]:not([checked])"):
		return ""
	}
	return input.AttrOr("value", "")
}

func (b *browser) signedIn() bool { return b.doc.Find(`.menu a[href="/profile"]`).Length() == 1 }

func (b *browser) wantSignedIn(want bool) {
	b.t.Helper()
	if b.signedIn() != want {
		b.t.Errorf("%s: signed in: %t, want %t", b.path, b.signedIn(), want)
	}
}

// account is a member that a test has made.
type account struct{ email, password string }

// passwords are all that tests type, to be looked for where they must not be.
var passwords = []string{"a-long-enough-password", "not-the-right-clover", sandbox.MemberPassword, "teapot-orchard-gravel"}

func newAccount() account {
	return account{"m" + strings.ToLower(rand.Text()[:12]) + "@example.com", passwords[0]}
}

func (who account) form() map[string]string {
	return map[string]string{"email": who.email, "password": who.password}
}

// signUp makes the account through the app and leaves the browser signed in.
func (b *browser) signUp() account {
	b.t.Helper()
	who := newAccount()
	b.open("/signup")
	b.submit("#signup", who.form())
	b.wantAt("/profile")
	b.wantSignedIn(true)
	return who
}

func (b *browser) signIn(who account) {
	b.t.Helper()
	b.open("/signin")
	b.submit("#signin", who.form())
}

func form(who account) url.Values {
	return url.Values{"email": {who.email}, "password": {who.password}}
}

func (b *browser) setSession(cookie *http.Cookie) {
	given := &http.Cookie{Name: "session", Value: cookie.Value, Path: "/"}
	if b.tab != nil {
		b.tab.setCookies(b.t, given)
		return
	}
	b.http.Jar.SetCookies(b.address(), []*http.Cookie{given})
}

func (b *browser) sessionCookie() *http.Cookie {
	if b.tab != nil {
		b.borrowCookies()
	}
	for _, cookie := range b.http.Jar.Cookies(b.address()) {
		if cookie.Name == "session" {
			return cookie
		}
	}
	return nil
}

type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// change sets a setting of Directus for the rest of the test.
func (up upstream) change(t *testing.T, settings, back map[string]any) {
	t.Helper()
	if err := up.admin.Patch(t.Context(), "/settings", settings); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := up.admin.Patch(context.Background(), "/settings", back); err != nil {
			t.Error(err)
		}
	})
}

func undoPermission(t *testing.T, up upstream, id int) {
	if err := up.admin.Delete(context.Background(), fmt.Sprintf("/permissions/%d", id)); err != nil {
		t.Error(err)
	}
}
