package sandbox_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/alexedwards/argon2id"
	"go.uber.org/goleak"

	"hutch/sandbox"
)

const adminToken = "admin-token-of-the-tests"

// clock is a time that only tests move.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func newClock() *clock { return &clock{now: time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)} }

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) pass(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// start serves a fresh sandbox in memory and gives its address.
func start(t *testing.T, now func() time.Time) string {
	t.Helper()
	_, address := open(t, ":memory:", now)
	return address
}

func open(t *testing.T, path string, now func() time.Time) (*sandbox.Sandbox, string) {
	t.Helper()
	return openWith(t, sandbox.Options{Path: path, Now: now})
}

func openWith(t *testing.T, options sandbox.Options) (*sandbox.Sandbox, string) {
	t.Helper()
	options.AdminToken = adminToken
	options.PasswordCost = &argon2id.Params{Memory: 8, Iterations: 1, Parallelism: 1, SaltLength: 16, KeyLength: 32}
	s, err := sandbox.Open(t.Context(), options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	address, err := s.Start(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return s, address
}

// visitor sends requests, anonymous or with a token.
type visitor struct {
	t       *testing.T
	address string
	bearer  string
	cookie  string // of directus_session_token
}

// reply is an answer, read.
type reply struct {
	status int
	code   string // of the first error
	data   any    // what "data" holds
	meta   map[string]any
	body   []byte
	header http.Header
}

func (v visitor) do(method, path string, body any) reply {
	v.t.Helper()
	var sent io.Reader
	if text, ok := body.(string); ok {
		sent = strings.NewReader(text)
	} else if body != nil {
		encoded, err := json.Marshal(body)
		if err != nil {
			v.t.Fatal(err)
		}
		sent = bytes.NewReader(encoded)
	}
	request, err := http.NewRequestWithContext(context.Background(), method, v.address+path, sent)
	if err != nil {
		v.t.Fatal(err)
	}
	if body != nil {
		request.Header.Set("Content-Type", "application/json")
	}
	if v.bearer != "" {
		request.Header.Set("Authorization", "Bearer "+v.bearer)
	}
	if v.cookie != "" {
		request.AddCookie(&http.Cookie{Name: "directus_session_token", Value: v.cookie})
	}
	return v.send(request)
}

func (v visitor) send(request *http.Request) reply {
	v.t.Helper()
	response, err := http.DefaultTransport.RoundTrip(request)
	if err != nil {
		v.t.Fatal(err)
	}
	defer response.Body.Close()
	got := reply{status: response.StatusCode, header: response.Header}
	if got.body, err = io.ReadAll(response.Body); err != nil {
		v.t.Fatal(err)
	}
	var envelope struct {
		Data   any
		Meta   map[string]any
		Errors []struct{ Extensions struct{ Code string } }
	}
	if json.Unmarshal(got.body, &envelope) == nil {
		got.data, got.meta = envelope.Data, envelope.Meta
		if len(envelope.Errors) > 0 {
			got.code = envelope.Errors[0].Extensions.Code
		}
	}
	return got
}

// want fails the test unless the answer has this status and error code.
func (r reply) want(t *testing.T, status int, code string) reply {
	t.Helper()
	if r.status != status || r.code != code {
		t.Fatalf("got %d %s, want %d %s: %s", r.status, r.code, status, code, r.body)
	}
	return r
}

// at walks into the data: at("author", "name").
func (r reply) at(path ...string) any {
	value := r.data
	for _, name := range path {
		object, _ := value.(map[string]any)
		value = object[name]
	}
	return value
}

// cookieValue is the session token that an answer hands out.
func (r reply) cookieValue(t *testing.T) string {
	t.Helper()
	cookies := (&http.Response{Header: r.header}).Cookies()
	if len(cookies) != 1 || cookies[0].Name != "directus_session_token" || !cookies[0].HttpOnly || cookies[0].Path != "/" {
		t.Fatalf("cookies: %v", cookies)
	}
	return cookies[0].Value
}

// signedIn gives a visitor with a session of the sample member.
func signedIn(t *testing.T, address string) visitor {
	t.Helper()
	anyone := visitor{t: t, address: address}
	answer := anyone.do("POST", "/auth/login", map[string]any{
		"email": sandbox.MemberEmail, "password": sandbox.MemberPassword, "mode": "session"}).want(t, 200, "")
	anyone.bearer = answer.cookieValue(t)
	return anyone
}

func TestStartListensOnLoopbackOnly(t *testing.T) {
	s, address := open(t, ":memory:", nil)
	parsed, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	if ip := net.ParseIP(parsed.Hostname()); ip == nil || !ip.IsLoopback() {
		t.Errorf("serves on %s", address)
	}
	again, err := s.Start(t.Context())
	if err != nil || again != address {
		t.Errorf("second Start: %q, %v", again, err)
	}
	for _, host := range otherAddresses(t) {
		if connection, err := net.DialTimeout("tcp", net.JoinHostPort(host, parsed.Port()), time.Second); err == nil {
			_ = connection.Close()
			t.Errorf("answers on %s", host)
		}
	}
}

// otherAddresses gives this machine's addresses that are not loopback.
func otherAddresses(t *testing.T) []string {
	t.Helper()
	addresses, err := net.InterfaceAddrs()
	if err != nil {
		t.Fatal(err)
	}
	var hosts []string
	for _, address := range addresses {
		if network, ok := address.(*net.IPNet); ok && !network.IP.IsLoopback() && network.IP.To4() != nil {
			hosts = append(hosts, network.IP.String())
		}
	}
	return hosts
}

func TestRestartOnTheSameFileLosesNothing(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a file with spaces?.db")
	first, address := open(t, path, nil)
	anyone := visitor{t: t, address: address}
	anyone.do("POST", "/users/register", map[string]any{"email": "new@example.com", "password": "a long password"}).want(t, 204, "")
	member := signedIn(t, address)
	admin := visitor{t: t, address: address, bearer: adminToken}
	admin.do("PATCH", "/settings", map[string]any{"project_name": "Burrow"}).want(t, 200, "")
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}

	_, address = open(t, path, nil)
	member.address, anyone.address = address, address
	if got := member.do("GET", "/users/me?fields=email", nil).want(t, 200, "").at("email"); got != sandbox.MemberEmail {
		t.Errorf("session: %v", got)
	}
	anyone.do("POST", "/auth/login", map[string]any{"email": "new@example.com", "password": "a long password"}).want(t, 200, "")
	if got := anyone.do("GET", "/server/info", nil).at("project", "project_name"); got != "Burrow" {
		t.Errorf("settings: %v", got)
	}
	if got := anyone.do("GET", "/items/posts?meta=total_count&limit=0", nil).meta["total_count"]; got != 14.0 { // one of the fifteen is a draft
		t.Errorf("posts after a restart: %v", got)
	}
}

func TestWithoutAdminTokenThereIsNoAdministrator(t *testing.T) {
	s, err := sandbox.Open(t.Context(), sandbox.Options{Path: ":memory:",
		PasswordCost: &argon2id.Params{Memory: 8, Iterations: 1, Parallelism: 1, SaltLength: 16, KeyLength: 32}})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	address, err := s.Start(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	visitor{t: t, address: address}.do("GET", "/settings", nil).want(t, 403, "FORBIDDEN")
	visitor{t: t, address: address, bearer: adminToken}.do("GET", "/settings", nil).want(t, 401, "INVALID_CREDENTIALS")
}

func TestServer(t *testing.T) {
	address := start(t, nil)
	anyone := visitor{t: t, address: address}
	if got := anyone.do("GET", "/server/ping", nil); got.status != 200 || string(got.body) != "pong" {
		t.Errorf("ping: %d %q", got.status, got.body)
	}
	info := anyone.do("GET", "/server/info", nil).want(t, 200, "")
	if info.at("project", "public_registration") != true || info.at("version") != nil {
		t.Errorf("info for anyone: %s", info.body)
	}
	info = visitor{t: t, address: address, bearer: adminToken}.do("GET", "/server/info", nil).want(t, 200, "")
	if info.at("version") != sandbox.Version {
		t.Errorf("info for the administrator: %s", info.body)
	}
	for _, wrong := range []struct{ method, path string }{
		{"GET", "/"}, {"GET", "/nope"}, {"GET", "//items/posts"}, {"GET", "/items/../users"},
		{"GET", "/auth/login"}, {"PUT", "/items/posts"}, {"POST", "/graphql"}, {"GET", "/collections"},
	} {
		anyone.do(wrong.method, wrong.path, nil).want(t, 404, "ROUTE_NOT_FOUND")
	}
}

func TestBodies(t *testing.T) {
	anyone := visitor{t: t, address: start(t, nil)}
	for _, body := range []string{`{"email":`, `"text"`, `5`, `[]`, ``, `{}`} {
		anyone.do("POST", "/auth/login", body).want(t, 400, "INVALID_PAYLOAD")
	}
	large := `{"email":"` + strings.Repeat("x", 1<<20) + `"}`
	anyone.do("POST", "/auth/login", large).want(t, 400, "INVALID_PAYLOAD")
}

// permission gives the id of the one permission for an action on a collection,
// of the policy of this name if several have one.
func permission(t *testing.T, admin visitor, collection, action string, policy ...string) string {
	t.Helper()
	found := permissions(t, admin, collection, action, policy...)
	if len(found) != 1 {
		t.Fatalf("permissions to %s %s: %v", action, collection, found)
	}
	return found[0]
}

// permissions gives the ids of all of them.
func permissions(t *testing.T, admin visitor, collection, action string, policy ...string) []string {
	t.Helper()
	query := "/permissions?fields=id&filter[collection][_eq]=" + collection + "&filter[action][_eq]=" + action
	if len(policy) > 0 {
		query += "&filter[policy][name][_eq]=" + url.QueryEscape(policy[0])
	}
	found, _ := admin.do("GET", query, nil).want(t, 200, "").data.([]any)
	var ids []string
	for _, one := range found {
		ids = append(ids, fmt.Sprint(one.(map[string]any)["id"]))
	}
	return ids
}

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }
