package sandbox_test

import (
	"strings"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"

	"hutch/sandbox"
)

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
