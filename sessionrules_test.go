package main

import (
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"
	"github.com/golang-jwt/jwt/v5"

	"hutch/internal/directus"
	"hutch/internal/secret"
	"hutch/sandbox"
	"hutch/session"
)

// What OWASP's ASVS 5.0 asks of sessions (chapters 7 and 9), where no other test
// shows it.

// 7.2.4: signing in begins a new session and ends the one that was there, also at
// Directus. A cookie that was put into the browser before is worth nothing after.
func TestSigningInEndsTheEarlierToken(t *testing.T) {
	onEachDirectus(t, func(t *testing.T, up upstream) {
		site := startApp(t, up, nil)
		attacker := newGuest(site.url, 1)
		if !attacker.signUp(t) {
			t.FailNow()
		}
		planted := attacker.cookies["session"]
		earlier := site.wire.tokens()
		victim := newGuest(site.url, 2)
		if !victim.signUp(t) {
			t.FailNow()
		}
		victim.cookies = map[string]string{"session": planted}
		if !victim.signIn(t) || victim.cookies["session"] == planted {
			t.Fatal("the planted cookie survives")
		}
		client, err := directus.New(up.url)
		if err != nil {
			t.Fatal(err)
		}
		for _, token := range earlier {
			if _, err := client.Me(t.Context(), directus.Visitor{}, secret.Of(token)); !directus.TokenRefused(err) {
				t.Errorf("the earlier token still works: %v", err)
			}
		}
	})
}

// 7.4.1: no cookie of a session that has been signed out of signs anybody in again,
// on any replica, however old it is.
func TestEveryEarlierCookieIsWorthlessAfterSigningOut(t *testing.T) {
	t.Parallel()
	const grace = time.Second
	up := startSandbox(t, sandbox.Options{RefreshGrace: grace})
	site := startApp(t, up, map[string]string{"SESSION_SECRET": processesSecret})
	other := startApp(t, up, map[string]string{"SESSION_SECRET": processesSecret})
	g := newGuest(site.url, 1)
	if !g.signUp(t) {
		t.FailNow()
	}
	cookies := []string{g.cookies["session"]}
	for range 4 {
		site.pass(15 * time.Hour)
		if !g.mustBeIn(t) {
			t.FailNow()
		}
		cookies = append(cookies, g.cookies["session"])
	}
	if r := g.send(t, http.MethodPost, "/logout", url.Values{}, nil); r.location != "/signin" {
		t.Fatalf("signing out: %d to %q", r.status, r.location)
	}
	time.Sleep(grace + 100*time.Millisecond) // Directus lets a token live on for so long when it has a successor
	for i, cookie := range cookies {
		for name, replica := range map[string]*app{"here": site, "another replica": other} {
			for _, due := range []bool{false, true} {
				thief := newGuest(replica.url, 100+i)
				thief.account = g.account
				thief.cookies["session"] = cookie
				if due && i == 0 {
					replica.pass(15 * time.Hour)
				}
				if r := thief.open(t, "/profile"); thief.isIn(r) || r.err != nil || r.status != http.StatusOK {
					t.Errorf("cookie %d of %d, %s: signed in %t, %d, %v", i, len(cookies), name, thief.isIn(r), r.status, r.err)
				}
			}
		}
	}
}

// 7.4.2: an administrator suspends a member, whose next request is refused.
func TestASuspendedMemberIsOut(t *testing.T) {
	onEachDirectus(t, func(t *testing.T, up upstream) {
		site := startApp(t, up, nil)
		g := newGuest(site.url, 1)
		if !g.signUp(t) {
			t.FailNow()
		}
		var users []struct{ ID string }
		if err := up.admin.Get(t.Context(), "/users", url.Values{"filter[email][_eq]": {g.email}}, &users); err != nil || len(users) != 1 {
			t.Fatal(users, err)
		}
		if err := up.admin.Patch(t.Context(), "/users/"+users[0].ID, map[string]any{"status": "suspended"}); err != nil {
			t.Fatal(err)
		}
		if up.major < 11 {
			site.pass(15 * time.Hour) // Directus 10 notices at the refresh
		}
		if r := g.open(t, "/profile"); g.isIn(r) || !strings.Contains(r.body, `id="signin"`) || g.cookies["session"] != "" {
			t.Errorf("a suspended member sees %d, and keeps the cookie: %t", r.status, g.cookies["session"] != "")
		}
	})
}

