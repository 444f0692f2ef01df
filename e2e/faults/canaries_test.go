package faults_test

import (
	"bytes"
	"fmt"
	"log/slog"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"hutch/e2e/harness"
	"hutch/internal/logbuffer"
	"hutch/sandbox"
)

// Secrets that can be told from anything else go through every flow, while Directus
// is well and in every kind of trouble: none of them is in a line of the log, at
// any level, in a page, a header or an address. What a visitor has to get back
// (their cookie) or has typed and sees again (an address) is theirs alone.
func TestCanaries(t *testing.T) {
	harness.TakesSeconds(t)
	for name, broken := range withoutTrouble(harness.Breakages) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			harness.BothWays(t, func(t *testing.T, how harness.Way) { walkWithCanaries(t, how, broken) })
		})
	}
}

func withoutTrouble(ways map[string]http.HandlerFunc) map[string]http.HandlerFunc {
	all := maps.Clone(ways)
	all["no trouble"] = nil
	return all
}

const (
	canaryPassword = "canary-password-9f3b1c"
	canaryWrong    = "canary-wrong-77ad20"
	canaryNew      = "canary-new-password-c0ffee11"
	canaryCode     = "canarycode418"
	canaryToken    = "canary.token.5d5d5d"
	canarySearch   = "canarysearch"
	canaryName     = "canary-first-name"
	canaryHook     = "canary-hook-secret-0123456789-0123456789"
	canaryService  = "canary-service-token-0123456789-01234567"
	canarySecret   = "canary-session-secret-0123456789-0123456"
)

func walkWithCanaries(t *testing.T, how harness.Way, broken http.HandlerFunc) {
	log := &logbuffer.Buffer{}
	site := harness.StartAppLoggingTo(t, harness.StartSandbox(t, sandbox.Options{Blocks: true}), map[string]string{
		"HOOK_SECRET": canaryHook, "SESSION_SECRET": canarySecret, "DIRECTUS_SERVICE_TOKEN": canaryService,
	}, log, slog.New(slog.NewJSONHandler(log, &slog.HandlerOptions{Level: slog.LevelDebug - 10})))
	b := site.Browser(t, how)
	who := harness.Account{Email: "canary" + strings.TrimPrefix(harness.NewAccount().Email, "m"), Password: canaryPassword}
	b.Request(http.MethodPost, "/signup", harness.Form(who), nil)
	if b.SessionCookie() == nil {
		t.Fatalf("no session: %d", b.Status)
	}
	if broken != nil {
		site.Wire.BreakWith(broken)
	}
	// In no answer may any of these be; what was typed and is no secret may come back
	// to the visitor who typed it.
	secrets := []string{
		canaryPassword, canaryWrong, canaryNew, canaryCode, canaryToken, canaryHook, canaryService, canarySecret,
		url.QueryEscape(canaryPassword),
	}
	htmxHeader := http.Header{}
	if how == harness.HTMX {
		htmxHeader = http.Header{"Hx-Request": {"true"}, "Hx-Request-Type": {"partial"}, "Hx-Target": {"main#main"}, "Hx-Source": {"form#x"}}
	}
	answers := 0
	ask := func(b *harness.Browser, method, path string, fields url.Values) {
		t.Helper()
		header := maps.Clone(htmxHeader)
		if header == nil {
			header = http.Header{}
		}
		header.Set("Authorization", "Bearer "+canaryHook)
		res := b.Request(method, path, fields, header)
		answers++
		var head bytes.Buffer
		visible := res.Header.Clone()
		visible.Del("Set-Cookie")
		if err := visible.Write(&head); err != nil {
			t.Fatal(err)
		}
		for _, secret := range append(slices.Clone(secrets), site.Wire.Tokens()...) {
			if strings.Contains(b.Raw, secret) || strings.Contains(head.String(), secret) {
				t.Errorf("%s %s: %d: the answer shows …%s…", method, path, res.StatusCode, secret[:min(12, len(secret))])
			}
		}
		for _, address := range []string{res.Header.Get("Location"), res.Header.Get("HX-Redirect")} {
			for _, typed := range []string{canaryName, who.Email, url.QueryEscape(who.Email)} {
				if strings.Contains(address, typed) {
					t.Errorf("%s %s leads to an address with what was typed: %s", method, path, address)
				}
			}
		}
		for _, cookie := range res.Cookies() {
			for _, secret := range append(slices.Clone(secrets), canaryName, who.Email) {
				if strings.Contains(cookie.Value, secret) {
					t.Errorf("%s %s: the cookie %s shows what is in it", method, path, cookie.Name)
				}
			}
		}
	}
	member := func(proof string) url.Values {
		return url.Values{"email": {"canary-other@example.com"}, "current_password": {proof}, "password": {canaryNew}, "code": {canaryCode}, "first_name": {canaryName}}
	}
	for _, proof := range []string{canaryWrong, canaryPassword} {
		for _, path := range []string{"/profile", "/profile/two-factor", "/profile/two-factor/confirm", "/profile/two-factor/off", "/profile/password", "/profile/email", "/profile/delete"} {
			if path == "/profile/delete" && proof == canaryPassword {
				continue
			}
			ask(b, http.MethodGet, path, nil)
			fields := member(proof)
			if path == "/profile" {
				fields.Del("code") // there it would be a field of the project's own
			}
			ask(b, http.MethodPost, path, fields)
		}
	}
	stranger := site.Browser(t, how)
	for _, path := range []string{
		"/verify?token=" + canaryToken, "/verify", "/password/reset?token=" + canaryToken, "/password/reset", "/invite?token=" + canaryToken, "/invite",
		"/blog?q=" + canarySearch, "/signin?redirectedFrom=/profile?a=" + canarySearch, "/signin/code", "/signin/recovery", "/profile?q=" + canarySearch,
		"/nope?token=" + canaryToken, "/assets/nope?access_token=" + canaryToken,
	} {
		ask(stranger, http.MethodGet, path, nil)
	}
	for _, path := range []string{"/signin", "/signup", "/signin/code", "/signin/recovery", "/password/forgot", "/verify", "/password/reset", "/invite", "/profile", "/hooks/directus", "/nope"} {
		ask(stranger, http.MethodPost, path, url.Values{
			"email": {who.Email}, "password": {canaryWrong}, "code": {canaryCode}, "token": {canaryToken}, "first_name": {canaryName},
		})
	}
	// A cookie that is not ours, and one that was.
	forged := *b.SessionCookie()
	forged.Value = "canary" + forged.Value
	stranger.SetSession(&forged)
	ask(stranger, http.MethodGet, "/profile", nil)
	ask(b, http.MethodPost, "/logout", url.Values{})

	said := site.Log.String()
	for _, secret := range append(slices.Clone(secrets), canarySearch, canaryName, who.Email, "canary-other@", forged.Value) {
		if at := strings.Index(said, secret); at >= 0 {
			t.Errorf("the log has a secret: …%s…", said[max(0, at-120):min(len(said), at+20)])
		}
	}
	for _, secret := range append(site.Wire.Tokens(), fmt.Sprint(site.Wire.URL)) {
		if len(secret) > 30 && strings.Contains(said, secret) {
			t.Errorf("the log has a token of Directus: …%s…", secret[:8])
		}
	}
	if answers < 45 || strings.Count(said, `"msg":"request"`) < answers {
		t.Errorf("%d answers, %d lines", answers, strings.Count(said, `"msg":"request"`))
	}
}
