package sandbox_test

import (
	"fmt"
	"net/url"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"hutch/sandbox"
)

const (
	resetURL  = "https://hutch.example.com/password/new"
	verifyURL = "https://hutch.example.com/signup/confirm"
	inviteURL = "https://hutch.example.com/invitation"
)

// post is a sandbox whose mails can be read, with a clock.
type post struct {
	*sandbox.Sandbox
	t       *testing.T
	now     *clock
	address string
	anyone  visitor
	admin   visitor
}

func newPost(t *testing.T) post {
	t.Helper()
	now := newClock()
	s, address := openWith(t, sandbox.Options{Path: ":memory:", Now: now.Now, AllowedURLs: []string{resetURL, verifyURL, inviteURL}})
	return post{s, t, now, address, visitor{t: t, address: address}, visitor{t: t, address: address, bearer: adminToken}}
}

func (p post) mails(wanted int) []sandbox.Mail {
	p.t.Helper()
	mails, err := p.Mails(p.t.Context())
	if err != nil {
		p.t.Fatal(err)
	}
	if len(mails) != wanted {
		p.t.Fatalf("%d mails, want %d: %v", len(mails), wanted, mails)
	}
	return mails
}

// token takes the token out of a mail's link, which leads to page.
func token(t *testing.T, m sandbox.Mail, page string) string {
	t.Helper()
	link, err := url.Parse(m.Link)
	if err != nil || !strings.HasPrefix(m.Link, page+"?") || !strings.Contains(m.Text, m.Link) {
		t.Fatalf("mail: %+v, %v", m, err)
	}
	return link.Query().Get("token")
}

func TestPasswordReset(t *testing.T) {
	p := newPost(t)
	here := signedIn(t, p.address)
	request := func(body map[string]any) reply { return p.anyone.do("POST", "/auth/password/request", body) }
	reset := func(token, password any) reply {
		return p.anyone.do("POST", "/auth/password/reset", map[string]any{"token": token, "password": password})
	}
	request(map[string]any{"email": "nobody@example.com", "reset_url": resetURL}).want(t, 204, "")
	request(map[string]any{"email": "not an address"}).want(t, 204, "")
	request(map[string]any{"email": 5}).want(t, 400, "INVALID_PAYLOAD")
	p.mails(0)
	for _, wrong := range []any{"https://evil.example.com/password/new", resetURL + "/", "http://hutch.example.com/password/new",
		"https://hutch.example.com:444/password/new", "https://x@hutch.example.com/password/new", "//hutch.example.com/password/new", "/password/new", "%zz", 5} {
		request(map[string]any{"email": sandbox.MemberEmail, "reset_url": wrong}).want(t, 400, "INVALID_PAYLOAD")
		request(map[string]any{"email": "nobody@example.com", "reset_url": wrong}).want(t, 400, "INVALID_PAYLOAD")
	}
	p.mails(0)

	request(map[string]any{"email": "MEMBER@example.com", "reset_url": resetURL}).want(t, 204, "")
	mail := p.mails(1)[0]
	if mail.To != sandbox.MemberEmail || mail.Subject != "Password Reset Request" || !mail.At.Equal(p.now.Now()) {
		t.Errorf("mail: %+v", mail)
	}
	first := token(t, mail, resetURL)
	if claims := claimsOf(t, first); claims["scope"] != "password-reset" || claims["email"] != sandbox.MemberEmail || claims["hash"] == "" ||
		claims["exp"].(float64)-claims["iat"].(float64) != 86400 {
		t.Errorf("claims: %v", claims)
	}
	visitor{t: t, address: p.address, bearer: first}.do("GET", "/users/me", nil).want(t, 403, "INVALID_TOKEN")
	reset(5, "another password").want(t, 400, "INVALID_PAYLOAD")
	reset(first, nil).want(t, 400, "INVALID_PAYLOAD")
	reset("", "another password").want(t, 403, "INVALID_TOKEN")
	reset(first+"x", "another password").want(t, 403, "INVALID_TOKEN")
	reset(here.bearer, "another password").want(t, 403, "FORBIDDEN") // a token, but of another sort
	p.admin.do("PATCH", "/settings", map[string]any{"auth_password_policy": "^.{12,}$"}).want(t, 200, "")
	reset(first, "short").want(t, 400, "FAILED_VALIDATION")
	here.do("GET", "/users/me", nil).want(t, 200, "")

	reset(first, "another password").want(t, 204, "")
	here.do("GET", "/users/me", nil).want(t, 401, "INVALID_CREDENTIALS")
	p.anyone.do("POST", "/auth/login", map[string]any{"email": sandbox.MemberEmail, "password": sandbox.MemberPassword}).want(t, 401, "INVALID_CREDENTIALS")
	p.anyone.do("POST", "/auth/login", map[string]any{"email": sandbox.MemberEmail, "password": "another password"}).want(t, 200, "")
	reset(first, "a third password").want(t, 403, "FORBIDDEN") // used

	request(map[string]any{"email": sandbox.MemberEmail, "reset_url": resetURL + "?lang=nl"}).want(t, 204, "")
	second := token(t, p.mails(2)[0], resetURL)
	p.now.pass(24*time.Hour + time.Second)
	reset(second, "a third password").want(t, 401, "TOKEN_EXPIRED")
	request(map[string]any{"email": sandbox.MemberEmail}).want(t, 204, "")
	third := token(t, p.mails(3)[0], p.address+"/admin/reset-password")
	p.admin.do("PATCH", "/users/"+p.idOf(sandbox.MemberEmail), map[string]any{"status": "suspended"}).want(t, 200, "")
	reset(third, "a third password").want(t, 403, "FORBIDDEN")
	request(map[string]any{"email": sandbox.MemberEmail}).want(t, 204, "")
	p.mails(3)

	p.admin.do("PATCH", "/users/"+p.idOf(sandbox.MemberEmail), map[string]any{"status": "active", "provider": "google"}).want(t, 200, "")
	request(map[string]any{"email": sandbox.MemberEmail}).want(t, 204, "")
	p.mails(3)
}

