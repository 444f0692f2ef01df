package harness

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
	"hutch/internal/logbuffer"
	"hutch/internal/metrics"
	"hutch/sandbox"
	"hutch/setup"
	"hutch/site"
	"hutch/templates"
	"hutch/tools/realdirectus"
)

// What the tests of the whole app share: a Directus, the app in front of it, and
// a visitor, who has a browser without a screen or a real one (tab_test.go).

// Upstream is a Directus that is ready for the app.
type Upstream struct {
	URL          string
	Admin        *directus.Admin
	AdminToken   string // of a real one
	ServiceToken string
	Major        int
	Sandbox      bool
	outbox       func(context.Context) ([]templates.Mail, error) // the sandbox's
	OutboxShown  bool                                            // by the app, as in development
	Now          func() time.Time                                // the sandbox's clock
	Passed       *atomic.Int64                                   // moves it, where it stands still otherwise
	mailbox      *realdirectus.Mailbox                           // a real one's
	Treated      *directus.Options                               // by the app; nil: without a breaker
	Limited      []limits.Limit                                  // by the app; nil: as a busy site
}

// PublicURL is what visitors type, as far as Directus and its mails know: the
// tests' apps are on ports of their own.
const PublicURL = "http://hutch.test"

// Mailed waits for the n-th mail to an address, counted from 1, and returns its
// link as a path of the app.
func (up Upstream) Mailed(t *testing.T, address string, n int) (path string) {
	t.Helper()
	link := ""
	if up.Sandbox {
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
	path, ours := strings.CutPrefix(link, PublicURL)
	if !ours {
		t.Fatalf("the mail to %s leads to %q", address, link)
	}
	return path
}

// OnEachDirectus runs a test on the sandbox and on every real Directus to be
// had, at the same time: most of it is waiting.
func OnEachDirectus(t *testing.T, test func(*testing.T, Upstream)) {
	t.Parallel()
	t.Run("sandbox", func(t *testing.T) {
		t.Parallel()
		test(t, StartSandbox(t, sandbox.Options{}))
	})
	for _, version := range realdirectus.TestVersions() {
		t.Run(version, func(t *testing.T) {
			t.Parallel()
			test(t, StartReal(t, version))
		})
	}
}

func StartSandbox(t *testing.T, options sandbox.Options) Upstream {
	t.Helper()
	const token = "the-app-tests-admin-token-0123456789"
	options.Path, options.AdminToken = ":memory:", token
	options.AllowedURLs = handlers.MailedURLs(PublicURL)
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
	return Upstream{
		URL: address, Admin: newAdmin(t, address, token), ServiceToken: service, Major: 11, Sandbox: true,
		outbox: site.SandboxMails(box), Now: options.Now,
	}
}

func StartReal(t *testing.T, version string) Upstream {
	t.Helper()
	mailbox := realdirectus.MailForTest(t)
	env := mailbox.Env()
	for i, name := range []string{"USER_REGISTER_URL_ALLOW_LIST", "PASSWORD_RESET_URL_ALLOW_LIST", "USER_INVITE_URL_ALLOW_LIST"} {
		env[name] = handlers.MailedURLs(PublicURL)[i]
	}
	env["IMPORT_IP_DENY_LIST"] = "169.254.169.254" // as setup advises: the site is on this machine
	server := realdirectus.ForTest(t, version, env)
	client, err := directus.New(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	var said strings.Builder
	if err := setup.Run(t.Context(), client, server.AdminToken, setup.Options{
		Sample: true, NoVerifyEmail: true, RecoveryCodes: true, DeleteAccounts: true, PublicURL: PublicURL,
	}, &said); err != nil {
		t.Fatalf("setup: %v\n%s", err, said.String())
	}
	up := Upstream{URL: server.URL, Admin: newAdmin(t, server.URL, server.AdminToken), AdminToken: server.AdminToken, mailbox: mailbox}
	if _, err := fmt.Sscanf(version, "%d.", &up.Major); err != nil {
		t.Fatal(err)
	}
	if _, after, found := strings.Cut(said.String(), "DIRECTUS_SERVICE_TOKEN="); found {
		up.ServiceToken = strings.Fields(after)[0]
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

// App is Hutch, wired as main does it, behind a real HTTP server and in front
// of a wire that can be tapped and cut.
type App struct {
	URL     string
	Up      Upstream
	Wire    *Wire
	Log     *logbuffer.Buffer
	Metrics *metrics.Metrics
	Handler http.Handler
	Logger  *slog.Logger
	Passed  atomic.Int64 // how far its clock is ahead
}

// Pass lets time go by for the app, and not for Directus: a session wants
// renewal after half a day, and its token is still good.
func (a *App) Pass(d time.Duration) { a.Passed.Add(int64(d)) }

func (a *App) now() time.Time { return time.Now().Add(time.Duration(a.Passed.Load())) }

func StartApp(t *testing.T, up Upstream, env map[string]string) *App {
	t.Helper()
	log := &logbuffer.Buffer{}
	return StartAppLoggingTo(t, up, env, log, slog.New(slog.NewTextHandler(log, nil)))
}

func StartAppLoggingTo(t *testing.T, up Upstream, env map[string]string, written *logbuffer.Buffer, log *slog.Logger) *App {
	t.Helper()
	a := &App{Up: up, Wire: NewWire(t, up.URL), Log: written, Metrics: metrics.New()}
	given := map[string]string{
		"DIRECTUS_URL":           a.Wire.URL,
		"DIRECTUS_SERVICE_TOKEN": up.ServiceToken,
		"PUBLIC_URL":             PublicURL,
		"CACHE_FRESH":            "0s", // tests change content and look at once
		// The test's browsers say in X-Forwarded-For who they are.
		"TRUSTED_PROXIES": "127.0.0.1",
	}
	for name, value := range env {
		given[name] = value
	}
	config, err := site.Read(func(name string) string { return given[name] })
	if err != nil {
		t.Fatal(err)
	}
	outbox := up.outbox
	if !up.OutboxShown {
		outbox = nil
	}
	treated := directus.Options{TripAfter: math.MaxUint32} // tests break the wire, mend it, and go on at once
	if up.Treated != nil {
		treated = *up.Treated
	}
	limited := limitsOfABusySite()
	if up.Limited != nil {
		limited = up.Limited
	}
	site, err := site.New(t.Context(), site.Options{
		Config: config, DirectusURL: config.DirectusURL, Outbox: outbox, Metrics: a.Metrics, Upstream: treated,
		Limits:  limited,
		Closing: t.Context(), Now: a.now,
		Log: log,
	})
	if err != nil {
		t.Fatal(err)
	}
	a.Handler, a.Logger = site.Handler, log
	server := httptest.NewUnstartedServer(site)
	server.Config.WriteTimeout = time.Minute // as the real one: each request begins with a deadline of its own
	server.Start()
	t.Cleanup(server.Close)
	a.URL = server.URL
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
func (a *App) mustNotHaveLeaked(t *testing.T) {
	log := a.Log.String()
	if at := strings.Index(log, "@example.com"); at >= 0 {
		t.Errorf("an address is in the log: …%s…", log[max(0, at-20):at])
	}
	for _, secret := range append(a.Wire.Tokens(), Passwords...) {
		if strings.Contains(log, secret) {
			t.Errorf("a token or password is in the log: …%s…", secret[:min(8, len(secret))])
		}
	}
}

// Wire stands between the app and Directus. It remembers what went through, and
// breaks on demand.
type Wire struct {
	URL string

	Mu      sync.Mutex
	calls   []string // "POST /auth/login"
	bearers []string // Authorization of each of them
	whole   []string // each with its query: "GET /items/posts?limit=13"
	seen    []string // session tokens that Directus gave out
	// instead answers in Directus' place, and reports whether it did.
	instead func(http.ResponseWriter, *http.Request) bool
}

func NewWire(t *testing.T, upstream string) *Wire {
	t.Helper()
	target, err := url.Parse(upstream)
	if err != nil {
		t.Fatal(err)
	}
	w := &Wire{}
	proxy := &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(target)
			r.Out.Header["X-Forwarded-For"] = r.In.Header["X-Forwarded-For"]
		},
		ModifyResponse: func(r *http.Response) error {
			for _, cookie := range r.Cookies() {
				if cookie.Value != "" {
					w.Mu.Lock()
					w.seen = append(w.seen, cookie.Value)
					w.Mu.Unlock()
				}
			}
			return nil
		},
		ErrorLog: slog.NewLogLogger(slog.DiscardHandler, slog.LevelError),
	}
	server := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		w.Mu.Lock()
		w.calls = append(w.calls, r.Method+" "+r.URL.Path)
		w.whole = append(w.whole, r.Method+" "+r.URL.RequestURI())
		w.bearers = append(w.bearers, r.Header.Get("Authorization"))
		instead := w.instead
		w.Mu.Unlock()
		if instead == nil || !instead(rw, r) {
			proxy.ServeHTTP(rw, r)
		}
	}))
	t.Cleanup(server.Close)
	w.URL = server.URL
	return w
}

