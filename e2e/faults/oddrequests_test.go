package faults_test

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"

	"hutch/app"
	"hutch/e2e/harness"
	"hutch/internal/limits"
	"hutch/sandbox"
)

// Whatever stands in an address, the answer is a page or that there is none.

// oddTexts are for wherever a visitor can write something.
func oddTexts() []string {
	return []string{
		"", " ", "0", "-1", "1e3", "99999999999", "99999999999999999999999999", "\x00", "a\x00b", "%", "%%", "%s%n%x", "'", "\"", "''", "\";", "' OR 1=1 --", "\\", "/", "//", "..", "../..", "../../etc/passwd", ".",
		"null", "NULL", "undefined", "true", "false", "[]", "{}", "[object Object]", "NaN", "$NOW", "$NOW(-1 year)", "$NOW(nonsense)", "$NOW()", "$CURRENT_USER", "$CURRENT_ROLE", "$CURRENT_USER.token", "{{x}}", "{{.Frame}}", "${7*7}", "<%= 1 %>",
		"_and", "{\"_or\":[]}", "*", "a,b", "a.b", "(", "[a-z", "a+b", "a b", "\t\r\n", "\u202eevil", "שלום עולם", "مرحبا", "🐇🐇🐇", "e\u0301", "\ufeff", "\ufffe", "\xff\xfe", "\xc3\x28", "ﬀ", "ß", "İ", "ı",
		"2026-01-01", "12:00", "1=1", "#", "?", "&", ";", "=", "<b>", strings.Repeat("a", 300), strings.Repeat("ü", 300), strings.Repeat("%", 600), strings.Repeat("\"", 3000), strings.Repeat("a ", 1000), strings.Repeat("🐇", 500),
	}
}

func TestOddAddresses(t *testing.T) {
	harness.OnEachDirectus(t, func(t *testing.T, up harness.Upstream) {
		site := harness.StartApp(t, up, harness.Fresh())
		stranger, member := site.Browser(t, harness.Plain), site.Browser(t, harness.Plain)
		member.SignUp()
		member.Open("/")
		places := []string{
			"/blog?page=%s", "/blog?q=%s", "/blog?q=hay&page=%s", "/blog/%s", "/pages/%s", "/blog/authors/%s", "/blog/authors/1?page=%s", "/blog/tags/%s", "/blog/tags/%s/rss.xml", "/blog?tag=%s",
			"/theme/%s", "/theme/%s.css", "/assets/%s", "/%s", "/blog/rss.xml?%s", "/blog/feed.json?x=%s", "/sitemap.xml?%s", "/blog?%s", "/blog?%s=1", "/static/%s",
		}
		for i, text := range oddTexts() {
			stranger.IP, member.IP = fmt.Sprint("10.9.1.", i), fmt.Sprint("10.9.2.", i) // each has a share of their own
			for _, place := range places {
				path := strings.Replace(place, "%s", url.PathEscape(text), 1)
				if strings.Contains(place, "?") {
					path = strings.Replace(place, "%s", url.QueryEscape(text), 1)
				}
				answersOddly(stranger, path, nil)
				if strings.HasPrefix(place, "/blog/%s") {
					answersOddly(member, path, nil)
				}
			}
			if !strings.ContainsAny(text, "\x00\r\n\t") {
				answersOddly(stranger, "/blog", http.Header{"Accept-Language": {text}, "Accept-Encoding": {text}, "Hx-Target": {"div#" + text}, "Hx-Request": {"true"}, "Hx-Request-Type": {"partial"}, "Hx-Source": {text}, "If-None-Match": {text}})
				answersOddly(stranger, "/blog/hay-by-numbers", http.Header{"Cookie": {"appearance=" + text + "; session=" + text}, "Hx-Request": {text}, "Hx-Request-Type": {text}, "Referer": {text}})
			}
		}
		for _, raw := range []string{"/blog?%zz", "/blog?q=%", "/blog?page=%00", "/blog?q=" + strings.Repeat("x", 10<<10), "/blog/" + strings.Repeat("y", 2<<10), "/blog?;", "/blog?a;b", "/blog//x", "/blog/./x", "//blog", "/blog/%2e%2e", "/blog/%2F", "/blog/a%2Fb", "/pages/%2e%2e%2fadmin", "/theme/12345g.css", "/theme/123.css", "/theme/1234567.css"} {
			answersOddly(stranger, raw, nil)
			answersOddly(stranger, raw, http.Header{"Hx-Request": {"true"}, "Hx-Request-Type": {"partial"}, "Hx-Target": {"main#main"}})
		}
		if !strings.Contains(site.Log.String(), "level=") {
			t.Error("there is no log")
		}
		for line := range strings.Lines(site.Log.String()) {
			if strings.Contains(line, "level=ERROR") || strings.Contains(line, "in trouble") {
				t.Errorf("the log complains: %.400s", line)
			}
		}
	})
}

