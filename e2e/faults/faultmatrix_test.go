package faults_test

import (
	"bytes"
	"image"
	"image/png"
	"io"
	"math/rand/v2"
	"mime/multipart"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"
	"github.com/gin-gonic/gin"
	"github.com/pquerna/otp/totp"
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

// bodies are what is sent to each route that takes something: what makes the change
// that it is for. It is prepared while all is well, in the browser that sends it.
func bodies() map[string]func(*matrix, *caller) {
	proof := func(more ...string) func(*matrix, *caller) {
		return func(_ *matrix, v *caller) { v.fill(append(more, "current_password", v.who.Password)...) }
	}
	return map[string]func(*matrix, *caller){
		"POST /signup": func(_ *matrix, v *caller) {
			other := harness.NewAccount()
			v.fill("email", other.Email, "password", other.Password)
		},
		"POST /signin":          func(_ *matrix, v *caller) { v.fill("email", v.who.Email, "password", v.who.Password) },
		"POST /signin/code":     func(m *matrix, v *caller) { v.signInHalf(m); v.fillWithCode(m) },
		"GET /signin/code":      func(m *matrix, v *caller) { v.signInHalf(m) },
		"POST /signin/recovery": func(m *matrix, v *caller) { v.signInHalf(m); v.fill("code", v.codes[0]) },
		"GET /signin/recovery":  func(m *matrix, v *caller) { v.signInHalf(m) },
		"POST /signup/check-email": func(m *matrix, v *caller) {
			m.confirming(func() { v.post("/signup", harness.Form(harness.NewAccount())) })
			v.fill()
		},
		"GET /verify":           func(m *matrix, v *caller) { v.toVerifyLink(m) },
		"POST /verify":          func(m *matrix, v *caller) { v.toVerifyLink(m); v.fill() },
		"POST /password/forgot": func(_ *matrix, v *caller) { v.fill("email", v.who.Email) },
		"GET /password/reset":   func(m *matrix, v *caller) { v.toResetLink(m) },
		"POST /password/reset":  func(m *matrix, v *caller) { v.toResetLink(m); v.fill("password", harness.NewPassword) },
		"GET /invite":           func(m *matrix, v *caller) { v.toInviteLink(m) },
		"POST /invite":          func(m *matrix, v *caller) { v.toInviteLink(m); v.fill("password", harness.NewPassword) },
		"POST /logout":          func(_ *matrix, v *caller) { v.fill() },
		"POST /appearance":      func(_ *matrix, v *caller) { v.fill("appearance", "dark") },

		"POST /profile": func(_ *matrix, v *caller) {
			v.fill("first_name", "Hazel", "last_name", "Burrow", "description", "Two lops")
		},
		"POST /profile/avatar": func(_ *matrix, v *caller) { v.upload() },
		"POST /profile/avatar/remove": func(_ *matrix, v *caller) {
			if v.kind != strange {
				v.upload()
				v.send()
			}
			v.fill()
		},
		"GET /profile/avatar/:id": func(m *matrix, v *caller) {
			if v.kind != strange {
				v.upload()
				v.send()
			}
			v.path = "/profile/avatar/" + m.fileID + "?size=160"
		},
		"POST /profile/email":      func(_ *matrix, v *caller) { proof("email", harness.NewAccount().Email)(nil, v) },
		"POST /profile/password":   proof("password", harness.NewPassword),
		"POST /profile/two-factor": proof(),
		"POST /profile/two-factor/confirm": func(m *matrix, v *caller) {
			if v.kind != strange {
				v.post("/profile/two-factor", url.Values{"current_password": {v.who.Password}})
				v.secret = goquerySecret(m.t, v)
			}
			v.fillWithCode(m)
		},
		"POST /profile/two-factor/cancel": func(_ *matrix, v *caller) { v.fill() },
		"POST /profile/two-factor/off": func(m *matrix, v *caller) {
			if v.kind != strange {
				v.switchOn(m)
			}
			v.fillWithCode(m, "current_password", v.who.Password)
		},
		"POST /profile/delete": func(_ *matrix, v *caller) { proof("email", v.who.Email)(nil, v) },
		"POST /hooks/directus": func(_ *matrix, v *caller) {
			v.body, v.contentType = `{"collection":"posts","key":"1"}`, "application/json"
			v.extra.Set("Authorization", "Bearer "+harness.HookSecret)
		},

		"GET /pages/:slug":        func(_ *matrix, v *caller) { v.path = "/pages/about" },
		"GET /blog/:slug":         func(_ *matrix, v *caller) { v.path = harness.GatedPath },
		"GET /blog/authors/:slug": func(_ *matrix, v *caller) { v.path = "/blog/authors/1" },
		"GET /assets/:id":         func(m *matrix, v *caller) { v.path = "/assets/" + m.fileID + "?width=160" },
		"GET /theme/:file":        func(_ *matrix, v *caller) { v.path = "/theme/2a5f47.css" },
		"GET /static/:file":       func(m *matrix, v *caller) { v.path = m.stylesheet },
		"GET /no-such-page":       func(*matrix, *caller) {}, // what editors redirect is asked for
	}
}

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

// caller is about to send one request.
type caller struct {
	*harness.Browser
	route  string // "POST /signin"
	kind   string
	who    harness.Account
	secret string // of the second factor
	codes  []string

	method, path, contentType, body string
	extra                           http.Header
	justBefore                      func() // what would be too old otherwise
}

func (v *caller) name() string { return v.route + " by " + v.kind }

func (v *caller) fill(namesAndValues ...string) {
	values := url.Values{}
	for i := 0; i+1 < len(namesAndValues); i += 2 {
		values.Set(namesAndValues[i], namesAndValues[i+1])
	}
	v.body, v.contentType = values.Encode(), "application/x-www-form-urlencoded"
}

// fillWithCode adds what the phone shows when the form is sent.
func (v *caller) fillWithCode(m *matrix, namesAndValues ...string) {
	v.justBefore = func() {
		code, err := totp.GenerateCode(v.secret, m.Up.Now())
		if err != nil {
			code = "123456" // who is not signed in has no phone that counts
		}
		v.fill(append(namesAndValues, "code", code)...)
	}
}

func (v *caller) get(path string) { v.Request(http.MethodGet, path, nil, nil) }

func (v *caller) post(path string, values url.Values) { v.Request(http.MethodPost, path, values, nil) }

// upload fills in the form for a picture.
func (v *caller) upload() {
	var picture, body bytes.Buffer
	if err := png.Encode(&picture, image.NewRGBA(image.Rect(0, 0, 32, 32))); err != nil {
		v.T.Fatal(err)
	}
	parts := multipart.NewWriter(&body)
	file, err := parts.CreateFormFile("picture", "me.png")
	if err != nil {
		v.T.Fatal(err)
	}
	_, _ = file.Write(picture.Bytes())
	_ = parts.Close()
	v.body, v.contentType = body.String(), parts.FormDataContentType()
}

// send sends a picture ahead.
func (v *caller) send() {
	v.RequestWith(http.MethodPost, "/profile/avatar", v.contentType, strings.NewReader(v.body), nil)
	if v.Status != http.StatusSeeOther {
		v.T.Fatalf("the picture was not taken: %d", v.Status)
	}
}

// switchOn switches the second factor on.
func (v *caller) switchOn(m *matrix) {
	v.post("/profile/two-factor", url.Values{"current_password": {v.who.Password}})
	v.secret = goquerySecret(m.t, v)
	v.post("/profile/two-factor/confirm", url.Values{"code": {m.Up.Code(m.t, v.secret)}})
	v.Open("/profile/two-factor")
	v.Doc.Find(".codes code").Each(func(_ int, code *goquery.Selection) { v.codes = append(v.codes, code.Text()) })
	if len(v.codes) == 0 {
		m.t.Fatalf("%s: the second step is not on: %s", v.name(), v.Text())
	}
	m.MayNotShow(append(v.codes, v.secret, strings.ToLower(v.secret))...)
}

func goquerySecret(t *testing.T, v *caller) string {
	v.Open("/profile/two-factor")
	secret := v.Doc.Find("code.secret").Text()
	if secret == "" {
		t.Fatalf("%s is shown no secret: %s", v.name(), v.Text())
	}
	return secret
}

// signInHalf takes the first of two steps. Who is signed in already is led on.
func (v *caller) signInHalf(m *matrix) {
	if v.kind != strange {
		v.codes = []string{"AAAAA-BBBBB-CCCCC-DDDDD"}
		v.secret = "JBSWY3DPEHPK3PXP"
		return
	}
	v.post("/signin", harness.Form(v.who))
	v.switchOn(m)
	v.post("/logout", url.Values{})
	v.post("/signin", harness.Form(v.who))
	if v.Header.Get("Location") != "/signin/code" {
		m.t.Fatalf("%s is not asked for a code: %d", v.name(), v.Status)
	}
}

// Links that were mailed, followed to the page that they lead to.

func (v *caller) toVerifyLink(m *matrix) {
	other := harness.NewAccount()
	m.confirming(func() { m.Browser(m.t, harness.Plain).Request(http.MethodPost, "/signup", harness.Form(other), nil) })
	v.get(m.Mailed(m.t, m.Up, other.Email, 1))
}

func (v *caller) toResetLink(m *matrix) {
	v.post("/password/forgot", url.Values{"email": {v.who.Email}})
	v.get(m.Mailed(m.t, m.Up, v.who.Email, 1))
}

func (v *caller) toInviteLink(m *matrix) {
	other := harness.NewAccount()
	invitation := map[string]any{"email": other.Email, "role": m.role, "invite_url": harness.PublicURL + "/invite"}
	if err := m.Up.Admin.Post(m.t.Context(), "/users/invite", invitation, nil); err != nil {
		m.t.Fatal(err)
	}
	v.get(m.Mailed(m.t, m.Up, other.Email, 1))
}

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
	up := harness.StartSandbox(t, sandbox.Options{Now: func() time.Time { return now }})
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
		for _, r := range m.tried.Handler.(*gin.Engine).Routes() {
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
		"POST /password/forgot", "GET /password/reset", "POST /password/reset",
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

// sendNow sends it. Unlike a browser elsewhere, it may do so beside the test.
func (v *caller) sendNow() outcome {
	if v.justBefore != nil {
		v.justBefore()
	}
	begin := time.Now()
	req, err := http.NewRequest(v.method, v.App.URL+v.path, strings.NewReader(v.body)) //nolint:noctx // bounded by the client
	if err != nil {
		return outcome{err: err}
	}
	req.Header = v.extra.Clone()
	req.Header.Set("Sec-Fetch-Site", "same-origin")
	req.Header.Set("X-Forwarded-For", v.IP)
	if v.contentType != "" {
		req.Header.Set("Content-Type", v.contentType)
	}
	res, err := v.HTTP.Do(req)
	if err != nil {
		return outcome{err: err, took: time.Since(begin)}
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	return outcome{status: res.StatusCode, header: res.Header, body: string(body), took: time.Since(begin), err: err}
}

// recovered is how long it takes until a stranger reads, sees pictures and can
// sign in, and a member sees what is theirs.
func (m *matrix) recovered() time.Duration {
	begin := time.Now()
	who := memberOf(m.Browser(m.t, harness.Plain))
	picture := "/assets/" + m.fileID + "?width=160"
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

// mustBeWell checks that what is prepared does what it is for.
func (m *matrix) mustBeWell(outcomes []outcome) {
	for i, v := range m.visitors {
		if o := outcomes[i]; o.err != nil || o.status >= 400 && v.route != "GET /no-such-page" && v.route != "GET /profile/avatar" {
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