// Rewrite lets how answer in Directus' place wherever it returns true.
func (w *Wire) Rewrite(how func(http.ResponseWriter, *http.Request) bool) {
	w.Mu.Lock()
	defer w.Mu.Unlock()
	w.instead = how
}

func (w *Wire) Mend() { w.Rewrite(nil) }

func (w *Wire) BreakWith(how http.HandlerFunc) { w.BreakOn("", how) }

// BreakOn breaks only the calls that begin with prefix, such as "PATCH".
func (w *Wire) BreakOn(prefix string, how http.HandlerFunc) {
	w.Rewrite(func(rw http.ResponseWriter, r *http.Request) bool {
		if !strings.HasPrefix(r.Method+" "+r.URL.Path, prefix) {
			return false
		}
		how(rw, r)
		return true
	})
}

func (w *Wire) FailOn(prefix string, status int) {
	w.BreakOn(prefix, func(rw http.ResponseWriter, _ *http.Request) { http.Error(rw, "upstream-secret", status) })
}

// Refuse answers as Directus does when it refuses.
func Refuse(w http.ResponseWriter, status int, code string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = fmt.Fprintf(w, `{"errors":[{"message":"upstream-secret","extensions":{"code":%q}}]}`, code)
}

func WriteJSON(w http.ResponseWriter, data string) {
	w.Header().Set("Content-Type", "application/json")
	_, _ = io.WriteString(w, `{"data":`+data+`}`)
}