func (p post) idOf(email string) string {
	p.t.Helper()
	found, _ := p.admin.do("GET", "/users?fields=id&filter[email][_eq]="+url.QueryEscape(email), nil).want(p.t, 200, "").data.([]any)
	if len(found) != 1 {
		p.t.Fatalf("%s: %v", email, found)
	}
	return found[0].(map[string]any)["id"].(string)
}

func TestRegistrationWithVerification(t *testing.T) {
	p := newPost(t)
	p.admin.do("PATCH", "/settings", map[string]any{"public_registration_verify_email": true}).want(t, 200, "")
	register := func(email, password string) reply {
		return p.anyone.do("POST", "/users/register", map[string]any{"email": email, "password": password, "verification_url": verifyURL})
	}
	verify := func(query string) reply { return p.anyone.do("GET", "/users/register/verify-email"+query, nil) }
	signIn := func(password string) reply {
		return p.anyone.do("POST", "/auth/login", map[string]any{"email": "new@example.com", "password": password})
	}
	for _, wrong := range []any{"https://evil.example.com/", "", nil, 5} {
		p.anyone.do("POST", "/users/register", map[string]any{"email": "new@example.com", "password": "a long password", "verification_url": wrong}).want(t, 400, "INVALID_PAYLOAD")
	}
	register(sandbox.MemberEmail, "a long password").want(t, 204, "")
	p.mails(0)

	register("new@example.com", "the first password").want(t, 204, "")
	register("New@example.com", "the second password").want(t, 204, "")
	mails := p.mails(2)
	if mails[1].To != "new@example.com" || mails[1].Subject != "Verify your email address" {
		t.Errorf("mail: %+v", mails[1])
	}
	first, second := token(t, mails[1], verifyURL), token(t, mails[0], verifyURL)
	signIn("the first password").want(t, 401, "INVALID_CREDENTIALS")

	for query, want := range map[string]string{"": "", "?token=": "/admin/login", "?token=a&token=b": "/admin/login"} {
		if want == "" {
			verify(query).want(t, 403, "INVALID_TOKEN")
		} else if got := verify(query).want(t, 302, "").header.Get("Location"); got != want {
			t.Errorf("%q: %s", query, got)
		}
	}
	verify("?token="+first+"x").want(t, 403, "INVALID_TOKEN")
	verify("?token="+signedIn(t, p.address).bearer).want(t, 403, "FORBIDDEN")
	if got := verify("?token="+second).want(t, 302, "").header.Get("Location"); got != "/admin/users/"+p.idOf("new@example.com") {
		t.Errorf("verified: %s", got)
	}
	verify("?token="+first).want(t, 400, "INVALID_PAYLOAD")
	signIn("the second password").want(t, 401, "INVALID_CREDENTIALS")
	signIn("the first password").want(t, 200, "")
	register("new@example.com", "a third password").want(t, 204, "")
	p.mails(2)

	p.anyone.do("POST", "/users/register", map[string]any{"email": "late@example.com", "password": "a long password"}).want(t, 204, "")
	late := token(t, p.mails(3)[0], p.address+"/users/register/verify-email")
	p.now.pass(7*24*time.Hour + time.Second)
	verify("?token="+late).want(t, 401, "TOKEN_EXPIRED")
}

