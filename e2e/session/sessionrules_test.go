package session_test

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

	"hutch/app"
	"hutch/e2e/harness"
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
	harness.OnEachDirectus(t, func(t *testing.T, up harness.Upstream) {
		site := harness.StartApp(t, up, nil)
		attacker := harness.NewGuest(site.URL, 1)
		if !attacker.SignUp(t) {
			t.FailNow()
		}
		planted := attacker.Cookies["session"]
		earlier := site.Wire.Tokens()
		victim := harness.NewGuest(site.URL, 2)
		if !victim.SignUp(t) {
			t.FailNow()
		}
		victim.Cookies = map[string]string{"session": planted}
		if !victim.SignIn(t) || victim.Cookies["session"] == planted {
			t.Fatal("the planted cookie survives")
		}
		client, err := directus.New(up.URL)
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
func TestEarlierCookiesAreRevokedBySigningOut(t *testing.T) {
	harness.TakesSeconds(t)
	t.Parallel()
	const grace = time.Second
	up := harness.StartSandbox(t, sandbox.Options{RefreshGrace: grace})
	site := harness.StartApp(t, up, map[string]string{"SESSION_SECRET": harness.ProcessesSecret})
	other := harness.StartApp(t, up, map[string]string{"SESSION_SECRET": harness.ProcessesSecret})
	g := harness.NewGuest(site.URL, 1)
	if !g.SignUp(t) {
		t.FailNow()
	}
	cookies := []string{g.Cookies["session"]}
	for range 4 {
		site.Pass(15 * time.Hour)
		if !g.MustBeIn(t) {
			t.FailNow()
		}
		cookies = append(cookies, g.Cookies["session"])
	}
	if r := g.Send(t, http.MethodPost, "/logout", url.Values{}, nil); r.Location != "/signin" {
		t.Fatalf("signing out: %d to %q", r.Status, r.Location)
	}
	time.Sleep(grace + 100*time.Millisecond) // Directus lets a token live on for so long when it has a successor
	for i, cookie := range cookies {
		for name, replica := range map[string]*harness.App{"here": site, "another replica": other} {
			for _, due := range []bool{false, true} {
				thief := harness.NewGuest(replica.URL, 100+i)
				thief.Account = g.Account
				thief.Cookies["session"] = cookie
				if due && i == 0 {
					replica.Pass(15 * time.Hour)
				}
				if r := thief.Open(t, "/profile"); thief.IsIn(r) || r.Err != nil || r.Status != http.StatusOK {
					t.Errorf("cookie %d of %d, %s: signed in %t, %d, %v", i, len(cookies), name, thief.IsIn(r), r.Status, r.Err)
				}
			}
		}
	}
}

// 7.4.2: an administrator suspends a member, whose next request is refused.
func TestASuspendedMemberIsOut(t *testing.T) {
	harness.OnEachDirectus(t, func(t *testing.T, up harness.Upstream) {
		site := harness.StartApp(t, up, nil)
		g := harness.NewGuest(site.URL, 1)
		if !g.SignUp(t) {
			t.FailNow()
		}
		var users []struct{ ID string }
		if err := up.Admin.Get(t.Context(), "/users", url.Values{"filter[email][_eq]": {g.Email}}, &users); err != nil || len(users) != 1 {
			t.Fatal(users, err)
		}
		if err := up.Admin.Patch(t.Context(), "/users/"+users[0].ID, map[string]any{"status": "suspended"}); err != nil {
			t.Fatal(err)
		}
		if up.Major < 11 {
			site.Pass(15 * time.Hour) // Directus 10 notices at the refresh
		}
		if r := g.Open(t, "/profile"); g.IsIn(r) || !strings.Contains(r.Body, `id="signin"`) || g.Cookies["session"] != "" {
			t.Errorf("a suspended member sees %d, and keeps the cookie: %t", r.Status, g.Cookies["session"] != "")
		}
	})
}

// privatePages are those that README's table has for members and that have an
// address of their own.
var privatePages = []string{"/profile", "/profile/email", "/profile/password", "/profile/two-factor", "/profile/data", "/profile/delete"}

// 7.4.4: each private page offers to sign out, without JavaScript too.
func TestEveryPrivatePageOffersToSignOut(t *testing.T) {
	t.Parallel()
	site := harness.StartApp(t, harness.StartSandbox(t, sandbox.Options{}), nil)
	g := harness.NewGuest(site.URL, 1)
	if !g.SignUp(t) {
		t.FailNow()
	}
	for _, path := range privatePages {
		r := g.Open(t, path)
		doc, err := goquery.NewDocumentFromReader(strings.NewReader(r.Body))
		if err != nil {
			t.Fatal(err)
		}
		if n := doc.Find(`header a[href="/logout"]`).Length(); r.Status != http.StatusOK || n != 1 {
			t.Errorf("%s: %d, %d ways to sign out in the header", path, r.Status, n)
		}
	}
	doc, err := goquery.NewDocumentFromReader(strings.NewReader(g.Open(t, "/logout").Body))
	if err != nil || doc.Find(`main form[method="post"][action="/logout"] button`).Length() != 1 {
		t.Errorf("/logout has no button: %v", err)
	}
}

// 7.5.1: changing the address, the password, two-factor authentication or the account
// itself takes the current password.
func TestWhatIsSensitiveAsksForThePassword(t *testing.T) {
	t.Parallel()
	site := harness.StartApp(t, harness.StartSandbox(t, sandbox.Options{}), nil)
	g := harness.NewGuest(site.URL, 1)
	if !g.SignUp(t) {
		t.FailNow()
	}
	for path, form := range map[string]url.Values{
		"/profile/email":      {"email": {"elsewhere@example.com"}},
		"/profile/password":   {"password": {"teapot-orchard-gravel"}},
		"/profile/two-factor": {},
		"/profile/delete":     {"email": {g.Email}},
	} {
		for _, typed := range []string{"", "not-the-right-clover"} {
			filled := maps.Clone(form)
			filled.Set("current_password", typed)
			site.Wire.Forget()
			r := g.Send(t, http.MethodPost, path, filled, nil)
			if r.Status != http.StatusUnprocessableEntity {
				t.Errorf("POST %s with %q: %d to %q", path, typed, r.Status, r.Location)
			}
			if n := site.Wire.Count("PATCH") + site.Wire.Count("DELETE") + site.Wire.Count("POST /users"); n != 0 {
				t.Errorf("POST %s with %q: %d writes", path, typed, n)
			}
		}
	}
	g.MustBeIn(t)
}

// 7.6.2: no link signs anybody in, and none signs anybody out.
func TestNoLinkSignsInOrOut(t *testing.T) {
	harness.TakesSeconds(t)
	t.Parallel()
	up := harness.StartSandbox(t, sandbox.Options{})
	site := harness.StartApp(t, up, nil)
	g := harness.NewGuest(site.URL, 1)
	if !g.SignUp(t) {
		t.FailNow()
	}
	stranger := harness.NewGuest(site.URL, 2)
	credentials := "?" + url.Values{"email": {g.Email}, "password": {g.Password}, "token": site.Wire.Tokens(), "session": {g.Cookies["session"]}, "access_token": site.Wire.Tokens()}.Encode()
	site.Wire.Forget()
	for _, path := range append([]string{"/", "/blog", "/signin", "/signin/code", "/signin/recovery", "/signup", "/logout", "/verify", "/password/reset", "/invite"}, privatePages...) {
		for _, r := range []harness.GuestReply{stranger.Send(t, http.MethodGet, path+credentials, nil, nil), g.Send(t, http.MethodGet, path, nil, nil)} {
			for _, cookie := range r.Cookies {
				if cookie.Name == "session" {
					t.Errorf("GET %s sets the session's cookie: %v", path, cookie)
				}
			}
		}
	}
	if n := site.Wire.Count("POST"); n != 0 {
		t.Errorf("links have made %d POSTs to Directus", n)
	}
	g.MustBeIn(t)
}

// 9.1.1 to 9.1.3: what a token says of itself is not believed. Even one that is
// sealed with the right secret gets nothing that Directus does not confirm.
func TestATokenIsNotBelieved(t *testing.T) {
	harness.TakesSeconds(t)
	t.Parallel()
	up := harness.StartSandbox(t, sandbox.Options{})
	site := harness.StartApp(t, up, map[string]string{"SESSION_SECRET": harness.ProcessesSecret})
	g := harness.NewGuest(site.URL, 1)
	if !g.SignUp(t) {
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
	genuine := site.Wire.Tokens()[0]
	parts := strings.Split(genuine, ".")
	sealer, err := session.NewSealer([]string{harness.ProcessesSecret}, "session")
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
					ID: "an-id", MemberID: "11111111-2222-4333-8444-555555555555", Member: session.Member{Email: g.Email},
					Token: secret.Of(token), ReceivedAt: begun, ExpiresAt: begun.Add(24 * time.Hour), SignedInAt: begun,
				})
				if err != nil {
					t.Fatal(err)
				}
				forger := harness.NewGuest(site.URL, 3)
				forger.Account = g.Account
				for _, path := range privatePages {
					forger.Cookies = map[string]string{"session": cookie}
					if r := forger.Open(t, path); r.Status != http.StatusOK || !strings.Contains(r.Body, `id="signin"`) {
						t.Errorf("%s: %d, %v", path, r.Status, r.Err)
					}
				}
			})
		}
	}
}