// answersOddly asks and expects an answer that is not a fault of ours.
func answersOddly(b *harness.Browser, path string, header http.Header) {
	b.T.Helper()
	b.Request(http.MethodGet, path, nil, header)
	switch b.Status {
	case http.StatusOK, http.StatusNotFound, http.StatusNotModified, http.StatusFound, http.StatusSeeOther, http.StatusPermanentRedirect:
	default:
		b.T.Errorf("%.300q %.300v: %d", path, header, b.Status)
	}
}

// What visitors make up does not drive out what others read.
func TestVisitorsDoNotFillTheCache(t *testing.T) {
	harness.TakesSeconds(t)
	site := harness.StartApp(t, harness.StartSandbox(t, sandbox.Options{}), harness.Fresh("CACHE_SIZE", "1", "CACHE_FRESH", "24h"))
	b := site.Browser(t, harness.Plain)
	often := []string{"/", "/blog", "/blog/hay-by-numbers", "/pages/about"}
	for range 5 {
		for _, path := range often {
			b.Open(path)
		}
	}
	site.Wire.Forget()
	for i := range 2000 {
		b.IP = fmt.Sprint("10.9.3.", i/50) // together, since each has a share of their own
		b.Request(http.MethodGet, fmt.Sprintf("/blog/made-up-%d", i), nil, nil)
		if i%50 == 0 {
			b.Open(often[i/50%len(often)])
		}
	}
	site.Wire.Forget()
	for _, path := range often {
		b.Open(path)
	}
	if asked := site.Wire.Questions(); len(asked) > 0 {
		t.Errorf("made-up addresses have driven out what others read: %v", asked)
	}

}