// privatePages are those that README's table has for members and that have an
// address of their own.
var privatePages = []string{"/profile", "/profile/email", "/profile/password", "/profile/two-factor", "/profile/data", "/profile/delete"}

// 7.4.4: each private page offers to sign out, without JavaScript too.
func TestEveryPrivatePageOffersToSignOut(t *testing.T) {
	t.Parallel()
	site := startApp(t, startSandbox(t, sandbox.Options{}), nil)
	g := newGuest(site.url, 1)
	if !g.signUp(t) {
		t.FailNow()
	}
	for _, path := range privatePages {
		r := g.open(t, path)
		doc, err := goquery.NewDocumentFromReader(strings.NewReader(r.body))
		if err != nil {
			t.Fatal(err)
		}
		if n := doc.Find(`header a[href="/logout"]`).Length(); r.status != http.StatusOK || n != 1 {
			t.Errorf("%s: %d, %d ways to sign out in the header", path, r.status, n)
		}
	}
	doc, err := goquery.NewDocumentFromReader(strings.NewReader(g.open(t, "/logout").body))
	if err != nil || doc.Find(`main form[method="post"][action="/logout"] button`).Length() != 1 {
		t.Errorf("/logout has no button: %v", err)
	}
}

// 7.5.1: address, password, second factor and the account itself change only for
// whoever types the current password.
func TestWhatIsSensitiveAsksForThePassword(t *testing.T) {
	t.Parallel()
	site := startApp(t, startSandbox(t, sandbox.Options{}), nil)
	g := newGuest(site.url, 1)
	if !g.signUp(t) {
		t.FailNow()
	}
	for path, form := range map[string]url.Values{
		"/profile/email":      {"email": {"elsewhere@example.com"}},
		"/profile/password":   {"password": {"teapot-orchard-gravel"}},
		"/profile/two-factor": {},
		"/profile/delete":     {"email": {g.email}},
	} {
		for _, typed := range []string{"", "not-the-right-clover"} {
			filled := maps.Clone(form)
			filled.Set("current_password", typed)
			site.wire.forget()
			r := g.send(t, http.MethodPost, path, filled, nil)
			if r.status != http.StatusUnprocessableEntity {
				t.Errorf("POST %s with %q: %d to %q", path, typed, r.status, r.location)
			}
			if n := site.wire.count("PATCH") + site.wire.count("DELETE") + site.wire.count("POST /users"); n != 0 {
				t.Errorf("POST %s with %q: %d writes", path, typed, n)
			}
		}
	}
	g.mustBeIn(t)
}

// 7.6.2: no link signs anybody in, and none signs anybody out.
func TestNoLinkSignsInOrOut(t *testing.T) {
	t.Parallel()
	up := startSandbox(t, sandbox.Options{})
	site := startApp(t, up, nil)
	g := newGuest(site.url, 1)
	if !g.signUp(t) {
		t.FailNow()
	}
	stranger := newGuest(site.url, 2)
	credentials := "?" + url.Values{"email": {g.email}, "password": {g.password}, "token": site.wire.tokens(), "session": {g.cookies["session"]}, "access_token": site.wire.tokens()}.Encode()
	site.wire.forget()
	for _, path := range append([]string{"/", "/blog", "/signin", "/signin/code", "/signin/recovery", "/signup", "/logout", "/verify", "/password/reset", "/invite"}, privatePages...) {
		for _, r := range []guestReply{stranger.send(t, http.MethodGet, path+credentials, nil, nil), g.send(t, http.MethodGet, path, nil, nil)} {
			for _, cookie := range r.cookies {
				if cookie.Name == "session" {
					t.Errorf("GET %s sets the session's cookie: %v", path, cookie)
				}
			}
		}
	}
	if n := site.wire.count("POST"); n != 0 {
		t.Errorf("links have made %d POSTs to Directus", n)
	}
	g.mustBeIn(t)
}

