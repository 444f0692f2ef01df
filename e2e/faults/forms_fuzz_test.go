package faults_test

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"hutch/e2e/harness"
	"hutch/sandbox"
	"hutch/site"
)

// FuzzForms sends anything to whatever takes a form, as a stranger and as a
// member: the answer is never a fault of ours.
func FuzzForms(f *testing.F) {
	site, member := fuzzedSite(f)
	open := []string{
		"/signup", "/signin", "/signin/code", "/signin/recovery", "/signup/check-email", "/verify", "/password/forgot", "/password/reset", "/invite", "/appearance", "/hooks/directus", "/nope",
	}
	closed := []string{
		"/profile", "/profile/avatar", "/profile/avatar/remove", "/profile/email", "/profile/password", "/profile/two-factor", "/profile/two-factor/confirm", "/profile/two-factor/cancel", "/profile/two-factor/off", "/profile/delete",
	}
	all := append(open, closed...)
	kinds := []string{"application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "application/json", "", "text/plain", "multipart/form-data", "application/x-www-form-urlencoded; charset=utf-16"}
	for i := range all {
		f.Add(uint8(i), uint8(0), "", []byte("email=a%40b.example&password=a-wrong-password&new_password=another-long-one&code=123456&first_name=Ada&language=de-DE"))
		f.Add(uint8(i), uint8(0), "token=x&redirectedFrom=//evil.test", []byte("email=%ff%00&password=&email=twice;a=b&%zz"))
		f.Add(uint8(i), uint8(1), "", []byte("--x\r\nContent-Disposition: form-data; name=\"picture\"; filename=\"a.png\"\r\n\r\n\x89PNG\r\n\x1a\n\r\n--x--\r\n"))
		f.Add(uint8(i), uint8(2), "%", []byte(`{"collection":"posts","key":1}`))
	}
	// Found by fuzzing.
	f.Add(byte('9'), byte('\x01'), "", []byte("--x\r\nContent-Disposition:"))
	f.Add(byte('\r'), byte('`'), "", []byte("0"))
	f.Add(byte('\x00'), byte('\x00'), "", []byte("email=a%40b.example&password=a-wrong-word"))
	f.Add(byte('\x00'), byte('\x00'), "", []byte("email=a%40b.e"))
	f.Add(byte('\x0f'), byte('\x17'), "token=x&redirectedFrom=//evil.test", []byte("email=%ff%00&password=&email=twice;a=b&%zz"))
	f.Add(byte('\x02'), byte('\x04'), "", []byte("0"))
	f.Add(byte('\v'), byte('-'), "0", []byte("email=%ff%"))
	f.Add(byte('\x06'), byte('\x00'), "0", []byte("email=a%40b.example&password=a-wrong-password&new_pas"))
	f.Fuzz(func(t *testing.T, which, kind uint8, query string, body []byte) {
		path := all[int(which)%len(all)]
		r := httptest.NewRequest(http.MethodPost, "http://hutch.test"+path, bytes.NewReader(body))
		r.URL.RawQuery = query
		r.Header.Set("Sec-Fetch-Site", "same-origin")
		r.Header.Set("Authorization", "Bearer "+harness.HookSecret)
		if stated := kinds[int(kind)%len(kinds)]; stated != "" {
			r.Header.Set("Content-Type", stated)
		}
		if int(which)%len(all) >= len(open) {
			r.AddCookie(member)
		}
		if kind > 127 {
			r.Header.Set("HX-Request", "true")
			r.Header.Set("HX-Request-Type", "partial")
			r.Header.Set("HX-Target", "form#"+strings.TrimPrefix(path, "/"))
		}
		w := httptest.NewRecorder()
		site.ServeHTTP(w, r)
		if w.Code >= http.StatusInternalServerError {
			t.Fatalf("POST %s?%s %s %q: %d", path, query, r.Header.Get("Content-Type"), body, w.Code)
		}
		for _, name := range []string{"Location", "HX-Redirect"} {
			if to := w.Header().Get(name); to != "" && (!strings.HasPrefix(to, "/") || strings.HasPrefix(to, "//")) {
				t.Fatalf("POST %s?%s %q leads to %q", path, query, body, to)
			}
		}
	})
}

// fuzzedSite is the whole site in front of a sandbox, and the cookie of a
// member's session.
func fuzzedSite(f *testing.F) (http.Handler, *http.Cookie) {
	f.Helper()
	up := harness.StartSandbox(f, sandbox.Options{})
	given := map[string]string{
		"DIRECTUS_URL": up.URL, "DIRECTUS_SERVICE_TOKEN": up.ServiceToken, "PUBLIC_URL": harness.PublicURL, "HOOK_SECRET": harness.HookSecret,
	}
	config, err := site.Read(func(name string) string { return given[name] })
	if err != nil {
		f.Fatal(err)
	}
	site, err := site.New(f.Context(), site.Options{Config: config, DirectusURL: up.URL, RefusedAfter: -1, Closing: f.Context(), Now: time.Now, Log: site.NewLog(config, io.Discard)})
	if err != nil {
		f.Fatal(err)
	}
	signIn := httptest.NewRequest(http.MethodPost, "/signin", strings.NewReader(url.Values{"email": {sandbox.MemberEmail}, "password": {sandbox.MemberPassword}}.Encode()))
	signIn.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	answer := httptest.NewRecorder()
	site.ServeHTTP(answer, signIn)
	for _, cookie := range answer.Result().Cookies() {
		if cookie.Name == "session" {
			return site, cookie
		}
	}
	f.Fatalf("the member was not signed in: %d", answer.Code)
	return nil, nil
}
