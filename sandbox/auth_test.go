package sandbox_test

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"

	"hutch/sandbox"
)

func TestSignIn(t *testing.T) {
	anyone := visitor{t: t, address: start(t, nil)}
	const email, password = sandbox.MemberEmail, sandbox.MemberPassword
	for name, c := range map[string]struct {
		body   map[string]any
		status int
		code   string
	}{
		"right":              {map[string]any{"email": email, "password": password}, 200, ""},
		"other case":         {map[string]any{"email": "MEMBER@Example.com", "password": password}, 200, ""},
		"further fields":     {map[string]any{"email": email, "password": password, "x": 1}, 200, ""},
		"wrong password":     {map[string]any{"email": email, "password": password + "x"}, 401, "INVALID_CREDENTIALS"},
		"unknown address":    {map[string]any{"email": "nobody@example.com", "password": password}, 401, "INVALID_CREDENTIALS"},
		"no email":           {map[string]any{"password": password}, 400, "INVALID_PAYLOAD"},
		"no password":        {map[string]any{"email": email}, 400, "INVALID_PAYLOAD"},
		"empty password":     {map[string]any{"email": email, "password": ""}, 400, "INVALID_PAYLOAD"},
		"email is no text":   {map[string]any{"email": 5, "password": password}, 400, "INVALID_PAYLOAD"},
		"not an address":     {map[string]any{"email": "member", "password": password}, 400, "INVALID_PAYLOAD"},
		"no such domain":     {map[string]any{"email": "a@burrow.local", "password": password}, 400, "INVALID_PAYLOAD"},
		"unknown mode":       {map[string]any{"email": email, "password": password, "mode": "x"}, 400, "INVALID_PAYLOAD"},
		"cookie mode":        {map[string]any{"email": email, "password": password, "mode": "cookie"}, 400, "INVALID_PAYLOAD"},
		"otp is no text":     {map[string]any{"email": email, "password": password, "otp": 123456}, 400, "INVALID_PAYLOAD"},
		"otp without use":    {map[string]any{"email": email, "password": password, "otp": "123456"}, 200, ""},
		"space in the email": {map[string]any{"email": " " + email, "password": password}, 400, "INVALID_PAYLOAD"},
	} {
		t.Run(name, func(t *testing.T) {
			anyone.do("POST", "/auth/login", c.body).want(t, c.status, c.code)
		})
	}
}

func TestTokensOfBothModes(t *testing.T) {
	address := start(t, nil)
	anyone := visitor{t: t, address: address}
	answer := anyone.do("POST", "/auth/login", map[string]any{"email": sandbox.MemberEmail, "password": sandbox.MemberPassword}).want(t, 200, "")
	refreshToken, _ := answer.at("refresh_token").(string)
	if answer.at("expires") != 900000.0 || len(refreshToken) != 64 {
		t.Errorf("json: %s", answer.body)
	}
	accessToken, _ := answer.at("access_token").(string)
	if claims := claimsOf(t, accessToken); claims["session"] != nil || claims["iss"] != "directus" || claims["admin_access"] != false {
		t.Errorf("json claims: %v", claims)
	}
	answer = anyone.do("POST", "/auth/login", map[string]any{
		"email": sandbox.MemberEmail, "password": sandbox.MemberPassword, "mode": "session"}).want(t, 200, "")
	if fmt.Sprint(answer.data) != "map[expires:8.64e+07]" {
		t.Errorf("session: %s", answer.body)
	}
	if claims := claimsOf(t, answer.cookieValue(t)); claims["session"] == nil || claims["role"] == nil {
		t.Errorf("session claims: %v", claims)
	}
}

func claimsOf(t *testing.T, token string) map[string]any {
	t.Helper()
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		t.Fatalf("not a JWT: %q", token)
	}
	raw, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil {
		t.Fatal(err)
	}
	var claims map[string]any
	if err := json.Unmarshal(raw, &claims); err != nil {
		t.Fatal(err)
	}
	return claims
}