// 9.1.1 to 9.1.3: what a token says of itself is not believed. Even one that is
// sealed with the right secret gets nothing that Directus does not confirm.
func TestATokenIsNotBelieved(t *testing.T) {
	t.Parallel()
	up := startSandbox(t, sandbox.Options{})
	site := startApp(t, up, map[string]string{"SESSION_SECRET": processesSecret})
	g := newGuest(site.url, 1)
	if !g.signUp(t) {
		t.FailNow()
	}
	claims := jwt.MapClaims{"id": "11111111-2222-4333-8444-555555555555", "role": "admin", "admin_access": true, "app_access": true, "iss": "directus", "exp": time.Now().Add(time.Hour).Unix(), "session": "x"}
	sign := func(method jwt.SigningMethod, key any) string {
		token, err := jwt.NewWithClaims(method, claims).SignedString(key)
		if err != nil {
			t.Fatal(err)
		}
		return token
	}
	genuine := site.wire.tokens()[0]
	parts := strings.Split(genuine, ".")
	sealer, err := session.NewSealer([]string{processesSecret}, "session")
	if err != nil {
		t.Fatal(err)
	}
	for name, token := range map[string]string{
		"another's signature": sign(jwt.SigningMethodHS256, []byte("another secret")),
		"alg none":            sign(jwt.SigningMethodNone, jwt.UnsafeAllowNoneSignatureType),
		"no signature":        parts[0] + "." + parts[1] + ".",
		"not a JWT":           "hello",
		"empty":               "",
	} {
		for _, age := range []time.Duration{0, 20 * time.Hour} { // 20: renewal is due
			t.Run(fmt.Sprintf("%s, %s old", name, age), func(t *testing.T) {
				begun := time.Now().Add(-age)
				cookie, err := sealer.Seal(session.Session{
					ID: "an-id", MemberID: "11111111-2222-4333-8444-555555555555", Member: session.Member{Email: g.email},
					Token: secret.Of(token), ReceivedAt: begun, ExpiresAt: begun.Add(24 * time.Hour), SignedInAt: begun,
				})
				if err != nil {
					t.Fatal(err)
				}
				forger := newGuest(site.url, 3)
				forger.account = g.account
				for _, path := range privatePages {
					forger.cookies = map[string]string{"session": cookie}
					if r := forger.open(t, path); r.status != http.StatusOK || !strings.Contains(r.body, `id="signin"`) {
						t.Errorf("%s: %d, %v", path, r.status, r.err)
					}
				}
			})
		}
	}
}

// 7.1.1: what docs/sessions.md says is what the code does.
func TestSessionsAreDocumented(t *testing.T) {
	document, err := os.ReadFile("docs/sessions.md")
	if err != nil {
		t.Fatal(err)
	}
	variables, err := os.ReadFile(".env")
	if err != nil {
		t.Fatal(err)
	}
	config, err := readConfig(func(string) string { return "" })
	if err != nil {
		t.Fatal(err)
	}
	if want := fmt.Sprintf("`SESSION_MAX_AGE` after sign-in (%d days)", config.sessionMaxAge/(24*time.Hour)); !strings.Contains(string(document), want) {
		t.Errorf("docs/sessions.md does not say: %s", want)
	}
	for _, found := range regexp.MustCompile("`(SESSION_[A-Z_]+)[`=]").FindAllStringSubmatch(string(document), -1) {
		name := found[1]
		directus := name == "SESSION_COOKIE_TTL" || name == "SESSION_REFRESH_GRACE_PERIOD"
		if !directus && !strings.Contains(string(variables), name+"=") {
			t.Errorf("docs/sessions.md speaks of %s, which nobody reads", name)
		}
	}
}
