package handlers

import (
	"bytes"
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/gin-gonic/gin"

	"hutch/handlers/account"
	"hutch/handlers/web"
	"hutch/internal/i18n"
	"hutch/session"
	"hutch/static"
	"hutch/templates"
)

// What nobody has foreseen ends in a page, not in a broken connection, and the
// log does not repeat the request.
func TestBrokenHandlersEndInAPage(t *testing.T) {
	gin.SetMode(gin.TestMode)
	files, err := static.New(nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	// A folder in which the sign-out page has been forgotten.
	some := fstest.MapFS{}
	for _, name := range []string{"layout.html", "partials.html", "blocks.html", "blocks/block_hero.html", "problem.html"} {
		html, err := os.ReadFile("../templates/" + name)
		if err != nil {
			t.Fatal(err)
		}
		some[name] = &fstest.MapFile{Data: html}
	}
	catalogue, err := i18n.New(i18n.Options{Numbers: account.Bounds()})
	if err != nil {
		t.Fatal(err)
	}
	pages, err := templates.New(templates.Options{StaticURL: files.URL, Dir: some, Languages: catalogue.Languages()})
	if err != nil {
		t.Fatal(err)
	}
	sessions, err := session.NewManager(session.Config{Secrets: []string{strings.Repeat("s", 32)}})
	if err != nil {
		t.Fatal(err)
	}
	var log bytes.Buffer
	record := web.NewLog(slog.New(slog.NewTextHandler(&log, nil)), nil, sessions, session.Pseudonyms{})
	responder, err := web.New(web.Config{
		Sessions: sessions, Templates: pages, Static: files, Words: catalogue, Log: record, Production: true, HSTS: "max-age=1",
		SiteInfo: func(context.Context) templates.Site { return templates.Site{} },
	})
	if err != nil {
		t.Fatal(err)
	}
	s := &site{web: responder, log: record}
	// Every route of the site, broken in one of these ways.
	for how, broken := range map[string]web.Handler{
		"panic":    func(*gin.Context) (web.Response, error) { panic("on purpose") },
		"nil":      func(*gin.Context) (web.Response, error) { return nil, nil },
		"template": func(*gin.Context) (web.Response, error) { return web.OK(templates.Logout{}), nil },
	} {
		routes := everyRoute()
		for i := range routes {
			routes[i].handle, routes[i].access = broken, open
		}
		engine, err := s.engine(Config{Sessions: sessions, MaxRequests: 8}, routes)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range engine.Routes() {
			if r.Path != "/" && strings.HasSuffix(r.Path, "/") {
				continue // leads to the address without the slash, whose handler is broken
			}
			path := strings.NewReplacer(":", "").Replace(r.Path)
			req := httptest.NewRequest(r.Method, path+"?token=secret", nil)
			req.AddCookie(&http.Cookie{Name: "session", Value: "secret"})
			req.Header.Set("Sec-Fetch-Site", "same-origin")
			w := httptest.NewRecorder()
			engine.ServeHTTP(w, req)
			body := w.Body.String()
			if w.Code != http.StatusInternalServerError || !strings.Contains(body, "Something went wrong") || strings.Contains(body, "on purpose") {
				t.Errorf("%s, %s %s: %d %s", how, r.Method, path, w.Code, body)
			}
			for _, name := range []string{
				"Content-Security-Policy", "X-Content-Type-Options", "Referrer-Policy", "Cross-Origin-Opener-Policy",
				"Cross-Origin-Resource-Policy", "X-Frame-Options", "Permissions-Policy", "Strict-Transport-Security", "X-Request-Id",
			} {
				if w.Header().Get(name) == "" {
					t.Errorf("%s, %s %s: the failsafe page has no %s", how, r.Method, path, name)
				}
			}
			if w.Header().Get("Cache-Control") != "no-store" {
				t.Errorf("%s, %s %s: it may be kept", how, r.Method, path)
			}
			if name := w.Header().Get("X-Request-Id"); strings.Contains(body, "the-name-of-the-request") || !strings.Contains(body, "Quote reference "+name+".") {
				t.Errorf("%s, %s %s: the page does not name the request %s: %s", how, r.Method, path, name, body)
			}
		}
		for source, button := range map[string]string{
			"form#edit-profile":         `form="edit-profile"`,
			`form#"><script>x</script>`: `form="&#34;&gt;&lt;script&gt;x&lt;/script&gt;"`,
			"a#somewhere":               "",
		} {
			req := httptest.NewRequest(http.MethodGet, "/", nil)
			req.Header = http.Header{"Hx-Request": {"true"}, "Hx-Request-Type": {"partial"}, "Hx-Source": {source}}
			w := httptest.NewRecorder()
			engine.ServeHTTP(w, req)
			notice := w.Body.String()
			if !strings.Contains(notice, button) || strings.Contains(notice, "<button") != (button != "") || strings.Contains(notice, "the-id-of-the-form") || strings.Contains(notice, "<html") {
				t.Errorf("%s: sent by %s, the notice is %s", how, source, notice)
			}
		}
	}
	if strings.Contains(log.String(), "secret") {
		t.Errorf("the log repeats the request: %s", log.String())
	}
}