func TestBadTokensSpoilPublicRoutesToo(t *testing.T) {
	now := newClock()
	address := start(t, now.Now)
	session := signedIn(t, address).bearer
	forged := session[:len(session)-6] + "AAAAAA"
	unsigned := base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"none"}`)) + "." + strings.Split(session, ".")[1] + "."
	for _, path := range []string{"/items/global", "/users/me", "/auth/refresh", "/nope"} {
		for _, c := range []struct {
			token  string
			status int
			code   string
		}{
			{"nobody's token", 401, "INVALID_CREDENTIALS"},
			{"a.b.c", 401, "INVALID_CREDENTIALS"},
			{forged, 403, "INVALID_TOKEN"},
			{unsigned, 403, "INVALID_TOKEN"},
		} {
			token := strings.ReplaceAll(c.token, " ", "-")
			visitor{t: t, address: address, bearer: token}.do("GET", path, nil).want(t, c.status, c.code)
			visitor{t: t, address: address, cookie: token}.do("GET", path, nil).want(t, c.status, c.code)
		}
	}
	visitor{t: t, address: address, bearer: session, cookie: "bad"}.do("GET", "/users/me", nil).want(t, 200, "")
	visitor{t: t, address: address, bearer: "bad"}.do("GET", "/server/ping", nil).want(t, 200, "")

	now.pass(24*time.Hour - time.Second)
	visitor{t: t, address: address, bearer: session}.do("GET", "/users/me", nil).want(t, 200, "")
	now.pass(time.Second)
	visitor{t: t, address: address, bearer: session}.do("GET", "/items/global", nil).want(t, 401, "TOKEN_EXPIRED")
	visitor{t: t, address: address, cookie: session}.do("POST", "/auth/refresh", map[string]any{"mode": "session"}).want(t, 401, "TOKEN_EXPIRED")
}

func TestSessionRefreshHasAGrace(t *testing.T) {
	now := newClock()
	address := start(t, now.Now)
	old := signedIn(t, address).bearer
	refresh := func(token string) reply {
		return visitor{t: t, address: address, cookie: token}.do("POST", "/auth/refresh", map[string]any{"mode": "session"})
	}
	usable := func(token string) reply {
		return visitor{t: t, address: address, bearer: token}.do("GET", "/users/me", nil)
	}

	now.pass(time.Hour)
	next := refresh(old).want(t, 200, "").cookieValue(t)
	now.pass(5 * time.Second)
	again := refresh(old).want(t, 200, "").cookieValue(t)
	if claimsOf(t, next)["session"] != claimsOf(t, again)["session"] {
		t.Error("a second refresh made a second successor")
	}
	usable(old).want(t, 200, "")
	now.pass(5*time.Second + time.Millisecond)
	usable(old).want(t, 401, "INVALID_CREDENTIALS")
	refresh(old).want(t, 401, "INVALID_CREDENTIALS")
	usable(next).want(t, 200, "")

	visitor{t: t, address: address, bearer: next}.do("POST", "/auth/refresh", map[string]any{"mode": "session"}).want(t, 400, "INVALID_PAYLOAD")
}

func TestSixteenRefreshesMakeOneSuccessor(t *testing.T) {
	address := start(t, nil)
	old := signedIn(t, address).bearer
	sessions := make([]any, 16)
	var all sync.WaitGroup
	for i := range sessions {
		all.Go(func() {
			answer := visitor{t: t, address: address, cookie: old}.do("POST", "/auth/refresh", map[string]any{"mode": "session"})
			if answer.status != 200 {
				t.Errorf("refresh: %d %s", answer.status, answer.body)
				return
			}
			sessions[i] = claimsOf(t, answer.cookieValue(t))["session"]
		})
	}
	all.Wait()
	for _, session := range sessions {
		if session == nil || session != sessions[0] {
			t.Errorf("successors differ: %v", sessions)
			break
		}
	}
}

func TestJSONRefreshRotatesAtOnce(t *testing.T) {
	now := newClock()
	anyone := visitor{t: t, address: start(t, now.Now)}
	answer := anyone.do("POST", "/auth/login", map[string]any{"email": sandbox.MemberEmail, "password": sandbox.MemberPassword}).want(t, 200, "")
	first := map[string]any{"refresh_token": answer.at("refresh_token")}
	answer = anyone.do("POST", "/auth/refresh", first).want(t, 200, "")
	second := map[string]any{"refresh_token": answer.at("refresh_token"), "mode": "json"}
	anyone.do("POST", "/auth/refresh", first).want(t, 401, "INVALID_CREDENTIALS")

	now.pass(15*time.Minute + time.Second)
	access, _ := answer.at("access_token").(string)
	visitor{t: t, address: anyone.address, bearer: access}.do("GET", "/users/me", nil).want(t, 401, "TOKEN_EXPIRED")
	now.pass(7 * 24 * time.Hour)
	anyone.do("POST", "/auth/refresh", second).want(t, 401, "INVALID_CREDENTIALS")
	for _, body := range []map[string]any{{}, {"mode": "json"}, {"mode": "cookie"}, {"mode": "session"}, {"refresh_token": ""}} {
		anyone.do("POST", "/auth/refresh", body).want(t, 400, "INVALID_PAYLOAD")
		anyone.do("POST", "/auth/logout", body).want(t, 400, "INVALID_PAYLOAD")
	}
}

func TestSignOut(t *testing.T) {
	address := start(t, nil)
	session := signedIn(t, address).bearer
	withCookie := visitor{t: t, address: address, cookie: session}
	answer := withCookie.do("POST", "/auth/logout", map[string]any{"mode": "session"}).want(t, 204, "")
	if answer.cookieValue(t) != "" {
		t.Error("the cookie stays")
	}
	visitor{t: t, address: address, bearer: session}.do("GET", "/users/me", nil).want(t, 401, "INVALID_CREDENTIALS")
	withCookie.do("POST", "/auth/refresh", map[string]any{"mode": "session"}).want(t, 401, "INVALID_CREDENTIALS")

	anyone := visitor{t: t, address: address}
	tokens := anyone.do("POST", "/auth/login", map[string]any{"email": sandbox.MemberEmail, "password": sandbox.MemberPassword}).want(t, 200, "")
	body := map[string]any{"refresh_token": tokens.at("refresh_token")}
	anyone.do("POST", "/auth/logout", body).want(t, 204, "")
	anyone.do("POST", "/auth/logout", body).want(t, 204, "")
	anyone.do("POST", "/auth/refresh", body).want(t, 401, "INVALID_CREDENTIALS")
	access, _ := tokens.at("access_token").(string)
	visitor{t: t, address: address, bearer: access}.do("GET", "/users/me", nil).want(t, 200, "")
}

func TestTooManyAttemptsSuspend(t *testing.T) {
	address := start(t, nil)
	anyone := visitor{t: t, address: address}
	admin := visitor{t: t, address: address, bearer: adminToken}
	admin.do("PATCH", "/settings", map[string]any{"auth_login_attempts": 3}).want(t, 200, "")
	wrong := map[string]any{"email": sandbox.MemberEmail, "password": "wrong"}
	right := map[string]any{"email": sandbox.MemberEmail, "password": sandbox.MemberPassword}
	for range 3 {
		anyone.do("POST", "/auth/login", wrong).want(t, 401, "INVALID_CREDENTIALS")
		anyone.do("POST", "/auth/login", right).want(t, 200, "") // counts afresh
	}
	for range 4 {
		anyone.do("POST", "/auth/login", wrong).want(t, 401, "INVALID_CREDENTIALS")
	}
	anyone.do("POST", "/auth/login", right).want(t, 401, "INVALID_CREDENTIALS")
}

func TestInactiveMembersAreRefused(t *testing.T) {
	for _, status := range []string{"suspended", "draft", "unverified", "archived"} {
		t.Run(status, func(t *testing.T) {
			address := start(t, nil)
			member := signedIn(t, address)
			anyone := visitor{t: t, address: address}
			tokens := anyone.do("POST", "/auth/login", map[string]any{"email": sandbox.MemberEmail, "password": sandbox.MemberPassword}).want(t, 200, "")
			id, _ := member.do("GET", "/users/me?fields=id", nil).at("id").(string)
			admin := visitor{t: t, address: address, bearer: adminToken}
			admin.do("PATCH", "/users/"+id, map[string]any{"status": status}).want(t, 200, "")
			member.do("GET", "/items/global", nil).want(t, 401, "INVALID_CREDENTIALS")
			anyone.do("POST", "/auth/refresh", map[string]any{"refresh_token": tokens.at("refresh_token")}).want(t, 401, "INVALID_CREDENTIALS")
			anyone.do("POST", "/auth/login", map[string]any{"email": sandbox.MemberEmail, "password": sandbox.MemberPassword}).want(t, 401, "INVALID_CREDENTIALS")
			admin.do("PATCH", "/users/"+id, map[string]any{"status": "active"}).want(t, 200, "")
			signedIn(t, address)
		})
	}
}

func TestSecondFactorIsAskedFor(t *testing.T) {
	// RFC 6238's own secret; at 59 s the code is 94287082, of which six digits count.
	address := start(t, func() time.Time { return time.Unix(59, 0) })
	admin := visitor{t: t, address: address, bearer: adminToken}
	admin.do("POST", "/users", map[string]any{"email": "two@example.com", "password": "a long password",
		"tfa_secret": "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"}).want(t, 200, "")
	anyone := visitor{t: t, address: address}
	body := map[string]any{"email": "two@example.com", "password": "a long password"}
	anyone.do("POST", "/auth/login", body).want(t, 401, "INVALID_OTP")
	body["otp"] = "287083"
	anyone.do("POST", "/auth/login", body).want(t, 401, "INVALID_OTP")
	body["otp"] = "287082"
	anyone.do("POST", "/auth/login", body).want(t, 200, "")
	body["password"] = "wrong"
	anyone.do("POST", "/auth/login", body).want(t, 401, "INVALID_CREDENTIALS")
}

func TestSecondFactor(t *testing.T) {
	now := newClock()
	address := start(t, now.Now)
	anyone, admin := visitor{t: t, address: address}, visitor{t: t, address: address, bearer: adminToken}
	member, elsewhere := signedIn(t, address), signedIn(t, address)
	post := func(who visitor, what string, body map[string]any) reply {
		return who.do("POST", "/users/me/tfa/"+what, body)
	}
	code := func(secret string) string {
		code, err := totp.GenerateCode(secret, now.Now())
		if err != nil {
			t.Fatal(err)
		}
		return code
	}
	for _, what := range []string{"generate", "enable", "disable"} {
		post(anyone, what, map[string]any{}).want(t, 401, "INVALID_CREDENTIALS")
		post(member, what, map[string]any{}).want(t, 400, "INVALID_PAYLOAD")
	}
	post(member, "generate", map[string]any{"password": 5}).want(t, 400, "INVALID_PAYLOAD")
	post(member, "generate", map[string]any{"password": "wrong"}).want(t, 401, "INVALID_CREDENTIALS")
	made := post(member, "generate", map[string]any{"password": sandbox.MemberPassword}).want(t, 200, "")
	secret, _ := made.at("secret").(string)
	if link, _ := made.at("otpauth_url").(string); len(secret) != 16 || !strings.HasPrefix(link, "otpauth://totp/Hutch:member@example.com?") || !strings.Contains(link, "secret="+secret) {
		t.Errorf("generated: %s", made.body)
	}
	right := code(secret)
	for _, wrong := range []any{"000000x", " " + right, right + " ", "1" + right, 123456, right[:5]} {
		post(member, "enable", map[string]any{"secret": secret, "otp": wrong}).want(t, 400, "INVALID_PAYLOAD")
	}
	post(member, "enable", map[string]any{"secret": "!!", "otp": right}).want(t, 400, "INVALID_PAYLOAD")
	post(member, "disable", map[string]any{"otp": right}).want(t, 400, "INVALID_PAYLOAD") // there is none
	now.pass(30 * time.Second)
	post(member, "enable", map[string]any{"secret": secret, "otp": right}).want(t, 400, "INVALID_PAYLOAD") // of the time before
	post(member, "enable", map[string]any{"secret": secret, "otp": code(secret)}).want(t, 204, "")

	elsewhere.do("GET", "/users/me", nil).want(t, 200, "")
	if got := member.do("GET", "/users/me?fields=tfa_secret", nil).at("tfa_secret"); got != "**********" {
		t.Errorf("secret: %v", got)
	}
	login := map[string]any{"email": sandbox.MemberEmail, "password": sandbox.MemberPassword}
	anyone.do("POST", "/auth/login", login).want(t, 401, "INVALID_OTP")
	login["otp"] = code(secret)
	anyone.do("POST", "/auth/login", login).want(t, 200, "")
	post(member, "generate", map[string]any{"password": sandbox.MemberPassword}).want(t, 400, "INVALID_PAYLOAD")
	post(member, "enable", map[string]any{"secret": secret, "otp": code(secret)}).want(t, 400, "INVALID_PAYLOAD")
	post(member, "disable", map[string]any{"otp": "000000x"}).want(t, 400, "INVALID_PAYLOAD")
	post(member, "disable", map[string]any{"otp": code(secret)}).want(t, 204, "")
	delete(login, "otp")
	anyone.do("POST", "/auth/login", login).want(t, 200, "")

	// An administrator removes it for who has lost it.
	post(member, "enable", map[string]any{"secret": secret, "otp": code(secret)}).want(t, 204, "")
	id, _ := member.do("GET", "/users/me?fields=id", nil).at("id").(string)
	anyone.do("POST", "/users/"+id+"/tfa/disable", nil).want(t, 401, "INVALID_CREDENTIALS")
	member.do("POST", "/users/"+id+"/tfa/disable", nil).want(t, 403, "FORBIDDEN")
	admin.do("POST", "/users/x/tfa/disable", nil).want(t, 403, "FORBIDDEN")
	admin.do("POST", "/users/"+id+"/tfa/disable", nil).want(t, 204, "")
	anyone.do("POST", "/auth/login", login).want(t, 200, "")
	post(admin, "generate", map[string]any{"password": "x"}).want(t, 401, "INVALID_CREDENTIALS") // it has no password
}

func TestSecondFactorNeedsPermission(t *testing.T) {
	now := newClock()
	address := start(t, now.Now)
	member, admin := signedIn(t, address), visitor{t: t, address: address, bearer: adminToken}
	rule := "/permissions/" + permission(t, admin, "directus_users", "update")
	made := member.do("POST", "/users/me/tfa/generate", map[string]any{"password": sandbox.MemberPassword}).want(t, 200, "")
	secret, _ := made.at("secret").(string)
	code, err := totp.GenerateCode(secret, now.Now())
	if err != nil {
		t.Fatal(err)
	}
	admin.do("PATCH", rule, map[string]any{"fields": []string{"title"}}).want(t, 200, "")
	member.do("POST", "/users/me/tfa/enable", map[string]any{"secret": secret, "otp": code}).want(t, 403, "FORBIDDEN")
	admin.do("PATCH", rule, map[string]any{"fields": []string{"title", "tfa_secret"}}).want(t, 200, "")
	member.do("POST", "/users/me/tfa/enable", map[string]any{"secret": secret, "otp": code}).want(t, 204, "")
	admin.do("PATCH", rule, map[string]any{"fields": []string{"title"}}).want(t, 200, "")
	member.do("POST", "/users/me/tfa/disable", map[string]any{"otp": code}).want(t, 403, "FORBIDDEN")
}