// However its address is written, it is the same page, made of the same answer.
func TestOnePageIsKeptOnce(t *testing.T) {
	site := harness.StartApp(t, harness.StartSandbox(t, sandbox.Options{}), harness.Fresh("CACHE_FRESH", "24h"))
	b := site.Browser(t, harness.Plain)
	tag := func(path string, header http.Header) string {
		b.Request(http.MethodGet, path, nil, header)
		return b.Header.Get("ETag")
	}
	for path, ways := range map[string][]string{
		"/blog":                  {"/blog?", "/blog?page=1", "/blog?page=01", "/blog?page=%2B1", "/blog?q=", "/blog?q=%20%20", "/blog?q=&page=1", "/blog?utm_source=x&fbclid=y", "/blog?Q=hay", "/blog?page=1&page=2"},
		"/blog?q=rabbit&page=1":  {"/blog?q=rabbit&page=01", "/blog?page=%2B1&q=rabbit", "/blog?page=1&utm=1&q=rabbit"},
		"/blog?q=hay":            {"/blog?q=%20hay%20", "/blog?q=hay%00", "/blog?q=hay&page=1", "/blog?q=hay&q=straw"},
		"/blog/hay-by-numbers":   {"/blog/hay-by-numbers?x=1", "/blog/hay%2Dby%2Dnumbers", "/blog/hay-by-numbers?page=2&q=x"},
		"/blog/rss.xml":          {"/blog/rss.xml?x", "/blog/rss.xml?page=2"},
		"/blog/authors/1":        {"/blog/authors/1?page=1&x=2"},
		"/blog?q=" + "x%20y%20z": {"/blog?q=x+y++z"},
	} {
		want := tag(path, nil)
		site.Wire.Forget()
		for _, way := range ways {
			if got := tag(way, nil); got != want {
				t.Errorf("%s: the tag %s, and of %s %s", way, got, path, want)
			}
		}
		if asked := site.Wire.Questions(); len(asked) > 0 {
			t.Errorf("other ways of writing %s asked Directus %v", path, asked)
		}
	}
	want := tag("/blog", nil)
	for _, header := range []http.Header{
		{"Accept-Language": {"en-GB, fr;q=0.3"}}, {"Accept-Language": {"xx-made-up"}}, {"Cookie": {"appearance=purple"}}, {"Cookie": {"anything=else"}}, {"Hx-Target": {"main#main"}},
	} {
		if got := tag("/blog", header); got != want {
			t.Errorf("%v: another page", header)
		}
	}
	for _, path := range []string{"/blog", "/blog/hay-by-numbers"} {
		partial := http.Header{"Hx-Request": {"true"}, "Hx-Request-Type": {"partial"}, "Hx-Target": {"main#main"}}
		want := tag(path, partial)
		for _, unknown := range []string{"div#made-up", "x#signin", "", "div#", "#"} {
			partial.Set("Hx-Target", unknown)
			if got := tag(path, partial); got != want || b.Header.Get("HX-Retarget") != "#main" {
				t.Errorf("%s for %q: the tag %s, want that of main, %s; it goes to %q", path, unknown, got, want, b.Header.Get("HX-Retarget"))
			}
		}
	}
}

// Nor do they fill the disk.
func TestVisitorsDoNotFillTheDisk(t *testing.T) {
	dir := t.TempDir()
	b := harness.StartApp(t, harness.StartSandbox(t, sandbox.Options{}), harness.Fresh("CACHE_DIR", dir)).Browser(t, harness.Plain)
	files := func() int {
		found, err := os.ReadDir(dir)
		if err != nil {
			t.Fatal(err)
		}
		return len(found)
	}
	for _, path := range []string{"/", "/blog", "/blog/hay-by-numbers", "/blog/authors/1", "/pages/about", "/nope"} {
		b.Open(path)
	}
	had := files()
	if had < 8 {
		t.Errorf("only %d files for what was read", had)
	}
	for i := range 50 {
		for _, path := range []string{"/blog/x%d", "/pages/x%d", "/blog/authors/x%d", "/blog/authors/10%d", "/blog?q=x%d", "/blog?page=1%d", "/blog/authors/1?page=1%d", "/nope/%d"} {
			b.Request(http.MethodGet, fmt.Sprintf(path, i), nil, nil)
		}
	}
	if now := files(); now != had {
		t.Errorf("%d files, and after made-up addresses %d", had, now)
	}
}