// 7.1.1: what docs/sessions.md says is what the code does.
func TestSessionsAreDocumented(t *testing.T) {
	document, err := os.ReadFile(harness.Path("docs", "sessions.md"))
	if err != nil {
		t.Fatal(err)
	}
	variables, err := os.ReadFile(harness.Path(".env"))
	if err != nil {
		t.Fatal(err)
	}
	config, err := app.Read(func(string) string { return "" })
	if err != nil {
		t.Fatal(err)
	}
	if want := fmt.Sprintf("`SESSION_MAX_AGE` after sign-in (%d days)", config.SessionMaxAge/(24*time.Hour)); !strings.Contains(string(document), want) {
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

func TestMain(m *testing.M) { harness.Main(m) }

const sayNoCookies = "Your browser doesn't keep our cookies"

// A browser that refuses cookies is told so, wherever one is needed.
func TestCookiesAreRefused(t *testing.T) {
	up := harness.StartSandbox(t, sandbox.Options{})
	site := harness.StartApp(t, up, nil)
	member := site.Browser(t, harness.Plain)
	who := member.SignUp()
	careful := site.Browser(t, harness.Plain)
	protected := careful.SignUp()
	careful.SwitchOnTwoFactor(protected)
	harness.BothWays(t, func(t *testing.T, how harness.Way) {
		b := site.Browser(t, how)
		b.HTTP.Jar = nil
		told := func(what, next string) {
			t.Helper()
			b.WantText(sayNoCookies)
			b.WantStatus(http.StatusForbidden)
			if strings.Contains(b.Path, "@") || strings.Contains(b.Raw, who.Email) {
				t.Errorf("%s: the page or its address says who it was: %s", what, b.Path)
			}
			if got := b.Doc.Find("main .actions a").First().AttrOr("href", ""); got != next {
				t.Errorf("%s: the page leads on to %q, want %q", what, got, next)
			}
		}
		b.Open("/signin?redirectedFrom=/profile/email")
		b.Submit("#signin", map[string]string{"email": who.Email, "password": who.Password})
		told("signing in", "/profile/email")
		b.Open("/signin")
		b.Submit("#signin", map[string]string{"email": protected.Email, "password": protected.Password})
		told("signing in with two factors", "/signin/code")
		b.Open("/signup")
		b.Submit("#signup", harness.NewAccount().Form())
		told("signing up", "/profile")
		b.Open("/password/forgot")
		b.Submit("#forgot", map[string]string{"email": who.Email})
		b.WantAt("/password/sent") // which needs none

		// A wrong password is a wrong password.
		b.Open("/signin")
		b.Submit("#signin", map[string]string{"email": who.Email, "password": harness.WrongPassword})
		b.WantError("", "The email address or password is incorrect.")
	})
	b := site.Browser(t, harness.Plain)
	b.HTTP.Jar = nil
	b.ComeBy(up.Mailed(t, who.Email, 1))
	b.OpenAs(b.Path, nil) // the page that is shown to those who come from elsewhere loads it again
	b.WantText(sayNoCookies)
	b.Open("/")
	res := b.Request(http.MethodPost, "/appearance", url.Values{"appearance": {"dark"}}, nil)
	b.Open(res.Header.Get("Location"))
	b.WantText(sayNoCookies)
}

// Who keeps cookies notices nothing of it, and is led nowhere else.
func TestCookiesAreKept(t *testing.T) {
	site := harness.StartApp(t, harness.StartSandbox(t, sandbox.Options{}), nil)
	who := site.Browser(t, harness.Plain).SignUp()
	b := site.Browser(t, harness.Plain)
	b.Open("/signin?redirectedFrom=/profile/email")
	b.SignIn(who)
	b.WantText("You're signed in.")
	b.Request(http.MethodPost, "/logout", url.Values{}, nil)
	b.Request(http.MethodPost, "/signin?redirectedFrom=/blog", harness.Form(who), nil) // has kept one before
	if to := b.Header.Get("Location"); to != "/blog" {
		t.Errorf("the second time, signing in leads to %q", to)
	}
	for _, wanted := range []string{"//evil.test", `/\evil.test`, "https://evil.test/", "/%2Fevil.test", "javascript:alert(1)", "/x\r\nLocation: https://evil.test", ""} {
		b.Request(http.MethodGet, "/signin/cookies?"+url.Values{"redirectedFrom": {wanted}}.Encode(), nil, nil)
		if to := b.Header.Get("Location"); b.Status != http.StatusSeeOther || to != "/profile" {
			t.Errorf("%q: %d to %q", wanted, b.Status, to)
		}
	}
	// A link on another site leads there with cookies withheld: that says nothing.
	stranger := site.Browser(t, harness.Plain)
	stranger.ComeBy("/signin/cookies?redirectedFrom=/blog")
	if strings.Contains(stranger.Raw, sayNoCookies) {
		t.Error("who comes from another site is told of cookies")
	}
}

// A production site that is opened without https says that https is missing: no cookie
// of it is kept there.
func TestProductionWithoutHTTPS(t *testing.T) {
	site := harness.StartApp(t, harness.StartSandbox(t, sandbox.Options{}), map[string]string{
		"APP_ENV": "production", "PUBLIC_URL": "https://www.example.com", "SESSION_SECRET": strings.Repeat("s", 32),
	})
	insecure := func(origin string) http.Header { // browsers send no Sec-Fetch-Site then
		return http.Header{"Sec-Fetch-Site": nil, "Origin": {origin}}
	}
	who := harness.NewAccount()
	b := site.Browser(t, harness.Plain)
	b.HTTP.Jar = nil // which browsers send over http only to themselves
	told := func(path string) {
		t.Helper()
		b.Path = path
		b.Load()
		b.WantStatus(http.StatusForbidden)
		b.WantText("This page needs a secure connection")
		if to := b.Doc.Find("main .actions a").First().AttrOr("href", ""); to != "https://www.example.com"+path {
			t.Errorf("%s leads on to %q", path, to)
		}
	}
	for path, form := range map[string]url.Values{"/signup": harness.Form(who), "/signin": harness.Form(who)} {
		b.Request(http.MethodPost, path, form, insecure(site.URL)) // by another name than its own
		told(path)
	}
	site.Wire.Forget()
	for _, path := range []string{"/signin", "/signup", "/password/forgot", "/profile/email"} {
		b.Request(http.MethodPost, path, harness.Form(who), insecure("http://www.example.com"))
		told(path)
	}
	if n := site.Wire.Count("POST "); n != 0 {
		t.Errorf("Directus was sent %d passwords or addresses that were typed without https", n)
	}
}