// Count is how many calls have begun with prefix since the last forget.
func (w *Wire) Count(prefix string) int {
	w.Mu.Lock()
	defer w.Mu.Unlock()
	n := 0
	for _, call := range w.calls {
		if strings.HasPrefix(call, prefix) {
			n++
		}
	}
	return n
}

func (w *Wire) CountToken(token string) int {
	w.Mu.Lock()
	defer w.Mu.Unlock()
	n := 0
	for _, bearer := range w.bearers {
		if bearer == "Bearer "+token {
			n++
		}
	}
	return n
}

func (w *Wire) Forget() {
	w.Mu.Lock()
	defer w.Mu.Unlock()
	w.calls, w.bearers, w.whole = nil, nil, nil
}

// Questions are the calls since the last forget, and how often each was made.
func (w *Wire) Questions() map[string]int {
	w.Mu.Lock()
	defer w.Mu.Unlock()
	asked := map[string]int{}
	for _, call := range w.whole {
		asked[call]++
	}
	return asked
}

func (w *Wire) Tokens() []string {
	w.Mu.Lock()
	defer w.Mu.Unlock()
	return slices.Clone(w.seen)
}

// The ways in which an upstream breaks.
var Breakages = map[string]http.HandlerFunc{
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
	"no data": func(w http.ResponseWriter, _ *http.Request) { WriteJSON(w, "null") },
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

// Way is how a visitor goes about the site.
type Way string

const (
	Plain      Way = "plain"                       // HTTP, as a browser without JavaScript
	HTMX       Way = "htmx"                        // HTTP, as htmx
	Scripted   Way = "Chromium"                    // a real browser
	Scriptless Way = "Chromium without JavaScript" // the same, with JavaScript switched off
)

func (w Way) InChromium() bool { return w == Scripted || w == Scriptless }

// BothWays runs a journey without JavaScript and with htmx: the outcome is the
// same.
func BothWays(t *testing.T, journey func(*testing.T, Way)) { InWays(t, journey, Plain, HTMX) }

// EveryWay runs a journey in a real browser as well. The sandbox, which is quick,
// also sees the browser with JavaScript switched off.
func (up Upstream) EveryWay(t *testing.T, journey func(*testing.T, Way)) {
	ways := []Way{Plain, HTMX, Scripted}
	if up.Sandbox {
		ways = append(ways, Scriptless)
	}
	InWays(t, journey, ways...)
}

func InWays(t *testing.T, journey func(*testing.T, Way), ways ...Way) {
	for _, how := range ways {
		t.Run(string(how), func(t *testing.T) { journey(t, how) })
	}
}

// Browser is a visitor: the page they see, and how they got it.
type Browser struct {
	T    *testing.T
	App  *App
	How  Way
	HTTP *http.Client
	Tab  *Tab // in Chromium; nil without it
	IP   string

	// requestID is what the proxy in front calls each request; empty: it says nothing.
	RequestID string
	// betweenPageAndForm happens once, when the next form is filled in; nil: nothing
	// does.
	BetweenPageAndForm func(*Browser)

	Path   string // in the address bar
	Status int
	Header http.Header
	Doc    *goquery.Document
	Raw    string // the last answer as it came, or what Chromium has made of it
}

var visitors atomic.Int64

func (a *App) Browser(t *testing.T, how Way) *Browser {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	n := visitors.Add(1)
	b := &Browser{T: t, App: a, How: how, IP: fmt.Sprintf("10.1.%d.%d", n>>8&255, n&255), HTTP: &http.Client{
		Jar:           jar,
		Timeout:       30 * time.Second,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
	if how.InChromium() {
		b.Tab = NewTab(t, a.URL, b.IP, how == Scripted)
	}
	return b
}

// Request sends one request outside of what the visitor sees, with their
// cookies.
func (b *Browser) Request(method, path string, form url.Values, header http.Header) *http.Response {
	b.T.Helper()
	kind := ""
	if form != nil {
		kind = "application/x-www-form-urlencoded"
	}
	return b.RequestWith(method, path, kind, strings.NewReader(form.Encode()), header)
}

// RequestWith does so with a body of this type; "": there is none.
func (b *Browser) RequestWith(method, path, kind string, body io.Reader, header http.Header) *http.Response {
	b.T.Helper()
	if b.Tab != nil {
		b.BorrowCookies()
	}
	req, err := http.NewRequestWithContext(b.T.Context(), method, b.App.URL+path, body)
	if err != nil {
		b.T.Fatal(err)
	}
	if kind != "" {
		req.Header.Set("Content-Type", kind)
		req.Header.Set("Origin", b.App.URL)
	}
	req.Header.Set("Sec-Fetch-Site", "same-origin")
	req.Header.Set("User-Agent", "hutch tests")
	req.Header.Set("X-Forwarded-For", b.IP)
	if b.RequestID != "" {
		req.Header.Set("X-Request-Id", b.RequestID)
	}
	for name, values := range header {
		req.Header[name] = values
	}
	res, err := b.HTTP.Do(req)
	if err != nil {
		b.T.Fatal(err)
	}
	answer, err := io.ReadAll(res.Body)
	if err != nil {
		b.T.Fatal(err)
	}
	res.Body.Close()
	b.Status, b.Header, b.Raw = res.StatusCode, res.Header, string(answer)
	b.mustNotLeak(path)
	if b.Tab != nil {
		b.Tab.setCookies(b.T, res.Cookies()...)
	}
	return res
}

// BorrowCookies takes what Chromium keeps for the requests that it does not make
// itself.
func (b *Browser) BorrowCookies() {
	jar, err := cookiejar.New(nil)
	if err != nil {
		b.T.Fatal(err)
	}
	jar.SetCookies(b.Address(), b.Tab.cookies(b.T))
	b.HTTP.Jar = jar
}

func (b *Browser) Address() *url.URL {
	address, err := url.Parse(b.App.URL)
	if err != nil {
		b.T.Fatal(err)
	}
	return address
}

// mustNotLeak looks for every token that Directus gave out, and for passwords
// and Directus' address, in what the browser got.
func (b *Browser) mustNotLeak(path string) {
	b.T.Helper()
	var head bytes.Buffer
	if err := b.Header.Write(&head); err != nil {
		b.T.Fatal(err)
	}
	for _, secret := range append(b.App.Wire.Tokens(), Passwords...) {
		if strings.Contains(b.Raw, secret) || strings.Contains(head.String(), secret) {
			b.T.Errorf("%s: a token or password reached the browser: …%s…", path, secret[:min(8, len(secret))])
		}
	}
	for _, internal := range []string{b.App.Wire.URL, "upstream-secret", "INVALID_", "FORBIDDEN", "extensions", "goroutine"} {
		if strings.Contains(b.Raw, internal) || strings.Contains(head.String(), internal) {
			b.T.Errorf("%s: the page shows %q", path, internal)
		}
	}
}

// Open goes to a page, and where it is sent from there.
func (b *Browser) Open(path string) {
	b.T.Helper()
	if b.Tab != nil {
		b.Tab.Open(b.T, b.App.URL+path)
		b.Look()
		return
	}
	b.OpenAs(path, nil)
}

// Look takes in what Chromium shows once it has come to rest.
func (b *Browser) Look() {
	b.T.Helper()
	view := b.Tab.Settle(b.T)
	b.Path, b.Status, b.Header, b.Raw = view.Path, view.answer.status, view.answer.header, view.HTML
	b.mustNotLeak(b.Path)
	b.Load()
}

func (b *Browser) OpenAs(path string, header http.Header) {
	b.T.Helper()
	for range 5 {
		res := b.Request(http.MethodGet, path, nil, header)
		b.Path = path
		if res.StatusCode != http.StatusSeeOther {
			b.Load()
			return
		}
		path = res.Header.Get("Location")
	}
	b.T.Fatalf("%s redirects without end", path)
}

func (b *Browser) Load() {
	b.T.Helper()
	doc, err := goquery.NewDocumentFromReader(strings.NewReader(b.Raw))
	if err != nil {
		b.T.Fatal(err)
	}
	b.Doc = doc
	if title := doc.Find("head title").Text(); strings.TrimSpace(title) == "" || doc.Find("h1").Length() != 1 {
		b.T.Errorf("%s has the title %q and %d main headings", b.Path, title, doc.Find("h1").Length())
	}
}

// Submit fills the form that the selector finds and sends it. What is filled in
// for a file is what stands in it; "": none is chosen.
func (b *Browser) Submit(selector string, fill map[string]string) {
	b.T.Helper()
	form := b.Doc.Find(selector)
	if form.Length() != 1 {
		b.T.Fatalf("%s: %d forms match %q", b.Path, form.Length(), selector)
	}
	values := url.Values{}
	form.Find("[name]:not(button)").Each(func(_ int, input *goquery.Selection) {
		if input.AttrOr("type", "") == "checkbox" && input.Is(":not([checked])") {
			values[input.AttrOr("name", "")] = []string{""} // ticked by a value
			return
		}
		values.Set(input.AttrOr("name", ""), InputValue(input))
	})
	if happens := b.BetweenPageAndForm; happens != nil {
		b.BetweenPageAndForm = nil
		happens(b)
	}
	for name, value := range fill {
		if !values.Has(name) {
			b.T.Fatalf("%s: the form has no field %q", b.Path, name)
		}
		values.Set(name, value)
	}
	if b.Tab != nil {
		b.Tab.submit(b.T, selector, fill)
		b.Look()
		return
	}
	form.Find("input[name]:not([type=password], [type=checkbox], [type=file])").Each(func(_ int, input *goquery.Selection) {
		input.SetAttr("value", values.Get(input.AttrOr("name", "")))
	})
	if action, enhanced := form.Attr("data-hx-post"); enhanced && b.How == HTMX {
		b.submitHTMX(form, action, values)
		return
	}
	res := b.post(form, form.AttrOr("action", b.Path), values, nil)
	if res.StatusCode == http.StatusSeeOther {
		b.Open(res.Header.Get("Location"))
		return
	}
	b.Load()
}

// post sends the values in the way that the form wants them sent.
func (b *Browser) post(form *goquery.Selection, action string, values url.Values, header http.Header) *http.Response {
	b.T.Helper()
	if form.AttrOr("enctype", "") != "multipart/form-data" {
		return b.Request(http.MethodPost, action, values, header)
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
			b.T.Fatal(err)
		}
		_, _ = io.WriteString(part, values.Get(name))
	}
	if err := parts.Close(); err != nil {
		b.T.Fatal(err)
	}
	return b.RequestWith(http.MethodPost, action, parts.FormDataContentType(), &body, header)
}

// submitHTMX does what htmx 4 does: it says what it will replace, follows its
// own redirect header, and puts the answer where it belongs.
func (b *Browser) submitHTMX(form *goquery.Selection, action string, values url.Values) {
	b.T.Helper()
	target := b.Doc.Find(form.AttrOr("data-hx-target", ""))
	res := b.post(form, action, values, http.Header{
		"Hx-Request":      {"true"},
		"Hx-Request-Type": {"partial"},
		"Hx-Target":       {goquery.NodeName(target) + "#" + target.AttrOr("id", "")},
		"Hx-Source":       {"form#" + form.AttrOr("id", "")},
		"Accept":          {"text/html"},
	})
	if to := res.Header.Get("HX-Redirect"); to != "" {
		b.Open(to)
		return
	}
	if res.StatusCode >= 300 && res.StatusCode < 400 {
		b.T.Fatalf("%s answers htmx with a redirect that fetch would follow", action)
	}
	if strings.Contains(b.Raw, "<html") {
		b.T.Errorf("%s answers htmx with a whole page instead of a fragment", action)
	}
	fragment, err := goquery.NewDocumentFromReader(strings.NewReader(b.Raw))
	if err != nil {
		b.T.Fatal(err)
	}
	if title := fragment.Find("title"); title.Length() == 1 {
		b.Doc.Find("head title").SetText(title.Text())
		title.Remove()
	}
	html, err := fragment.Find("body").Html()
	if err != nil {
		b.T.Fatal(err)
	}
	if retarget := res.Header.Get("HX-Retarget"); retarget != "" {
		b.Doc.Find(retarget).SetHtml(html)
		return
	}
	target.ReplaceWithHtml(html)
}

func (b *Browser) Text() string {
	return strings.Join(strings.Fields(b.Doc.Find("#notices, main").Text()), " ")
}

func (b *Browser) Title() string { return b.Doc.Find("head title").Text() }

func (b *Browser) WantStatus(status int) {
	b.T.Helper()
	if b.Status != status {
		b.T.Errorf("%s: status %d, want %d", b.Path, b.Status, status)
	}
}

func (b *Browser) WantAt(path string) {
	b.T.Helper()
	if b.Path != path {
		b.T.Errorf("the visitor is at %s, want %s", b.Path, path)
	}
}

func (b *Browser) WantText(texts ...string) {
	b.T.Helper()
	for _, text := range texts {
		if !strings.Contains(b.Text(), text) {
			b.T.Errorf("%s does not say %q; it says: %s", b.Path, text, b.Text())
		}
	}
}

// WantError checks that a failed form says so in all three places, and keeps
// what was typed but no password.
func (b *Browser) WantError(field, message string) {
	b.T.Helper()
	b.WantStatus(http.StatusUnprocessableEntity)
	if !strings.HasPrefix(b.Title(), "Error: ") {
		b.T.Errorf("%s: the title does not say that there is an error: %q", b.Path, b.Title())
	}
	summary := b.Doc.Find(`main [role="alert"]`)
	if !strings.Contains(summary.Text(), message) {
		b.T.Errorf("%s: the summary does not say %q: %s", b.Path, message, strings.Join(strings.Fields(b.Text()), " "))
	}
	if field != "" {
		input := b.Doc.Find("main [name=" + field + "]")
		if summary.Find(`a[href="#`+input.AttrOr("id", "?")+`"]`).Length() != 1 {
			b.T.Errorf("%s: the summary does not link to %s", b.Path, field)
		}
		described := input.AttrOr("aria-describedby", "")
		beside := ""
		for id := range strings.FieldsSeq(described) {
			beside += b.Doc.Find("#" + id).Text()
		}
		if input.AttrOr("aria-invalid", "") != "true" || !strings.Contains(beside, message) {
			b.T.Errorf("%s: the message is not beside the field %s (it is described by %q)", b.Path, field, beside)
		}
	}
	b.Doc.Find("input[type=password]").Each(func(_ int, input *goquery.Selection) {
		if _, has := input.Attr("value"); has {
			b.T.Errorf("%s: a password came back in the page", b.Path)
		}
	})
}

func (b *Browser) Value(field string) string {
	return InputValue(b.Doc.Find("[name=" + field + "]:not(button)"))
}

// InputValue is what an input of any kind holds.
func InputValue(input *goquery.Selection) string {
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

func (b *Browser) SignedIn() bool { return b.Doc.Find(`.menu a[href="/profile"]`).Length() == 1 }

func (b *Browser) WantSignedIn(want bool) {
	b.T.Helper()
	if b.SignedIn() != want {
		b.T.Errorf("%s: signed in: %t, want %t", b.Path, b.SignedIn(), want)
	}
}

// Account is a member that a test has made.
type Account struct{ Email, Password string }

// Passwords are all that tests type, to be looked for where they must not be.
var Passwords = []string{"a-long-enough-password", "not-the-right-clover", sandbox.MemberPassword, "teapot-orchard-gravel"}

func NewAccount() Account {
	return Account{"m" + strings.ToLower(rand.Text()[:12]) + "@example.com", Passwords[0]}
}

func (who Account) Form() map[string]string {
	return map[string]string{"email": who.Email, "password": who.Password}
}

// SignUp makes the account through the app and leaves the browser signed in.
func (b *Browser) SignUp() Account {
	b.T.Helper()
	who := NewAccount()
	b.Open("/signup")
	b.Submit("#signup", who.Form())
	b.WantAt("/profile")
	b.WantSignedIn(true)
	return who
}

func (b *Browser) SignIn(who Account) {
	b.T.Helper()
	b.Open("/signin")
	b.Submit("#signin", who.Form())
}

func Form(who Account) url.Values {
	return url.Values{"email": {who.Email}, "password": {who.Password}}
}

func (b *Browser) SetSession(cookie *http.Cookie) {
	given := &http.Cookie{Name: "session", Value: cookie.Value, Path: "/"}
	if b.Tab != nil {
		b.Tab.setCookies(b.T, given)
		return
	}
	b.HTTP.Jar.SetCookies(b.Address(), []*http.Cookie{given})
}

func (b *Browser) SessionCookie() *http.Cookie {
	if b.Tab != nil {
		b.BorrowCookies()
	}
	for _, cookie := range b.HTTP.Jar.Cookies(b.Address()) {
		if cookie.Name == "session" {
			return cookie
		}
	}
	return nil
}

// Change sets a setting of Directus for the rest of the test.
func (up Upstream) Change(t *testing.T, settings, back map[string]any) {
	t.Helper()
	if err := up.Admin.Patch(t.Context(), "/settings", settings); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := up.Admin.Patch(context.Background(), "/settings", back); err != nil {
			t.Error(err)
		}
	})
}

func UndoPermission(t *testing.T, up Upstream, id int) {
	if err := up.Admin.Delete(context.Background(), fmt.Sprintf("/permissions/%d", id)); err != nil {
		t.Error(err)
	}
}