func TestFragmentsAndPages(t *testing.T) {
	site := harness.StartApp(t, harness.StartSandbox(t, sandbox.Options{}), nil)
	b := site.Browser(t, harness.HTMX)
	get := func(header http.Header) string {
		b.Request(http.MethodGet, "/signin", nil, header)
		return b.Raw
	}
	page := get(nil)
	fragment := get(http.Header{"Hx-Request": {"true"}, "Hx-Request-Type": {"partial"}, "Hx-Target": {"form#signin"}})
	if strings.Contains(fragment, "<html") || !strings.Contains(fragment, `<form id="signin"`) {
		t.Errorf("the fragment: %s", fragment)
	}
	if _, form, _ := strings.Cut(fragment, "</title>"); !strings.Contains(page, strings.TrimSpace(form)) {
		t.Error("the fragment is not part of the page")
	}
	for _, vary := range []string{"Cookie", "HX-Request", "HX-Request-Type", "HX-Target"} {
		if !strings.Contains(strings.Join(b.Header.Values("Vary"), ", "), vary) {
			t.Errorf("Vary does not name %s", vary)
		}
	}
	for name, header := range map[string]http.Header{
		"boosted":  {"Hx-Request": {"true"}, "Hx-Request-Type": {"full"}, "Hx-Boosted": {"true"}, "Hx-Target": {"body"}},
		"a target": {"Hx-Target": {"form#signin"}},
	} {
		if get(header) != page {
			t.Errorf("%s: not the whole page", name)
		}
	}
	for _, odd := range []string{"form#layout", "form#title", "form#no-such-block", "form", "", "form#field"} {
		answer := get(http.Header{"Hx-Request": {"true"}, "Hx-Request-Type": {"partial"}, "Hx-Target": {odd}})
		if strings.Contains(answer, "<html") || b.Header.Get("HX-Retarget") != "#main" {
			t.Errorf("HX-Target %q: retarget %q, %s", odd, b.Header.Get("HX-Retarget"), answer)
		}
	}
}

func TestCrossOriginRequestsAreRefused(t *testing.T) {
	site := harness.StartApp(t, harness.StartSandbox(t, sandbox.Options{}), harness.Fresh()) // what is around the refusal is known
	b := site.Browser(t, harness.Plain)
	who := b.SignUp()
	for _, header := range []http.Header{
		{"Sec-Fetch-Site": {"cross-site"}},
		{"Sec-Fetch-Site": {"same-site"}},
		{"Sec-Fetch-Site": nil, "Origin": {"https://evil.test"}},
		{"Sec-Fetch-Site": nil, "Origin": {"null"}},
	} {
		for _, path := range []string{"/logout", "/signin", "/signup", "/profile/email", "/nope"} {
			site.Wire.Forget()
			b.Request(http.MethodPost, path, harness.Form(who), header)
			if b.Status != http.StatusForbidden || site.Wire.Count("") != 0 {
				t.Errorf("POST %s with %v: %d, %d calls to Directus", path, header, b.Status, site.Wire.Count(""))
			}
		}
	}
	b.Open("/profile")
	b.WantText(who.Email)
}

func TestBounds(t *testing.T) {
	site := harness.StartApp(t, harness.StartSandbox(t, sandbox.Options{}), nil)
	b := site.Browser(t, harness.Plain)
	b.Request(http.MethodPost, "/signin", url.Values{"email": {strings.Repeat("x", 70<<10)}}, nil)
	b.Load()
	b.WantStatus(http.StatusRequestEntityTooLarge)
	b.WantText("This form can't take that much.")
	for _, method := range []string{http.MethodPut, http.MethodDelete, http.MethodPatch, "TRACE"} {
		b.Request(method, "/profile", nil, nil)
		b.Load()
		b.WantStatus(http.StatusMethodNotAllowed)
	}
	b.Request(http.MethodPost, "/signin", url.Values{}, http.Header{"Content-Type": {"multipart/form-data; boundary=x"}})
	b.Load()
	b.WantStatus(http.StatusUnsupportedMediaType)
}

// FuzzForms sends anything to whatever takes a form, as a stranger and as a
// member: the answer is never a fault of ours.
func FuzzForms(f *testing.F) {
	site, member := fuzzedSite(f)
	open := []string{
		"/signup", "/signin", "/signin/code", "/signin/recovery", "/signup/check-email", "/verify", "/password/forgot", "/password/sent", "/password/reset", "/invite", "/appearance", "/language", "/hooks/directus", "/nope",
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
	config, err := app.Read(func(name string) string { return given[name] })
	if err != nil {
		f.Fatal(err)
	}
	site, err := app.New(f.Context(), app.Options{Config: config, DirectusURL: up.URL, RefusedAfter: -1, Limits: []limits.Limit{}, Closing: f.Context(), Now: time.Now, Log: app.NewLog(config, io.Discard)})
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