func TestInvitations(t *testing.T) {
	p := newPost(t)
	role := p.admin.do("GET", "/roles?filter[name][_eq]=Users&fields=id", nil).data.([]any)[0].(map[string]any)["id"]
	invite := func(body map[string]any) reply { return p.admin.do("POST", "/users/invite", body) }
	accept := func(token, password string) reply {
		return p.anyone.do("POST", "/users/invite/accept", map[string]any{"token": token, "password": password})
	}
	for _, wrong := range []map[string]any{
		{}, {"email": "a@example.com"}, {"email": "a", "role": role}, {"email": []string{"a@example.com", "b"}, "role": role},
		{"email": "a@example.com", "role": "x"}, {"email": "a@example.com", "role": role, "x": 1}, {"email": "a@example.com", "role": role, "invite_url": ""},
		{"email": "a@example.com", "role": role, "invite_url": "https://evil.example.com/"},
	} {
		invite(wrong).want(t, 400, "INVALID_PAYLOAD")
	}
	invite(map[string]any{"email": "a@example.com", "role": "5f0e1b52-2a0c-4c5e-9d1f-0b8a6f4e1a99"}).want(t, 400, "INVALID_FOREIGN_KEY")
	for _, who := range []visitor{p.anyone, signedIn(t, p.address)} {
		who.do("POST", "/users/invite", map[string]any{"email": "a@example.com", "role": role}).want(t, 403, "FORBIDDEN")
	}
	p.mails(0)

	invite(map[string]any{"email": []string{"one@example.com", sandbox.MemberEmail}, "role": role, "invite_url": inviteURL}).want(t, 204, "")
	invite(map[string]any{"email": "one@example.com", "role": role}).want(t, 204, "")
	mails := p.mails(2)
	if mails[1].To != "one@example.com" || mails[1].Subject != "You've been invited" {
		t.Errorf("mail: %+v", mails[1])
	}
	first, again := token(t, mails[1], inviteURL), token(t, mails[0], p.address+"/admin/accept-invite")
	accept(first, "").want(t, 400, "INVALID_PAYLOAD")
	accept(first+"x", "a long password").want(t, 403, "INVALID_TOKEN")
	accept(signedIn(t, p.address).bearer, "a long password").want(t, 403, "FORBIDDEN")
	accept(first, "a long password").want(t, 204, "")
	accept(again, "another password").want(t, 400, "INVALID_INVITE")
	p.anyone.do("POST", "/auth/login", map[string]any{"email": "one@example.com", "password": "a long password"}).want(t, 200, "")

	invite(map[string]any{"email": "two@example.com", "role": role}).want(t, 204, "")
	late := token(t, p.mails(3)[0], p.address+"/admin/accept-invite")
	p.now.pass(7*24*time.Hour + time.Second)
	accept(late, "a long password").want(t, 401, "TOKEN_EXPIRED")
}

func TestMailsAreKept(t *testing.T) {
	path := filepath.Join(t.TempDir(), "data.db")
	first, address := open(t, path, nil)
	anyone := visitor{t: t, address: address}
	for range 52 {
		anyone.do("POST", "/auth/password/request", map[string]any{"email": sandbox.MemberEmail}).want(t, 204, "")
	}
	before, err := first.Mails(t.Context())
	if err != nil || len(before) != 50 || before[0].At.Before(before[49].At) {
		t.Fatalf("%d mails, %v", len(before), err)
	}
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	second, _ := open(t, path, nil)
	after, err := second.Mails(t.Context())
	if err != nil || fmt.Sprint(after) != fmt.Sprint(before) {
		t.Errorf("after a restart: %d mails, %v", len(after), err)
	}
}

func TestStallTime(t *testing.T) {
	const least = 60 * time.Millisecond
	_, address := openWith(t, sandbox.Options{Path: ":memory:", StallTime: least})
	anyone := visitor{t: t, address: address}
	for name, body := range map[string]map[string]any{
		"/auth/password/request": {"email": ""},
		"/users/register":        {"email": "", "password": "a long password"},
	} {
		for _, email := range []string{sandbox.MemberEmail, "somebody@example.com"} {
			body["email"] = email
			began := time.Now()
			anyone.do("POST", name, body).want(t, 204, "")
			if took := time.Since(began); took < least {
				t.Errorf("%s for %s took %s", name, email, took)
			}
		}
	}
}
