package directus_test

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"hutch/internal/directus"
	"hutch/internal/secret"
)

// What a proxy in between, or an ailing Directus, may answer. Only Directus' own
// word may count as a refusal of the token.
func TestOnlyDirectusRefuses(t *testing.T) {
	refusal := func(code string) string {
		return fmt.Sprintf(`{"errors":[{"message":"the password hunter2 is wrong","extensions":{"code":%q}}]}`, code)
	}
	for _, test := range []struct {
		name        string
		status      int
		contentType string
		body        string
		refused     bool
		unavailable bool
	}{
		{"Directus' 401", 401, "application/json; charset=utf-8", refusal("INVALID_CREDENTIALS"), true, false},
		{"Directus' expiry", 401, "application/json", refusal("TOKEN_EXPIRED"), true, false},
		{"Directus' invalid token", 403, "application/json", refusal("INVALID_TOKEN"), true, false},
		{"no permission", 403, "application/json", refusal("FORBIDDEN"), false, false},
		{"a proxy's 401", 401, "text/html", "<h1>401</h1>", false, true},
		{"a proxy's 401 as JSON", 401, "application/json", `{"error":"unauthorized"}`, false, true},
		{"an empty 401", 401, "", "", false, true},
		{"a limit", 429, "application/json", refusal("REQUESTS_EXCEEDED"), false, true},
		{"pressure", 503, "application/json", refusal("SERVICE_UNAVAILABLE"), false, true},
		{"a crash", 500, "text/plain", "Error: at /srv/directus/api.js", false, true},
		{"a maintenance page with 200", 200, "text/html", "<h1>Back soon</h1>", false, true},
		{"JSON of another kind", 200, "application/json", `[1,2,3]`, false, true},
		{"JSON cut short", 200, "application/json", `{"data":{"id":`, false, true},
		{"a redirect", 302, "text/html", "", false, true},
		{"an endless answer", 200, "application/json", `{"data":"` + strings.Repeat("x", 3<<20) + `"}`, false, true},
	} {
		t.Run(test.name, func(t *testing.T) {
			upstream := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Type", test.contentType)
				w.Header().Set("Location", "/elsewhere")
				w.WriteHeader(test.status)
				_, _ = fmt.Fprint(w, test.body)
			}))
			defer upstream.Close()
			client := newClient(t, upstream.URL)
			_, err := client.Me(t.Context(), somebody(), secret.Of("token"))
			if directus.TokenRefused(err) != test.refused || errors.Is(err, directus.ErrUnavailable) != test.unavailable {
				t.Errorf("%v: refused %t, unavailable %t", err, directus.TokenRefused(err), errors.Is(err, directus.ErrUnavailable))
			}
			for _, leak := range []string{"hunter2", "srv", "token"} {
				if strings.Contains(strings.ReplaceAll(fmt.Sprint(err), "TOKEN", ""), leak) {
					t.Errorf("the error repeats what upstream said: %v", err)
				}
			}
		})
	}
}

func TestNobodyThere(t *testing.T) {
	upstream := httptest.NewServer(nil)
	upstream.Close()
	_, err := newClient(t, upstream.URL).Me(t.Context(), somebody(), secret.Of("secret-token"))
	if !errors.Is(err, directus.ErrUnavailable) || directus.TokenRefused(err) {
		t.Errorf("got %v", err)
	}
}

func TestEachCallCarriesTheVisitorAndOnlyItsToken(t *testing.T) {
	type seen struct{ forwarded, agent, authorization, cookie string }
	var last seen
	upstream := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		last = seen{strings.Join(r.Header.Values("X-Forwarded-For"), "|"), r.UserAgent(), r.Header.Get("Authorization"), r.Header.Get("Cookie")}
		w.Header().Set("Content-Type", "application/json")
		_, _ = fmt.Fprint(w, `{"data":{}}`)
	}))
	defer upstream.Close()
	client := newClient(t, upstream.URL)
	v := directus.Visitor{IP: "203.0.113.7", UserAgent: "Mozilla/5.0"}
	for name, test := range map[string]struct {
		call func()
		want seen
	}{
		"login": {func() {
			_, _ = client.Login(t.Context(), v, directus.Credentials{Email: "a@example.com", Password: secret.Of("p")})
		}, seen{agent: v.UserAgent, forwarded: v.IP}},
		"register": {func() { _ = client.Register(t.Context(), v, "a@example.com", "p", "") }, seen{agent: v.UserAgent, forwarded: v.IP}},
		"create":   {func() { _ = client.CreateUser(t.Context(), v, "a@example.com", "p") }, seen{agent: v.UserAgent, forwarded: v.IP}},
		"refresh":  {func() { _, _ = client.Refresh(t.Context(), v, secret.Of("tok")) }, seen{agent: v.UserAgent, forwarded: v.IP, cookie: "directus_session_token=tok"}},
		"logout":   {func() { _ = client.Logout(t.Context(), v, secret.Of("tok")) }, seen{agent: v.UserAgent, forwarded: v.IP, cookie: "directus_session_token=tok"}},
		"me":       {func() { _, _ = client.Me(t.Context(), v, secret.Of("tok")) }, seen{agent: v.UserAgent, forwarded: v.IP, authorization: "Bearer tok"}},
		"items":    {func() { _ = client.Items(t.Context(), v, secret.Text{}, "posts", directus.Query{}, nil) }, seen{agent: v.UserAgent, forwarded: v.IP}},
	} {
		test.call()
		if last != test.want {
			t.Errorf("%s sent %+v, want %+v", name, last, test.want)
		}
	}
}
